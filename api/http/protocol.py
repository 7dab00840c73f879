"""The wire: uvicorn's protocol, which waits for no request's head for ever and keeps none without an end."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.limits import LARGEST_HEAD

LONGEST_WAIT: Final = 10.0
"""Seconds from a connection, or a request's first byte, to the end of its headers."""

_TOO_LARGE = b"431 Request Header Fields Too Large"
_TOO_SLOW = b"408 Request Timeout"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Bodies are bounded where they are read (api.http.bodies)."""

    _timer: asyncio.TimerHandle | None = None
    _of_a_head = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._of_a_head > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)
                return
            self._of_a_head += len(data)
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._in_head, self._of_a_head = False, 0
        self._done_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(LONGEST_WAIT, self._refuse, _TOO_SLOW)

    def _done_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: bytes) -> None:
        self._done_waiting()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
