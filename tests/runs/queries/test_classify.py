"""A batch that is decided and not stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import func, select

from engine.language.languages import languages
from engine.records.decode import Invalid
from engine.records.kinds import Learner, Mark
from runs.model.errors import UnknownLanguage
from store.base.database import Database
from store.base.tables import RecordRow
from tests.runs.schools import (
    ADA,
    ALGEBRA,
    ILL,
    LOU,
    NOW,
    PLAIN,
    SHEET,
    WELL,
    WITHOUT_EMAIL,
    a_service,
    changed,
    later,
)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database._engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database._engine, "before_cursor_execute", note)


def test_what_goes_up_is_told_the_next_run_that_goes_up(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN + "settings: {archived_for_hours: 0}\n")
    service.push("north", WELL, True)
    service.push("north", [], True, "upward")
    found = service.classify("north", [SHEET, WITHOUT_EMAIL], as_of=NOW)
    assert [one.rule for one in found.decisions] == ["sheet.not_archived", "instructor.email_missing"]
    sheet, instructor = (str(one.fix) for one in found.decisions)
    assert "is sent at the next run, on Monday 23 November 2026 at 22:00" in sheet
    assert "at the next run, on Monday 23 November 2026 at 12:00" in instructor


def test_a_batch_is_answered_in_order_and_a_bad_record_spoils_no_other(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    bad = Invalid(kind="learner", source_id="L-9", errors=("`email` is a number; wanted text.",))
    found = service.classify("north", [bad, Mark(source_id="M-1"), *ILL], as_of=NOW)
    assert [(answer.source_id, answer.verdict, answer.rule) for answer in found.decisions] == [
        ("L-9", "flag", "record.invalid"),
        ("M-1", None, None),
        ("I-1", "flag", "instructor.email_missing"),
        ("L-1", "flag", "learner.sessions_unsynced"),
        ("S-1", "flag", "session.instructor_without_email"),
    ]
    assert (found.decisions[0].invalid, found.decisions[0].errors) == (True, list(bad.errors))
    assert found.decisions[1].remark == "related_record_only"
    assert all(answer.problem and answer.fix for answer in found.decisions if answer.verdict == "flag")
    assert (found.counts, found.run_id, found.last_sync) == ({"sync": 0, "skip": 0, "flag": 4}, None, None)
    assert (found.as_of, found.next_run) == (NOW, later(hours=2))


def test_what_comes_twice_is_answered_twice_and_counted_once(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    schools = [changed(LOU, email=None, segment_keys={"site_code": (code,)}) for code in ("10", "20")]
    found = service.classify("north", [*schools, ADA, ALGEBRA], as_of=NOW)
    assert [one.source_id for one in found.decisions] == ["L-1", "L-1", "I-1", "S-1"]
    assert sum(found.counts.values()) == 3


def test_an_id_that_is_known_in_another_role_tells_whose_it_is(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", WELL, True, as_of=NOW)
    swapped = changed(ALGEBRA, source_id="S-2", instructor_ids=("L-1",))
    (found,) = service.classify("north", [swapped], as_of=NOW).decisions
    assert "There is a learner with that id: Lou Ørsted." in (found.problem or "")


def test_what_a_batch_names_and_nobody_ever_sent_is_told_beside_the_decisions(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    lesson = changed(ALGEBRA, learner_ids=("L-1", "L-9"))
    # A batch of one kind may be one part of what there is.
    assert service.classify("north", [lesson], as_of=NOW).never_received == []
    found = service.classify("north", [lesson, LOU], as_of=NOW)
    assert [(one.kind, one.source_id, one.rule) for one in found.never_received] == [
        ("learner", "L-9", "record.never_received")
    ]
    assert "needed for Algebra" in (found.never_received[0].problem or "")
    assert (len(found.decisions), sum(found.counts.values())) == (2, 2)
    # What came before is not missed; once any of a kind did, the others of it are.
    gone = changed(LOU, source_id="L-9", first_name="Ida", email="ida@example.org")
    service.push("north", [*WELL, gone], True, as_of=NOW)
    assert service.classify("north", [lesson], as_of=NOW).never_received == []
    again = service.classify("north", [changed(lesson, learner_ids=("L-1", "L-8"))], as_of=NOW)
    assert [one.source_id for one in again.never_received] == ["L-8"]
    many = changed(lesson, learner_ids=tuple(f"X-{number}" for number in range(30)))
    remark = service.classify("north", [many], as_of=NOW)
    assert remark.never_received == []
    assert any("Of 30 learners that others name, 30 were never sent" in note for note in remark.notes)


def test_classifying_stores_nothing(database: Database, tmp_path: Path) -> None:
    a_service(database, tmp_path).classify("north", WELL)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(RecordRow)).one() == 0


def test_a_batch_sees_itself_first_and_the_last_known_records_then(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    run = service.push("north", [WITHOUT_EMAIL, LOU], False, as_of=NOW)
    alone = service.classify("north", [ALGEBRA], as_of=NOW)
    assert (alone.decisions[0].rule, alone.run_id, alone.last_sync) == (
        "session.instructor_without_email",
        run.id,
        NOW,
    )
    assert service.classify("north", [ALGEBRA, ADA], as_of=NOW).decisions[0].verdict == "sync"


def test_messages_come_in_the_language_asked_for_else_the_customers(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN, sud=PLAIN.replace("language: en", "language: fr"))
    said = {
        (customer, language): service.classify(customer, ILL, language).decisions[0].problem
        for customer in ("north", "sud")
        for language in ("en", "fr", None)
    }
    assert said["north", None] == said["north", "en"] != said["north", "fr"]
    assert said["sud", None] == said["sud", "fr"]
    with pytest.raises(UnknownLanguage, match=", ".join(languages().names)):
        service.classify("north", ILL, "xx")


def test_the_queries_of_a_batch_do_not_grow_with_it(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    people = [
        Learner(source_id=f"L-{n}", first_name="Lou", last_name=f"Nr {n}", email=f"l{n}@example.org", groups=("G-1",))
        for n in range(1_000)
    ]
    with counted(database) as first_run:
        service.push("north", [ADA, ALGEBRA, *people], True, as_of=NOW)
    with counted(database) as second_run:
        service.push("north", [ADA, ALGEBRA, *people], True, as_of=NOW)
    with counted(database) as small:
        service.classify("north", people[:10], as_of=NOW)
    with counted(database) as large:
        service.classify("north", [changed(person, phone="1") for person in people], as_of=NOW)
    assert len(small) <= 12
    assert len(large) <= 12
    assert len(first_run) <= 60
    assert len(second_run) <= 40


def test_what_changed_since_the_last_run_is_seen_by_what_is_stored_where_no_time_of_change_is_told(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    untimed = changed(ALGEBRA, modified_at=None, created_at=None)
    service.push("north", [ADA, LOU, untimed], True, as_of=NOW)

    (same,) = service.classify("north", [untimed], as_of=later(hours=1)).decisions
    (moved,) = service.classify("north", [changed(untimed, room="C 1")], as_of=later(hours=1)).decisions

    assert same.rule is None
    assert moved.rule == "session.changed_since_sync"
