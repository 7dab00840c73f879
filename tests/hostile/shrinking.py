"""The smallest input that still breaks the same thing."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.hostile.mutators import Pieces

Breaks = Callable[[dict[str, bytes]], bool]


def smallest(pieces: Pieces, breaks: Breaks, seconds: float) -> dict[str, bytes]:
    """As few pieces, and as few bytes of each, as still break it, as far as the time goes."""
    found = dict(pieces)
    until = time.monotonic() + seconds
    for name in sorted(found, key=lambda name: -len(found[name])):
        fewer = {other: body for other, body in found.items() if other != name}
        if fewer and time.monotonic() < until and breaks(fewer):
            found = fewer
    for name in sorted(found):
        found[name] = _shorter(found[name], lambda body, name=name: breaks(found | {name: body}), until)  # type: ignore[misc]
    return found


def _shorter(body: bytes, breaks: Callable[[bytes], bool], until: float) -> bytes:
    """Takes out halves, quarters, and so on down to single bytes, as long as anything can go."""
    size = len(body)
    while size:
        at = 0
        while at < len(body):
            if time.monotonic() > until:
                return body
            fewer = body[:at] + body[at + size :]
            if breaks(fewer):
                body = fewer
            else:
                at += size
        size = min(size, len(body)) // 2
    return body
