"""Migrations: bringing the tables to what this program needs, from inside the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 7_282_023_451
"""Any number, as long as every version of this program takes the same one."""


def config() -> Config:
    """Alembic's configuration; there is no ini file."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    return found


def upgrade(engine: Engine) -> None:
    """Upgrade to the newest tables, in one transaction, one process at a time."""
    _with(engine, command.upgrade, "head")


def check(engine: Engine) -> None:
    """Raise alembic's error when the tables of the program differ from those the migrations make."""
    _with(engine, command.check)


def behind(engine: Engine) -> bool:
    """Whether the newest migration has not been applied."""
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_heads()
    return set(at) != set(ScriptDirectory.from_config(config()).get_heads())


def _with(engine: Engine, act: Any, *arguments: str) -> None:
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            # Batch mode drops and rebuilds tables: with foreign keys on, that would delete the rows that refer to them.
            # The pragma is ignored inside a transaction, so that it goes to the driver before one begins.
            _pragma(connection, "OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                told = config()
                told.attributes["connection"] = connection
                act(told, *arguments)
                if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("A migration left rows that refer to none; nothing was changed.")
        finally:
            if sqlite:
                _pragma(connection, "ON")


def _pragma(connection: Connection, foreign_keys: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys = {foreign_keys}")
