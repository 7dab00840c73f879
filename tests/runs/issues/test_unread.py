"""What could not be read, over time: told whatever its kind, stored with its record, closed once it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from engine.records.decode import read_json
from engine.records.kinds import Record
from runs.retention.forget import forget
from runs.service import Service
from store.base.database import Database
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.lookup import fingerprints
from tests.runs.schools import ACCOUNT, ADA, NOW, SHEET, WELL, a_service, changed, later, states

BANANA = read_json([b'{"kind": "account", "source_id": "A-9", "role": "banana"}'])
HOMELESS = read_json([b'{"kind": "mark", "sheet_id": "%s", "state": "present"}' % SHEET.source_id.encode()] * 20)


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Service:
    return a_service(sqlite_database, tmp_path)


def stored(database: Database, kind: str, source_id: str) -> Record | None:
    with database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.kind == kind, RecordRow.source_id == source_id)).one()
        return None if row.data is None else fingerprints.read(row.data)


def test_an_account_that_cannot_be_read_is_an_issue_also_of_a_run_that_decides_no_accounts(service: Service) -> None:
    run = service.push("north", [*WELL, *BANANA], True, as_of=NOW)
    assert states(service)["A-9", "record.invalid"] == ("new", None)
    assert run.status == "completed_with_issues"
    mended = changed(ACCOUNT, source_id="A-9", source_ref="I-9")
    service.push("north", [*WELL, mended], True, as_of=later(hours=1))
    assert states(service)["A-9", "record.invalid"] == ("resolved", "fixed")


def test_marks_that_cannot_be_read_are_issues_and_their_sheet_is_not_listed(service: Service) -> None:
    service.push("north", WELL, True, as_of=NOW)
    service.push("north", [SHEET, *HOMELESS], True, "upward", as_of=later(hours=1))
    found = states(service)
    assert found[SHEET.source_id, "record.invalid"] == ("new", None)
    assert sum(rule == "record.invalid" for _, rule in found) == 21
    assert service.to_upload("north").items == []
    service.push("north", [SHEET], True, "upward", as_of=later(hours=2))
    assert {state for (_, rule), (state, _) in states(service).items() if rule == "record.invalid"} == {"resolved"}


def test_what_nothing_needs_is_stored_with_its_record_and_told_once_on_the_run(
    service: Service, sqlite_database: Database
) -> None:
    lines = [b'{"kind": "learner", "source_id": "L-%d", "first_name": "Mo", "birth_date": "31/02"}' % n for n in (7, 8)]
    run = service.push("north", [*WELL, *read_json(lines)], True, as_of=NOW)
    assert run.notes == ["date of birth of 2 records is no day: not used"]
    record = stored(sqlite_database, "learner", "L-7")
    assert record is not None
    assert [one.values["value"] for one in record.unread] == ["31/02"]
    assert not [rule for _, rule in states(service) if rule == "record.invalid"]


def test_what_was_written_is_forgotten_with_the_person(service: Service, sqlite_database: Database) -> None:
    (spoiled,) = read_json([b'{"kind": "instructor", "source_id": "I-1", "status": "quokka", "birth_date": "quokka"}'])
    service.push("north", WELL, True, as_of=NOW)
    service.push("north", [*(one for one in WELL if one is not ADA), spoiled], True, as_of=later(hours=1))
    assert states(service)["I-1", "record.invalid"] == ("new", None)
    forget(sqlite_database, "north", "instructor", "I-1", lambda: later(hours=2))
    with sqlite_database.reading() as session:
        kept = [*session.exec(select(RecordRow.data)), *session.exec(select(IssueRow.facts))]
        kept += [value for row in session.exec(select(ChangeRow)) for value in (row.before, row.after)]
    assert not [value for value in kept if value and b"quokka" in value]
