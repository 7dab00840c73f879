"""Turning: when time alone may end what a condition says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.analysis.availability import EVERYTHING
from engine.matching.binding import FALSE, Preparation
from engine.matching.classifier import decide_one
from engine.matching.comparisons import Clock
from engine.matching.examples import ExampleSituation
from engine.matching.projection import Sight
from engine.matching.turning import Moments, Turning
from engine.model.moments import Moment
from engine.records.kinds import DOWNWARD, Learner, Record, Session
from tests.engine import drawing
from tests.engine.conditions import when

NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
"""Noon in Paris."""
MOMENT = Moment(as_of=NOW, zone="Europe/Paris", last_sync=NOW - timedelta(hours=2))


def ends(kind: str, written: Any, record: Record, situation: Any = None, moment: Moment = MOMENT) -> Moments | None:
    condition = when(kind, written) if isinstance(written, str) else written
    ready = Preparation(kind, drawing.SETTINGS, EVERYTHING).ready(condition)
    around = situation or ExampleSituation({}, {})
    return Turning(Sight(Clock(moment), around, around.standing), lambda _: ()).ends(ready, record)


def in_paris(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # It starts on 6 December at nine: outside fourteen days until the 22nd of November begins.
        ("{starts_at: {after: in 14 days}}", {in_paris(6) - timedelta(days=14)}),
        ("{not: {starts_at: {at_most: in 14 days}}}", {in_paris(6) - timedelta(days=14)}),
        ("{starts_at: {after: now}}", {in_paris(6, 9)}),
        ("{starts_at: {after: last_sync}}", {in_paris(6, 9)}),
        ("{starts_at: {after: in 24 hours}}", {in_paris(5, 9)}),
        ("{not: {starts_at: {on: today}}}", {in_paris(6), in_paris(7)}),
        ("{any: [{starts_at: {after: now}}, {name: Algebra}]}", set()),
        ("{starts_at: {after: now}, name: Algebra}", {in_paris(6, 9)}),
        ("{starts_at: {after: 2026-11-30}}", set()),
        ("{starts_at: {before: now}}", None),
    ],
)
def test_a_comparison_with_the_clock_ends_at_one_moment_and_anything_else_at_none(
    written: str, expected: set[datetime] | None
) -> None:
    algebra = Session(source_id="1", name="Algebra", starts_at=in_paris(6, 9))
    assert ends("session", written, algebra) == expected


def test_a_person_without_a_session_comes_in_with_the_first_that_is_held_and_with_none_of_them_never() -> None:
    written = "{no: {sessions: {starts_at: {at_least: today, at_most: in 14 days}, unless: {status: cancelled}}}}"
    mina = Learner(source_id="1")

    def of(*sessions: Session) -> Moments | None:
        return ends("learner", written, mina, ExampleSituation({"sessions": sessions}, {}))

    held = Session(source_id="1", starts_at=in_paris(8, 9))
    assert of(held) == {in_paris(8) - timedelta(days=14)}
    assert of(msgspec.structs.replace(held, status="cancelled")) == set()
    assert of(Session(source_id="1", starts_at=NOW - timedelta(days=3))) == set()
    assert of() == set()
    assert of(Session(source_id="1", starts_at=NOW + timedelta(days=3)), held) is None


@given(data=st.data())
def test_what_ends_as_time_passes_ends_at_a_moment_that_was_told(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(DOWNWARD))
    condition = data.draw(drawing.conditions(kind))
    rule = drawing.rule_of(kind, condition)
    record = data.draw(drawing.records(kind, condition))
    situation: Any = data.draw(drawing.situations(kind, condition))
    moment = data.draw(drawing.moments())
    then = moment.as_of + timedelta(minutes=data.draw(st.integers(1, 60 * 24 * 60)))
    # Runs that are the last ones themselves, as downward ones are.
    now, coming = (msgspec.structs.replace(moment, as_of=at, last_sync=at) for at in (moment.as_of, then))

    def holds(at: Moment) -> bool:
        return decide_one(rule, record, situation, at, drawing.SETTINGS, EVERYTHING)

    assume(Preparation(kind, drawing.SETTINGS, EVERYTHING).ready(condition) != FALSE)
    told = ends(kind, condition, record, situation, now)
    assert (told is not None) is holds(now)
    if told is not None and not holds(coming):
        assert any(now.as_of < at <= coming.as_of for at in told)
