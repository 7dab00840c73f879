"""The database: SQLite by default, PostgreSQL by URL, with the same code above it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlmodel import Session

VARIABLE = "MUSTER_DATABASE_URL"
FILE = "muster.db"

_BEGIN = "muster_begin"
_LARGE = ("record", "record_key", "issue", "issue_cause", "change")
_BUSY_MILLISECONDS = 60_000
"""How long a writer waits for another: a large run's one transaction takes seconds."""
_AGAIN = 0.02
"""Seconds after which a file whose journal another process changes is asked again."""

_NOT_ALLOWED = frozenset({"25006", "42501"})
"""What PostgreSQL says when it is read-only, or gives us no right. Both are no fault of what was asked."""


class WrongDatabaseUrl(ValueError):
    """The address of the database cannot be used."""


def unusable(error: Exception) -> str | None:
    """What a database says that cannot be used now: gone, restarted, full, locked, read-only, no database. None for
    any other error. No value of a statement stands in it."""
    if isinstance(error, NoneFree):
        return "no connection to it becomes free"
    if not isinstance(error, DBAPIError):
        return None
    refused = getattr(error.orig, "sqlstate", None) in _NOT_ALLOWED
    gone = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    if not (refused or gone or type(error) is DatabaseError):
        return None
    return str(error.orig).strip().partition("\n")[0]


class Database:
    """One database and its pool of connections. Safe from several threads; one per process, never over a fork."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader: Engine
        self._writer: Engine
        if engine.dialect.name == "sqlite":
            self._reader = engine.execution_options(**{_BEGIN: "BEGIN"})
            self._writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        else:
            # A page asks several questions: all must see one state.
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = engine

    @classmethod
    def open(cls, url: str | None = None) -> Self:
        """Open by URL, such as `sqlite:///muster.db` or `postgresql://host/muster`.

        Without one: `MUSTER_DATABASE_URL`, else the file `muster.db` in the current folder. Nothing is read or
        written yet, and only ``upgrade`` makes a file that is not there. It is closed at the end of a ``with``.
        Raises WrongDatabaseUrl for an address of another system, or of a database in memory.
        """
        return cls(_engine(_address(url or os.environ.get(VARIABLE) or f"sqlite:///{FILE}")))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def place(self) -> str:
        """The address without its password, for people."""
        return self._engine.url.render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for another."""
        return _file(self._engine)

    @property
    def missing(self) -> bool:
        """Whether it is a file that does not exist, as far as may be seen."""
        return self.file is not None and not _is_there(self.file)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database throughout, and cannot keep anybody waiting."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, undone when an exception leaves the block."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def erasing(self) -> Iterator[Session]:
        """As ``writing``; what is deleted is also overwritten in the database's files, not only out of sight."""
        with self.writing() as session:
            if self.file is None:
                yield session
            else:
                session.connection().exec_driver_sql("PRAGMA secure_delete = ON")
                try:
                    yield session
                finally:
                    session.connection().exec_driver_sql("PRAGMA secure_delete = OFF")
        # Neither goes inside a transaction.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT", **{_BEGIN: ""}) as connection:
            connection.exec_driver_sql("VACUUM" if self.file is None else "PRAGMA wal_checkpoint(TRUNCATE)")

    def writable(self) -> bool:
        """Whether it takes what is written: neither the file, nor its folder, nor the server is read-only."""
        if self.file is not None:
            return os.access(self.file, os.W_OK) and os.access(self.file.parent, os.W_OK)
        with self._writer.connect() as connection:
            return connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"

    def count_rows(self) -> None:
        """After a large write: let PostgreSQL know at once how much there is, for which it else takes minutes.

        Until it knows, it asks large tables as if they were empty. SQLite plans well without.
        """
        if self.dialect == "postgresql":
            with self.writing() as session:
                for table in _LARGE:
                    session.connection().exec_driver_sql(f"ANALYZE {table}")

    def upgrade(self) -> None:
        """Bring the tables to what this program needs. Safe when several processes do it at once."""
        from store.base import migrating  # noqa: PLC0415 - alembic takes half a second that only this needs

        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.touch(mode=0o600)
        migrating.upgrade(self._engine)

    def behind(self) -> bool:
        """Whether the tables are not those of this program, so that `upgrade` is wanted."""
        from store.base import migrating  # noqa: PLC0415 - as above

        return self.missing or migrating.behind(self._engine)

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        # The text itself may hold a password.
        raise WrongDatabaseUrl(
            "The database URL cannot be read; wanted sqlite:///file or postgresql://user@host/name."
        ) from None
    name = address.get_backend_name()
    if name in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise WrongDatabaseUrl(f"Found a {name} database; wanted SQLite or PostgreSQL.")
    if not address.database or address.database == ":memory:" or "mode" in address.query:
        raise WrongDatabaseUrl("Found a SQLite database in memory; wanted a file: sqlite:///muster.db.")
    return address


def _engine(address: URL) -> Engine:
    # hide_parameters: no name or email of a statement may reach a log or an exception.
    engine = create_engine(address, hide_parameters=True, pool_pre_ping=address.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _open_sqlite)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "handle_error", _without_values)
        event.listen(engine, "checkin", _as_the_server_says)
    return engine


def _file(engine: Engine) -> Path | None:
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if name is None else Path(name)


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # its folder may not be looked into
        return False


def _open_sqlite(_dialect: object, _record: object, arguments: list[Any], _named: object) -> None:
    """The driver would make an empty file of any name that was mistyped."""
    if not _is_there(Path(arguments[0])):
        raise sqlite3.OperationalError("unable to open database file: there is none of that name")


def _without_values(context: ExceptionContext) -> None:
    """PostgreSQL repeats the values of a violated key, which are ids of people, in its error's detail."""
    origin, shown = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    if primary is not None:
        origin.args = (primary,)
        if shown is not None:
            shown.args = (f"({type(origin).__name__}) {primary}",)


def _as_the_server_says(connection: Any, _record: object) -> None:
    """Whoever has only read leaves a connection that would write even where the server says that nobody should."""
    if connection is not None and not connection.closed:
        connection.read_only = None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is the deferred one, under which concurrent writers fail instead of waiting.
    connection.isolation_level = None
    try:
        for pragma in (
            f"busy_timeout = {_BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
        ):
            _set_pragma(connection, pragma)
    except BaseException:
        # The pool forgets a connection that it could not prepare.
        connection.close()
        raise


def _set_pragma(connection: Any, pragma: str) -> None:
    """Set one; again while another process changes the journal of a new file, for which SQLite waits for nobody."""
    end = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
    if begin:
        connection.exec_driver_sql(begin)
