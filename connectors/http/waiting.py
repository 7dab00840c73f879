"""How long to wait: between attempts, when a system asks for it, and so as not to ask too often."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LONGEST_ASKED = 60.0
"""A system that asks for a longer wait is left until the next run."""


def back_off(attempt: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait after failed attempt 0, 1, 2...: doubling, and spread so that sources do not beat together."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt) * (0.5 + jitter() / 2)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date; None when it says nothing usable.

    A date is taken against the answer's own `Date`, so that no clock of ours is read.
    """
    asked = headers.get("retry-after", "").strip()
    if not asked:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        until, answered = _http_date(asked), _http_date(headers.get("date", ""))
    if until is None or answered is None:
        return None
    return max(0.0, (until - answered).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year that no number holds is the latter
        return None
    return found if found.tzinfo else None


class Pace:
    """At most so many requests a second to one source, from all threads together."""

    def __init__(
        self,
        per_second: float | None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._sleep = sleep
        self._clock = clock
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may go."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            starts = max(now, self._free_at)
            self._free_at = starts + self._gap
        if starts > now:
            self._sleep(starts - now)
