from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import func, select

from engine.records.kinds import Mark
from runs.model.errors import UnknownCustomer
from runs.retention.purge import Purged, purge
from runs.service import Service
from store.base.database import Database
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, RecordKeyRow, RecordRow
from tests.runs.schools import ADA, ALGEBRA, ILL, LOU, NOW, SHEET, WELL, a_service, changed, later, states


def a_year(database: Database, folder: Path) -> Service:
    """An issue mended and a learner gone in the first week; what is open since then; runs for a year."""
    service = a_service(database, folder)
    gone = changed(LOU, source_id="L-9", email="gone@example.org")
    without_email = changed(LOU, source_id="L-5", email=None)
    service.push("north", [*ILL, gone, without_email], True, as_of=NOW)
    service.push("north", [changed(SHEET, archived=True), Mark(source_id="M-1", sheet_id="F-1")], True, "upward", NOW)
    for days in range(1, 8):
        service.push("north", [*WELL, without_email], False, as_of=later(days=days))
    with database.writing() as session:
        for row in session.exec(select(RecordRow).where(RecordRow.source_id == "L-9")):
            row.not_received_since = later(days=1)
            row.left_at = later(days=3)
            session.add(row)
    for days in (100, 200, 300, 364):
        moved = changed(ALGEBRA, starts_at=later(days=days + 1), ends_at=later(days=days + 1, hours=1))
        service.push("north", [ADA, LOU, moved, without_email], False, as_of=later(days=days))
    return service


def number_of(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_what_is_older_goes_and_what_is_open_stays(database: Database, tmp_path: Path) -> None:
    service = a_year(database, tmp_path)
    before = states(service)
    assert before["I-1", "instructor.email_missing"] == ("resolved", "fixed")
    runs = number_of(database, RunRow)

    (purged,) = purge(database, later(days=90), None, service.clock)

    assert purged.customer == "north"
    assert not purged.busy
    assert states(service) == {identity: state for identity, state in before.items() if state[0] != "resolved"}
    assert ("L-5", "learner.email_missing") in states(service)
    assert service.explain("north", "learner", "L-9").last_run == "never_received"
    assert service.explain("north", "learner", "L-1").last_run != "never_received"
    assert purged.deleted["records"] == 1
    assert purged.deleted["changes"] > 0
    assert number_of(database, RunRow) == runs - purged.deleted["runs"] < runs
    with database.reading() as session:
        assert (
            session.exec(
                select(func.count()).select_from(ChangeRow).join(RunRow).where(RunRow.as_of < later(days=90))
            ).one()
            == 0
        )
        assert set(session.exec(select(RecordKeyRow.record_id))) <= set(session.exec(select(RecordRow.id)))
    # The upward run is the last of its direction, and so stays.
    assert {run.direction for run in service.runs("north", limit=100).items} == {"downward", "upward"}
    again = purge(database, later(days=90), None, service.clock)
    assert again == [Purged("north")]
    assert service.push("north", WELL, False, as_of=later(days=365)).status.startswith("completed")


def test_one_customer_is_purged_and_the_others_are_left_alone(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", WELL, True, as_of=later(hours=1))
    with pytest.raises(UnknownCustomer, match="Customers here: north"):
        purge(database, later(days=1), "sud", service.clock)
    assert number_of(database, ChangeRow) > 0


def test_while_a_run_is_at_work_only_changes_go(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", WELL, True, as_of=later(hours=1))
    with database.writing() as session:
        session.add(
            RunRow(
                customer="north",
                direction="upward",
                status="running",
                as_of=NOW,
                started_at=NOW,
                heartbeat_at=NOW,
                owner="elsewhere:1:token",
            )
        )
    (purged,) = purge(database, later(days=1), None, service.clock)
    assert purged.busy
    assert set(purged.deleted) == {"changes"}
    assert number_of(database, ChangeRow) == 0
    assert len(states(service)) == 3
