"""A service on a fresh database with two invented customers, and a client that asks its application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from api.app import create_app
from api.http.limits import Limits
from api.http.rates import Rates
from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.rulefiles.library import Library
from runs.service import Service
from store.base.database import Database
from store.queries.api_keys import new_key
from tests.runs.shelf import shelved
from tests.store.databases import MakeUrl
from tests.store.fixtures import stands_as_noted

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)

ACME = """
name: Acme Campus
language: fr
zone: Europe/Paris
source: {connector: pushed, system: Ypareo}
platform: {connector: edusign}
schedule: {downward: ["22:00"]}
"""
HARBOUR = """
name: Harbour School
language: en
zone: Europe/London
source: {connector: pushed, system: Wonde}
platform: {connector: education-perfect}
"""

INES = {"kind": "learner", "source_id": "L-1", "first_name": "Inès", "last_name": "Marchal"}
OMAR = {
    "kind": "learner",
    "source_id": "L-2",
    "mis_id": "2026-02",
    "first_name": "Omar",
    "last_name": "Søndergård",
    "email": "omar@example.org",
}
ODILE = {
    "kind": "instructor",
    "source_id": "I-1",
    "first_name": "Odile",
    "last_name": "Brun",
    "email": "odile.brun@example.org",
}
STOCKS = {
    "kind": "session",
    "source_id": "S-1",
    "name": "Gestion des stocks",
    "starts_at": "2026-11-23T09:00:00+01:00",
    "ends_at": "2026-11-23T12:00:00+01:00",
    "status": "validated",
    "instructor_ids": ["I-1"],
    "learner_ids": ["L-1", "L-2"],
}
LATER = {
    "kind": "session",
    "source_id": "S/2",
    "name": "Anglais",
    "starts_at": "2027-01-23T09:00:00+01:00",
    "ends_at": "2027-01-23T12:00:00+01:00",
    "status": "validated",
    "instructor_ids": ["I-1"],
    "learner_ids": ["L-2"],
}
EVERYTHING = [INES, OMAR, ODILE, STOCKS, LATER]
NAMES = ("Inès", "Marchal", "Omar", "Søndergård", "Odile", "Brun", "example.org", "Gestion")
"""Personal data of these records, which belongs into no log."""


def ndjson(records: list[Any]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


class Client:
    """Asks an application as a browser or a program would, each time on a loop of its own."""

    def __init__(self, app: FastAPI, **headers: str) -> None:
        self.app = app
        self.headers = headers
        self.cookies = httpx.Cookies()

    def ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(self.app),
                base_url="https://muster.example.org",
                headers=self.headers,
                cookies=self.cookies,
            ) as client:
                answer = await client.request(method, address, **more)
                self.cookies = httpx.Cookies(client.cookies)
                return answer

        return asyncio.run(asked())

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.ask("GET", address, **more)

    def post(self, address: str, **more: Any) -> httpx.Response:
        return self.ask("POST", address, **more)

    def push(self, records: list[Any], customer: str = "acme", **query: str) -> httpx.Response:
        return self.post(
            f"/v1/customers/{customer}/runs",
            params={"complete": "true", "as_of": NOON.isoformat()} | query,
            content=ndjson(records),
            headers={"content-type": "application/x-ndjson"},
        )

    def classify(self, records: list[Any], customer: str = "acme", **more: Any) -> httpx.Response:
        body = {"records": records, "as_of": NOON.isoformat()} | more
        return self.post(f"/v1/customers/{customer}/classify", json=body)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.yaml").write_text(ACME, "utf-8")
    (folder / "harbour.yaml").write_text(HARBOUR, "utf-8")
    return tmp_path / "rules"


ON_BOTH = ("test_issues", "test_runs", "test_held", "test_feed_csv", "test_no_database")
"""Modules whose tests ask what a database makes of things: they run on SQLite and on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH and "url" in metafunc.fixturenames:
        metafunc.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database: of SQLite, unless a module says otherwise."""
    make: MakeUrl = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return make()


@pytest.fixture
def service(url: str, rules: Path) -> Iterator[Service]:
    known = catalogue()
    with Database.open(url) as database:
        yield shelved(Service(database, Library(rules, known), known, Messages(), environ={}, clock=lambda: NOON))
        stands_as_noted(database)


MakeKey = Callable[..., str]


@pytest.fixture
def make_key(service: Service) -> MakeKey:
    def made(*customers: str, scopes: tuple[str, ...] = ("classify", "runs", "read", "issues")) -> str:
        with service.database.writing() as session:
            key, _ = new_key(session, customers or ("*",), scopes, NOON)  # type: ignore[arg-type]
        return key

    return made


@pytest.fixture
def app(service: Service) -> FastAPI:
    limits = Limits(batch_records=20, batch_bytes=20_000, run_bytes=50_000, line_bytes=5_000)
    # A test calls as often as it likes; what there is against that has its own.
    return create_app(service, limits=limits, rates=Rates(0))


@pytest.fixture
def api(app: FastAPI, make_key: MakeKey) -> Client:
    """A program with a key for everything."""
    return Client(app, authorization=f"Bearer {make_key()}")


@pytest.fixture
def pushed(api: Client) -> Client:
    """The same, after a first run of acme."""
    assert api.push(EVERYTHING).status_code == 201
    return api


@pytest.fixture
def demo(service: Service) -> Client:
    """A browser in front of a local demonstration with a first run of acme."""
    browser = Client(create_app(service, demo=True), **{"accept": "text/html", "accept-language": "en"})
    assert browser.push(EVERYTHING).status_code == 201
    return browser


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries
