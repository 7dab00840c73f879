"""The command line as its user meets it: arguments in; exit status, stdout and stderr out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct

from cli.demo.seeding import seed
from cli.main import main
from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.model.package_files import RULES
from engine.rulefiles.library import Library
from runs.model.answers import RunSummary
from runs.service import Service
from store.base.database import Database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Outcome(Struct, frozen=True):
    """How a command ended."""

    status: int
    out: str
    err: str


Muster = Callable[..., Outcome]


@pytest.fixture
def muster(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Muster:
    """Run a command in an empty folder, with nothing of Muster's in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("MUSTER_RULES", "MUSTER_DATABASE_URL", "MUSTER_DATA", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    # Wide, so that help is not broken in the middle of what a test looks for.
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Outcome(int(ended.value.code or 0), out, err)

    return run


class Seeded(Struct, frozen=True):
    """A database with the demo's customers in it, and the runs that made it."""

    url: str
    service: Service
    runs: list[RunSummary]


@pytest.fixture(scope="session")
def seeded_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'muster.db'}"
    with Database.open(url) as database:
        database.upgrade()
        service = Service(database, Library(RULES, catalogue()), catalogue(), Messages(), {}, lambda: NOON)
        yield Seeded(url, service, list(seed(service, NOON)))


@pytest.fixture
def seeded(seeded_once: Seeded) -> Iterator[Seeded]:
    """The demo as at noon of an invented today; only to be read."""
    with seeded_once.service.database:
        yield seeded_once
