"""Where a record is, and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from engine.records.decode import read_json
from engine.records.kinds import Mark
from store.database import Database
from store.feed import IssueFilter
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
