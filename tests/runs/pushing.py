"""A process that pushes complete runs, telling on its output what it is doing, until it is told no more.

Each line it is given is a customer, a day and a direction; each line it gives is what it does, a number, and the time
it is.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from engine.records.kinds import Account, Instructor, Learner, Record, Session
from runs.model.errors import Busy
from store.base.database import Database
from store.base.enums import Direction
from tests.runs.schools import NOW, PLAIN, a_service

Way = Literal["school", "downward", "upward"]


def school(size: int, day: int) -> list[Record]:
    """Learners of which each tenth has no email, and their sessions; on later days other ones have none."""
    found: list[Record] = [Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")]
    for number in range(size):
        email = None if (number + day) % 10 == 0 else f"l{number}@example.org"
        found.append(
            Learner(source_id=f"L-{number}", first_name="Lou", last_name=f"Nr {number}", email=email, groups=("G-1",))
        )
    starts = NOW + timedelta(days=day + 1)
    found.append(
        Session(
            source_id=f"S-{day}",
            name="Algebra",
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            instructor_ids=("I-1",),
            group_ids=("G-1",),
        )
    )
    return found


def platform(size: int, day: int) -> list[Record]:
    """What the platform has: an account of each learner, whose login is another one every day."""
    return [
        Account(
            source_id=f"A-{number}",
            source_kind="learner",
            source_ref=f"L-{number}",
            role="learner",
            username=f"login{day}.{number}",
            created_by="api",
        )
        for number in range(size)
    ]


def received(size: int, day: int, direction: Direction) -> list[Record]:
    """What a run of that day is given: accounts in either direction, but in another order."""
    if direction == "upward":
        return platform(size, day)
    return [*school(size, day), *reversed(platform(size, day))]


def tell(doing: str, number: int) -> None:
    print(doing, number, time.monotonic(), flush=True)  # noqa: T201 - its reader is the test


def main() -> None:
    url, folder, size, *customers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
    with Database.open(url) as database:
        service = a_service(database, folder, **dict.fromkeys(customers, PLAIN))
        tell("ready", 0)
        for line in sys.stdin:
            customer, number, way = line.split()
            day = int(number)
            direction: Direction = "upward" if way == "upward" else "downward"
            records = received(size, day, direction) if way != "school" else school(size, day)
            try:
                service.push(customer, records, True, direction, as_of=NOW + timedelta(days=day), on_page=tell)
            except Busy:
                tell("busy", 0)
            else:
                tell("done", 0)


class Pusher:
    """Such a process, from outside."""

    def __init__(self, url: str, folder: Path, size: int, *customers: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.pushing", url, str(folder), str(size), *customers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.until("ready")

    def push(self, day: int, customer: str = "north", way: Way = "school") -> None:
        """Begin a run: downward of the school alone, or in a direction with what the platform has."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{customer} {day} {way}\n")
        self._process.stdin.flush()

    def until(self, *wanted: str) -> dict[str, float]:
        """Read on until it does one of these; what it did to when, in seconds of one clock for all processes."""
        assert self._process.stdout is not None
        told: dict[str, float] = {}
        for line in self._process.stdout:
            doing, _, at = line.split()
            told[doing] = float(at)
            if doing in wanted:
                return told
        raise AssertionError(f"the process ended before it was {' or '.join(wanted)}")

    def kill(self) -> str:
        """End it at once, without a word; what it still had told."""
        self._process.send_signal(signal.SIGKILL)
        return self._process.communicate()[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, raised: type[BaseException] | None, *_raised: object) -> None:
        """Let it end; at once, when what it was started for has failed."""
        if raised is not None:
            self._process.kill()
        self._process.communicate(timeout=60)


if __name__ == "__main__":
    main()
