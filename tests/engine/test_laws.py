"""The laws of the design, tried on random rulebooks and records: the matcher against the explainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.analysis.availability import EVERYTHING
from engine.analysis.reads import relations_read, settings_read
from engine.explaining.explainer import matches
from engine.matching.classifier import Classifier, TooNested, decide_one
from engine.matching.comparisons import Clock, bind, holds
from engine.matching.comparisons_fast import predicate
from engine.matching.examples import ExampleSituation
from engine.model.conditions import Condition, Not
from engine.records.fields import fields_of
from engine.records.kinds import KINDS, Record, kind_of
from tests.draws import times
from tests.engine import drawing

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
    other_situation: Any = ExampleSituation(related, {})
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
        classifier = Classifier(drawing.rulebook_of(rules))
    except TooNested:
        assume(False)
    shuffled = data.draw(st.permutations(range(len(batch))))
    straight = classifier.decide(batch, moment).decisions
    again = classifier.decide([batch[index] for index in shuffled], moment).decisions
    assert [straight[index] for index in shuffled] == again


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
    record = data.draw(drawing.records(kind))
    moment = data.draw(drawing.moments())
    try:
        classifier = Classifier(drawing.rulebook_of(rules), EVERYTHING)
    except TooNested:
        assume(False)
    decided = classifier.decide([record], moment)
    (decision,) = decided.decisions
    assert decision is not None
    matched = [
        rule for rule in rules if matches(rule, record, decided.situation, moment, classifier.settings, EVERYTHING)
    ]
    order = ["skip", "flag", "note"]
    expected = sorted(matched, key=lambda rule: order.index(rule.then))
    assert [match.rule for match in decision.matches] == [rule.id for rule in expected]
    reactions = {rule.then for rule in matched}
    verdict = "skip" if "skip" in reactions else "flag" if "flag" in reactions else "sync"
    assert decision.verdict == verdict
    assert decision.rule == (expected[0].id if verdict != "sync" else None)


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@settings(many)
def test_a_test_made_quick_means_what_it_meant(kind: str, data: Any) -> None:
    test = data.draw(drawing.tests(kind, kind))
    leaf = bind(test, drawing.SETTINGS)
    assume(leaf is not None)
    assert leaf is not None
    record = data.draw(drawing.records(kind, test))
    clock = Clock(data.draw(drawing.moments()))
    value = () if test.field == "segments" else getattr(record, test.field)
    other = None if leaf.this is None else getattr(record, leaf.this)
    assert predicate(leaf)(value, other, clock) == holds(leaf, value, other, clock)
