"""Which hosts may be reached, held where the connection is made, so that no second look-up can differ; and how long
an answer may take, held where it is read, so that its first line ends as well as its last.

A customer's file is edited by support: without this, it could make Muster read the operator's own network.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import httpcore
import httpx

from engine.rulefiles.parse.urls import is_public


class PrivateAddressError(OSError):
    """The host's name leads to an address that is not a public one."""


class NoSuchHostError(OSError):
    """The name is not known."""


class TooSlowError(httpcore.ReadTimeout):
    """An answer comes, and does not end."""


class _Timed(httpcore.NetworkStream):
    """A connection whose answers end so many seconds after what was asked last, however small their steps."""

    def __init__(self, stream: httpcore.NetworkStream, longest: float, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._longest = longest
        self._clock = clock
        self._until = clock() + longest

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._clock() > self._until:
            raise TooSlowError
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)
        self._until = self._clock() + self._longest

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, timeout), self._longest, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Looks a name up once, refuses addresses that are not public, and connects to exactly those it saw."""

    def __init__(self, *, private_too: bool, longest: float, clock: Callable[[], float]) -> None:
        self._plain = httpcore.SyncBackend()
        self._private_too = private_too
        self._longest = longest
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise httpcore.ConnectError("the name could not be looked up") from error
            raise NoSuchHostError from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._private_too and not all(is_public(address) for address in addresses):
            raise PrivateAddressError
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Timed(stream, self._longest, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are trusted. Made once: reading them takes longer than many a call."""
    return httpx.create_ssl_context()


def guarded_transport(
    connections: int, *, private_too: bool, longest: float, clock: Callable[[], float]
) -> httpx.HTTPTransport:
    """The network: public hosts only, unless `private_too`, and answers that end within `longest` seconds.

    TLS checks the name that was asked for, not the address.
    """
    transport = httpx.HTTPTransport(verify=trust(), limits=httpx.Limits(max_connections=connections))
    # httpx has no public way to give its pool a backend; the pinned minor version keeps this name.
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=trust(),
        max_connections=connections,
        keepalive_expiry=30.0,
        network_backend=_Guarded(private_too=private_too, longest=longest, clock=clock),
    )
    return transport
