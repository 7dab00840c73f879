"""`POST classify`, against the same route with the classification taken out, in the same run."""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.people import learners
from benchmarks.table import Row

HERE = Path(__file__).resolve().parent
SIZES = (1, 100, 1_000)
STORED = 100_000
_CONNECTIONS = 2
_ROUNDS = 5
_SECONDS = 1.0
_BATCHES = 20
_BESIDE_SECONDS = 15.0


def classify(sizes: tuple[int, ...] = SIZES, stored: tuple[int, ...] = (0, STORED)) -> list[Row]:
    """Requests a second with classification and without, in turn; the ratio is that of each pair."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for count in stored:
            database = f"sqlite:///{folder}/stored{count}.db"
            with _serving(database, "decides", count) as deciding, _serving(database, "answers", count) as answering:
                for size in sizes:
                    bodies = [_body(size, seed) for seed in range(_BATCHES)]
                    pairs = []
                    for _ in range(_ROUNDS):
                        with_it = asyncio.run(_rate(deciding, bodies))
                        without = asyncio.run(_rate(answering, bodies))
                        pairs.append((with_it, without))
                    rows.append(
                        Row(
                            f"POST classify, {size:,} records, {count:,} stored",
                            f"{statistics.median(with_it for with_it, _ in pairs):,.0f} requests/s",
                            statistics.median(with_it / without for with_it, without in pairs),
                            "the route without classification",
                        )
                    )
    return rows


def beside() -> list[Row]:
    """How long calls of 100 records take while others send what is slow to put in order: marks on one letter."""
    crowd = "a" + "\u0323\u0301" * (300 * 1024 // 4)
    hostile = _call(b'{"records":[{"kind":"learner","source_id":"1","first_name":"' + crowd.encode() + b'"}]}')
    waits: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, _serving(f"sqlite:///{folder}/beside.db", "decides", 0) as port:
        usual = [_body(100, seed) for seed in range(_BATCHES)]
        for what, others in (("alone", 0), ("beside 2 calls at a time of 0.3 MiB of marks", 2), ("alone again", 0)):
            asked: list[float] = []
            asyncio.run(_rate(port, usual, 8, _BESIDE_SECONDS, asked, [hostile] * others))
            p99 = statistics.quantiles(asked, n=100)[-1]
            waits[f"8 clients of 100 records, {what}: p99"] = p99
    alone = next(iter(waits.values()))
    return [Row(what, f"{p99 * 1000:,.0f} ms", p99 / alone, "alone") for what, p99 in waits.items()]


def _body(size: int, seed: int) -> bytes:
    """A batch as a school in order sends it: one record in ten has a fault, of three kinds."""
    usual = []
    for index, learner in enumerate(learners(size, 1_000 + seed)):
        changes: dict[str, object] = {
            "email": f"{learner.source_id}@example.org",
            "last_name": learner.last_name or "Okparo",
            "phone": None,
            "status": "active",
            "left_on": None,
            "company": "Atelier Norvane",
            "modified_at": None,
        }
        if index % 10 == 0:
            changes |= ({"email": None}, {"email": f"two@{index}@b"}, {"last_name": None})[index // 10 % 3]
        usual.append(msgspec.structs.replace(learner, **changes))
    return _call(b'{"records":[' + b",".join(map(msgspec.json.encode, usual)) + b"]}")


def _call(body: bytes) -> bytes:
    head = (
        "POST /v1/customers/bench/classify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def _serving(database: str, how: str, stored: int) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.serving", database, how, str(stored)]
    with subprocess.Popen(
        command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    """Until the server takes connections; it has told its port a little before."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not start within ten seconds")


async def _rate(
    port: int,
    bodies: list[bytes],
    connections: int = _CONNECTIONS,
    seconds: float = _SECONDS,
    times: list[float] | None = None,
    others: Sequence[bytes] = (),
) -> float:
    """Requests a second over some connections that are kept open; the `times` that each took are noted, those of
    `others` beside them, each over a connection of its own, are not."""
    times = [] if times is None else times
    end = time.perf_counter() + seconds

    async def ask(offset: int, bodies: Sequence[bytes], times: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = offset
        while (begun := time.perf_counter()) < end:
            writer.write(bodies[turn % len(bodies)])
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head.split(b"\r\n")[0]
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            times.append(time.perf_counter() - begun)
            turn += 1
        writer.close()
        await writer.wait_closed()

    start = time.perf_counter()
    mine = [ask(offset, bodies, times) for offset in range(connections)]
    await asyncio.gather(*mine, *(ask(0, [other], []) for other in others))
    return len(times) / (time.perf_counter() - start)
