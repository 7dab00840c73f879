from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from engine.records.decode import Invalid
from engine.records.kinds import Record
from runs.execution import locking
from runs.model.errors import Busy, Overtaken
from runs.service import Service
from store.base.database import Database
from store.base.enums import Direction
from store.base.run_tables import RunRow
from tests.runs.comparing import told
from tests.runs.pushing import Pusher, school
from tests.runs.schools import ILL, NOW, PLAIN, WELL, a_service, later, states
from tests.store.databases import MakeUrl

SIZE = 1_000
"""Large enough that the transaction takes longer than any of the waits below."""


@pytest.mark.parametrize(
    ("system", "moment", "seconds"),
    [
        ("sqlite", "deciding", 0.0),
        ("sqlite", "writing", 0.0),
        ("sqlite", "writing", 0.05),
        ("postgresql", "writing", 0.05),
    ],
)
def test_a_run_that_is_killed_leaves_no_trace_but_that_it_was_cut_off(
    request: pytest.FixtureRequest, tmp_path: Path, system: str, moment: str, seconds: float
) -> None:
    make: MakeUrl = request.getfixturevalue(f"{system}_url")
    url = make()
    with Database.open(url) as database, Database.open(make()) as undisturbed:
        for one in (database, undisturbed):
            a_service(one, tmp_path).push("north", school(SIZE, 0), True, as_of=NOW)
        before = told(database)

        with Pusher(url, tmp_path, SIZE, "north") as pusher:
            pusher.push(1)
            pusher.until(moment)
            time.sleep(seconds)
            assert "done" not in pusher.kill()
        assert [row for row in told(database).pop("run") if "'running'" not in row] == before["run"]
        assert told(database) | {"run": before["run"]} == before

        # Its place is free at once, and the next run does what an undisturbed one does.
        for one in (database, undisturbed):
            a_service(one, tmp_path).push("north", school(SIZE, 1), True, as_of=NOW + timedelta(days=1))
        assert told(database) == told(undisturbed)
        statuses = [run.status for run in a_service(database, tmp_path).runs("north").items]
        assert statuses == ["completed_with_issues", "cut_off", "completed_with_issues"]


def test_two_processes_never_run_the_same_customer_at_once_ten_times(url: str, tmp_path: Path) -> None:
    done = 0
    with ExitStack() as stack:
        pushers = [stack.enter_context(Pusher(url, tmp_path, 60, "north")) for _ in range(2)]
        for day in range(10):
            for pusher in pushers:
                pusher.push(day)
            ends = [pusher.until("done", "busy") for pusher in pushers]
            at_work = sorted((end["received"], end["done"]) for end in ends if "done" in end)
            assert at_work
            assert all(first[1] < second[0] for first, second in pairwise(at_work))
            done += len(at_work)
    with Database.open(url) as database:
        statuses = [run.status for run in a_service(database, tmp_path).runs("north", limit=100).items]
    assert len(statuses) == done
    assert set(statuses) == {"completed_with_issues"}


def test_two_processes_run_different_customers_at_once_ten_times(url: str, tmp_path: Path) -> None:
    customers = ("north", "sud")
    with ExitStack() as stack:
        pushers = [stack.enter_context(Pusher(url, tmp_path, 60, *customers)) for _ in customers]
        for day in range(10):
            for pusher, customer in zip(pushers, customers, strict=True):
                pusher.push(day, customer)
            ends = [pusher.until("done", "busy") for pusher in pushers]
            assert ["done" in end for end in ends] == [True, True]
    with Database.open(url) as database:
        service = a_service(database, tmp_path, **dict.fromkeys(customers, PLAIN))
        for customer in customers:
            runs = service.runs(customer, limit=100).items
            assert [run.status for run in runs] == ["completed_with_issues"] * 10


def test_two_processes_run_both_directions_of_a_customer_at_once_ten_times(url: str, tmp_path: Path) -> None:
    """As at ten in the evening, when both are planned: each stores the same accounts."""
    directions: tuple[Direction, Direction] = ("downward", "upward")
    with ExitStack() as stack:
        pushers = [stack.enter_context(Pusher(url, tmp_path, 100, "north")) for _ in directions]
        for day in range(10):
            for pusher, direction in zip(pushers, directions, strict=True):
                pusher.push(day, way=direction)
            for pusher in pushers:
                pusher.until("done")
    with Database.open(url) as database:
        runs = a_service(database, tmp_path).runs("north", limit=100).items
    assert Counter((run.direction, run.status) for run in runs) == {
        ("downward", "completed_with_issues"): 10,
        ("upward", "completed"): 10,
    }


@pytest.mark.parametrize("has_written", [False, True])
def test_a_run_that_ends_while_another_takes_it_for_dead_is_not_cut_off(
    database: Database, tmp_path: Path, has_written: bool
) -> None:
    """Its transaction took longer than the silence after which an owner counts as gone."""
    a_service(database, tmp_path)
    slow = RunRow(
        customer="north",
        direction="downward",
        status="running",
        as_of=NOW,
        started_at=NOW,
        heartbeat_at=NOW,
        owner="elsewhere:1:token",
    )
    number = locking.claim(database, slow, lambda: NOW)
    found: list[Any] = []

    def take() -> None:
        later_one = RunRow(
            customer="north", direction="downward", status="running", as_of=NOW, started_at=NOW, heartbeat_at=NOW
        )
        try:
            found.append(locking.claim(database, later_one, lambda: NOW + locking.SILENCE * 2))
        except Busy as error:
            found.append(error)

    thread = threading.Thread(target=take)
    with database.writing() as session:
        locking.turn(session, "north")
        locking.keep(session, locking.Place(number, slow.owner), NOW + locking.SILENCE * 2)
        thread.start()
        time.sleep(0.2)
        row = session.get_one(RunRow, number)
        row.status = "completed" if has_written else "running"
        session.add(row)
    thread.join()
    with database.reading() as session:
        assert session.get_one(RunRow, number).status == ("completed" if has_written else "running")
    assert isinstance(found[0], Busy) is not has_written


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

    with pytest.raises(ValueError, match="amelie") as raised:
        service.push("north", broken(), True, as_of=NOW)
    (run,) = service.runs("north").items
    said = (
        "The run stopped at something that Muster does not foresee. Nothing was changed. Start it again, or leave it "
        "to the next planned one. If it stops so again, give support the number of this run, 1, and this word: "
        "ValueError."
    )
    assert (run.status, run.error, run.received) == ("failed", said, 0)
    assert raised.value.__notes__ == [said]
    health = [service.health_of("north", language).of("downward") for language in ("en", "fr")]
    assert health[0].problem.endswith(
        "failed and changed nothing. The run stopped at something that Muster does not foresee. Nothing was changed. "
        "There has been no good exchange yet."
    )
    assert said.endswith(health[0].fix)
    assert health[1].fix == (
        "Relancez-le, ou laissez faire le prochain passage prévu. S’il s’arrête de nouveau ainsi, donnez au support le "
        "numéro de ce passage, 1, et ce mot\u00a0: ValueError."
    )
    assert service.explain("north", "learner", "L-1").last_run == "never_received"
    assert service.push("north", WELL, True, as_of=NOW).status == "completed"


def test_a_run_that_somebody_interrupts_is_no_fault_of_muster(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)

    def interrupted() -> Iterator[Record]:
        yield from WELL
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.push("north", interrupted(), True, as_of=NOW)
    assert service.runs("north").items[0].error == (
        "The run was interrupted before its end. Nothing was changed. Start it again, or leave it to the next planned "
        "one."
    )
