from __future__ import annotations

import sqlite3
import threading
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlmodel import select

import store.base.database
from engine.language.unread import failure_text
from engine.records.kinds import Account, Sheet, kind_of
from engine.records.unread import Failure
from store.base import migrating
from store.base.database import Database, WrongDatabaseUrl
from store.base.run_tables import RunRow
from store.base.tables import RecordRow
from store.lookup import fingerprints

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_run(customer: str = "north", **more: object) -> RunRow:
    given = {"direction": "downward", "status": "completed", "as_of": NOW, "started_at": NOW, "heartbeat_at": NOW}
    return RunRow(customer=customer, **(given | more))


def test_the_migrations_make_the_tables_of_the_program(database: Database) -> None:
    migrating.check(database._engine)
    assert not database.behind()


def test_a_new_file_is_behind_until_it_is_upgraded(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'new' / 'muster.db'}") as database:
        assert database.behind()
        database.upgrade()
        database.upgrade()
        assert not database.behind()


def test_only_an_upgrade_makes_a_file(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'new' / 'muster.db'}") as database:
        assert database.missing
        assert database.behind()
        with pytest.raises(OperationalError, match="there is none of that name"), database.reading() as session:
            session.exec(select(RunRow)).all()
        assert list(tmp_path.iterdir()) == []
        database.upgrade()
        assert not database.missing


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ExitStack() as stack:
        databases = [stack.enter_context(Database.open(f"sqlite:///{tmp_path / 'muster.db'}")) for _ in range(4)]
        threads = [threading.Thread(target=database.upgrade) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [database.behind() for database in databases] == [False] * 4


class NewFile:
    """A connection to a file whose journal another process changes for as long as so many questions."""

    def __init__(self, busy: int, code: int = sqlite3.SQLITE_BUSY) -> None:
        self.busy = busy
        self.code = code

    def execute(self, statement: str) -> sqlite3.Cursor:
        if statement == "PRAGMA journal_mode = WAL" and self.busy:
            self.busy -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self.code
            raise error
        return sqlite3.connect(":memory:").cursor()

    def close(self) -> None:
        pass


def test_a_new_file_whose_journal_another_process_changes_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()
    monkeypatch.setattr(store.base.database.time, "sleep", waits.append)
    file = NewFile(3)
    store.base.database._prepare_sqlite(file, None)
    assert (file.busy, len(waits)) == (0, 3)
    with pytest.raises(sqlite3.OperationalError):
        store.base.database._prepare_sqlite(NewFile(1, sqlite3.SQLITE_FULL), None)


def test_foreign_keys_hold_again_after_a_migration(database: Database) -> None:
    database.upgrade()
    row = RecordRow(
        customer="north",
        kind="learner",
        source_id="L-1",
        name="",
        search="",
        fingerprint=b"",
        decided=b"",
        first_run_id=404,
        changed_run_id=404,
    )
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(row)


def test_what_is_written_is_undone_when_the_block_fails(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as session:
            session.add(a_run())
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.reading() as session:
        assert session.exec(select(RunRow)).all() == []


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    with database.writing() as session:
        session.add(a_run())
    with database.reading() as session:
        assert session.exec(select(RunRow.as_of)).one() == NOW
        assert session.exec(select(RunRow.as_of)).one().tzinfo is UTC


def test_concurrent_writers_wait_for_each_other(database: Database) -> None:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(20):
                with database.writing() as session:
                    seen = len(session.exec(select(RunRow)).all())
                    session.add(a_run(customer=f"c{seen}"))
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert (failed, len(session.exec(select(RunRow)).all())) == ([], 80)


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.reading() as session:
        assert session.exec(select(RunRow)).all() == []
        with database.writing() as other:
            other.add(a_run())
        assert session.exec(select(RunRow)).all() == []


def test_no_personal_value_stands_in_a_database_error(database: Database) -> None:
    given = {"id": "amelie", "label": "amelie@example.org", "digest": b"amelie", "at": "2026-11-23"}
    insert = text("INSERT INTO api_key VALUES (:id, :label, :digest, '[]', '[]', :at, NULL)")

    def write() -> None:
        with database.writing() as session:
            session.connection().execute(insert, given)

    write()
    with pytest.raises(IntegrityError) as caught:
        write()
    assert "amelie" not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_no_database_is_refused_and_closed_again(tmp_path: Path) -> None:
    (tmp_path / "muster.db").write_text("This is no database. " * 100, encoding="utf-8")
    with Database.open(f"sqlite:///{tmp_path / 'muster.db'}") as database, pytest.raises(DatabaseError):
        database.behind()


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "not a url", "sqlite:///file:x?mode=memory"]
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(WrongDatabaseUrl, match="wanted"):
        Database.open(url)


def test_a_password_is_not_shown() -> None:
    with Database.open("postgresql://muster:hunter2@localhost/muster") as database:
        assert "hunter2" not in database.place


def test_a_large_write_is_counted_at_once(database: Database) -> None:
    database.count_rows()
    if database.dialect == "postgresql":
        with database.reading() as session:
            counted = session.connection().execute(
                text("SELECT relname FROM pg_stat_user_tables WHERE last_analyze IS NOT NULL")
            )
            assert set(counted.scalars()) == {"record", "record_key", "issue", "issue_cause", "change"}


def test_who_made_what_an_older_version_wrote_is_known_after_the_upgrade(database: Database) -> None:
    def row(name: str, record: Account | Sheet | None) -> RecordRow:
        data = None if record is None else fingerprints.written(record)
        kind = "account" if record is None else kind_of(record)
        empty = bytes(fingerprints.SIZE)
        return RecordRow(
            customer="north",
            kind=kind,
            source_id=name,
            name=name,
            search=name,
            data=data,
            fingerprint=empty,
            decided=empty,
            first_run_id=1,
            changed_run_id=1,
        )

    with database.writing() as session:
        session.add(a_run())
        session.flush()
        session.add(row("A-1", Account(source_id="A-1", created_by="owner")))
        session.add(row("A-2", Account(source_id="A-2")))
        session.add(row("A-3", None))
        session.add(row("F-1", Sheet(source_id="F-1", created_by="api")))
    migrating._with(database._engine, command.downgrade, "0010")
    database.upgrade()
    with database.reading() as session:
        made = {one.source_id: one.created_by for one in session.exec(select(RecordRow))}
    assert made == {"A-1": "owner", "A-2": None, "A-3": None, "F-1": "api"}


def test_what_an_older_version_wrote_of_a_run_that_failed_is_kept_as_a_sentence(database: Database) -> None:
    with database.writing() as session:
        session.add(a_run(status="failed"))
    migrating._with(database._engine, command.downgrade, "0003")
    sentence = "Norvane, accounts: no answer in time. Nothing to do: the next run tries again."
    with database.writing() as session:
        session.execute(
            text("UPDATE run SET error = :error, recovery = :recovery"),
            {"error": sentence, "recovery": "try again later"},
        )
    database.upgrade()
    with database.reading() as session:
        (row,) = session.exec(select(RunRow)).all()
    (failure,) = msgspec.convert(row.failures, list[Failure])
    assert (failure.recovery, failure_text(failure, "fr")) == ("unavailable", sentence)
