"""How long is waited before a system is asked again."""

from __future__ import annotations

from connectors.http.waiting import Pace, asked_wait, back_off


def test_waits_grow_and_are_bounded() -> None:
    assert [back_off(attempt, lambda: 1.0) for attempt in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert back_off(0, lambda: 0.0) == 0.25


def test_a_wait_is_asked_for_in_seconds_or_until_a_date() -> None:
    at = {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    assert asked_wait({"retry-after": "5"}) == 5.0
    assert asked_wait(at) == 30.0
    for no_date in ("soon", "nan", "0 Nov 99999999999 2:0", "Sat, 99 Foo 2026 10:00:30 GMT"):
        assert not asked_wait(at | {"retry-after": no_date}), no_date
    assert asked_wait({}) is None


def test_requests_keep_their_distance() -> None:
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    pace = Pace(2.0, sleep, lambda: now[0])
    for _ in range(3):
        pace.wait()
    now[0] += 5
    pace.wait()
    assert slept == [0.5, 0.5]
