"""Kills a run at random moments and compares what the next run makes of it: `python -m benchmarks.kills [NUMBER]`."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from store.base.database import Database
from tests.runs.comparing import told
from tests.runs.pushing import Pusher, school
from tests.runs.schools import NOW, a_service
from tests.store.databases import MakeUrl, postgresql_databases, sqlite_databases

SIZE = 2_000


def main(number: int) -> int:
    """So many kills on each system; 1 when one of them left a trace."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        with sqlite_databases(Path(folder)) as make:
            failed += _kills("sqlite", make, Path(folder), number)
        with postgresql_databases() as make:
            failed += _kills("postgresql", make, Path(folder), number)
    return 1 if failed else 0


def _kills(system: str, make: MakeUrl, folder: Path, number: int) -> int:
    draw = random.Random(number)
    undisturbed, seconds = _undisturbed(make, folder)
    at: Counter[str] = Counter()
    failed = 0
    for _ in range(number):
        url = make()
        with Database.open(url) as database:
            service = a_service(database, folder)
            service.push("north", school(SIZE, 0), True, as_of=NOW)
            with Pusher(url, folder, SIZE, "north") as pusher:
                pusher.push(1)
                time.sleep(draw.uniform(0, seconds))
                said = [line.split()[0] for line in pusher.kill().splitlines()]
            at[said[-1] if said else "begun"] += 1
            if "done" not in said:
                service.push("north", school(SIZE, 1), True, as_of=NOW + timedelta(days=1))
            failed += told(database) != undisturbed
    moments = ", ".join(f"{count} after '{doing}'" for doing, count in at.most_common())
    print(f"{system}: {number} kills within {seconds:.2f} s ({moments}); {failed} left a trace", flush=True)
    return failed


def _undisturbed(make: MakeUrl, folder: Path) -> tuple[dict[str, list[str]], float]:
    """What two days give when nobody is killed, and how long the second takes in a process of its own."""
    url = make()
    with Database.open(url) as database:
        a_service(database, folder).push("north", school(SIZE, 0), True, as_of=NOW)
        with Pusher(url, folder, SIZE, "north") as pusher:
            start = time.monotonic()
            pusher.push(1)
            ended = pusher.until("done")["done"]
        return told(database), ended - start


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
