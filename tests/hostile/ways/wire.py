"""What comes over the wire as an answer: its first line, its headers, its pieces."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.contract import ConnectorContext, ConnectorError, Fetch
from connectors.http.client import Http, bearer, by_offset
from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample

_LIST = b'[{"id": 1}, {"id": 2}]'
_PACKED = gzip.compress(_LIST, mtime=0)
_ANSWERS = {
    "json": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Total-Count: 2\r\nContent-Length: 22\r\n\r\n"
    + _LIST,
    "in pieces": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n" + _LIST + b"\r\n0\r\n\r\n",
    "packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_PACKED) + _PACKED,
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/well\r\nContent-Length: 0\r\n\r\n",
    "later": b"HTTP/1.1 429 Too Many\r\nRetry-After: Mon, 30 Nov 2026 12:00:09 GMT\r\n"
    b"Date: Mon, 30 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    "text": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nZo\xe9",
    "xml": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<?xml version='1.0' encoding='utf-8'?><a><b c='d'/></a>",
}


class WayIn:
    """A server that says to whoever connects what chance made of an answer."""

    def __init__(self, _folder: Path, /) -> None:
        self._says = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            caller, _ = self._server.accept()
            with caller, suppress(OSError):
                caller.settimeout(1)
                caller.recv(65_536)
                caller.sendall(self._says)

    def samples(self) -> list[Sample]:
        """Answers of every form that the client reads."""
        return [Sample(about, {"answer.http": says}) for about, says in _ANSWERS.items()]

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Read by whatever reads an answer."""
        self._says = b"".join(pieces.values())
        around = ConnectorContext(zone="UTC", data_folder=Path(), allow_private=True, sleep=lambda _: None)
        url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        listed: Any = list[dict[str, int]]
        for read in (
            lambda http: http.get_text("a"),
            lambda http: http.get_xml("a"),
            lambda http: list(http.pages("a", listed, rows=len, following=by_offset(2), most=3)),
        ):
            with (
                Http("Norvane", url, Fetch(), around, auth=bearer("x"), timeout=0.2, deadline=0.5, attempts=2) as http,
                suppress(ConnectorError),
            ):
                read(http)  # type: ignore[no-untyped-call]
