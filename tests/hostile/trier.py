"""Tries inputs in a process of its own, with a watchdog: what hangs or dies there is counted and not suffered."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, Self

from msgspec import Struct

from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample, module_of, names, way_in, where

Kind = Literal["crash", "hang", "death", "memory"]

LONGEST = 5.0
"""Seconds that one input may take, of the processor: beside other work the clock goes on while nothing is done."""
ASLEEP = 6
"""How many times as long by the clock counts too: what waits for ever uses no processor."""
LARGEST = 200 * 1024
"""KiB by which one input may raise the most that the process ever held, beside what it takes itself."""
_COPIES = 4
"""So often an input is held by what tries it: as it came, joined to one piece, as the request's body, on its way."""
_UNTIL_READY = 120.0


class Failure(Struct, frozen=True):
    """How an input broke something."""

    kind: Kind
    place: str


def _resident() -> int:
    """KiB that this process holds now; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize() // 1024


def _most_held() -> int:
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found // 1024 if sys.platform == "darwin" else found


def _work(name: str, line: Connection) -> None:
    """The other process: opens the way, gives its samples, then answers each input with what it broke and the KiB."""
    with tempfile.TemporaryDirectory(prefix="muster-hostile-") as folder:
        way = way_in(name)(Path(folder))
        line.send(way.samples())
        held = _most_held()
        gc.freeze()  # what is loaded need not be gone through after each input
        while True:
            try:
                about, pieces = line.recv()
            except EOFError:
                return
            failure = None
            try:
                way.attempt(about, pieces)
            except Exception as error:  # noqa: BLE001 - the very thing that is looked for
                failure = Failure("crash", where(error))
            now = _most_held()
            own = _COPIES * sum(map(len, pieces.values())) // 1024
            if failure is None and now - held > LARGEST + own:
                failure = Failure("memory", f"more than {LARGEST // 1024} MiB and its own size for one input")
            held = max(held, now)
            gc.collect()
            with suppress(OSError):  # nobody waits for it any more
                line.send((failure, _resident()))


def _used(process: int) -> float | None:
    """Seconds that a process has had of the processor; None where the system does not tell."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


class Trier:
    """One way in, in another process. Use it as a context manager."""

    def __init__(self, name: str, longest: float = LONGEST) -> None:
        self._name = name
        self._longest = longest
        self._process: multiprocessing.process.BaseProcess | None = None
        self.samples: list[Sample] = []
        self.resident = 0
        """KiB that the other process held after the last input."""
        self.begun = 0
        """How often a process was begun."""
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def tried(self, about: str, pieces: Pieces) -> Failure | None:
        """What the input breaks; None for what is read, or refused as it should be."""
        try:
            self._line.send((about, pieces))
            if self._hangs():
                self._again()
                return Failure("hang", f"longer than {self._longest:g} s")
            failure, self.resident = self._line.recv()
        except (EOFError, OSError):
            assert self._process is not None
            self._process.join(10)
            code = self._process.exitcode
            self._again()
            return Failure("death", f"exit status {code}")
        return failure  # type: ignore[no-any-return]

    def _hangs(self) -> bool:
        """Whether no answer comes in time."""
        assert self._process is not None
        assert self._process.pid is not None
        begun, used = time.monotonic(), _used(self._process.pid)
        while not self._line.poll(self._longest / 5):
            took = time.monotonic() - begun
            now = None if used is None else _used(self._process.pid)
            if took > self._longest * ASLEEP or (took if now is None or used is None else now - used) > self._longest:
                return True
        return False

    def _begin(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([module_of(name) for name in names()])
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(self._name, theirs), daemon=True)
        self._process.start()
        theirs.close()
        if not self._line.poll(_UNTIL_READY):
            self._end()
            raise TimeoutError(f"{self._name} is not ready after {_UNTIL_READY:g} s")
        self.samples = self._line.recv()
        self.begun += 1

    def _again(self) -> None:
        self._end()
        self._begin()

    def _end(self) -> None:
        self._line.close()
        if self._process is not None:
            self._process.join(0.2)
            if self._process.is_alive():
                self._process.kill()
            self._process.join(10)
