"""Rates: how often one caller may call, told by 429 before anything is done. Kept in this process: n processes allow n
times as much."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import ceil
from threading import Lock
from types import MappingProxyType

from fastapi import Request
from msgspec import Struct

from api.http.problem_details import ProblemError


class Rate(Struct, frozen=True):
    """So many calls a second in the long run, and so many at once after a rest."""

    per_second: float
    at_once: int


BY_KEY = MappingProxyType(
    {"classify": Rate(100, 1_000), "read": Rate(50, 500), "runs": Rate(5, 100), "issues": Rate(20, 200)}
)
"""By scope, for each key: far above what a platform and its people do, far below what wears a server out."""

BY_ADDRESS = MappingProxyType({"sign-in": Rate(0.2, 20), "unknown key": Rate(10, 100)})
"""For each address: keys that are tried at the form, and keys that are not among those just used."""


class Rates:
    """Buckets of calls, one a name and caller. Of the longest unused ones nothing is remembered."""

    def __init__(self, scale: float = 1.0, most: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        """`scale` multiplies all rates; with 0 there are none."""
        rates: Mapping[str, Rate] = BY_KEY | BY_ADDRESS
        self._rates = {
            name: Rate(rate.per_second * scale, max(1, round(rate.at_once * scale))) for name, rate in rates.items()
        }
        self._off = scale <= 0
        self._most = most
        self._clock = clock
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        """Calls left, and when that was so."""
        self._lock = Lock()
        """Pages are asked for in threads, calls of the API on the event loop."""

    def take(self, name: str, who: str) -> None:
        """Count one call; a 429 problem, with the seconds to wait, when there were too many."""
        if self._off:
            return
        rate, now = self._rates[name], self._clock()
        with self._lock:
            left, then = self._left.pop((name, who), (float(rate.at_once), now))
            left = min(float(rate.at_once), left + (now - then) * rate.per_second)
            self._left[name, who] = (max(0.0, left - 1), now)
            if len(self._left) > self._most:
                self._left.popitem(last=False)
        if left < 1:
            wait = ceil((1 - left) / rate.per_second)
            raise ProblemError(
                "too-many-requests",
                f"There were too many calls for a while. Wait {wait} s; then at most {rate.per_second:g} a second.",
                headers={"Retry-After": str(wait)},
            )


def address_of(request: Request) -> str:
    """Where a request comes from: the address of the connection, or what a trusted proxy says of it."""
    return request.client.host if request.client else ""
