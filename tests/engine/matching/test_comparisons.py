"""Comparisons: where a day begins and ends, for tests that are run and for tests that are explained."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.analysis.availability import EVERYTHING
from engine.explaining.explainer import matches
from engine.matching.classifier import decide_one
from engine.matching.examples import ExampleSituation
from engine.model.moments import Moment
from engine.records.kinds import Learner, Session
from tests.engine.conditions import when
from tests.engine.drawing import rule_of

MOMENT = Moment(as_of=datetime(2026, 11, 21, 11, tzinfo=UTC), zone="Europe/Paris")
MIDNIGHT, NEXT = datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)
"""First instants of that Saturday and of the Sunday in Paris."""
JUST = timedelta(microseconds=1)


def holds(kind: str, written: str, record: Any) -> bool:
    rule, around = rule_of(kind, when(kind, written), f"{kind}.tried"), ExampleSituation({}, {})
    found = decide_one(rule, record, around, MOMENT, {}, EVERYTHING)  # type: ignore[arg-type]
    assert found == matches(rule, record, around, MOMENT, {}, EVERYTHING)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("word", ["today", "2026-11-21"])
@pytest.mark.parametrize(
    ("test", "before", "first", "last", "after"),
    [
        ("before", True, False, False, False),
        ("after", False, False, False, True),
        ("on", False, True, True, False),
        ("at_least", False, True, True, True),
        ("at_most", True, True, True, False),
    ],
)
def test_a_day_lasts_from_its_first_instant_to_the_first_of_the_next(
    word: str, test: str, before: bool, first: bool, last: bool, after: bool
) -> None:
    instants = {MIDNIGHT - JUST: before, MIDNIGHT: first, NEXT - JUST: last, NEXT: after}
    for instant, held in instants.items():
        assert holds("session", f"{{starts_at: {{{test}: {word}}}}}", Session(source_id="1", starts_at=instant)) is held


@pytest.mark.parametrize(
    ("test", "before", "at", "after"),
    [
        ("before", True, False, False),
        ("after", False, False, True),
        ("at_least", False, True, True),
        ("at_most", True, True, False),
    ],
)
def test_an_instant_is_neither_before_nor_after_itself(test: str, before: bool, at: bool, after: bool) -> None:
    hour = MOMENT.as_of + timedelta(hours=1)
    for instant, held in {hour - JUST: before, hour: at, hour + JUST: after}.items():
        assert (
            holds("session", f"{{starts_at: {{{test}: in 1 hour}}}}", Session(source_id="1", starts_at=instant)) is held
        )


@pytest.mark.parametrize(
    ("test", "before", "on", "after"),
    [
        ("before", True, False, False),
        ("after", False, False, True),
        ("on", False, True, False),
        ("at_least", False, True, True),
        ("at_most", True, True, False),
    ],
)
def test_a_date_is_held_against_a_day_as_dates_are(test: str, before: bool, on: bool, after: bool) -> None:
    for day, held in {20: before, 21: on, 22: after}.items():
        learner = Learner(source_id="1", left_on=date(2026, 11, day))
        assert holds("learner", f"{{left_on: {{{test}: today}}}}", learner) is held


@pytest.mark.parametrize(
    ("written", "other", "held"),
    [
        ("{email: $this.tutor_email}", "LOU@EXAMPLE.ORG", True),
        ("{email: {not: $this.tutor_email}}", "LOU@EXAMPLE.ORG", False),
        ("{email: {starts_with: $this.tutor_email}}", "LOU", True),
        ("{email: {starts_with: $this.tutor_email}}", None, False),
    ],
)
def test_two_texts_of_a_record_are_compared_whatever_their_capitals(written: str, other: Any, held: bool) -> None:
    learner = Learner(source_id="1", email="Lou@example.org", tutor_email=other)
    assert holds("learner", written, learner) is held
