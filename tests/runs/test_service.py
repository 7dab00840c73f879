"""What the service answers of a customer as a whole: counts, runs, what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from runs.model.errors import BrokenRulebook, UnknownCustomer, UnknownIssue, UnknownKind, UnknownRun
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ACCOUNT,
    ALGEBRA,
    ILL,
    NOW,
    PLAIN,
    SHEET,
    WELL,
    a_service,
    later,
)


def test_the_counts_of_a_customer_and_the_health_of_the_service(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN, ill="name: Ill\n")
    service.push("north", [*ILL, ACCOUNT, SHEET], True, as_of=NOW)
    counts = service.counts("north")
    # The learner's only session waits for the instructor, and so does the learner.
    assert counts.records == {"instructor": {"to_fix": 1}, "learner": {"waiting": 1}, "session": {"waiting": 1}}
    assert counts.states == {"new": 3}
    assert sum(counts.rules.values()) == 3
    health = service.health()
    assert (health.ok, health.database) == (False, True)
    assert [(one.customer, one.usable, one.problems > 0, one.state) for one in health.customers] == [
        ("ill", False, True, "never"),
        ("north", True, False, "well"),
    ]


def test_the_runs_of_a_customer_are_listed_newest_first(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    ids = [service.push("north", ILL, True, as_of=later(hours=n)).id for n in range(5)]
    first = service.runs("north", limit=3)
    rest = service.runs("north", first.next_cursor, limit=3)
    assert [run.id for run in (*first.items, *rest.items)] == ids[::-1]
    assert (first.total, rest.next_cursor) == (5, None)
    assert service.run_summary("north", ids[0]) == rest.items[-1]


def test_what_is_not_there_is_said_without_repeating_it(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN, ill="name: Ill\n")
    for expected, ask in (
        (UnknownCustomer, lambda: service.classify("amelie", [])),
        (UnknownCustomer, lambda: service.runs("amelie")),
        (UnknownIssue, lambda: service.issue("north", "amelie")),
        (UnknownRun, lambda: service.run_summary("north", 404)),
        (UnknownKind, lambda: service.explain("north", "amelie", "1")),
        (BrokenRulebook, lambda: service.classify("ill", [])),
    ):
        with pytest.raises(expected) as caught:
            ask()
        assert caught.value.found
        assert "amelie" not in str(caught.value)


def test_one_customers_records_are_not_anothers(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN, sud=PLAIN)
    service.push("north", ILL, True, as_of=NOW)
    assert service.issues("sud").total == 0
    assert service.explain("sud", "instructor", "I-1").last_run == "never_received"
    (issue,) = service.issues("north").items[0].issues
    with pytest.raises(UnknownIssue):
        service.issue("sud", issue.id)
    (answer,) = service.classify("sud", [ALGEBRA]).decisions
    assert answer.rule == service.classify("sud", [ALGEBRA]).decisions[0].rule
    service.push("sud", WELL, True, as_of=NOW)
    assert service.issues("north", IssueFilter(fold=False)).total == 3
