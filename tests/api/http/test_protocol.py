"""The wire: slow and endless heads and bodies, on a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.http import bodies, protocol
from api.http.protocol import BoundedProtocol
from runs.service import Service

HEAD = b"POST /v1/customers/acme/classify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@pytest.fixture
def port(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server in this process that waits less long than usual."""
    monkeypatch.setattr(protocol, "LONGEST_WAIT", 0.5)
    monkeypatch.setattr(bodies, "_SILENCE", 0.5)
    app: FastAPI = create_app(service, demo=True)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=BoundedProtocol, loop="uvloop", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        thread.join()


def answered(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    connection.settimeout(20)
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD, HEAD + b"x: y"])
def test_half_a_head_is_not_waited_for(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        assert answered(connection).startswith(b"HTTP/1.1 408 ")


def test_nor_is_the_head_of_a_second_request(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        first = connection.recv(65_536)
        connection.sendall(b"GET /livez HTTP/1.1\r\nho")
        found = first + answered(connection)
        assert found.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in found


def test_a_head_that_drips_is_cut_all_the_same(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(HEAD)
        cut = False
        for _ in range(400):
            try:
                connection.sendall(b"a: b\r\n")
            except OSError:
                cut = True
                break
            time.sleep(0.05)
        assert cut


def test_an_endless_header_is_not_kept(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        sent = 0
        try:
            connection.sendall(HEAD + b"x: ")
            while sent < 50_000_000:
                connection.sendall(b"y" * 100_000)
                sent += 100_000
        except OSError:
            pass
        assert sent < 20_000_000


def test_half_a_body_is_told_and_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(HEAD + b"content-length: 100\r\n\r\n{")
        found = answered(connection)
        assert found.startswith(b"HTTP/1.1 408 ")
        assert b"urn:muster:problem:too-slow" in found


def test_a_long_body_in_pieces_is_read(port: int) -> None:
    body = b'{"records": [' + b" " * 3_000_000 + b"]}"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 500_000):
            connection.sendall(body[at : at + 500_000])
            time.sleep(0.01)
        assert answered(connection).startswith(b"HTTP/1.1 200 ")
