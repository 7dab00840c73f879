"""Causes before symptoms: what only waits is folded under what it waits for, in a feed that can be put in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import func, select

from engine.records.decode import Invalid
from engine.records.kinds import Learner, Session
from runs.model.answers import FeedRow
from runs.model.errors import UnreadableCursor
from runs.retention.forget import forget
from runs.service import Service
from store.base.database import Database
from store.base.tables import IssueCauseRow
from store.queries.feed import IssueFilter
from tests.runs.schools import ADA, ALGEBRA, ILL, LOU, NOW, WELL, WITHOUT_EMAIL, a_service, changed, later, states


def sessions(number: int, instructor: str = "I-1") -> list[Session]:
    return [
        changed(
            ALGEBRA,
            source_id=f"S-{instructor}-{day}",
            name=f"Day {day}",
            starts_at=later(days=day + 1),
            ends_at=later(days=day + 1, hours=1),
            instructor_ids=(instructor,),
        )
        for day in range(number)
    ]


def feed(service: Service, **which: object) -> list[FeedRow]:
    return service.issues("north", IssueFilter(**which)).items  # type: ignore[arg-type]


def links(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(IssueCauseRow)).one()


def test_sessions_that_wait_for_one_address_are_folded_under_its_issue(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(4)], True, as_of=NOW)
    page = service.issues("north")
    assert [(row.source_id, row.waiting) for row in page.items] == [("I-1", 5)]
    assert (page.total, page.folded) == (1, 5)
    (issue,) = page.items[0].issues
    assert issue.waiting == {"learner": 1, "session": 4}

    waiting = feed(service, waits_for=issue.id)
    assert {row.source_id for row in waiting} == {f"S-I-1-{day}" for day in range(4)} | {"L-1"}
    (first,) = next(row for row in waiting if row.kind == "session").issues[0].waits_for
    assert (first.issue_id, first.kind, first.name, first.rule) == (
        issue.id,
        "instructor",
        "Ada Lund",
        "instructor.email_missing",
    )
    detail = service.issue("north", issue.id)
    assert {one.name for one in detail.waiting} == {"Lou Ørsted", "Day 0", "Day 1", "Day 2", "Day 3"}


def test_whatever_asks_for_something_narrower_sees_what_is_folded(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(2)], True, as_of=NOW)
    for narrower in ({"kind": "session"}, {"rule": "session.instructor_without_email"}, {"search": "day"}):
        assert len(feed(service, **narrower)) == 2
    assert len(feed(service, fold=False)) == len(feed(service, state="new")) == 4
    assert feed(service, kind="session", fold=True) == []


def test_a_session_with_something_wrong_of_its_own_is_not_folded(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, changed(ALGEBRA, name=None)], True, as_of=NOW)
    assert {row.source_id for row in feed(service)} == {"I-1", "S-1"}
    service.push("north", ILL, True, as_of=later(hours=1))
    assert {row.source_id for row in feed(service)} == {"I-1"}
    # What comes back takes it out again.
    service.push("north", [WITHOUT_EMAIL, LOU, changed(ALGEBRA, name=None)], True, as_of=later(hours=2))
    assert {row.source_id for row in feed(service)} == {"I-1", "S-1"}


def test_a_mended_cause_leaves_nothing_folded_under_it(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(3)], True, as_of=NOW)
    assert links(database) == 7
    # Only the instructor is pushed: the sessions that ask for its verdict are decided again with it.
    run = service.push("north", [ADA], False, as_of=later(hours=1))
    assert (run.received, run.again) == (1, {"session": 3, "learner": 1})
    assert (feed(service), links(database)) == ([], 0)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(3)], True, as_of=later(hours=3))
    assert [(row.source_id, row.waiting) for row in feed(service)] == [("I-1", 4)]


def test_a_cause_that_an_earlier_run_found_is_found_by_a_later_one(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(1)], True, as_of=NOW)
    service.push("north", [changed(ALGEBRA, source_id="S-9")], False, as_of=later(hours=1))
    assert [(row.source_id, row.waiting) for row in feed(service)] == [("I-1", 3)]


def test_what_cannot_be_read_is_the_cause_of_what_refers_to_it(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    broken = Invalid(kind="instructor", source_id="I-1", errors=("`email` is a number; wanted text.",))
    service.push("north", [broken, LOU, ALGEBRA], True, as_of=NOW)
    (row,) = feed(service)
    assert (row.source_id, row.rule, row.waiting) == ("I-1", "record.invalid", 2)
    service.push("north", WELL, True, as_of=later(hours=1))
    assert states(service)["S-1", "record.waits"] == ("resolved", "fixed")


def test_the_feed_is_put_in_order_by_what_would_be_freed_and_by_what_comes_first(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    bo = changed(WITHOUT_EMAIL, source_id="I-2", first_name="Bo")
    late = Learner(source_id="L-9", first_name="Zoé", last_name="Last", groups=("G-9",))
    lesson = changed(ALGEBRA, source_id="S-9", starts_at=later(hours=3), ends_at=later(hours=4), group_ids=("G-9",))
    told = [WITHOUT_EMAIL, bo, LOU, late, *sessions(3, "I-2"), *sessions(1), changed(lesson, instructor_ids=("I-3",))]
    service.push("north", [*told, changed(ADA, source_id="I-3", email="i3@example.org")], True, as_of=NOW)
    assert [row.source_id for row in feed(service, sort="frees")] == ["I-2", "I-1", "L-9"]
    soon = feed(service, sort="soon")
    assert (soon[0].source_id, soon[0].matters_at) == ("L-9", lesson.starts_at)
    # At three o'clock the lesson of one has begun: what is still to come is before it.
    service.clock = lambda: later(hours=5)
    soon = feed(service, sort="soon")
    assert (soon[0].matters_at, soon[-1].source_id) == (ALGEBRA.starts_at, "L-9")
    for sort in ("newest", "frees", "soon"):
        seen, cursor = [], None
        while True:
            page = service.issues("north", IssueFilter(sort=sort, fold=False), cursor, 2)  # type: ignore[arg-type]
            seen += [row.source_id for row in page.items]
            if (cursor := page.next_cursor) is None:
                break
        assert len(seen) == len(set(seen)) == 9


def test_a_cursor_of_another_order_is_none_of_this_one(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(2)], True, as_of=NOW)
    cursor = service.issues("north", IssueFilter(fold=False), None, 1).next_cursor
    with pytest.raises(UnreadableCursor):
        service.issues("north", IssueFilter(sort="soon"), cursor)


def test_folding_asks_no_more_of_the_database_for_a_hundred_sessions_than_for_two(
    sqlite_database: Database, tmp_path: Path
) -> None:
    asked: list[int] = []
    for number in (2, 100):
        service = a_service(sqlite_database, tmp_path, north="name: N\nlanguage: en\nzone: UTC\n")
        statements = 0

        def count(*_: object) -> None:
            nonlocal statements
            statements += 1

        event.listen(sqlite_database._engine, "before_cursor_execute", count)
        learners = [changed(LOU, source_id=f"L-{number}")]
        service.push("north", [WITHOUT_EMAIL, *learners, *sessions(number)], True, as_of=NOW)
        service.issues("north", IssueFilter(fold=False), None, 500)
        event.remove(sqlite_database._engine, "before_cursor_execute", count)
        asked.append(statements)
    assert asked[1] <= asked[0] + 5


def test_a_run_that_finds_everything_as_it_was_writes_no_link(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    records = [WITHOUT_EMAIL, LOU, *sessions(3)]
    service.push("north", records, True, as_of=NOW)
    service.push("north", records, True, as_of=NOW)
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(statement.split("(", maxsplit=1)[0])

    event.listen(sqlite_database._engine, "before_cursor_execute", note)
    service.push("north", records, True, as_of=NOW)
    event.remove(sqlite_database._engine, "before_cursor_execute", note)
    tables = {statement.replace("INSERT INTO ", "").replace("UPDATE ", "").split()[0] for statement in written}
    assert tables <= {"run", "rulebook"}


def test_a_person_forgotten_leaves_nothing_folded_under_them(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [WITHOUT_EMAIL, LOU, *sessions(2)], True, as_of=NOW)
    forget(database, "north", "instructor", "I-1", service.clock)
    assert len(feed(service)) == 2
