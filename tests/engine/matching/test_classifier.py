"""The verdict: a skip before a flag before a note, and every rule that matched is listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest
from msgspec import structs

from engine.analysis.availability import EVERYTHING, Provided
from engine.matching.classifier import Classifier
from engine.model.decisions import Decision
from engine.model.moments import Moment
from engine.records.kinds import Learner
from tests.engine import drawing
from tests.engine.conditions import when

MOMENT = Moment(as_of=datetime(2026, 11, 21, 11, tzinfo=UTC), zone="Europe/Paris")
Reaction = Literal["skip", "flag", "note"]


def decided(*reactions: Reaction) -> Decision:
    """What is decided of a learner whom one rule of each of these reactions matches, in that order."""
    always = when("learner", "{phone: {is: missing}}")
    rules = [
        structs.replace(drawing.rule_of("learner", always, f"learner.{number}"), then=then)
        for number, then in enumerate(reactions)
    ]
    (decision,) = Classifier(drawing.rulebook_of(rules), EVERYTHING).decide([Learner(source_id="1")], MOMENT).decisions
    assert decision is not None
    return decision


@pytest.mark.parametrize(
    ("reactions", "verdict", "listed"),
    [
        ((), "sync", []),
        (("note",), "sync", [0]),
        (("note", "note"), "sync", [0, 1]),
        (("note", "flag", "note"), "flag", [1, 0, 2]),
        (("note", "flag", "skip", "note", "flag", "skip"), "skip", [2, 5, 1, 4, 0, 3]),
    ],
)
def test_every_rule_that_matched_is_listed_the_strongest_first_and_then_by_the_rulebook(
    reactions: tuple[Reaction, ...], verdict: str, listed: list[int]
) -> None:
    decision = decided(*reactions)
    assert decision.verdict == verdict
    assert [(match.rule, match.reaction) for match in decision.matches] == [
        (f"learner.{number}", reactions[number]) for number in listed
    ]
    notes = [match.rule for match in decision.notes]
    assert [match.rule for match in decision.matches if match.reaction == "note"] == notes
    if verdict != "sync":
        assert [decision.rule, *(match.rule for match in decision.also), *notes] == [f"learner.{one}" for one in listed]


@pytest.mark.parametrize(
    ("flagged", "hindered"), [("{email: {is: missing}}", True), ("{outcome: refused}", False), ("{phone: x}", False)]
)
def test_what_is_left_out_for_now_is_hindered_by_what_would_flag_it_else(flagged: str, hindered: bool) -> None:
    written = {"learner.apart": "{phone: {is: missing}}", "learner.wrong": flagged}
    rules = [drawing.rule_of("learner", when("learner", text), name) for name, text in written.items()]
    rules[0] = structs.replace(rules[0], then="skip")
    learner = Learner(source_id="1", outcome="refused")
    decided = Classifier(drawing.rulebook_of(rules), EVERYTHING).decide([learner], MOMENT)
    assert decided.facts(0, "learner.apart").hindered is hindered
    assert decided.facts(0, "learner.wrong").hindered is False


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{training: {in: $families}}", "the setting `families` is not set"),
        ("{count: {sessions: {at_least: $most}}}", "the setting of a count is not set"),
        ("{company: Norvane}", "`learner.company` is not provided"),
        ("{count: {sessions: {at_least: 1}}}", "`learner.sessions` is not provided"),
        ("{some: {sessions: {room: B 12}}}", "`learner.sessions` is not provided"),
    ],
)
def test_a_rule_that_can_never_hold_says_why(written: str, why: str) -> None:
    rule = drawing.rule_of("learner", when("learner", written))
    book = structs.replace(drawing.rulebook_of([rule]), settings={})
    few = Provided({"learner": frozenset({"source_id", "training", "first_name"})})
    provided = few if "provided" in why else EVERYTHING
    assert Classifier(book, provided).dormant == {rule.id: (why,)}


def test_one_who_comes_twice_is_decided_and_told_of_as_one() -> None:
    rule = drawing.rule_of("learner", when("learner", "{groups: {contains: [G-1, G-2]}}"))
    twice = [Learner(source_id="1", groups=("G-1",)), Learner(source_id="1", groups=("G-2",))]
    found = Classifier(drawing.rulebook_of([rule]), EVERYTHING).decide(twice, MOMENT)
    assert [decision.rule for decision in found.decisions if decision] == [rule.id, rule.id]
    assert [found.facts(position, rule.id).record["groups"] for position in (0, 1)] == [["G-1", "G-2"]] * 2
