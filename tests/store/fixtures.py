"""Fixtures of the tests that need a database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import select

from store.base.database import Database
from store.base.tables import StandingRow
from store.writing import standing
from tests.store.databases import MakeUrl, PostgresqlDatabases, postgresql_databases, sqlite_databases


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeUrl]:
    with sqlite_databases(tmp_path_factory.mktemp("sqlite")) as make:
        yield make


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlDatabases]:
    with postgresql_databases() as databases:
        yield databases


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlDatabases) -> Iterator[MakeUrl]:
    yield postgresql_server
    postgresql_server.take_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each system."""
    make: MakeUrl = request.getfixturevalue(f"{request.param}_url")
    return make()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A fresh database of each system, open."""
    with Database.open(url) as opened:
        yield opened
        stands_as_noted(opened)


@pytest.fixture
def sqlite_database(sqlite_url: MakeUrl) -> Iterator[Database]:
    """A fresh SQLite file, open: for what does not depend on the system."""
    with Database.open(sqlite_url()) as opened:
        yield opened
        stands_as_noted(opened)


def stands_as_noted(database: Database) -> None:
    """Whatever a test did: what is noted of a customer's verdicts and issues is what counting them finds."""
    with database.reading() as session:
        for noted in session.exec(select(StandingRow)):
            assert standing._counted(session, noted.customer) == (noted.records, noted.issues)
