from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import func, select

from engine.language.languages import languages
from engine.records.decode import Invalid, read_json
from engine.records.kinds import Instructor, Learner, Mark
from runs.model.errors import BrokenRulebook, UnknownCustomer, UnknownIssue, UnknownKind, UnknownLanguage, UnknownRun
from store.database import Database
from store.feed import IssueFilter
from store.tables import RecordRow
from tests.runs.schools import (
    ACCOUNT,
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
        ("L-1", "sync", None),
        ("S-1", "flag", "session.instructor_without_email"),
    ]
    assert (found.decisions[0].invalid, found.decisions[0].errors) == (True, list(bad.errors))
    assert found.decisions[1].remark == "related_record_only"
    assert all(answer.problem and answer.fix for answer in found.decisions if answer.verdict == "flag")
    assert (found.counts, found.run_id, found.last_sync) == ({"sync": 1, "skip": 0, "flag": 3}, None, None)
    assert (found.as_of, found.next_run) == (NOW, later(hours=2))


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


def test_without_a_time_of_change_from_the_source_a_run_remembers_one(database: Database, tmp_path: Path) -> None:
    provides = "{session: [name, starts_at, ends_at, instructor_ids]}"
    rulebook = f"{PLAIN}source: {{connector: pushed, system: Ypareo, provides: {provides}}}\n"
    service = a_service(database, tmp_path, north=rulebook)
    plain = changed(ALGEBRA, created_at=None, modified_at=None)
    service.push("north", [plain], True, as_of=NOW)
    service.push("north", [plain], True, as_of=later(hours=1))
    (same,) = service.classify("north", [plain], as_of=later(hours=2)).decisions
    (moved,) = service.classify("north", [changed(plain, room="C 1")], as_of=later(hours=2)).decisions
    rules = [remark.rule for remark in (*moved.also,)] + [moved.rule]
    assert "session.changed_since_sync" in rules
    assert "session.changed_since_sync" not in [remark.rule for remark in same.also] + [same.rule]
    # The run that brings it brings it: it is not held back by itself.
    service.push("north", [changed(plain, room="C 1")], True, as_of=later(hours=3))
    with database.reading() as session:
        row = session.exec(select(RecordRow)).one()
    assert (row.modified_at, row.rule != "session.changed_since_sync") == (later(hours=3), True)
    assert row.data is not None
    assert b"modified_at" not in row.data


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


def test_the_next_run_in_a_message_is_the_one_after_reading(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    noon = service.issues("north").items[0].fix
    service.clock = lambda: later(hours=3)
    evening = service.issues("north").items[0].fix
    assert noon is not None
    assert evening is not None
    assert ("12:00" in noon, "22:00" in evening) == (True, True)


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


def test_where_is_it_in_later_out_or_never_received(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    far = changed(ALGEBRA, source_id="S-2", starts_at=later(days=20), ends_at=later(days=20, hours=1))
    service.push("north", [*WELL, far, changed(WITHOUT_EMAIL, source_id="I-2")], True, as_of=NOW)
    where = {
        source_id: service.explain("north", kind, source_id)
        for kind, source_id in (
            ("session", "S-1"),
            ("session", "S-2"),
            ("instructor", "I-2"),
            ("learner", "nobody"),
        )
    }
    assert {source_id: found.where for source_id, found in where.items()} == {
        "S-1": "in",
        "S-2": "later",
        "I-2": "out",
        "nobody": "never_received",
    }
    expected = where["S-2"].expected_on
    assert expected is not None
    assert timedelta(days=5) < expected - NOW < timedelta(days=7)
    assert where["S-1"].explanation is not None
    assert where["S-1"].first_seen == NOW
    assert [entry.what for entry in where["S-1"].history] == ["received"]


def test_what_is_no_longer_received_is_nothing_else_and_is_found_by_its_name(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    mina = changed(LOU, source_id="L-2", first_name="Mina", last_name="Quist", email="mina@example.org")
    service.push("north", [*WELL, mina], True, as_of=NOW)
    for hours in (1, 2, 3):
        service.push("north", WELL, True, as_of=later(hours=hours))
        found = service.explain("north", "learner", "L-2")
        assert (found.where, found.answer, found.not_received_since) == ("not_received", None, later(hours=1))
        (row,) = service.issues("north", IssueFilter(search="mina quist", verdict="sync")).items
        assert row.not_received_since == later(hours=1)
    assert service.issues("north", IssueFilter(verdict="sync", kind="learner")).total == 1
    service.push("north", [*WELL, mina], True, as_of=later(hours=4))
    assert service.explain("north", "learner", "L-2").where == "in"


def test_what_cannot_be_read_says_why_and_what_is_never_decided_says_so(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    (garbled,) = read_json([b'{"kind": "learner", "source_id": "L-9", "email": 4}'])
    mark = Mark(source_id="M-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="present")
    service.push("north", [*WELL, garbled, SHEET, mark], True, as_of=NOW)
    found = service.explain("north", "learner", "L-9")
    assert found.answer is not None
    assert (found.where, found.answer.rule, len(found.answer.errors)) == ("out", "record.invalid", 1)
    assert found.answer.fix
    assert service.explain("north", "mark", "M-1").where == "related"


def test_the_counts_of_a_customer_and_the_health_of_the_service(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN, ill="name: Ill\n")
    service.push("north", [*ILL, ACCOUNT, SHEET], True, as_of=NOW)
    counts = service.counts("north")
    assert counts.verdicts == {"instructor": {"flag": 1}, "learner": {"sync": 1}, "session": {"flag": 1}}
    assert counts.states == {"new": 2}
    assert sum(counts.rules.values()) == 2
    health = service.health()
    assert (health.ok, health.database) == (False, True)
    assert [(one.customer, one.usable, one.problems > 0, one.last_status) for one in health.customers] == [
        ("ill", False, True, None),
        ("north", True, False, "completed_with_issues"),
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
    assert service.explain("sud", "instructor", "I-1").where == "never_received"
    (issue,) = service.issues("north").items[0].issues
    with pytest.raises(UnknownIssue):
        service.issue("sud", issue.id)
    (answer,) = service.classify("sud", [ALGEBRA]).decisions
    assert answer.rule == service.classify("sud", [ALGEBRA]).decisions[0].rule
    service.push("sud", WELL, True, as_of=NOW)
    assert service.issues("north", IssueFilter(fold=False)).total == 2
