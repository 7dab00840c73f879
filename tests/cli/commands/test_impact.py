"""`muster impact`: what edited rules would change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.model.package_files import RULES
from tests.cli.conftest import Muster, Seeded


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


def test_rules_in_force_are_not_compared_with_themselves(muster: Muster, stored: Seeded, tmp_path: Path) -> None:
    told = muster("impact", "--customer", "norvane", "--rules", RULES / "connectors" / "..")
    assert (told.status, told.out) == (2, "")
    assert "are in force already" in told.err
    assert "Leave --rules out to see what their edits change since the last run" in told.err
    shutil.copytree(RULES, tmp_path / "copy")
    told = muster("impact", "--customer", "norvane", "--rules", tmp_path / "copy")
    assert (told.status, told.out) == (0, "Nothing changes.\n")
    assert "nothing is edited in them" in told.err
    assert muster("impact", "--customer", "acme").status == 2
    assert muster("impact", "--customer", "norvane", "--rules", "nowhere").status == 2
