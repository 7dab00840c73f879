"""Commands on held runs, and on what goes up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Muster

NORTH = "name: North\nlanguage: en\nzone: Europe/Paris\n"


def learners(number: int) -> list[dict[str, Any]]:
    return [
        {"kind": "learner", "source_id": f"L-{one}", "last_name": f"Number {one}", "email": f"l{one}@example.org"}
        for one in range(number)
    ]


@pytest.fixture
def north(muster: Muster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rules folder with one customer, a database, and the file that runs read."""
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{tmp_path / 'muster.db'}")
    monkeypatch.setenv("MUSTER_RULES", str(tmp_path / "rules"))
    (tmp_path / "rules" / "customers").mkdir(parents=True)
    (tmp_path / "rules" / "customers" / "north.yaml").write_text(NORTH, encoding="utf-8")
    assert muster("db", "upgrade").status == 0
    return tmp_path / "north.ndjson"


def given(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_a_held_run_says_what_it_would_do_and_is_approved(muster: Muster, north: Path) -> None:
    assert muster("run", "north", "--from", given(north, learners(60))).status == 0
    assert muster("held", "north").status == 2
    told = muster("run", "north", "--from", given(north, learners(40)))
    assert told.status == 1
    assert "20 of 60 learners are missing from what the source sent" in told.err
    assert "muster held north 2" in told.err
    shown = muster("held", "north")
    assert shown.status == 0
    assert "not received any more  learner  L-40  Number 40" in shown.out
    assert "muster approve north 2" in shown.err
    whole = json.loads(muster("held", "north", "2", "--format", "json").out)
    assert (len(whole["items"]), whole["total"]) == (20, 20)
    done = muster("approve", "north")
    assert done.status == 0
    assert "Run 2 is approved: run 3" in done.err
    assert muster("approve", "north", "2").status == 2
    assert muster("approve", "north").status == 2


def test_a_rejected_run_is_forgotten(muster: Muster, north: Path) -> None:
    muster("run", "north", "--from", given(north, learners(60)))
    muster("run", "north", "--from", given(north, learners(40)))
    assert "nothing was changed" in muster("reject", "north").err
    assert muster("held", "north", "2").status == 0
    assert muster("run", "north", "--from", given(north, learners(60))).status == 0


def test_what_goes_up_is_listed_and_confirmed(muster: Muster, north: Path) -> None:
    sheet = {"kind": "sheet", "source_id": "F-1", "source_ref": "S-1", "name": "Algebra", "created_by": "api"}
    sheet |= {"archived": True, "first_archived_at": "2026-01-10T12:00:00Z", "times_archived": 1}
    mark = {"kind": "mark", "source_id": "F-1:L-1", "sheet_id": "F-1", "person_kind": "learner", "person_ref": "L-1"}
    session = {"kind": "session", "source_id": "S-1", "name": "Algebra"}
    muster("run", "north", "--from", given(north, [*learners(2), session]))
    assert "Nothing to enter" in muster("sheets", "north").err
    muster("run", "north", "--direction", "upward", "--from", given(north, [sheet, mark | {"state": "absent"}]))
    told = muster("sheets", "north")
    assert told.out.splitlines()[0] == "Algebra (session S-1, sheet F-1)"
    assert "learner  L-1  Number 1  absent" in told.out
    assert json.loads(muster("sheets", "north", "--format", "json").out)[0]["sheet_id"] == "F-1"
    refusal = north.parent / "refusal.ndjson"
    refusal.write_text('{"kind": "sheet", "source_id": "F-1", "outcome": "refused", "text": "month closed"}\n', "utf-8")
    muster("outcomes", "north", str(refusal))
    assert ": month closed" in muster("sheets", "north").out
    assert "1 confirmed" in muster("sheets", "north", "--uploaded", "F-1").err
    assert "confirmed before" in muster("sheets", "north", "--uploaded", "F-1").err
    assert muster("sheets", "north", "--uploaded", "F-9").status == 1
    assert muster("sheets", "north", "--format", "json").out == "[]\n"


def test_what_became_of_what_was_synced_is_told_from_a_file(muster: Muster, north: Path, tmp_path: Path) -> None:
    muster("run", "north", "--from", given(north, learners(2)))
    told = tmp_path / "outcomes.ndjson"
    told.write_text('{"kind": "learner", "source_id": "L-1", "outcome": "refused", "text": "full"}\n', "utf-8")
    assert muster("outcomes", "north", str(told)).out == "1 noted\n"
    told.write_text('{"kind": "learner", "source_id": "L-9", "outcome": "created"}\n[\n', "utf-8")
    done = muster("outcomes", "north", str(told))
    assert (done.status, done.out) == (1, "1 unknown, 1 invalid\n")
    assert "Outcome 1 is unknown: learner L-9" in done.err
    # More than are told in one go, and a line that no outcome has.
    line = '{"kind": "learner", "source_id": "L-0", "outcome": "created", "at": "2026-11-24T12:00:00Z"}\n'
    told.write_text(line * 5_001 + "x" * 1_500_000, "utf-8")
    assert muster("outcomes", "north", str(told)).out == "1 noted, 5000 already, 2 invalid\n"
