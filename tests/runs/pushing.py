"""A process that pushes a complete downward run, telling on its output what it is doing, until it is done or killed."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from engine.records import Instructor, Learner, Record, Session
from runs.errors import Busy
from store.database import Database
from tests.runs.schools import NOW, a_service


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


def tell(doing: str, number: int) -> None:
    print(doing, number, flush=True)  # noqa: T201 - its reader is the test


def main() -> None:
    url, folder, size, day = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    database = Database.open(url)
    service = a_service(database, folder)
    tell("ready", 0)
    sys.stdin.readline()
    try:
        service.push("north", school(size, day), True, as_of=NOW + timedelta(days=day), on_page=tell)
    except Busy:
        tell("busy", 0)
    else:
        tell("done", 0)


if __name__ == "__main__":
    main()
