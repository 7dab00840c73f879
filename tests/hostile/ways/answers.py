"""Answers of systems, whatever connector asks them: JSON, XML and iCalendar, and the lines above them."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx

from connectors.contract import ConnectorError, Fetch
from tests.connectors.trying import SAMPLED, WINDOW, fake_of, folder_of, opened, options_on
from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample

_URL = "http://127.0.0.1:9"
_HEAD = ".head"


class _System(httpx.BaseTransport):
    """A fake system without a network; of what it answered before, what was made of it is answered instead."""

    def __init__(self, application: Any, instead: Pieces) -> None:
        self._application = httpx.ASGITransport(application)
        self._instead = instead
        self._lock = threading.Lock()
        self.answered: dict[str, bytes] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = blake2b(request.read(), digest_size=4).hexdigest()
        name = f"{request.method} {request.url.raw_path.decode()} {asked}"
        with self._lock:
            answer = self._live(request)
        ending = _ending(answer.headers.get("content-type", ""))
        body, head = name + ending, name + _HEAD
        lines = [f"{answer.status_code}", *(f"{key}: {value}" for key, value in answer.headers.items())]
        self.answered |= {body: answer.content, head: "\n".join(lines).encode()}
        status, headers = _read(self._instead.get(head, self.answered[head]))
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(self._instead.get(body, answer.content)))

    def _live(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            answer = await self._application.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
            )
            await answer.aread()
            return answer

        try:
            return asyncio.run(answered())
        except Exception:  # noqa: BLE001 - the fake was asked for what chance made of an id
            return httpx.Response(500)


def _ending(kind: str) -> str:
    return next((ending for ending in (".json", ".xml") if ending[1:] in kind), ".txt")


def _read(head: bytes) -> tuple[int, list[tuple[bytes, bytes]]]:
    first, *lines = head.split(b"\n")
    status = int(first) if first.isdigit() and len(first) == 3 and first >= b"200" else 200
    pairs = (line.partition(b": ") for line in lines)
    # What no client lets pass is another way's (`wire`).
    return status, [(name, value.strip()) for name, _, value in pairs if name.strip() and b"\r" not in name + value]


class WayIn:
    """One system at a time, one or more of its answers spoiled."""

    def __init__(self, folder: Path, /) -> None:
        self._cases = {
            f"{name}/{case}": (name, case)
            for name in SAMPLED
            for case in fake_of(name).cases
            if not fake_of(name).on_files(case)
        }

    def samples(self) -> list[Sample]:
        """What each system answers: the bodies alone, and all of it."""
        found = []
        for about in self._cases:
            answered = self._fetched(about, {}).answered
            bodies = {name: body for name, body in answered.items() if not name.endswith(_HEAD)}
            found += [Sample(about, bodies), Sample(about, bodies), Sample(about, answered)]
        return found

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Read to the end, or a ConnectorError."""
        with suppress(ConnectorError):
            self._fetched(about, pieces)

    def _fetched(self, about: str, instead: Pieces) -> _System:
        name, case = self._cases[about]
        fake, spec = fake_of(name), SAMPLED[name].spec
        system = _System(fake.application(), instead)
        samples = folder_of(SAMPLED[name]) / "samples"
        options, environ = options_on(name, case, _URL)
        connector = opened(spec, options, environ, samples.parent, [], system)
        list(connector.records(WINDOW, Fetch()))
        return system
