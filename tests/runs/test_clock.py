"""A clock that is wrong: what goes back or leaps costs no more than it must, and is never taken for all is well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

import engine
from runs.service import Service
from store.base.database import Database
from store.base.run_tables import RunRow
from tests.runs.schools import ADA, ILL, NOW, WELL, a_service, later, states

HOUR = timedelta(hours=1)
WALL = {
    "connectors/http/oauth.py": "time",  # a signature names the moment
    **dict.fromkeys(("cli/commands/db.py", "cli/commands/demo.py", "cli/commands/forget.py", "cli/deciding.py"), "now"),
    **dict.fromkeys(("runs/api_keys.py", "runs/service/ground.py"), "now"),  # what is stored with its moment
}
"""Modules that read the clock on the wall, and how. Whatever is waited for or counted goes by one that never leaps."""


def test_only_what_names_a_moment_reads_the_clock_on_the_wall() -> None:
    root = Path(engine.__file__).parents[1]
    found = {}
    for path in (
        each for wing in ("api", "cli", "connectors", "engine", "runs", "store") for each in (root / wing).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
                continue
            if (node.value.id, node.attr) in {
                ("time", "time"),
                ("datetime", "now"),
                ("datetime", "utcnow"),
                ("date", "today"),
            }:
                found[str(path.relative_to(root))] = node.attr
    assert found == WALL


@pytest.mark.parametrize("leap", [-HOUR, HOUR, timedelta(days=-365), timedelta(days=-30_000)])
def test_a_clock_that_leaps_while_a_run_is_at_work_costs_it_nothing(
    database: Database, tmp_path: Path, leap: timedelta
) -> None:
    service, on_the_wall = a_service(database, tmp_path), [NOW]
    service.clock = lambda: on_the_wall[-1]

    def received() -> Iterator[Any]:
        yield from ILL
        on_the_wall.append(NOW + leap)

    run = service.push("north", received(), True)
    assert (run.status, run.started_at, run.finished_at) == ("completed_with_issues", NOW, NOW + leap)
    assert_all_is_told(service)


@pytest.mark.parametrize("ahead", [HOUR, timedelta(days=400)])
def test_what_a_clock_that_was_ahead_left_is_gone_on_with(database: Database, tmp_path: Path, ahead: timedelta) -> None:
    service = a_service(database, tmp_path)
    service.clock = lambda: NOW + ahead
    service.push("north", ILL, True)
    service.clock = lambda: NOW
    assert service.push("north", ILL, True).status == "completed_with_issues"
    assert_all_is_told(service)
    assert service.push("north", WELL, True).status == "completed"
    assert set(states(service).values()) == {("resolved", "fixed")}


def assert_all_is_told(service: Service) -> None:
    """Every question is answered."""
    feed = service.issues("north")
    assert feed.items
    assert service.issue("north", feed.items[0].issues[0].id).history
    assert service.history("north").items
    assert service.explain("north", "instructor", ADA.source_id)
    assert service.health_of("north")


def test_a_run_from_the_future_hides_no_exchange_that_is_missed(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.clock = lambda: later(days=400)
    service.push("north", WELL, True)
    service.clock = lambda: NOW
    assert service.health_of("north").of("downward").state == "late"
    service.push("north", WELL, True)
    assert service.health_of("north").of("downward").state == "well"
    service.clock = lambda: later(days=1)
    assert service.health_of("north").of("downward").state == "late"


def test_a_sign_of_life_from_the_future_keeps_nobody_waiting(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    with database.writing() as session:
        session.add(
            RunRow(
                customer="north",
                direction="downward",
                status="running",
                as_of=NOW + HOUR,
                started_at=NOW + HOUR,
                heartbeat_at=NOW + HOUR,
                owner="elsewhere:1:token",
            )
        )
    assert service.push("north", WELL, True).status == "completed"
    with database.reading() as session:
        assert [run.status for run in session.exec(select(RunRow).order_by("id"))] == ["cut_off", "completed"]
