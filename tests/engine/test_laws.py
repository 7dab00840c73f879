"""The laws of the design, tried on random rulebooks and records: the matcher against the explainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.analysis.availability import EVERYTHING
from engine.analysis.ranks import misplaced, order_of
from engine.analysis.reads import asked, reads_answer, relations_read, settings_read
from engine.explaining.explainer import matches
from engine.matching.classifier import Classifier, TooNested, decide_one
from engine.matching.comparisons import Clock, bind, holds
from engine.matching.comparisons_fast import predicate
from engine.matching.examples import ExampleSituation
from engine.model.conditions import Condition, FieldTest, Not
from engine.model.moments import Moment
from engine.model.rulebook import Rule
from engine.records.fields import COMPUTED, REACHING, fields_of
from engine.records.kinds import KINDS, Record, kind_of
from engine.relations.neighbourhood import Situation
from tests.draws import times
from tests.engine import drawing
from tests.engine.relations.test_neighbourhood import Remembered

KINDS_DECIDED = sorted(set(KINDS) - {"mark", "person"})

many = settings(
    max_examples=times(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@settings(many)
def test_the_matcher_and_the_explainer_agree_on_every_record(kind: str, data: Any) -> None:
    rule = drawing.rule_of(kind, data.draw(drawing.conditions(kind)))
    record = data.draw(drawing.records(kind, rule.when))
    situation: Any = data.draw(drawing.situations(kind, rule.when))
    moment = data.draw(drawing.moments())
    provided = data.draw(drawing.provisions())
    try:
        matched = decide_one(rule, record, situation, moment, drawing.SETTINGS, provided)
    except TooNested:
        assume(False)
    assert matched == matches(rule, record, situation, moment, drawing.SETTINGS, provided)


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@settings(many, max_examples=times(60))
def test_a_rule_matches_only_where_it_would_whatever_the_values_not_provided_were(kind: str, data: Any) -> None:
    # An exception that is not known to hold does not apply: `unless` is outside this law on purpose.
    rule = drawing.rule_of(kind, data.draw(drawing.conditions(kind, exceptions=False)))
    record = data.draw(drawing.records(kind, rule.when))
    situation = data.draw(drawing.situations(kind, rule.when))
    moment = data.draw(drawing.moments())
    provided = data.draw(drawing.provisions())
    try:
        matched = decide_one(rule, record, situation, moment, drawing.SETTINGS, provided)
    except TooNested:
        assume(False)
    assume(matched)

    def otherwise(some: Record, is_provided: Callable[[str], bool]) -> Record:
        fields = [
            field
            for field in fields_of(kind_of(some)).values()
            if not field.computed and field.type != "keys" and not is_provided(field.name)
        ]
        return structs.replace(some, **{field.name: data.draw(drawing.values(field)) for field in fields})

    related = {
        name: tuple(
            otherwise(one, lambda field, name=name: provided.through(kind, name, field))  # type: ignore[misc]
            for one in situation.related(record, name)
        )
        if provided.relation(kind, name)
        else data.draw(drawing.situations(kind, rule.when)).related(record, name)
        for name in relations_read(rule.when)
    }
    # What is decided of a related record hangs together: known in part, it stays as it was.
    said: dict[int, dict[str, Any]] = {}
    for name, some in related.items():
        known = provided.relation(kind, name) and any(provided.through(kind, name, field) for field in REACHING)
        for number, one in enumerate(some):
            before = situation.related(record, name)[number] if known else None
            said[id(one)] = (
                data.draw(drawing.standings())
                if before is None
                else {field: situation.standing(before, field) for field in REACHING}
            )
    other_situation: Any = ExampleSituation(related, said)
    assert decide_one(
        rule,
        otherwise(record, lambda field: provided.field(kind, field)),
        other_situation,
        moment,
        drawing.SETTINGS,
        EVERYTHING,
    )


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@settings(many, max_examples=times(60))
def test_a_condition_and_its_negation_never_both_hold_and_one_does_where_everything_is_known(
    kind: str, data: Any
) -> None:
    condition = data.draw(drawing.conditions(kind).filter(_settings_are_set))
    record = data.draw(drawing.records(kind, condition))
    situation: Any = data.draw(drawing.situations(kind, condition))
    moment = data.draw(drawing.moments())

    def decided(when: Condition) -> bool:
        return decide_one(drawing.rule_of(kind, when), record, situation, moment, drawing.SETTINGS, EVERYTHING)

    try:
        assert decided(condition) != decided(Not(condition))
    except TooNested:
        assume(False)


def _settings_are_set(condition: Condition) -> bool:
    return all(drawing.SETTINGS[name] not in (None, ()) for name in settings_read(condition))


@given(st.data())
@settings(many, max_examples=times(60))
def test_the_same_records_in_any_order_get_the_same_decisions(data: Any) -> None:
    rules = [
        drawing.rule_of(kind, data.draw(drawing.conditions(kind, depth=1)), f"{kind}.drawn{number}")
        for kind in ("learner", "session", "account")
        for number in range(2)
    ]
    batch = [
        record
        for kind in ("learner", "session", "account")
        for record in data.draw(st.lists(drawing.records(kind), max_size=4))
    ]
    moment = data.draw(drawing.moments())
    try:
        classifier = Classifier(drawing.rulebook_of(_decidable(rules)))
    except TooNested:
        assume(False)
    shuffled = data.draw(st.permutations(range(len(batch))))
    straight = classifier.decide(batch, moment).decisions
    again = classifier.decide([batch[index] for index in shuffled], moment).decisions
    assert [straight[index] for index in shuffled] == again


KINDS_REACHING = ("learner", "instructor", "session", "enrolment", "class")


class _ByHand:
    """Verdicts by the explainer alone, found by deciding everything again until nothing changes."""

    def __init__(self, rules: list[Rule], situation: Situation, moment: Moment) -> None:
        self._situation = situation
        self._moment = moment
        self._rules = rules
        self.said: dict[tuple[str, str], dict[str, Any]] = {}
        self.records = [record for records in situation.batch.values() for record in records]
        skips = [rule for rule in rules if rule.then == "skip"]
        plain = [
            rule
            for rule in rules
            if rule.then == "flag"
            and not any(
                test.field in ("verdict", "alone")
                and {getattr(one, "value", None) for one in test.operands} != {"skip"}
                for test, _ in asked(rule.when)
                if isinstance(test, FieldTest)
            )
        ]
        flags = [rule for rule in rules if rule.then == "flag"]
        self._settle(lambda record: self._skip(record, skips))
        self._settle(lambda record: self._flag(record, "alone", plain))
        self._settle(lambda record: self._flag(record, "verdict", flags))

    def related(self, record: Record, name: str) -> tuple[Record, ...]:
        return self._situation.related(record, name)

    def computed(self, record: Record, field: str) -> Any:
        if field == "segments":
            return self._situation.segments(record)
        field = "verdict" if field == "skips" else field
        return self.said.get((kind_of(record), record.source_id), {}).get(
            field, None if field == "skipped_by" else "sync"
        )

    def matched(self, record: Record, rules: list[Rule]) -> list[str]:
        mine = [rule for rule in rules if rule.kind == kind_of(record)]
        return [rule.id for rule in mine if matches(rule, record, self, self._moment, drawing.SETTINGS, EVERYTHING)]

    def _settle(self, decide: Callable[[Record], dict[str, Any]]) -> None:
        for _ in range(20):
            before = dict(self.said)
            for record in self.records:
                name = (kind_of(record), record.source_id)
                self.said[name] = self.said.get(name, {}) | decide(record)
            if self.said == before:
                return
        raise AssertionError("it does not come to rest")

    def _skip(self, record: Record, rules: list[Rule]) -> dict[str, Any]:
        matched = self.matched(record, rules)
        skipped = {"verdict": "skip", "alone": "skip", "skipped_by": matched[0]} if matched else {}
        return skipped or {"verdict": "sync", "alone": "sync", "skipped_by": None}

    def _flag(self, record: Record, field: str, rules: list[Rule]) -> dict[str, Any]:
        if self.said[kind_of(record), record.source_id]["skipped_by"]:
            return {}
        return {field: "flag" if self.matched(record, rules) else "sync"}


@st.composite
def _reaching(draw: st.DrawFn) -> list[Rule]:
    """Rules that ask what is decided of related records, as many as do not ask in a circle."""
    drawn: list[Rule] = []
    for number in range(draw(st.integers(3, 9))):
        kind = draw(st.sampled_from(KINDS_REACHING))
        then = draw(st.sampled_from(["skip", "flag", "flag", "note"]))
        rule = drawing.rule_of(kind, draw(drawing.conditions(kind, depth=1)), f"{kind}.drawn{number}", then)
        skips = [one.id for one in drawn if one.then == "skip"]
        drawn.append(structs.replace(rule, when=drawing.naming(rule.when, skips)))
    return _decidable(drawn)


def _decidable(rules: list[Rule]) -> list[Rule]:
    """As many of the rules as ask for nothing that they may not, and not in a circle."""
    kept: list[Rule] = []
    for rule in rules:
        if not any(misplaced(rule)) and not order_of([*kept, rule]).circles:
            kept.append(rule)
    return kept


@given(st.data())
@settings(many)
def test_what_is_decided_of_others_reaches_as_far_as_the_explainer_says_and_in_any_order(data: Any) -> None:
    rules = data.draw(_reaching())
    batch = [
        record
        for kind in KINDS_REACHING
        for record in data.draw(st.lists(drawing.records(kind), max_size=3, unique_by=lambda one: one.source_id))
    ]
    # What the platform answered weighs nothing: it has a law of its own.
    batch = [structs.replace(record, outcome=None) if hasattr(record, "outcome") else record for record in batch]
    moment = data.draw(drawing.moments())
    try:
        classifier = Classifier(drawing.rulebook_of(rules), EVERYTHING)
    except TooNested:
        assume(False)
    assume(not classifier.not_followed.intersection(rule.id for rule in rules))
    by_hand = _ByHand(rules, Situation(batch), moment)
    decided = classifier.decide(batch, moment)
    for record, decision in zip(batch, decided.decisions, strict=True):
        assert decision is not None
        said = by_hand.said[kind_of(record), record.source_id]
        assert decision.verdict == said["verdict"]
        assert {field: decided.sight.computed(record, field) for field in REACHING} == said
        order = ["skip", "flag", "note"]
        matched = sorted(by_hand.matched(record, rules), key=lambda one: order.index(_then(rules, one)))
        assert [match.rule for match in decision.matches] == matched
    shuffled = data.draw(st.permutations(range(len(batch))))
    again = classifier.decide([batch[index] for index in shuffled], moment).decisions
    assert [decided.decisions[index] for index in shuffled] == again
    # In two parts, of which the other one is known, it comes to the same.
    cut = data.draw(st.integers(0, len(batch)))
    part = classifier.decide(batch[:cut], moment, Remembered(*batch[cut:])).decisions
    assert part == decided.decisions[:cut]


def _then(rules: list[Rule], rule_id: str) -> str:
    return next(rule.then for rule in rules if rule.id == rule_id)


@given(st.data())
@settings(many, max_examples=times(60))
def test_a_skip_beats_a_flag_and_a_flag_a_note_and_all_that_matched_is_listed(data: Any) -> None:
    kind = "learner"
    rules = [
        structs.replace(
            drawing.rule_of(kind, data.draw(drawing.conditions(kind, depth=1)), f"learner.drawn{number}"),
            then=data.draw(st.sampled_from(["skip", "flag", "note"])),
        )
        for number in range(5)
    ]
    rules = _decidable(rules)
    record = data.draw(drawing.records(kind))
    moment = data.draw(drawing.moments())
    try:
        classifier = Classifier(drawing.rulebook_of(rules), EVERYTHING)
    except TooNested:
        assume(False)
    decided = classifier.decide([record], moment)
    (decision,) = decided.decisions
    assert decision is not None
    matched = [rule for rule in rules if matches(rule, record, decided.sight, moment, classifier.settings, EVERYTHING)]
    order = ["skip", "flag", "note"]
    # What the platform answered weighs nothing: it is told after all flags, and the verdict stays.
    apart = {rule.id for rule in matched if rule.then == "flag" and reads_answer(rule)}
    expected = [rule.id for rule in sorted(matched, key=lambda rule: (order.index(rule.then), rule.id in apart))]
    reactions = {rule.then for rule in matched if rule.id not in apart}
    verdict = "skip" if "skip" in reactions else "flag" if "flag" in reactions else "sync"
    if verdict == "sync" and record.outcome == "refused" and not apart:
        expected = ["record.refused", *expected]
    assert [match.rule for match in decision.matches] == expected
    assert decision.verdict == verdict
    assert decision.rule == (expected[0] if verdict != "sync" else None)


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@settings(many)
def test_a_test_made_quick_means_what_it_meant(kind: str, data: Any) -> None:
    test = data.draw(drawing.tests(kind, kind, False))
    leaf = bind(test, drawing.SETTINGS)
    assume(leaf is not None)
    assert leaf is not None
    record = data.draw(drawing.records(kind, test))
    clock = Clock(data.draw(drawing.moments()))
    standing = {"segments": (), "alone": data.draw(st.sampled_from(["sync", "skip", "flag"]))}
    value = standing[test.field] if test.field in COMPUTED else getattr(record, test.field)
    other = None if leaf.this is None else getattr(record, leaf.this)
    assert predicate(leaf)(value, other, clock) == holds(leaf, value, other, clock)
