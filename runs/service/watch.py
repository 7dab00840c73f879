"""The watch: how every customer stands, looked at in the background where they are many, so that nobody waits for all.

Who asks is answered from what is known, and is told how old that is. One look at a time, resting as much as it works.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from runs.model.health import CustomerHealth

FEW = 20
"""Up to so many customers are looked at when somebody asks: it takes less than a moment."""
_REST, _LONGEST_REST = 9, 30.0
"""How many times as long as it took nothing is looked at again, and how many seconds at most."""

log = logging.getLogger("muster.watch")

Look = Callable[[], Iterable[Mapping[str, CustomerHealth]]]
"""Goes through all customers, some at a time."""


class Seen(Struct, frozen=True):
    """What the looks have found."""

    customers: Mapping[str, CustomerHealth]
    """Of those that were looked at."""
    looked_at: datetime | None = None
    """When the last whole look was begun; None before there was one."""


class Watch:
    """What the last looks found. Safe from several threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at_work = False
        self._due = 0.0
        self._customers: dict[str, CustomerHealth] = {}
        self._looked_at: datetime | None = None

    def seen(self, look: Look) -> Seen:
        """What is known now; a look is begun where one is due."""
        with self._lock:
            if not self._at_work and time.monotonic() >= self._due:
                self._at_work = True
                threading.Thread(target=self._go_through, args=(look,), name="muster-watch", daemon=True).start()
            return Seen(dict(self._customers), self._looked_at)

    def _go_through(self, look: Look) -> None:
        begun, since = self._clock(), time.monotonic()
        there: set[str] = set()
        try:
            for some in look():
                there.update(some)
                with self._lock:
                    self._customers.update(some)
            with self._lock:
                self._customers = {name: one for name, one in self._customers.items() if name in there}
                self._looked_at = begun
        except Exception as error:  # noqa: BLE001 - the next look begins anew, and how old this is, is told
            log.error("customers could not be looked at: %s", type(error).__name__)  # noqa: TRY400 - its text may hold values
        finally:
            with self._lock:
                self._at_work = False
                now = time.monotonic()
                self._due = now + min(max(1.0, _REST * (now - since)), _LONGEST_REST)
