"""The matcher: large rulebooks, threads, engine errors, too much nesting."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

from connectors.registry import catalogue
from engine.analysis.availability import EVERYTHING
from engine.explaining.explainer import matches
from engine.matching import durable_engine as rulesets
from engine.matching.classifier import Classifier, TooNested, fits
from engine.matching.durable_engine import EngineError, Ruleset
from engine.model.conditions import ALWAYS, All, Condition, Count, FieldTest, Related, Value
from engine.model.conditions import Any as AnyOf
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.records.kinds import Account, Instructor, Learner, Session
from engine.rulefiles.library import load
from tests.engine import drawing
from tests.engine.conditions import when

MOMENT = Moment(as_of=datetime(2026, 11, 21, 11, tzinfo=UTC), zone="Europe/Paris")


def _training(value: str) -> FieldTest:
    return FieldTest("training", "equals", (Value(value),), "text", False, drawing.PLACE)


def _learners(number: int) -> list[Learner]:
    return [
        Learner(
            source_id=str(index),
            first_name="Mina",
            last_name=f"Okparo {index}",
            email=None if index % 7 == 0 else f"l{index}@example.org",
            training=f"T{index % 400}",
        )
        for index in range(number)
    ]


def test_three_hundred_rules_of_one_kind_each_decide_their_own_records() -> None:
    rules = [drawing.rule_of("learner", _training(f"t{number}"), f"learner.t{number}") for number in range(300)]
    decided = Classifier(drawing.rulebook_of(rules), EVERYTHING).decide(_learners(400), MOMENT)
    expected = [f"learner.t{index}" if index < 300 else None for index in range(400)]
    assert [decision.rule for decision in decided.decisions if decision is not None] == expected


def test_three_hundred_rules_in_a_file_load_and_decide(tmp_path: Path) -> None:
    (tmp_path / "customers").mkdir()
    rules = "\n".join(
        f"  learner.trial_{number}:\n    for: learner\n    when: {{training: trial {number}}}\n    then: skip\n"
        "    messages: {en: {problem: On trial., fix: Nothing to do.}}\n"
        f"    examples: [{{matches: true, record: {{training: Trial {number}}}}}, {{matches: false, record: {{}}}}]"
        for number in range(300)
    )
    head = "name: Large School\nlanguage: en\nzone: Europe/London\nsource: {connector: pushed, system: Wonde}\n"
    (tmp_path / "customers" / "large.yaml").write_text(f"{head}rules:\n{rules}\n", "utf-8")
    classifier = Classifier(load(tmp_path, "large", catalogue()))
    (decision,) = classifier.decide([Learner(source_id="1", training="TRIAL 299")], MOMENT).decisions
    assert decision is not None
    assert "learner.trial_299" in {match.rule for match in decision.matches}


def test_many_threads_on_one_rulebook_agree_with_one() -> None:
    classifier = Classifier(load(RULES, "norvane", catalogue()))
    sessions = [
        Session(
            source_id=f"s{index}",
            name=None if index % 5 == 0 else "Négociation",
            starts_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
            ends_at=datetime(2026, 11, 24, 11 if index % 6 else 7, tzinfo=UTC),
            instructor_ids=(f"i{index % 9}",),
            learner_ids=tuple(str(learner) for learner in range(index % 30, index % 30 + 5)),
        )
        for index in range(60)
    ]
    staff = [
        Instructor(source_id=f"i{index}", email=f"i{index}@example.org" if index % 2 else None) for index in range(9)
    ]
    batches = [[*_learners(120 + extra), *staff, *sessions] for extra in range(8)]
    alone = [Classifier(load(RULES, "norvane", catalogue())).decide(batch, MOMENT).decisions for batch in batches]
    start = threading.Barrier(4)

    def decide(turn: int) -> list[Any]:
        if turn < 4:
            start.wait(timeout=120)
        return classifier.decide(batches[turn % len(batches)], MOMENT).decisions

    with ThreadPoolExecutor(4) as pool:
        for turn, decisions in enumerate(pool.map(decide, range(32))):
            assert decisions == alone[turn % len(batches)]


def test_a_ruleset_is_built_anew_after_an_engine_error_and_answers_again() -> None:
    ruleset = Ruleset({"a": {"$and": [{"k": "learner"}, {"x": 1}]}})
    with pytest.raises(EngineError) as error:
        ruleset.fire({"k": "learner", "x": 1e300})  # type: ignore[dict-item] # a number the library cannot read
    assert "1e300" not in str(error.value)
    assert ruleset.fire({"k": "learner", "x": 1}) == {"a"}


def test_a_record_that_the_engine_fails_on_is_flagged_and_the_others_get_their_decisions() -> None:
    classifier = Classifier(load(RULES, "norvane", catalogue()))
    # Between the door and the engine nothing should be able to do this; an object that is no text does.
    broken = structs.replace(_learners(1)[0], source_id="broken", email=3.5)
    decided = classifier.decide([broken, *_learners(3)[1:]], MOMENT).decisions
    assert decided[0] is not None
    assert decided[0].rule == "record.unexpected_error"
    assert all(decision is not None and decision.rule != "record.unexpected_error" for decision in decided[1:])


def test_rulebooks_that_are_let_go_free_their_rulesets(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[int] = []
    free = rulesets._free
    monkeypatch.setattr(rulesets, "_free", lambda handle: (freed.append(handle), free(handle)))
    rulebook = drawing.rulebook_of([drawing.rule_of("learner", _training("a"))])
    for _ in range(50):
        Classifier(rulebook, EVERYTHING).decide(_learners(2), MOMENT)
    assert len(freed) == 50


def _nested(depth: int) -> Condition:
    condition: Condition = _training("a")
    for level in range(depth):
        condition = AnyOf((condition, _training("b"))) if level % 2 else All((condition, _training("c")))
    return condition


def test_a_rule_that_is_nested_too_deep_is_refused_and_one_less_is_taken() -> None:
    assert fits(drawing.rule_of("learner", _nested(14)))
    assert not fits(drawing.rule_of("learner", _nested(15)))
    with pytest.raises(TooNested):
        Classifier(drawing.rulebook_of([drawing.rule_of("learner", _nested(15))]), EVERYTHING)


def test_a_long_list_and_many_lists_still_fit_one_rule() -> None:
    lists = tuple(
        FieldTest(field, "in", tuple(Value(f"{field}{number}") for number in range(12)), "text", False, drawing.PLACE)
        for field in ("training", "company", "section", "first_name", "last_name", "tutor_name", "phone", "email")
    )
    rule = drawing.rule_of("learner", AnyOf(lists))
    learner = Learner(source_id="1", tutor_name="TUTOR_NAME11")
    (decision,) = Classifier(drawing.rulebook_of([rule]), EVERYTHING).decide([learner], MOMENT).decisions
    assert decision is not None
    assert decision.rule == rule.id


def test_related_records_are_counted_once_each_and_none_makes_zero() -> None:
    count = Count(
        "learners",
        "at_least",
        Value(2),
        FieldTest("email", "missing", (), "email", False, drawing.PLACE),
        drawing.PLACE,
    )
    rules = [
        drawing.rule_of("session", count, "session.many"),
        drawing.rule_of("session", Related("every", "learners", _training("a"), drawing.PLACE), "session.every"),
        drawing.rule_of("session", Related("no", "learners", ALWAYS, drawing.PLACE), "session.none"),
    ]
    records = [
        Session(source_id="two", learner_ids=("1", "2", "2")),
        Session(source_id="one", learner_ids=("1", "3")),
        Session(source_id="nobody"),
        Learner(source_id="1"),
        Learner(source_id="2"),
        Learner(source_id="3", email="three@example.org", training="a"),
    ]
    decided = Classifier(drawing.rulebook_of(rules), EVERYTHING).decide(records, MOMENT, kinds={"session"}).decisions
    matched = [{match.rule for match in decision.matches} for decision in decided[:3] if decision is not None]
    assert matched == [{"session.many"}, set(), {"session.every", "session.none"}]
    assert decided[3:] == [None, None, None]


def test_what_is_asked_of_a_crowd_once_for_all_comes_out_as_asked_of_each_anew() -> None:
    draw = Random(11)  # noqa: S311 - the same ones each time
    rules = [
        drawing.rule_of("learner", when("learner", written), f"learner.drawn{number}")
        for number, written in enumerate(
            (
                "some: {namesake_accounts: {email: $this.email}}",
                "some: {namesake_accounts: {email: {not: $this.secondary_email}, birth_date: $this.birth_date}}",
                "count: {namesake_accounts: {at_least: 9, where: {username: $this.secondary_email}}}",
                "no: {namesake_accounts: {username: {contains: $this.phone}}}",
                "every: {namesake_accounts: {any: [{username: $this.secondary_email}, {role: learner}]}}",
            )
        )
    ]
    people = [
        Learner(
            source_id=f"{number:02}",
            first_name="Mina",
            last_name="Okparo",
            email=draw.choice([None, "a@example.org", "b@example.org"]),
            secondary_email=draw.choice([None, "C@example.org", "d@example.org", "e@example.org"]),
            phone=draw.choice([None, "c", "z"]),
            birth_date=draw.choice([None, date(2004, 5, 6)]),
        )
        for number in range(40)
    ]
    accounts = [
        Account(
            source_id=f"p{number:02}",
            first_name=draw.choice(["Mina", "MINA"]),
            last_name="Okparo",
            email=draw.choice([None, "A@example.org", "c@example.org"]),
            username=draw.choice([None, "c@example.org", "D@example.org"]),
            role=draw.choice([None, "learner", "learner"]),
            birth_date=draw.choice([None, None, date(2004, 5, 6)]),
        )
        for number in range(40)
    ]
    classifier = Classifier(drawing.rulebook_of(rules), EVERYTHING)
    found = classifier.decide([*people, *accounts], MOMENT)
    fired = set()
    for person, decision in zip(people, found.decisions, strict=False):
        assert decision is not None
        matched = [
            one.id for one in rules if matches(one, person, found.sight, MOMENT, classifier.settings, EVERYTHING)
        ]
        assert [match.rule for match in decision.matches] == matched
        fired.add(tuple(matched))
    assert len(fired) > 4
