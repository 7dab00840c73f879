"""What is wrong with a customer's records, as it is read."""

from __future__ import annotations

from pathlib import Path

from engine.records.kinds import Instructor, Learner
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ADA,
    ALGEBRA,
    ILL,
    LOU,
    NOW,
    WELL,
    a_service,
    changed,
    later,
)


def test_the_feed_groups_a_records_issues_under_its_headline(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    worse = Instructor(source_id="I-3", last_name="Ng")
    linked = changed(ALGEBRA, instructor_ids=("I-1", "I-3"))
    service.push("north", [ADA, worse, LOU, linked], True, as_of=NOW)
    page = service.issues("north")
    (row,) = page.items
    assert (row.source_id, row.rule, page.total) == ("I-3", row.issues[0].rule, 1)
    assert [issue.headline for issue in row.issues] == [True, False]
    assert {issue.rule for issue in row.issues} == {"instructor.email_missing", "instructor.name_missing"}
    assert (row.problem, row.fix_in) == (row.issues[0].problem, "source")


def test_the_next_run_in_a_message_is_the_one_after_reading_and_none_while_runs_are_late(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    told = []
    for hours in (0, 2.2, 3):
        service.clock = lambda hours=hours: later(hours=hours)
        told.append(str(service.issues("north").items[0].fix).rpartition("; ")[2])
    assert told == [
        "it will be picked up at the next run, on Monday 23 November 2026 at 12:00.",
        "it will be picked up at the next run, on Monday 23 November 2026 at 22:00.",
        "it will be picked up once exchanges work again.",
    ]


def test_skipped_and_synced_records_can_be_read_with_their_message(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    nobody = Learner(source_id="L-2", first_name="Max", last_name="Roe", email="max@example.org")
    service.push("north", [*WELL, nobody], True, as_of=NOW)
    (skipped,) = service.issues("north", IssueFilter(verdict="skip")).items
    assert (skipped.source_id, skipped.rule, skipped.issues) == ("L-2", "learner.no_session_in_window", [])
    assert skipped.problem
    assert skipped.fix
    synced = service.issues("north", IssueFilter(verdict="sync")).items
    assert sorted((row.source_id, row.problem) for row in synced) == [("I-1", None), ("L-1", None), ("S-1", None)]
