"""Edusign's answers: an envelope around everything, some failures as plain text, ids of the source beside its own."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from connectors.contract import NOT_JSON, Garbled, Refused
from connectors.http.exchange import Response
from connectors.reading.times import local

TITLE = "Edusign"
_PLAIN = {
    b"unauthorized": 401,
    b"forbidden": 403,
    b"not found": 404,
    b"too many requests": 429,
    b"internal server error": 500,
}

Row = dict[str, Any]


class Listed(Struct, frozen=True):
    """The envelope around a list; its rows are decoded when it is their turn."""

    status: str
    result: list[msgspec.Raw] | None = None
    message: Any = None


class One(Struct, frozen=True):
    """The envelope around one thing."""

    status: str
    result: Any = None
    message: Any = None


_row = msgspec.json.Decoder(Row)


def real_status(answer: Response) -> int:
    """The status an answer really has: some failures come as plain text, whatever status they are sent with."""
    if answer.status >= 300 or len(answer.body) > 100:
        return answer.status
    return _PLAIN.get(answer.body.strip().strip(b'"').lower(), answer.status)


def rows(envelope: Listed, call: str) -> list[Row]:
    """The rows in an envelope."""
    _check(envelope, call)
    try:
        return [_row.decode(raw) for raw in envelope.result or ()]
    except NOT_JSON:
        raise Garbled(TITLE, call, "item_no_object") from None


def one(envelope: One, call: str) -> Row:
    """The one thing in an envelope."""
    _check(envelope, call)
    return envelope.result if isinstance(envelope.result, dict) else {}


def _check(envelope: Listed | One, call: str) -> None:
    """Raise for an error in an envelope. Its message is not quoted: it may name people."""
    if envelope.status == "success":
        return
    words = str(envelope.message).casefold()
    if any(word in words for word in ("unauthori", "forbidden", "token", "api key")):
        raise Refused(TITLE, call, "key_not_accepted")
    raise Garbled(TITLE, call, "error_of_its_own")


def text(found: Any) -> str:
    """An id as text; empty for none."""
    return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""


def instant(found: Any) -> Any:
    """A time; Edusign's are UTC, also where they do not say so."""
    return local(found, "UTC") if isinstance(found, str) and found.strip() else found


def holds(found: Any) -> bool:
    """Whether a flag is set, written as true, 1 or text."""
    return found in (True, 1, "1", "true", "TRUE")
