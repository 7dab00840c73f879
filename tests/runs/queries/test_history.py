"""What changed day after day: each record of each run, field by field, page by page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest
from sqlmodel import select

from runs.issues.by_hand import Settlement
from runs.model.errors import UnreadableCursor
from runs.queries.history import happenings
from store.base.database import Database
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, RecordRow
from tests.runs.schools import ADA, ALGEBRA, ILL, LOU, NOW, WELL, a_service, changed, later


def test_each_run_tells_what_changed_and_the_first_what_came(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", ILL, True, as_of=later(hours=1))
    service.push("north", [changed(ADA, phone="0102030405"), LOU, ALGEBRA], True, as_of=later(days=1))
    page = service.history("north")
    assert [(one.run_id, one.source_id, one.at) for one in page.items] == [
        (3, "I-1", later(days=1)),
        (3, "L-1", later(days=1)),
        (3, "S-1", later(days=1)),
        (1, "I-1", NOW),
        (1, "L-1", NOW),
        (1, "S-1", NOW),
    ]
    mended, learner, session, *first = page.items
    assert {(one.what, one.subject) for one in mended.happenings} == {
        ("field", "email"),
        ("field", "phone"),
        ("verdict", ""),
        ("issue", "instructor.email_missing"),
    }
    assert {one.what for one in learner.happenings} == {one.what for one in session.happenings} == {"verdict", "issue"}
    assert [[(one.what, one.after) for one in day.happenings] for day in first] == [
        [("issue", "new"), ("received", None)],
        [("issue", "new"), ("received", None)],
        [("issue", "new"), ("received", None)],
    ]


def test_a_day_is_the_customers_own_and_a_kind_is_one_kind(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    # An hour after midnight in Paris, on the day before in UTC.
    service.push("north", WELL, True, as_of=later(hours=14.5))
    assert {one.run_id for one in service.history("north", day=date(2026, 11, 23)).items} == {1}
    assert {one.run_id for one in service.history("north", day=date(2026, 11, 24)).items} == {2}
    assert service.history("north", day=date(2026, 11, 25)).items == []
    assert {one.kind for one in service.history("north", kind="session").items} == {"session"}


def test_pages_hold_everything_once(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    learners = [changed(LOU, source_id=f"L-{number}", email=f"l{number}@example.org") for number in range(5)]
    service.push("north", [ADA, *learners, ALGEBRA], True, as_of=NOW)
    service.push(
        "north", [ADA, *[changed(one, phone="0102030405") for one in learners], ALGEBRA], True, as_of=later(hours=1)
    )
    whole = [(one.run_id, one.source_id) for one in service.history("north").items]
    paged, cursor = [], None
    while True:
        page = service.history("north", cursor, 2)
        paged += [(one.run_id, one.source_id) for one in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert paged == whole
    assert len(paged) == len(set(paged)) == 12
    with pytest.raises(UnreadableCursor):
        service.history("north", "nonsense")


def test_an_issue_that_has_no_state_before_is_told_all_the_same() -> None:
    run = RunRow(
        customer="north", direction="downward", status="completed", as_of=NOW, started_at=NOW, heartbeat_at=NOW
    )
    change = ChangeRow(
        customer="north",
        run_id=1,
        record_id=1,
        what="issue",
        subject="a.rule",
        after=msgspec.json.encode({"state": "new"}),
    )
    (one,) = happenings([(change, run)])
    assert (one.before, one.after) == (None, "new")


def test_a_change_of_a_session_that_left_its_day_is_no_field(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    tomorrow = changed(ALGEBRA, source_id="S-9", starts_at=later(days=3), ends_at=later(days=3, hours=1))
    service.push("north", [changed(ADA, email=None), LOU, tomorrow], True, as_of=later(days=2))
    over = next(one for one in service.history("north").items if (one.run_id, one.source_id) == (2, "S-1"))
    assert {(one.what, one.resolution) for one in over.happenings} == {("verdict", None), ("issue", "left_window")}
    with sqlite_database.reading() as session:
        assert session.exec(select(RecordRow).where(RecordRow.source_id == "S-1")).one().verdict is None


def test_what_was_done_by_hand_stands_on_its_own_day(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.clock = lambda: later(days=2)
    (row,) = service.issues("north").items
    service.settle("north", row.issues[0].id, Settlement("resolved"), "Nora")
    (one,) = service.history("north", day=date(2026, 11, 25)).items
    assert (one.by_hand, one.source_id, one.run_id) == (True, "I-1", 1)
    assert not [one for one in service.history("north", day=date(2026, 11, 23)).items if one.by_hand]
    assert [one.by_hand for one in service.history("north").items] == [True, False, False, False]
