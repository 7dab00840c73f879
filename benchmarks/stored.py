"""A service on a fresh database of each system, for what is measured of the store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.rulefiles.library import Library
from runs.service import Service
from store.base.database import Database
from tests.store.databases import postgresql_databases, sqlite_databases

RULES = Path(__file__).resolve().parent / "service"
SYSTEMS = ("sqlite", "postgresql")
CUSTOMER = "school"


@contextmanager
def stored(system: str) -> Iterator[Service]:
    """A service on a fresh database of a system."""
    with tempfile.TemporaryDirectory() as folder:
        databases = sqlite_databases(Path(folder)) if system == "sqlite" else postgresql_databases()
        with databases as make, Database.open(make()) as database:
            systems = catalogue()
            yield Service(database, Library(RULES, systems), systems, Messages())
