"""Cursors: where a page ended, as a text that says nothing of anybody."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec

_OURS = re.compile(r"[A-Za-z0-9_-]*")
"""The URL-safe alphabet. Of other characters some versions of Python pass over some, and others warn."""


class CursorError(ValueError):
    """A cursor that this feed did not give."""


def cursor_of(*numbers: int | None) -> str:
    """Numbers only: a cursor stands in URLs and logs."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(numbers)).rstrip(b"=").decode()


def opened(cursor: str, length: int) -> list[int]:
    """The numbers of a cursor. Raises CursorError for one that was not given here."""
    if _OURS.fullmatch(cursor) is None:
        raise CursorError
    try:
        numbers: Any = msgspec.msgpack.decode(
            base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)), type=list[int]
        )
    except (ValueError, msgspec.MsgspecError):
        raise CursorError from None
    if len(numbers) != length or not all(0 <= number < 2**62 for number in numbers):
        raise CursorError
    return list(numbers)
