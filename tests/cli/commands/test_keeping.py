"""Commands about what is stored: impact, forget, db backup, db restore, db purge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.model.package_files import RULES
from store.copying import back_up
from tests.cli.conftest import Muster, Seeded


@pytest.fixture
def stored(seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seeded:
    """A copy of the demo's database, to be written to."""
    copy = tmp_path / "stored" / "muster.db"
    copy.parent.mkdir()
    back_up(seeded.service.database, copy)
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{copy}")
    return seeded


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The packaged rules with a shorter window for norvane."""
    shutil.copytree(RULES / "customers", tmp_path / "edited" / "customers")
    path = tmp_path / "edited" / "customers" / "norvane.yaml"
    written = path.read_text("utf-8")
    assert "window_days" not in written
    assert "settings:\n" in written
    path.write_text(written.replace("settings:\n", "settings:\n  window_days: 1\n", 1), "utf-8")
    return tmp_path / "edited"


def test_edited_rules_are_tried_on_the_last_run_and_what_is_lost_comes_first(
    muster: Muster, stored: Seeded, edited: Path
) -> None:
    told = muster("impact", "--customer", "norvane", "--rules", edited)
    assert told.status == 1
    assert told.out.startswith("Newly skipped: ")
    assert " × sync → session.outside_window\n" in told.out
    assert "Nothing was written." in told.err
    few = muster("impact", "--customer", "norvane", "--rules", edited, "--limit", "1")
    assert "more; --limit 0 lists all" in few.out
    found = json.loads(muster("impact", "--customer", "norvane", "--rules", edited, "--format", "json").out)
    assert len(found["newly_skipped"]) == sum(found["by_rule"]["newly_skipped"].values()) > 1
    assert found["newly_skipped"][0]["after"]["problem"]


def test_rules_as_they_are_change_nothing(muster: Muster, stored: Seeded) -> None:
    told = muster("impact", "--customer", "norvane", "--rules", RULES)
    assert (told.status, told.out) == (0, "Nothing changes.\n")
    assert muster("impact", "--customer", "acme").status == 2
    assert muster("impact", "--customer", "norvane", "--rules", "nowhere").status == 2


def test_a_person_is_forgotten_only_when_somebody_says_yes(muster: Muster, stored: Seeded) -> None:
    flagged = next(row for row in stored.service.issues("norvane").items if row.kind == "learner")
    refused = muster("forget", "norvane", "learner", flagged.source_id)
    assert (refused.status, refused.out) == (2, "")
    assert "Repeat it with --yes" in refused.err
    told = muster("forget", "norvane", "learner", flagged.source_id, "--yes")
    assert told.status == 0
    assert "1  learner deleted" in told.out
    assert muster("explain", "norvane", "learner", flagged.source_id).status == 1
    again = muster("forget", "norvane", "learner", flagged.source_id, "--yes")
    assert again.out == "Nothing was stored of that person.\n"
    assert muster("forget", "norvane", "session", "1", "--yes").status == 2


def test_a_backup_is_written_once_and_restored_into_an_empty_database(
    muster: Muster, stored: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert muster("db", "backup", "copy.db").status == 0
    assert muster("db", "backup", "copy.db").status == 2
    assert muster("db", "restore", "copy.db").status == 2
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{tmp_path / 'other' / 'muster.db'}")
    assert muster("db", "restore", "copy.db").status == 0
    told = json.loads(muster("impact", "--customer", "norvane", "--rules", RULES, "--format", "json").out)
    assert told["run_id"] == max(run.id for run in stored.runs if run.customer == "norvane")


def test_a_purge_says_what_went(muster: Muster, stored: Seeded) -> None:
    assert muster("db", "purge").status == 0
    told = muster("db", "purge", "--days", "1", "--customer", "norvane")
    assert told.status == 0
    assert told.out.startswith("norvane: ")
    assert muster("db", "purge", "--days", "0").status == 2
