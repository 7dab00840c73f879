"""Near misses: what they offer is true, on any condition and record that can be drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.explaining.evaluator import Tracer
from engine.explaining.near_misses import _after, nearly, still, ways
from engine.language.languages import languages
from engine.language.sentences import Speaker
from tests.draws import times
from tests.engine import drawing
from tests.engine.explaining.test_evaluator import traced, without
from tests.engine.test_laws import KINDS_DECIDED

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


def test_near_is_one_test_away_with_something_else_fulfilled() -> None:
    assert nearly(traced("{email: {is: missing}, phone: {is: present}}")) is not None
    assert nearly(traced("phone: {is: present}")) is None
    assert nearly(traced("{phone: {is: present}, unless: {company: X}}")) is None


def test_a_count_is_near_where_one_record_is_wanting() -> None:
    written = "{email: {is: missing}, count: {email_accounts: {at_least: 2}}}"
    assert nearly(traced(written, related={"email_accounts": [{}]})) is not None
    assert nearly(traced(written)) is None


def test_a_field_made_missing_fails_its_other_tests_and_one_made_present_leaves_them_open() -> None:
    missing = ways(traced("email: {is: missing}", {"email": "mina@example.org"}), want=True)[0]
    malformed = traced("email: {is: malformed}", {"email": "mina@"})
    assert still(malformed, missing, "learner") is False
    present = ways(traced("email: {is: missing}"), want=False)[0]
    assert still(traced("email: {is: present}"), present, "learner") is True
    assert still(traced("some: {email_accounts: {}}"), present, "learner") is None
