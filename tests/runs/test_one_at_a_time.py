from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from engine.door import Invalid
from engine.records import Record
from runs import locking
from runs.errors import Busy, Overtaken
from runs.service import Service
from store.database import Database
from store.tables import RunRow
from tests.runs.pushing import school
from tests.runs.schools import ILL, NOW, PLAIN, WELL, a_service, later, states

SIZE = 8_000
"""Large enough that the transaction takes longer than any of the waits below."""


def started(url: str, folder: Path, day: int, size: int = SIZE) -> subprocess.Popen[str]:
    """A process that is ready to push and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.runs.pushing", url, str(folder), str(size), str(day)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready 0\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def kept(database: Database) -> dict[str, list[Any]]:
    """Everything in the database but the runs."""
    with database.reading() as session:
        return {
            table.name: sorted(map(repr, session.connection().execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
            if table.name != "run"
        }


@pytest.mark.parametrize(
    ("system", "moment", "seconds"),
    [
        ("sqlite", "deciding", 0.0),
        ("sqlite", "writing", 0.0),
        ("sqlite", "writing", 0.03),
        ("sqlite", "writing", 0.1),
        ("postgresql", "writing", 0.1),
    ],
)
def test_a_run_that_is_killed_leaves_everything_as_it_was(
    request: pytest.FixtureRequest, tmp_path: Path, system: str, moment: str, seconds: float
) -> None:
    url = request.getfixturevalue(f"{system}_url")()
    database = Database.open(url)
    service = a_service(database, tmp_path)
    service.push("north", school(SIZE, 0), True, as_of=NOW)
    before = kept(database)

    process = started(url, tmp_path, 1)
    go(process)
    assert process.stdout is not None
    while not process.stdout.readline().startswith(moment):
        pass
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    told = process.communicate()[0]
    assert "done" not in told
    assert kept(database) == before

    # Its place is free at once, and the next run does what it would have done.
    again = service.push("north", school(SIZE, 1), True, as_of=NOW + timedelta(days=1))
    assert (again.status, again.changed, again.issues) == (
        "completed_with_issues",
        SIZE // 5 + 2,
        {"new": SIZE // 10, "back": 0, "resolved": SIZE // 10, "open": SIZE // 10},
    )
    statuses = [run.status for run in service.runs("north").items]
    assert statuses == ["completed_with_issues", "cut_off", "completed_with_issues"]
    database.close()


def test_two_processes_never_run_the_same_customer_at_once(url: str, tmp_path: Path) -> None:
    database = Database.open(url)
    service = a_service(database, tmp_path)
    processes = [started(url, tmp_path, 0, 500) for _ in range(3)]
    for process in processes:
        go(process)
    ends = sorted(process.communicate(timeout=60)[0].splitlines()[-1] for process in processes)
    assert "done 0" in ends
    assert set(ends) <= {"done 0", "busy 0"}
    assert len(states(service)) == 50
    assert {run.status for run in service.runs("north").items} == {"completed_with_issues"}
    database.close()


class Slow:
    """Items that are sent slowly: the run has begun when `begun` is set, and goes on when `on` is."""

    def __init__(self, items: list[Record | Invalid]) -> None:
        self.items = items
        self.begun = threading.Event()
        self.on = threading.Event()

    def __iter__(self) -> Iterator[Record | Invalid]:
        self.begun.set()
        assert self.on.wait(20)
        yield from self.items


def in_background(service: Service, customer: str, items: Slow, results: list[object]) -> threading.Thread:
    def push() -> None:
        try:
            results.append(service.push(customer, items, True, as_of=NOW))
        except Exception as error:  # noqa: BLE001 - told to the test
            results.append(error)

    thread = threading.Thread(target=push)
    thread.start()
    assert items.begun.wait(20)
    return thread


def test_a_second_run_is_told_to_wait_and_others_go_on(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN, sud=PLAIN)
    slow = Slow([*ILL])
    results: list[Any] = []
    thread = in_background(service, "north", slow, results)
    with pytest.raises(Busy) as caught:
        service.push("north", WELL, True, as_of=NOW)
    assert caught.value.run_id == service.runs("north").items[0].id
    assert service.runs("north").items[0].status == "running"
    service.push("north", [], False, "upward", as_of=NOW)
    service.push("sud", WELL, True, as_of=NOW)
    assert [answer.verdict for answer in service.classify("north", WELL).decisions] == ["sync"] * 3
    slow.on.set()
    thread.join()
    assert results[0].status == "completed_with_issues"
    assert service.push("north", WELL, True, as_of=NOW).status == "completed"


def test_a_run_that_was_taken_for_dead_writes_nothing(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    slow = Slow([*ILL])
    results: list[object] = []
    thread = in_background(service, "north", slow, results)
    with database.writing() as session:
        run = session.exec(select(RunRow)).one()
        run.owner = "elsewhere:1:token"
        run.heartbeat_at = NOW - locking.SILENCE - timedelta(seconds=1)
        session.add(run)
    service.push("north", WELL, True, as_of=later(hours=1))
    slow.on.set()
    thread.join()
    assert isinstance(results[0], Overtaken)
    assert states(service) == {}
    assert [run.status for run in service.runs("north").items] == ["completed", "cut_off"]


def test_a_silent_owner_on_another_machine_keeps_its_place_for_two_minutes(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    with sqlite_database.writing() as session:
        session.add(
            RunRow(
                customer="north",
                direction="downward",
                status="running",
                as_of=NOW,
                started_at=NOW,
                heartbeat_at=NOW - timedelta(seconds=119),
                owner="elsewhere:1:token",
            )
        )
    with pytest.raises(Busy):
        service.push("north", WELL, True)
    service.clock = lambda: later(seconds=2)
    assert service.push("north", WELL, True).status == "completed"


def test_what_goes_wrong_inside_is_stored_without_its_words(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)

    def broken() -> Iterator[Record]:
        yield from WELL
        raise ValueError("amelie@example.org")

    with pytest.raises(ValueError, match="amelie"):
        service.push("north", broken(), True, as_of=NOW)
    (run,) = service.runs("north").items
    assert (run.status, run.error, run.received) == ("failed", "The run ended by ValueError.", 0)
    assert service.explain("north", "learner", "L-1").where == "never_received"
    assert service.push("north", WELL, True, as_of=NOW).status == "completed"
