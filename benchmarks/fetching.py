"""Fetching a big school from a Ypareo on loopback, against the same calls made and decoded without a connector."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.table import Row
from connectors.contract import ConnectorContext, Fetch, Window
from connectors.registry import catalogue
from connectors.ypareo.connector import Ypareo
from connectors.ypareo.options import Options
from engine.language.renderer import Messages
from engine.rulefiles.library import Library
from runs.service import Service
from store.base.database import Database

WINDOW = Window(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC))
AS_OF = WINDOW.starts + timedelta(hours=12)
LEARNERS = 50_000
SESSIONS = 20_000
_WORKERS = 4
_TOKEN = "invented"  # noqa: S105 - the server on loopback asks for none
_FILE = """
name: Bench
language: en
zone: Europe/Paris
source:
  connector: ypareo
  url: {url}
  token: ${{MUSTER_BENCH_TOKEN}}
  without: [contracts]
"""


def big_school(learners: int = LEARNERS, sessions: int = SESSIONS) -> list[Row]:
    """Wall time, time of the processor, memory and requests of a fetch, and of a whole first run."""
    with _serving(learners, sessions) as url:
        plain, fetch, run = (_measured(what, url) for what in ("plain", "fetch", "run"))
    thousands = fetch["records"] / 1_000
    plainly = "the calls alone"
    said = f"{learners:,} learners, {sessions:,} sessions"
    return [
        Row(f"{said}: fetch, wall", f"{fetch['wall']:.1f} s", fetch["wall"] / plain["wall"], plainly),
        Row("fetch, processor, per 1,000 records", f"{fetch['busy'] / thousands * 1e3:.1f} ms", None),
        Row("fetch, processor", f"{fetch['busy']:.1f} s", fetch["busy"] / plain["busy"], plainly),
        Row("fetch, growth of memory", f"{fetch['memory']:.0f} MiB", fetch["memory"] / plain["memory"], plainly),
        Row("fetch, requests", f"{fetch['requests']:,}", None),
        Row("fetch, records", f"{fetch['records']:,}", None),
        Row("first run, wall", f"{run['wall']:.1f} s", run["wall"] / fetch["wall"], "the fetch"),
        Row("first run, growth of memory", f"{run['memory']:.0f} MiB", run["memory"] / fetch["memory"], "the fetch"),
    ]


@contextmanager
def _serving(learners: int, sessions: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.ypareo", str(learners), str(sessions)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def _measured(what: str, url: str) -> dict[str, float]:
    """Each in a process of its own, so that its memory is its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.fetching", what, url], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _fetch(url: str) -> tuple[int, int]:
    """Every record is let go when it came."""
    around = ConnectorContext(zone="Europe/Paris", data_folder=Path(), allow_private=True)
    told = Fetch()
    options = Options(url=url, token=_TOKEN, without=("contracts",), workers=_WORKERS)
    number = sum(1 for _ in Ypareo(options, around).records(WINDOW, told))
    assert not told.partial
    assert not told.invalid
    return number, told.requests


def _plain(url: str) -> tuple[int, int]:
    """The same calls, the same number at a time, decoded by the standard library; nothing is made of the answers."""
    at = f"{url}/r/v1"
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(_WORKERS) as pool:

        def ask(call: str) -> Any:
            return json.loads(client.get(f"{at}/{call}").content)

        rows = len(ask("formation-longue/apprenants")) + len(ask("utilisateur/personnels"))
        ask("formations")
        groups = ask("formation-longue/groupes")
        calls = [f"planning/23-11-2026/29-11-2026/groupes/{group['codeGroupe']}" for group in groups]
        rows += sum(len(found["cours"]) for found in pool.map(ask, calls))
    return rows, 4 + len(calls)


def _run(url: str) -> tuple[int, int]:
    """A first downward run into a new database, as the terminal makes it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "customers").mkdir()
        (folder / "customers" / "bench.yaml").write_text(_FILE.format(url=url), encoding="utf-8")
        systems = catalogue()
        library = Library(folder, systems, allow_private_hosts=True)
        environ = {"MUSTER_ALLOW_PRIVATE_HOSTS": "1", "MUSTER_BENCH_TOKEN": _TOKEN}
        with Database.open(f"sqlite:///{folder}/muster.db") as database:
            database.upgrade()
            run = Service(database, library, systems, Messages(), environ).run("bench", as_of=AS_OF)
    assert run.error is None
    return run.received, run.requests


def main(what: str, url: str) -> None:
    """Measure one and print it as JSON."""
    measures: dict[str, Callable[[str], tuple[int, int]]] = {"fetch": _fetch, "plain": _plain, "run": _run}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, busy = time.perf_counter(), time.process_time()
    records, requests = measures[what](url)
    found = {
        "wall": time.perf_counter() - wall,
        "busy": time.process_time() - busy,
        "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "records": records,
        "requests": requests,
    }
    sys.stdout.write(json.dumps(found) + os.linesep)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
