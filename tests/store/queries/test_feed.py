"""The feed's queries: what a filter shows, page by page, and counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.records.folding import fold_name
from store.base.cursors import CursorError
from store.base.database import Database
from store.base.tables import IssueRow, RecordRow
from store.queries import feed
from store.queries.feed import IssueFilter
from store.writing import standing
from tests.store.base.test_database import a_run

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAMES = ("Loïc Sørén", "Łucja Nowak", "Æsa Œuvrard", "Straße 50 %_", "Loïc Martin")


@pytest.fixture
def filled(database: Database) -> Database:
    """Five flagged records of two moments; the first has two issues, one of them resolved on the last."""
    with database.writing() as session:
        run = a_run()
        session.add(run)
        session.flush()
        for number, name in enumerate(NAMES):
            record = RecordRow(
                customer="north",
                kind="learner" if number < 3 else "session",
                source_id=f"R-{number}",
                name=name,
                search=fold_name(f"{name} R-{number}"),
                fingerprint=b"",
                decided=b"",
                verdict="flag",
                rule="a.first",
                verdict_at=NOW + timedelta(microseconds=number % 2),
                first_run_id=run.id,
                changed_run_id=run.id,
            )
            session.add(record)
            session.flush()
            for position, rule in enumerate(("a.first", "a.second")):
                session.add(
                    IssueRow(
                        id=f"{number}-{position}",
                        customer="north",
                        record_id=record.id,
                        rule=rule,
                        state="resolved" if number == 4 and position else "new" if number else "back",
                        position=position,
                        fix_in="source" if number < 2 else "support",
                        facts=b"{}",
                        facts_fingerprint=b"",
                        rulebook_version="1",
                        opened_run_id=run.id,
                        opened_at=NOW + timedelta(days=number),
                    )
                )
    return database


def listed(database: Database, which: IssueFilter) -> list[str]:
    with database.reading() as session:
        return sorted(one.record.source_id for one in feed.issues(session, "north", which, None, 50, NOW).items)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (IssueFilter(), "01234"),
        (IssueFilter(kind="learner"), "012"),
        (IssueFilter(rule="a.second"), "0123"),
        (IssueFilter(rule="a.third"), ""),
        (IssueFilter(state="resolved"), "4"),
        (IssueFilter(state="back"), "0"),
        (IssueFilter(fix_in="support", kind="learner"), "2"),
        (IssueFilter(changed_since=NOW + timedelta(days=3)), "34"),
        (IssueFilter(verdict="flag"), "01234"),
        (IssueFilter(verdict="skip"), ""),
        (IssueFilter(search="loic"), "04"),
        (IssueFilter(search="SOREN  loic"), "0"),
        (IssueFilter(search="lucja"), "1"),
        (IssueFilter(search="aesa oeuvr"), "2"),
        (IssueFilter(search="strasse"), "3"),
        (IssueFilter(search="r-3"), "3"),
        (IssueFilter(search="%"), "3"),
        (IssueFilter(search="50 %_"), "3"),
    ],
)
def test_a_feed_shows_what_its_filter_says(filled: Database, which: IssueFilter, found: str) -> None:
    assert listed(filled, which) == [f"R-{number}" for number in found]


def test_pages_hold_every_record_once_newest_first(filled: Database) -> None:
    seen: list[RecordRow] = []
    cursor = None
    with filled.reading() as session:
        while True:
            page = feed.issues(session, "north", IssueFilter(), cursor, 2, NOW)
            assert page.total == 5
            seen += [one.record for one in page.items]
            if (cursor := page.next_cursor) is None:
                break
    assert [record.source_id for record in seen] == ["R-3", "R-1", "R-4", "R-2", "R-0"]


def test_a_record_comes_with_all_its_open_issues_headline_first(filled: Database) -> None:
    with filled.reading() as session:
        (one,) = feed.issues(session, "north", IssueFilter(rule="a.second", search="soren"), None, 50, NOW).items
    assert [issue.rule for issue in one.issues] == ["a.first", "a.second"]


@pytest.mark.parametrize("cursor", ["x", "é", "gqE", "kgEC0w", "//8", "wA", "k8//"])
def test_a_cursor_of_somewhere_else_is_told(filled: Database, cursor: str) -> None:
    with filled.reading() as session, pytest.raises(CursorError):
        feed.issues(session, "north", IssueFilter(), cursor, 50, NOW)


def test_a_cursor_holds_no_name_and_no_id_of_the_source(filled: Database) -> None:
    with filled.reading() as session:
        cursor = feed.issues(session, "north", IssueFilter(), None, 1, NOW).next_cursor
    assert cursor is not None
    assert len(cursor) < 30


def test_counts_tell_verdicts_open_issues_and_states(filled: Database) -> None:
    with filled.reading() as session:
        counts = standing.counts(session, "north", NOW)
    assert counts.records == {"learner": {"to_fix": 3}, "session": {"to_fix": 2}}
    assert counts.rules == {"a.first": 5, "a.second": 4}
    assert counts.states == {"back": 2, "new": 7, "resolved": 1}


def test_a_feed_counts_its_records_only_so_far(database: Database) -> None:
    more = feed.MOST_COUNTED + 3
    with database.writing() as session:
        run = a_run()
        session.add(run)
        session.flush()
        common = {"customer": "north", "verdict": "flag", "verdict_at": NOW, "fingerprint": b"", "decided": b""}
        runs = {"first_run_id": run.id, "changed_run_id": run.id}
        named = {"kind": "learner", "name": "", "search": ""}
        for number in range(more):
            session.add(RecordRow(id=number + 1, source_id=f"R-{number}", **common, **named, **runs))
        session.flush()
        for number in range(more):
            session.add(
                IssueRow(
                    id=str(number),
                    customer="north",
                    record_id=number + 1,
                    rule="a.first",
                    state="open",
                    facts=b"{}",
                    facts_fingerprint=b"",
                    rulebook_version="1",
                    opened_run_id=run.id,
                    opened_at=NOW,
                )
            )
    with database.reading() as session:
        page = feed.issues(session, "north", IssueFilter(), None, 1, NOW)
    assert (page.total, page.folded, len(page.items)) == (feed.MOST_COUNTED, 0, 1)
