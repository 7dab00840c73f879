"""How many examples a test draws: its own number, as many times more as the profile of conftest.py asks."""

from __future__ import annotations

from hypothesis import settings


def times(number: int) -> int:
    """A test's own number of examples, where another than the usual hundred is its measure."""
    return number * settings().max_examples // 100
