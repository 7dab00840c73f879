"""Copying a whole database while it is used: to a file as a backup, and back into an empty database.

A backup is a SQLite database, whatever system it comes from: it can be opened, read and restored anywhere. It holds
what the database held at one moment, keys of the API included (of which only hashes are stored anyway).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlmodel import Session, SQLModel

import store.base.run_tables
import store.base.tables  # noqa: F401 - both fill the metadata
from store.base.database import Database
from store.lookup.known import chunks

_PAGES = 2_000
"""Pages of a SQLite file copied at a time: others write in between."""


class CannotCopy(Exception):
    """Says what was found, what was wanted and what to do."""


def back_up(database: Database, to: Path) -> None:
    """Write all that a database holds at this moment to a new file. Raises CannotCopy where there is a file already."""
    if to.exists():
        raise CannotCopy(f"There is a file {to} already. Wanted a new name: a backup is never written over.")
    if database.behind():
        raise CannotCopy("The database is not of this version. Run: muster db upgrade")
    unfinished = to.with_name(f"{to.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        if database.file is not None:
            _sqlite_backup(database.file, unfinished)
        else:
            with Database.open(f"sqlite:///{unfinished}") as copy:
                copy.upgrade()
                _copy(database, copy)
        # Under its name only when it is whole.
        unfinished.rename(to)
    finally:
        for left in (unfinished, *(unfinished.with_name(unfinished.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def restore(database: Database, backup: Path) -> None:
    """Fill an empty database, which is upgraded first, from a backup. Raises CannotCopy where it is not empty."""
    if not backup.is_file():
        raise CannotCopy(f"There is no file {backup}. Wanted a backup that `muster db backup` wrote.")
    with Database.open(f"sqlite:///{backup}") as kept:
        try:
            behind = kept.behind()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no backup
            behind = True
        if behind:
            raise CannotCopy(f"{backup} is no backup of this version. Restore it with the version that wrote it.")
        database.upgrade()
        _copy(kept, database)


def _sqlite_backup(file: Path, to: Path) -> None:
    """By SQLite's own online backup: the copy is of one moment, though runs go on."""
    to.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(to)) as copy:
        there.execute("PRAGMA busy_timeout = 60000")
        there.backup(copy, pages=_PAGES)
        # A backup is one file: no log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")


def _copy(source: Database, target: Database) -> None:
    """Every row of every table, in one transaction of each side."""
    tables = SQLModel.metadata.sorted_tables
    with source.reading() as reading, target.writing() as writing:
        for table in tables:
            if writing.execute(select(func.count()).select_from(table)).scalar_one():
                raise CannotCopy(
                    f"The database {target.place} is not empty: there are rows in {table.name}. "
                    "Wanted one that was just made."
                )
        for table in tables:
            rows = reading.execute(select(table).execution_options(yield_per=1_000)).mappings()
            for chunk in chunks(rows, 1_000):
                writing.execute(insert(table), [dict(row) for row in chunk])
            if target.dialect == "postgresql" and table.c.get("id") is not None:
                _count_on(writing, table)


def _count_on(session: Session, table: Any) -> None:
    """Let a table's numbers go on after the highest that was copied."""
    sequence = session.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}).scalar()
    if sequence is not None:
        highest = session.execute(select(func.max(table.c.id))).scalar()
        set_to = text("SELECT setval(CAST(:sequence AS regclass), :highest, :used)")
        session.execute(set_to, {"sequence": sequence, "highest": highest or 1, "used": highest is not None})
