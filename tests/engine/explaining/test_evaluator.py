"""Law 2 and law 6, clause by clause and on both sides, by the evaluator that walks conditions as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.analysis.availability import EVERYTHING, Provided
from engine.explaining.evaluator import Lack, Trace, Tracer
from engine.matching.examples import ExampleSituation
from engine.model.moments import Moment
from engine.model.rulebook import SettingValue
from engine.records.decode import Invalid, read_mapping
from engine.records.kinds import KINDS, Record
from tests.engine.conditions import when

NOW = Moment(as_of=datetime(2026, 11, 21, 11, tzinfo=UTC), zone="Europe/Paris")

Related = Mapping[str, list[dict[str, Any]]]


def without(*left_out: str) -> Provided:
    """Everything but these kinds and fields: `session`, or `session.remote`."""
    return Provided(
        {
            kind: frozenset(name for name in cls.__struct_fields__ if f"{kind}.{name}" not in left_out)
            for kind, cls in KINDS.items()
            if kind not in left_out
        }
    )


def traced(
    written: str,
    record: Mapping[str, Any] | None = None,
    *,
    kind: str = "learner",
    related: Related | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    provided: Provided = EVERYTHING,
    moment: Moment = NOW,
) -> Trace:
    to = {"own_accounts": "account", "email_accounts": "account", "sessions": "session", "instructors": "instructor"}
    given = ExampleSituation(
        {
            name: tuple(_record(to[name], {"source_id": str(number), **item}) for number, item in enumerate(items))
            for name, items in (related or {}).items()
        },
        {},
    )
    made = _record(kind, {"source_id": "1", **(record or {})})
    return Tracer(made, given, moment, settings or {}, provided).trace(when(kind, written))


def _record(kind: str, values: Mapping[str, Any]) -> Record:
    made = read_mapping(kind, values, "test")
    assert not isinstance(made, Invalid), made.errors
    return made


# Law 2: two-valued.


@pytest.mark.parametrize(
    "test",
    ["company: Ferrand", "company: {not: Ferrand}", "company: {not_in: [Ferrand]}", "company: {starts_with: F}"],
)
def test_a_test_on_a_missing_value_is_false_and_the_block_not_makes_it_true(test: str) -> None:
    assert traced(test).truth is False
    assert traced(f"not: {{{test}}}").truth is True


def test_a_test_before_the_first_run_is_false_where_it_reads_last_sync() -> None:
    changed = {"modified_at": "2026-11-21T09:00:00Z"}
    assert traced("modified_at: {after: last_sync}", changed).truth is False
    assert traced("not: {modified_at: {after: last_sync}}", changed).truth is True


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("some: {own_accounts: {}}", False),
        ("no: {own_accounts: {}}", True),
        ("every: {own_accounts: {archived: true}}", True),
        ("count: {own_accounts: 0}", True),
        ("count: {own_accounts: {at_least: 1}}", False),
    ],
)
def test_over_nothing_every_is_true_some_false_no_true_and_count_nought(written: str, *, holds: bool) -> None:
    assert traced(written).truth is holds
    assert traced(f"not: {{{written}}}").truth is not holds


# Law 6: what is not provided is unavailable.

NO_COMPANY = without("learner.company")


@pytest.mark.parametrize("test", ["company: Ferrand", "company: {is: missing}", "company: {is: present}"])
def test_a_test_on_a_field_that_is_not_provided_is_false_negated_or_not(test: str) -> None:
    record = {"company": "Ferrand"}
    for written in (test, f"not: {{{test}}}", f"not: {{not: {{{test}}}}}"):
        assert traced(written, record, provided=NO_COMPANY).truth is None
    assert traced(test, record, provided=NO_COMPANY).children[0].lack == Lack("not_provided", "learner.company")


def test_any_goes_on_without_what_is_not_provided_and_all_fails() -> None:
    any_of = "any: [{company: {is: missing}}, {email: {is: missing}}]"
    assert traced(any_of, provided=NO_COMPANY).truth is True
    assert traced(any_of, {"email": "mina@example.org"}, provided=NO_COMPANY).truth is None
    assert traced("{company: {is: missing}, email: {is: missing}}", provided=NO_COMPANY).truth is None


def test_not_of_all_holds_where_a_provided_part_is_false_whatever_the_other_would_be() -> None:
    both = "not: {company: {is: missing}, email: {is: missing}}"
    assert traced(both, {"email": "mina@example.org"}, provided=NO_COMPANY).truth is True
    assert traced(both, provided=NO_COMPANY).truth is None


def test_inside_unless_what_is_not_provided_does_not_hold_so_the_exception_does_not_apply() -> None:
    assert traced("{email: {is: missing}, unless: {company: {is: missing}}}", provided=NO_COMPANY).truth is True
    assert traced("{email: {is: missing}, unless: {not: {company: X}}}", provided=NO_COMPANY).truth is True
    assert traced("{email: {is: missing}, unless: {company: {is: missing}}}").truth is False


def test_not_around_unless_holds_only_where_the_exception_is_known_to_apply() -> None:
    written = "not: {unless: {company: {is: missing}}}"
    assert traced(written).truth is True
    assert traced(written, {"company": "Ferrand"}).truth is False
    assert traced(written, provided=NO_COMPANY).truth is False


@pytest.mark.parametrize("value", [None, ()])
def test_a_setting_that_is_unset_or_empty_makes_its_test_unavailable(value: SettingValue) -> None:
    written = "families: $families"
    given = {"families": value}
    assert traced(written, {"families": ["BTS"]}, settings=given).truth is None
    assert traced(f"not: {{{written}}}", {"families": ["BTS"]}, settings=given).truth is None
    assert traced(written, settings=given).children[0].lack == Lack("not_set", "families")


def test_nought_is_a_setting_like_any_other() -> None:
    written = "starts_at: {after: in $window_days days}"
    tomorrow = {"starts_at": "2026-11-22T09:00:00Z"}
    assert traced(written, tomorrow, kind="session", settings={"window_days": 0}).truth is True
    assert traced(written, tomorrow, kind="session", settings={"window_days": None}).truth is None


def test_a_field_of_the_record_itself_that_is_not_provided_makes_the_comparison_unavailable() -> None:
    written = "ends_at: {at_most: $this.created_at}"
    record = {"ends_at": "2026-11-22T09:00:00Z"}
    assert traced(written, record, kind="session", provided=without("session.created_at")).truth is None
    assert traced(written, record, kind="session").truth is False


NO_TIMETABLE = without("session")


@pytest.mark.parametrize(
    "written",
    ["some: {sessions: {}}", "no: {sessions: {}}", "every: {sessions: {}}", "count: {sessions: 0}"],
)
def test_a_relation_that_is_not_provided_is_false_negated_or_not(written: str) -> None:
    assert traced(written, provided=NO_TIMETABLE).truth is None
    assert traced(f"not: {{{written}}}", provided=NO_TIMETABLE).truth is None
    assert traced(written).truth is not None


REMOTE_UNKNOWN = without("session.remote")
ONE = {"sessions": [{"status": "cancelled"}]}
TWO = {"sessions": [{"status": "cancelled"}, {"status": "validated"}]}


@pytest.mark.parametrize(
    ("written", "over_one", "over_none"),
    [
        ("some: {sessions: {remote: true}}", None, False),
        ("no: {sessions: {remote: true}}", None, True),
        ("every: {sessions: {remote: true}}", None, True),
        ("some: {sessions: {remote: true, status: cancelled}}", None, False),
        ("no: {sessions: {remote: true, status: validated}}", True, True),
        ("every: {sessions: {any: [{remote: true}, {status: cancelled}]}}", True, True),
    ],
)
def test_inside_a_relation_what_is_not_provided_decides_only_where_there_is_a_record(
    written: str, *, over_one: bool | None, over_none: bool
) -> None:
    assert traced(written, related=ONE, provided=REMOTE_UNKNOWN).truth is over_one
    assert traced(written, provided=REMOTE_UNKNOWN).truth is over_none
    contrary = None if over_one is None else not over_one
    assert traced(f"not: {{{written}}}", related=ONE, provided=REMOTE_UNKNOWN).truth is contrary


@pytest.mark.parametrize(
    ("compared", "truth"),
    [
        # One session is certainly counted, a second may be: from one to two.
        ("at_least: 1", True),
        ("at_least: 2", None),
        ("at_least: 3", False),
        ("above: 0", True),
        ("above: 1", None),
        ("above: 2", False),
        ("at_most: 2", True),
        ("at_most: 1", None),
        ("at_most: 0", False),
        ("below: 3", True),
        ("below: 2", None),
        ("below: 1", False),
        ("not: 3", True),
        ("not: 1", None),
    ],
)
def test_a_count_is_compared_by_the_bound_that_is_certain(compared: str, *, truth: bool | None) -> None:
    written = f"count: {{sessions: {{{compared}, where: {{any: [{{status: cancelled}}, {{remote: true}}]}}}}}}"
    assert traced(written, related=TWO, provided=REMOTE_UNKNOWN).truth is truth
    contrary = None if truth is None else not truth
    assert traced(f"not: {{{written}}}", related=TWO, provided=REMOTE_UNKNOWN).truth is contrary


def test_a_count_equals_only_where_both_bounds_say_so() -> None:
    where = "where: {any: [{status: cancelled}, {remote: true}]}"
    exactly = f"{{all: [{{count: {{sessions: {{at_least: 1, at_most: 1, {where}}}}}}}]}}"
    assert traced(exactly, related=ONE, provided=REMOTE_UNKNOWN).truth is True
    assert traced(exactly, related=TWO, provided=REMOTE_UNKNOWN).truth is None
    assert traced("count: {sessions: 2}", related=TWO).truth is True
    assert traced("count: {sessions: 1}", related=TWO).truth is False


def test_a_count_against_an_unset_setting_is_unavailable() -> None:
    assert traced("count: {sessions: {at_least: $most}}", related=TWO).truth is None
    assert traced("count: {sessions: {at_least: $most}}", related=TWO, settings={"most": 2}).truth is True


def test_every_read_value_is_kept_with_its_origin() -> None:
    trace = traced(
        "starts_at: {after: in $window_days days}",
        {"starts_at": "2026-12-20T09:00:00Z"},
        kind="session",
        settings={"window_days": 14},
    )
    (test,) = trace.children
    assert [(read.origin, read.name) for read in test.reads] == [
        ("record", "starts_at"),
        ("moment", "now"),
        ("setting", "window_days"),
    ]
