"""What runs remember of archived sheets, which platforms do not tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import select

from engine.records.kinds import Mark, Record, Sheet
from runs.service import Service
from store.base.database import Database
from store.base.tables import RecordRow
from tests.runs.schools import ADA, ALGEBRA, LOU, NOW, PLAIN, WELL, a_service, changed, later, states

OPEN = Sheet(
    source_id="F-1",
    source_ref="S-1",
    name="Algebra",
    starts_at=later(hours=-3),
    ends_at=later(hours=-1),
    created_by="api",
    instructor_refs=("I-1",),
    learner_refs=("L-1",),
    archived=False,
)
CLOSED = changed(OPEN, archived=True)
OTHER = changed(OPEN, source_id="F-2", source_ref="S-1")
ABSENT = Mark(source_id="F-1:L-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="absent")
PRESENT = changed(ABSENT, state="present")
EXCUSED = changed(ABSENT, state="excused", reason_code="rea_1", justified=True, comment="seen")
# The session itself is not what these tests are about.
RULES = "rules:\n  sheet.differs_from_source: {then: off}\n"


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path, north=PLAIN + RULES)
    held = changed(ALGEBRA, starts_at=OPEN.starts_at, ends_at=OPEN.ends_at)
    service.push("north", [ADA, LOU, held, OTHER], False, "upward", NOW)
    return service


def up(service: Service, *items: Record, hours: float) -> None:
    service.push("north", items, False, "upward", later(hours=hours))


def stored(service: Service, sheet: str = "F-1") -> dict[str, Any]:
    with service.database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.kind == "sheet", RecordRow.source_id == sheet)).one()
        assert row.data is not None
        return {"rule": row.rule, **msgspec.json.decode(row.data)}


def test_the_run_that_first_sees_a_sheet_archived_dates_it_and_a_day_later_it_goes(service: Service) -> None:
    up(service, OPEN, PRESENT, hours=1)
    assert stored(service)["rule"] == "sheet.not_archived"
    up(service, CLOSED, PRESENT, hours=2)
    found = stored(service)
    assert (found["rule"], found["first_archived_at"]) == ("sheet.archived_too_recently", "2026-11-23T11:00:00Z")
    up(service, CLOSED, PRESENT, hours=25)
    assert stored(service)["rule"] == "sheet.archived_too_recently"
    up(service, CLOSED, PRESENT, hours=26)
    assert (stored(service)["rule"], stored(service)["times_archived"]) == (None, 1)


def test_a_sheet_opened_and_archived_again_is_flagged_once_and_for_all(service: Service) -> None:
    up(service, CLOSED, PRESENT, hours=1)
    up(service, OPEN, PRESENT, hours=2)
    assert stored(service)["rule"] == "sheet.reopened"
    up(service, CLOSED, PRESENT, hours=3)
    found = stored(service)
    assert (found["rule"], found["times_archived"]) == ("sheet.archived_again", 2)
    assert (found["first_archived_at"], found["archived_at"]) == ("2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z")
    up(service, CLOSED, PRESENT, hours=50)
    assert stored(service)["rule"] == "sheet.archived_again"
    assert stored(service)["changed_since_first_archive"] is False


def test_a_reopening_that_fell_between_two_runs_shows_by_the_attendance(service: Service) -> None:
    up(service, CLOSED, ABSENT, hours=1)
    up(service, CLOSED, PRESENT, hours=2)
    found = stored(service)
    assert (found["rule"], found["times_archived"]) == ("sheet.archived_again", 1)
    assert found["changed_since_first_archive"] is True
    up(service, CLOSED, ABSENT, hours=3)
    assert stored(service)["rule"] == "sheet.archived_too_recently"


def test_a_sheet_opened_and_changed_is_flagged_before_it_is_archived_again_and_is_the_same_issue_after(
    service: Service,
) -> None:
    up(service, CLOSED, ABSENT, hours=1)
    up(service, OPEN, changed(ABSENT, state=None), hours=2)
    assert stored(service)["rule"] == "sheet.reopened"
    up(service, OPEN, PRESENT, hours=3)
    found = stored(service)
    assert (found["rule"], found["changed_names"]) == ("sheet.archived_again", ["Lou Ørsted"])
    up(service, CLOSED, PRESENT, hours=4)
    assert stored(service)["rule"] == "sheet.archived_again"
    assert states(service)["F-1", "sheet.archived_again"] == ("open", None)


def test_a_sheet_seen_by_a_nightly_run_goes_with_that_of_the_next_night_whichever_began_later(service: Service) -> None:
    ten = datetime(2026, 11, 23, 21, tzinfo=UTC)
    for second, rule in ((3, "sheet.archived_too_recently"), (86400 + 1, None)):
        service.push("north", [CLOSED, PRESENT], False, "upward", ten + timedelta(seconds=second))
        assert stored(service)["rule"] == rule
    assert stored(service)["first_archived_at"] == "2026-11-23T21:00:00Z"


def test_a_sheet_that_stays_open_is_told_days_later(service: Service) -> None:
    up(service, OPEN, PRESENT, hours=24 * 3)
    assert stored(service)["rule"] == "sheet.not_archived"
    up(service, OPEN, PRESENT, hours=24 * 4)
    assert stored(service)["rule"] == "sheet.never_archived"


def test_an_excuse_handed_in_later_is_no_archiving(service: Service) -> None:
    up(service, CLOSED, ABSENT, hours=1)
    up(service, CLOSED, EXCUSED, hours=30)
    assert stored(service)["rule"] is None


def test_marks_that_did_not_come_are_none_that_changed(service: Service) -> None:
    up(service, CLOSED, ABSENT, hours=1)
    up(service, CLOSED, hours=30)
    assert stored(service)["rule"] is None


def test_a_sheet_that_the_first_look_finds_archived_has_no_time_until_it_changes(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path, north=PLAIN + RULES)
    up(service, *WELL, CLOSED, ABSENT, hours=0)
    up(service, CLOSED, ABSENT, hours=30)
    assert stored(service)["rule"] == "sheet.archived_before_first_run"
    assert "times_archived" not in stored(service)
    up(service, CLOSED, PRESENT, hours=31)
    assert stored(service)["rule"] == "sheet.archived_again"


def test_a_downward_run_that_sees_a_sheet_remembers_it_too(service: Service) -> None:
    service.push("north", [*WELL, CLOSED, PRESENT], False, "downward", later(hours=1))
    up(service, CLOSED, PRESENT, hours=26)
    assert stored(service)["rule"] is None


def test_what_the_platform_itself_tells_stays(service: Service) -> None:
    told = changed(CLOSED, first_archived_at=later(hours=-40), times_archived=1)
    up(service, told, ABSENT, hours=1)
    up(service, told, PRESENT, hours=2)
    assert stored(service)["rule"] is None


def test_a_batch_that_is_only_classified_is_decided_with_what_runs_remember(service: Service) -> None:
    up(service, CLOSED, ABSENT, hours=1)

    def rule(*items: Record) -> str | None:
        return service.classify("north", items, as_of=later(hours=30)).decisions[0].rule

    assert rule(CLOSED, ABSENT) is None
    assert rule(CLOSED, PRESENT) == "sheet.archived_again"
    assert stored(service)["rule"] == "sheet.archived_too_recently"


def test_of_a_sheet_whose_platform_tells_of_its_archiving_those_whose_attendance_changed_are_named(
    service: Service,
) -> None:
    once = changed(CLOSED, first_archived_at=later(hours=1), archived_at=later(hours=1), times_archived=1)
    up(service, once, PRESENT, hours=1)
    again = changed(once, archived_at=later(hours=3), times_archived=2)
    up(service, again, ABSENT, hours=3)
    found = stored(service)
    assert (found["rule"], found["first_archived_at"]) == ("sheet.archived_again", "2026-11-23T10:00:00Z")
    assert found["changed_names"] == ["Lou Ørsted"]
    # Nobody is, while it tells of one archiving.
    for hours, one in enumerate((PRESENT, ABSENT), 4):
        sheet = changed(once, source_id="F-3", name=f"Algebra at {hours}")
        up(service, sheet, changed(one, sheet_id="F-3", source_id="F-3:L-1"), hours=hours)
    assert "changed_names" not in stored(service, "F-3")


def test_who_changed_is_named_as_they_come_with_the_sheet_and_else_by_their_id(service: Service) -> None:
    once = changed(CLOSED, first_archived_at=later(hours=1), archived_at=later(hours=1), times_archived=1)
    again = changed(once, archived_at=later(hours=3), times_archived=2)
    max_roe = changed(LOU, source_id="L-2", first_name="Max", last_name="Roe", email="max@example.org")
    of_both = [PRESENT] + [changed(PRESENT, source_id=f"F-1:{one}", person_ref=one) for one in ("L-2", "L-9")]
    up(service, once, *of_both, hours=1)
    up(service, again, max_roe, *(changed(one, state="absent") for one in of_both[1:]), PRESENT, hours=3)
    assert stored(service)["changed_names"] == ["L-9", "Max Roe"]
