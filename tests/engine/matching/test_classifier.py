"""The verdict: a skip before a flag before a note, and every rule that matched is listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest
from msgspec import structs

from engine.analysis.availability import EVERYTHING
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
