"""The application with its two invented customers after their first runs, and what counts as an answer of it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from api.app import create_app
from cli.demo.seeding import seed
from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.model.package_files import RULES
from engine.rulefiles.library import Library
from runs.service import Service
from store.base.database import Database
from tests.api.conftest import Client
from tests.hostile.way import Broken

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)


class Web:
    """An application on a database of its own, which can be made as it was before."""

    def __init__(self, folder: Path, rules: Path = RULES, *, seeded: bool = True, known: Any = None) -> None:
        self._file, self._first = folder / "muster.db", folder / "first.db"
        self._service: Service | None = None
        self._known = known or catalogue()
        self._messages = Messages()
        self.library = Library(rules, self._known)
        with Database.open(f"sqlite:///{self._first}") as database:
            database.upgrade()
            if seeded:
                list(seed(self._on(database), NOON, days=(0,)))
        self.renew()

    def _on(self, database: Database) -> Service:
        return Service(database, self.library, self._known, self._messages, environ={}, clock=lambda: NOON)

    def renew(self) -> None:
        """Forget what was pushed since the first runs."""
        if self._service is not None:
            self._service.database.close()
        for path in self._file.parent.glob("muster.db*"):
            path.unlink()
        shutil.copy(self._first, self._file)
        self._service = self._on(Database.open(f"sqlite:///{self._file}"))
        self._client = Client(create_app(self._service, demo=True), **{"accept-language": "fr"})

    def ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        """An answer, or a problem in the one shape. Raises Broken for a fault, and for any other shape."""
        with structlog.testing.capture_logs() as log:
            answer = self._client.ask(method, address, **more)
        faults = [
            f"{entry['error']} at {' < '.join(reversed(entry['where'][-3:]))}" for entry in log if "where" in entry
        ]
        if faults:
            raise Broken(faults[0])
        told = answer.headers["content-type"] == "application/problem+json"
        if answer.status_code >= 400 and not told:
            raise Broken(f"status {answer.status_code} as {answer.headers['content-type']}")
        if answer.status_code >= 500 and not answer.json()["type"].endswith(":rules-broken"):
            raise Broken(f"status {answer.status_code}")
        return answer
