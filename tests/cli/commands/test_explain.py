"""`muster explain` of what is stored."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Muster, Seeded


def test_a_stored_record_is_explained(muster: Muster, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", seeded.url)
    flagged = next(row for row in seeded.service.issues("norvane").items if row.rule == "learner.email_missing")
    told = muster("explain", "norvane", "learner", flagged.source_id, "--language", "en")
    assert told.status == 0
    assert "flagged, by learner.email_missing" in told.out
    assert "Last run: it was not synced: somebody must act.\nNext run: it does not go with the first " in told.out
    assert "First received 2026-11-" in told.err
    french = muster("explain", "norvane", "learner", flagged.source_id)
    assert "adresse e-mail" in french.out
    as_json = muster("explain", "norvane", "learner", flagged.source_id, "--format", "json")
    assert json.loads(as_json.out)["last_run"] == "to_fix"


def test_a_record_that_never_came_is_a_problem_and_an_unknown_kind_wrong_use(
    muster: Muster, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", seeded.url)
    told = muster("explain", "norvane", "learner", "nobody")
    assert (told.status, told.out.split(":")[0]) == (1, "Last run")
    assert muster("explain", "norvane", "pupil", "7").status == 2
    assert muster("explain", "acme", "learner", "7").status == 2
