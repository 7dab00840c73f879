"""Feeds: the first page with many open issues and many more changes, against few of each; its call and its page."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta

import httpx
import structlog
from fastapi import FastAPI
from sqlalchemy import text

from api.app import create_app
from benchmarks.people import AS_OF
from benchmarks.stored import CUSTOMER, SYSTEMS, stored
from benchmarks.table import Row
from engine.records.kinds import Instructor, Learner, Session
from runs.service import Service

_READS = 30
_CHANGES_EACH = 30
_ORDERS = ("newest", "frees", "soon")


def first_pages(many: int = 100_000, few: int = 1_000) -> list[Row]:
    """The feed's first page in each order, by the API and as people see it, and the first page of the history."""
    addresses = {
        **{f"the feed, {order} first": f"/v1/customers/{CUSTOMER}/issues?sort={order}" for order in _ORDERS},
        **{f"the feed's page, {order} first": f"/customers/{CUSTOMER}?sort={order}" for order in _ORDERS},
        "the history": f"/v1/customers/{CUSTOMER}/history",
    }
    rows = []
    for system in SYSTEMS:
        with stored(system) as small, stored(system) as large:
            _fill(small, few, few * _CHANGES_EACH)
            _fill(large, many, many * _CHANGES_EACH)
            apps = create_app(small, demo=True), create_app(large, demo=True)
            for what, address in addresses.items():
                with structlog.testing.capture_logs():
                    pairs = asyncio.run(_pairs(apps, address))
                title = f"{system}, {many:,} issues and {many * _CHANGES_EACH:,} changes: {what}"
                figure = f"{statistics.median(slow for _, slow in pairs) * 1000:.1f} ms"
                ratio = statistics.median(slow / quick for quick, slow in pairs)
                rows.append(Row(title, figure, ratio, f"that of {few:,} issues"))
    return rows


async def _pairs(apps: tuple[FastAPI, FastAPI], address: str) -> list[tuple[float, float]]:
    """Seconds on the small and on the large one, turn by turn; the first are left out."""
    async with _client(apps[0]) as small, _client(apps[1]) as large:
        pairs = [(await _timed(small, address), await _timed(large, address)) for _ in range(_READS)]
    return pairs[3:]


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://muster.example.org",
        headers={"accept": "text/html, application/json", "accept-language": "en"},
    )


async def _timed(client: httpx.AsyncClient, address: str) -> float:
    start = time.perf_counter()
    answer = await client.get(address)
    took = time.perf_counter() - start
    assert answer.status_code == 200
    return took


def _fill(service: Service, issues: int, changes: int) -> None:
    """So many learners without email in a session of tomorrow, and changes of them."""
    tomorrow = AS_OF + timedelta(days=1)
    session_of_all = Session(
        source_id="S-1",
        name="Algebra",
        starts_at=tomorrow,
        ends_at=tomorrow + timedelta(hours=2),
        instructor_ids=("I-1",),
        group_ids=("G-1",),
    )
    ada = Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")
    people = [
        Learner(source_id=f"L-{number}", first_name="Lou", last_name=f"Nr {number}", groups=("G-1",))
        for number in range(issues)
    ]
    service.push(CUSTOMER, [ada, session_of_all, *people], True, as_of=AS_OF)
    with service.database.writing() as session:
        session.connection().execute(
            text(
                "INSERT INTO change (customer, run_id, record_id, what, subject, before, after) "
                "WITH RECURSIVE turn(number) AS "
                "(SELECT 1 UNION ALL SELECT number + 1 FROM turn WHERE number < :each) "
                "SELECT record.customer, record.first_run_id, record.id, 'field', 'phone', :value, :value "
                "FROM record, turn WHERE record.verdict = 'flag'"
            ),
            {"each": changes // issues, "value": b'"+33199000012"'},
        )
    with service.database.writing() as session:
        # What either system's own upkeep does sooner or later.
        session.connection().execute(text("ANALYZE"))
