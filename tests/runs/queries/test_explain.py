"""The three answers on a record, and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from engine.records.decode import read_json
from engine.records.kinds import Mark
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ALGEBRA,
    LOU,
    NOW,
    SHEET,
    WELL,
    WITHOUT_EMAIL,
    a_service,
    changed,
    later,
)


def test_what_became_of_it_what_will_and_with_which_run(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    far = changed(ALGEBRA, source_id="S-2", starts_at=later(days=20), ends_at=later(days=20, hours=1))
    service.push("north", [*WELL, far, changed(WITHOUT_EMAIL, source_id="I-2")], True, as_of=NOW)
    found = {
        source_id: service.explain("north", kind, source_id)
        for kind, source_id in (
            ("session", "S-1"),
            ("session", "S-2"),
            ("instructor", "I-2"),
            ("learner", "nobody"),
        )
    }
    noon = NOW.replace(hour=11)
    # It comes into the fourteen days with the day that is fourteen before its own: the first run after that midnight.
    inside = noon + timedelta(days=6)
    assert {
        source_id: (one.last_run, one.next_run, one.next_run_at, one.expected_on) for source_id, one in found.items()
    } == {
        "S-1": ("synced", "goes", noon, noon),
        "S-2": ("later", "later", noon, inside),
        "I-2": ("left_out", "out", noon, None),
        "nobody": ("never_received", "out", noon, None),
    }
    assert found["S-1"].explanation is not None
    assert found["S-1"].first_seen == NOW
    assert [entry.what for entry in found["S-1"].history] == ["received"]


def test_what_is_no_longer_received_is_nothing_else_and_is_found_by_its_name(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    mina = changed(LOU, source_id="L-2", first_name="Mina", last_name="Quist", email="mina@example.org")
    service.push("north", [*WELL, mina], True, as_of=NOW)
    for hours in (1, 2, 3):
        service.push("north", WELL, True, as_of=later(hours=hours))
        found = service.explain("north", "learner", "L-2")
        assert (found.last_run, found.answer, found.not_received_since) == ("not_received", None, later(hours=1))
        (row,) = service.issues("north", IssueFilter(search="mina quist", verdict="sync")).items
        assert row.not_received_since == later(hours=1)
    assert service.issues("north", IssueFilter(verdict="sync", kind="learner")).total == 1
    service.push("north", [*WELL, mina], True, as_of=later(hours=4))
    assert service.explain("north", "learner", "L-2").last_run == "synced"


def test_what_cannot_be_read_says_why_and_what_is_never_decided_says_so(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    (garbled,) = read_json([b'{"kind": "learner", "source_id": "L-9", "email": 4}'])
    mark = Mark(source_id="M-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="present")
    service.push("north", [*WELL, garbled, SHEET, mark], True, as_of=NOW)
    found = service.explain("north", "learner", "L-9")
    assert found.answer is not None
    assert (found.last_run, found.answer.rule, len(found.answer.errors)) == ("to_fix", "record.invalid", 1)
    assert found.answer.fix
    assert service.explain("north", "mark", "M-1").last_run == "related"


def test_what_could_not_be_read_last_is_told_as_its_issue_tells_it(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", WELL, True, as_of=NOW)
    service.push("north", [SHEET], True, "upward", as_of=NOW)
    mark = {"kind": "mark", "source_id": "M-1", "sheet_id": "F-1", "person_kind": "learner", "person_ref": "L-1"}
    (wrong,) = read_json([msgspec.json.encode(mark | {"state": "banana"})])
    service.push("north", [changed(SHEET, archived=True), wrong], True, "upward", as_of=later(hours=1))
    found = service.explain("north", "sheet", "F-1")
    assert found.answer is not None
    assert (found.last_run, found.answer.rule, found.answer.invalid) == ("to_fix", "record.invalid", True)
    assert "1 of its marks could not be read" in str(found.answer.problem)
    # The mark comes with its sheet, by the same run.
    of_mark = service.explain("north", "mark", "M-1")
    assert (of_mark.next_run_at, of_mark.on_platform) == (found.next_run_at, "seen")
    assert found.next_run_at == NOW.replace(hour=21)
