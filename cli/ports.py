"""Ports: whether one can be listened on, asked before the work rather than after."""

from __future__ import annotations

import socket

from cli.terminal import Stopped


def must_be_free(host: str, port: int) -> None:
    """Stopped when nothing can listen there: another program does, or the address is not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        found = error.strerror or "no such address"
        raise Stopped(f"Cannot listen on {host}, port {port}: {found}. Choose another by --port or --host.") from None
