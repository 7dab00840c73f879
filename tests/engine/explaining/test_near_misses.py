"""Near misses: what they offer is true, on any condition and record that can be drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.analysis.availability import EVERYTHING
from engine.explaining.evaluator import Tracer
from engine.explaining.near_misses import _after, still, ways
from engine.language.languages import languages
from engine.language.sentences import Speaker
from engine.matching.examples import ExampleSituation
from engine.model.conditions import FieldTest
from engine.model.moments import Moment
from engine.records.kinds import KINDS
from tests.draws import times
from tests.engine import drawing
from tests.engine.conditions import when
from tests.engine.explaining.test_evaluator import traced, without
from tests.engine.test_laws import KINDS_DECIDED

AS_OF = datetime(2026, 11, 21, 11, tzinfo=UTC)

few = settings(
    max_examples=times(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("kind", KINDS_DECIDED)
@given(st.data())
@few
def test_any_condition_is_said_and_any_change_offered_would_really_change_it(kind: str, data: Any) -> None:
    condition = data.draw(drawing.conditions(kind))
    record, situation = data.draw(drawing.records(kind, condition)), data.draw(drawing.situations(kind, condition))
    tracer = Tracer(record, situation, data.draw(drawing.moments()), drawing.SETTINGS, data.draw(drawing.provisions()))
    trace = tracer.trace(condition)
    for language in languages().names:
        speaker = Speaker(language, kind)
        assert speaker.say(condition)
        assert "{" not in speaker.say(condition, negated=True)
    for want in (True, False):
        for way in ways(trace, want=want):
            assert (way == ()) == (trace.truth is want)
            assert _after(trace, way, (), None) is want
            for change in way:
                for language in languages().names:
                    assert Speaker(language, kind).say(change.condition, change.relation, negated=not change.want)
    assert still(trace, (), kind) is trace.truth


def test_the_fewest_changes_come_first() -> None:
    trace = traced("any: [{email: {is: missing}, phone: {is: missing}}, {company: {is: present}}]")
    (first,) = ways(trace, want=False)[:1]
    assert [(change.condition.field, change.want) for change in first if hasattr(change.condition, "field")] in (
        [("email", False)],
        [("phone", False)],
    )


def test_what_is_not_provided_is_never_offered() -> None:
    trace = traced("{company: X, email: {is: missing}}", provided=without("learner.company"))
    assert ways(trace, want=True) == []


@pytest.mark.parametrize(
    ("kind", "written", "values"),
    [
        ("session", "{starts_at: {on: today}}", {"starts_at": AS_OF}),
        ("session", "{modified_at: {after: 2026-11-01}}", {"modified_at": AS_OF}),
        ("sheet", "{times_archived: {at_least: 2}}", {"times_archived": 2}),
        ("learner", "{phone: {is: present}}", {"phone": "see office"}),
        ("learner", "{no: {own_accounts: {}}}", {}),
    ],
)
def test_nobody_is_asked_to_mend_the_clock_what_systems_note_or_what_is_there(
    kind: str, written: str, values: dict[str, Any]
) -> None:
    record = KINDS[kind](source_id="1", **values)
    condition = when(kind, written)
    moment = Moment(as_of=AS_OF, zone="Europe/Paris", last_sync=AS_OF - timedelta(hours=1))
    trace = Tracer(record, ExampleSituation({}, {}), moment, {}, EVERYTHING).trace(condition)
    for want in (True, False):
        assert [way for way in ways(trace, want=want) if way] == []


def test_nobody_is_told_to_have_what_stands_on_the_platform_away_but_what_to_change_on_it() -> None:
    written = "some: {email_accounts: {role: instructor}}"
    found = ways(traced(written, related={"email_accounts": [{"role": "instructor"}]}), want=False)
    assert [change.about is not None for way in found for change in way] == [True]
    (change,) = found[0]
    assert isinstance(change.condition, FieldTest)
    assert (change.condition.field, change.want) == ("role", False)


def test_a_field_that_is_given_leaves_its_other_tests_open() -> None:
    present = ways(traced("email: {is: missing}"), want=False)[0]
    assert still(traced("email: {is: present}"), present, "learner") is True
    assert still(traced("some: {email_accounts: {}}"), present, "learner") is None
