"""What is stored, for the commands that read or write it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.upkeep.copying import back_up
from tests.cli.conftest import Seeded

LEARNER = {"kind": "learner", "source_id": "8", "first_name": "Moussa", "last_name": "Diombassé", "training": "Year 9"}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'muster.db'}"
    monkeypatch.setenv("MUSTER_DATABASE_URL", url)
    return url


@pytest.fixture
def learner(tmp_path: Path) -> Path:
    path = tmp_path / "learners.ndjson"
    path.write_text(json.dumps(LEARNER | {"segment_keys": {"site_code": ["main"]}}), encoding="utf-8")
    return path


@pytest.fixture
def stored(seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seeded:
    """A copy of the demo's database, to be written to."""
    copy = tmp_path / "stored" / "muster.db"
    copy.parent.mkdir()
    back_up(seeded.service.database, copy)
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{copy}")
    return seeded
