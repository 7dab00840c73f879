"""Which hosts may be reached, held where the connection is made, so that no second look-up can differ.

A customer's file is edited by support: without this, it could make Muster read the operator's own network.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpcore
import httpx

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """The host's name leads to an address that is not a public one."""


class NoSuchHostError(OSError):
    """The name is not known."""


def is_public(address: str) -> bool:
    """Whether an address is a public one, also when an IPv4 address is wrapped in an IPv6 one."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour
        if wrapped is None and found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = wrapped or found
    return found.is_global and not found.is_multicast and not found.is_reserved


class _Guarded(httpcore.NetworkBackend):
    """Looks a name up once, refuses addresses that are not public, and connects to exactly those it saw."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

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
        if not all(is_public(address) for address in addresses):
            raise PrivateAddressError
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are trusted. Made once: reading them takes longer than many a call."""
    return httpx.create_ssl_context()


def guarded_transport(connections: int) -> httpx.HTTPTransport:
    """The network, public hosts only. TLS checks the name that was asked for, not the address."""
    transport = httpx.HTTPTransport(verify=trust(), limits=httpx.Limits(max_connections=connections))
    # httpx has no public way to give its pool a backend; the pinned minor version keeps this name.
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=trust(),
        max_connections=connections,
        keepalive_expiry=30.0,
        network_backend=_Guarded(),
    )
    return transport
