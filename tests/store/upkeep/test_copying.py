from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from store.base.database import Database
from store.upkeep.copying import CannotCopy, back_up, restore
from tests.runs.schools import ILL, NOW, a_service, later, states
from tests.store.databases import MakeUrl


def everything(database: Database) -> dict[str, list[str]]:
    with database.reading() as session:
        return {
            table.name: sorted(map(repr, session.connection().execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }


def test_a_backup_holds_everything_and_goes_back_into_either_system(
    database: Database, sqlite_url: MakeUrl, postgresql_url: MakeUrl, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", ILL[1:], True, as_of=later(hours=1))
    back_up(database, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "customers"]
    for make in (sqlite_url, postgresql_url):
        with Database.open(make()) as fresh:
            restore(fresh, tmp_path / "copy.db")
            assert everything(fresh) == everything(database)
            again = a_service(fresh, tmp_path)
            # What is written next is numbered on.
            assert again.push("north", ILL, True, as_of=later(hours=2)).id == 3
            assert states(again)


def test_a_backup_is_never_written_over_and_fills_only_what_is_empty(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    copy = tmp_path / "copy.db"
    back_up(database, copy)
    with pytest.raises(CannotCopy, match="never written over"):
        back_up(database, copy)
    with pytest.raises(CannotCopy, match="not empty"):
        restore(database, copy)


def test_what_is_no_backup_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE a (b)")
    for name in ("missing.db", "text.db", "other.db"):
        with pytest.raises(CannotCopy):
            restore(sqlite_database, tmp_path / name)
