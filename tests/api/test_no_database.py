"""A database that is read-only, restarted or away: it is told as that, harms nothing, and is used once it is back."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from cli.failures import told
from cli.terminal import UNUSABLE
from engine.language.unread import failure_text
from engine.records.decode import read_json
from runs.execution import execute, locking, persist
from runs.service import Service
from store.base.database import Database
from store.base.run_tables import RunRow
from tests.api.conftest import EVERYTHING, NOON, Client, ndjson

_NOBODY = 65534
READS = ("/v1/customers/acme/issues", "/v1/customers/acme/issues.csv", "/v1/customers/acme/health")


@contextmanager
def asked_of(service: Service, statement: str, undone_by: str) -> Iterator[None]:
    """A setting of the server, for as long as the block lasts; everybody is thrown out when it changes."""
    database = service.database
    url = database._engine.url
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def say(said: str) -> None:
        with admin.connect() as connection:
            connection.execute(text(said.format(name=url.database)))
            connection.execute(text(thrown_out("=")), {"name": url.database})

    say(statement)
    try:
        yield
    finally:
        say(undone_by)


def thrown_out(which: str) -> str:
    """What a restart does to connections."""
    return f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname {which} :name AND pid <> pg_backend_pid()"""  # noqa: S608 - our own words


@contextmanager
def read_only(service: Service) -> Iterator[None]:
    """Nothing may be written."""
    if service.database.dialect == "postgresql":
        setting = "default_transaction_read_only"
        with asked_of(
            service, f"ALTER DATABASE {{name}} SET {setting} = on", f"ALTER DATABASE {{name}} RESET {setting}"
        ):
            yield
        return
    before, file = service.database, service.database.file
    assert file is not None
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # which others than root may walk into
        before.close()
        shutil.copy(file, copy := Path(folder) / "muster.db")
        copy.chmod(0o444)
        Path(folder).chmod(0o755)
        looked = service.library._clock()
        service.library._clock = lambda: looked  # who may write nowhere may not look for rule files either
        service.library.broken()
        with Database.open(f"sqlite:///{copy}") as database, without_rights():
            service.database = database
            yield
    service.database = before


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody who may write nowhere, where the tests are run by one who may."""
    mighty = os.geteuid() == 0
    if mighty:
        os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        if mighty:
            os.setresuid(0, 0, 0)


@contextmanager
def away(service: Service) -> Iterator[None]:
    """Nobody is let in, and who was in is out."""
    if service.database.dialect == "postgresql":
        allowing = "ALTER DATABASE {{name}} ALLOW_CONNECTIONS {}"
        with asked_of(service, allowing.format("false"), allowing.format("true")):
            yield
        return
    file = service.database.file
    assert file is not None
    service.database.close()
    gone = file.rename(file.with_suffix(".gone"))
    yield
    gone.rename(file)


@pytest.mark.parametrize("trouble", [read_only, away])
def test_what_cannot_be_stored_is_told_as_that_and_is_taken_once_it_can(
    pushed: Client, service: Service, log: list[Any], trouble: Any
) -> None:
    manner: AbstractContextManager[None] = trouble(service)
    with manner:
        answer = pushed.push(EVERYTHING)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert answer.json()["type"] == "urn:muster:problem:no-database"
        noted = [entry for entry in log if entry["event"] == "no database"]
        assert noted[0]["said"]
        assert "Marchal" not in str(log)
        ready = pushed.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert pushed.push(EVERYTHING).status_code == 201
    assert pushed.get("/readyz").status_code == 200


def test_what_only_reads_is_answered_where_the_server_is_read_only(pushed: Client, service: Service) -> None:
    if service.database.dialect == "postgresql":
        with read_only(service):
            assert {pushed.get(address).status_code for address in READS} == {200}
            assert pushed.classify(EVERYTHING).status_code == 200


def test_a_page_says_so_in_the_readers_language(demo: Client, service: Service) -> None:
    with away(service):
        answer = demo.get("/customers/acme")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "The database is away" in answer.text
    assert "reference" not in answer.text


def test_a_command_ends_with_one_line_and_a_status_of_its_own(
    pushed: Client, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    with read_only(service), pytest.raises(SystemExit) as ended, told():
        service.push("acme", read_json([ndjson(EVERYTHING[:1])]), False)
    assert ended.value.code == UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith("muster: The database cannot be used: ")
    assert said.count("\n") == 1


STEPS = {"it receives": None, "it loads": (execute, "load"), "it decides": (execute, "decide")}


@pytest.mark.parametrize("step", STEPS)
def test_a_restart_before_a_run_is_written_costs_it_nothing(
    pushed: Client, service: Service, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def restarted() -> None:
        if service.database.dialect == "postgresql":
            with asked_of(service, "SELECT 1", "SELECT 1"):
                pass

    def received() -> Iterator[Any]:
        yield from read_json([ndjson(EVERYTHING[:1])])
        restarted()

    if (found := STEPS[step]) is not None:
        step_itself = getattr(*found)
        monkeypatch.setattr(*found, lambda *given, **named: (restarted(), step_itself(*given, **named))[1])
    assert service.push("acme", received(), False, as_of=NOON).status == "completed_with_issues"


def test_a_run_goes_on_giving_signs_of_life_after_a_restart(
    pushed: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "BEAT", 0.02)
    seconds = itertools.count()
    service.clock = lambda: NOON + timedelta(seconds=next(seconds))
    signs: list[datetime] = []

    def later_sign() -> datetime:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with suppress(SQLAlchemyError), service.database.reading() as session:
                found = session.exec(select(RunRow.heartbeat_at).where(RunRow.status == "running")).one()
                if not signs or found > signs[-1]:
                    return found
        raise TimeoutError

    def received() -> Iterator[Any]:
        signs.append(later_sign())
        with away(service):
            time.sleep(0.1)
        signs.append(later_sign())
        yield from read_json([ndjson(EVERYTHING[:1])])

    service.push("acme", received(), False, as_of=NOON)
    assert signs[0] < signs[1]


@pytest.mark.parametrize("back", [True, False])
def test_a_restart_while_a_run_is_written_fails_it_whole_and_the_next_one_is_well(
    pushed: Client, service: Service, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    if service.database.dialect != "postgresql":
        return  # no server stands between the run and the file
    before = pushed.get("/v1/customers/acme/issues").json()["items"]
    writes = persist.remember
    gone = away(service)

    def interrupted(*given: Any, **named: Any) -> None:
        writes(*given, **named)
        with asked_of(service, "SELECT 1", "SELECT 1"):
            pass
        if not back:
            gone.__enter__()

    monkeypatch.setattr(persist, "remember", interrupted)
    assert pushed.push([EVERYTHING[0] | {"email": "ines@example.org"}], complete="false").status_code == 503
    monkeypatch.undo()
    if not back:
        gone.__exit__(None, None, None)
    assert pushed.get("/v1/customers/acme/issues").json()["items"] == before
    last = service.runs("acme").items[0]
    if back:
        assert last.status == "failed"
        assert "stored" in failure_text(last.failures[0], "en")
        assert pushed.push(EVERYTHING).status_code == 201
    else:
        # Nobody could write that it failed. Its process lives, and no sign of life comes for it any more.
        assert last.status == "running"
        assert pushed.push(EVERYTHING).status_code == 409
        later = NOON.replace(minute=3)
        service.clock = lambda: later
        assert pushed.push(EVERYTHING).status_code == 201
        assert [each.status for each in service.runs("acme").items[:2]] == ["completed_with_issues", "cut_off"]
