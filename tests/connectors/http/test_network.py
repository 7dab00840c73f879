"""Which addresses are public, and that a connection is made to an address that was looked at and to no other."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Refused, Unavailable
from connectors.http import network
from connectors.http.client import Http, bearer
from engine.rulefiles.parse.urls import is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.1.1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("no address", False),
        ("::ffff:192.168.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("224.0.0.1", False),
    ],
)
def test_an_address_is_public_or_not(address: str, public: bool) -> None:
    assert is_public(address) is public


HOST = "norvane.example.org"
PUBLIC, LOOPBACK = "93.184.216.34", "127.0.0.1"


class Names:
    """A name server that may answer otherwise each time, and what was connected to."""

    def __init__(self, patch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.reached: list[str] = []
        patch.setattr(socket, "getaddrinfo", self._look_up)
        patch.setattr(socket, "create_connection", self._reach)

    def _look_up(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        found = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def _reach(self, address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        self.reached.append(address[0])
        raise ConnectionRefusedError


def asking(url: str = f"https://{HOST}") -> ConnectorError:
    around = ConnectorContext(zone="UTC", data_folder=Path(), sleep=lambda _: None)
    with (
        pytest.raises(ConnectorError) as caught,
        Http("Norvane", url, Fetch(), around, auth=bearer("s3cret"), attempts=2, timeout=5) as http,
    ):
        http.get_json("well")
    return caught.value


@pytest.mark.parametrize(
    "answer", [[LOOPBACK], [PUBLIC, LOOPBACK], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["fec0::1"]]
)
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, answer: list[str]) -> None:
    names = Names(monkeypatch, answer)
    found = asking()
    assert isinstance(found, Refused)
    assert "private network" in str(found)
    assert names.reached == []


def test_what_is_connected_to_is_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name changes between two look-ups: there is one for each connection, and it is judged."""
    names = Names(monkeypatch, [PUBLIC], [LOOPBACK])
    assert isinstance(asking(), Refused)
    assert (names.asked, names.reached) == ([HOST, HOST], [PUBLIC])
    names = Names(monkeypatch, [PUBLIC, "1.1.1.1"])
    assert isinstance(asking(), Unavailable)
    assert names.reached == [PUBLIC, "1.1.1.1"] * 2


@contextmanager
def shaken_hands() -> Iterator[tuple[int, list[str | None]]]:
    """A server without a certificate, which notes for which name it is asked."""
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    with suppress(OSError), caller, context.wrap_socket(caller, server_side=True):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], named
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "beginning", [b"H", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_an_answer_that_never_ends_is_let_go_of_wherever_it_drips(beginning: bytes) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    with suppress(OSError), caller:
                        caller.sendall(beginning)
                        while True:
                            time.sleep(0.05)
                            caller.sendall(b"x")

        threading.Thread(target=serve, daemon=True).start()
        around = ConnectorContext(zone="UTC", data_folder=Path(), allow_private=True, sleep=lambda _: None)
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}"
        begun = time.monotonic()
        with (
            Http("Norvane", url, Fetch(), around, attempts=2, deadline=0.3, timeout=30) as http,
            pytest.raises(Unavailable, match="too slowly"),
        ):
            http.get_json("well")
        assert time.monotonic() - begun < 20
        server.shutdown(socket.SHUT_RDWR)


def test_the_certificate_is_asked_for_by_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = socket.getaddrinfo
    with shaken_hands() as (port, named):
        monkeypatch.setattr(network, "is_public", lambda address: address == LOOPBACK)
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: found(LOOPBACK, *rest, **more))
        assert isinstance(asking(f"https://{HOST}:{port}"), Unavailable)
    assert named == [HOST, HOST]
