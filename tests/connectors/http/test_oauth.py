"""OAuth: tokens that run out, and signatures as the standards write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contract import ConnectorContext, Fetch, Refused, Unavailable
from connectors.http.client import Http
from connectors.http.oauth import ClientCredentials, Signed, signature
from tests.connectors.serving import served

SECRET = "invented s3cret/&="


class Tokens:
    """A token server and what it guards."""

    def __init__(self) -> None:
        self.given = 0
        self.forms: list[dict[str, str]] = []
        self.keys: list[str | None] = []
        self.answer: dict[str, Any] = {"expires_in": 60}
        self.status = 200
        self.refused: set[str] = set()
        self.app = Starlette(routes=[Route("/in/token", self.token, methods=["POST"]), Route("/thing", self.thing)])

    async def token(self, request: Request) -> Response:
        self.forms.append({name: str(value) for name, value in _fields(await request.body())})
        self.keys.append(request.headers.get("authorization"))
        self.given += 1
        return JSONResponse({"access_token": f"t{self.given}", "token_type": "bearer", **self.answer}, self.status)

    async def thing(self, request: Request) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return JSONResponse({"token": token}, 401 if token in self.refused else 200)


def _fields(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode())


@pytest.fixture
def tokens() -> Iterator[tuple[Tokens, str]]:
    server = Tokens()
    with served(server.app) as url:
        yield server, url


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def around() -> ConnectorContext:
    return ConnectorContext(zone="UTC", data_folder=Path(), allow_private=True, sleep=lambda _: None)


def credentials(url: str, clock: Clock, **settings: Any) -> ClientCredentials:
    return ClientCredentials(
        "Norvane", f"{url}/in/token", ("us", SECRET), "a b", Fetch(), around(), clock=clock, **settings
    )


def test_a_token_is_used_until_just_before_it_runs_out(tokens: tuple[Tokens, str]) -> None:
    server, url = tokens
    clock = Clock()
    with credentials(url, clock) as auth, Http("Norvane", url, Fetch(), around(), auth=auth) as http:
        seen = []
        for seconds in (0, 29, 2, 1):
            clock.at += seconds
            seen.append(http.get_json("thing")["token"])
    assert seen == ["t1", "t1", "t2", "t2"]
    assert server.forms[0] == {"grant_type": "client_credentials", "scope": "a b"}
    assert server.keys[0] == "Basic dXM6aW52ZW50ZWQlMjBzM2NyZXQlMkYlMjYlM0Q="


def test_a_token_not_accepted_is_asked_for_again_once(tokens: tuple[Tokens, str]) -> None:
    server, url = tokens
    server.refused = {"t1"}
    with credentials(url, Clock(), in_body=True) as auth, Http("Norvane", url, Fetch(), around(), auth=auth) as http:
        assert http.get_json("thing")["token"] == "t2"
        server.refused |= {"t2", "t3"}
        with pytest.raises(Refused, match="401"):
            http.get_json("thing")
    assert server.given == 3
    assert server.forms[0]["client_secret"] == SECRET
    assert server.keys == [None] * 3


@pytest.mark.parametrize("life", [{}, {"expires_in": "3600"}, {"expires_in": None}, {"expires_in": "soon"}])
def test_a_token_that_does_not_say_how_long_it_lasts_is_used(tokens: tuple[Tokens, str], life: dict[str, Any]) -> None:
    server, url = tokens
    server.answer = life
    clock = Clock()
    with credentials(url, clock) as auth:
        first = auth.headers(fresh=False)
        clock.at += 600
        assert auth.headers(fresh=False) == first == {"Authorization": "Bearer t1"}


def test_no_token_says_what_to_do_and_no_secret(tokens: tuple[Tokens, str]) -> None:
    server, url = tokens
    server.status = 400
    with credentials(url, Clock()) as auth:
        with pytest.raises(
            Refused, match=r"Norvane, token: it gives no token \(400\). Check the client's id"
        ) as caught:
            auth.headers(fresh=False)
        assert "s3cret" not in repr(caught.value)
        server.status = 503
        with pytest.raises(Unavailable):
            auth.headers(fresh=False)


def test_a_signature_is_that_of_the_published_example() -> None:
    """OAuth Core 1.0, appendix A.5: the photos that the standard signs."""
    params = [
        ("file", "vacation.jpg"),
        ("size", "original"),
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1191242096"),
        ("oauth_nonce", "kllo9940pd9333jh"),
        ("oauth_version", "1.0"),
    ]
    wanted = "tR3+Ty81lMeYAr/Fid0kMTYa/WM="
    assert (
        signature("get", "http://photos.example.net/photos", params, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00") == wanted
    )
    in_address = "HTTP://Photos.example.net:80/photos?file=vacation.jpg&size=original"
    assert signature("GET", in_address, params[2:], "kd94hf93k423kf44", "pfkkdhi9sl3r4s00") == wanted


def test_a_signed_request_names_its_key_its_moment_and_a_word_used_once() -> None:
    signing = Signed("us", SECRET, clock=lambda: 1795000000.9, nonce=lambda: "once")
    header = signing.signed("GET", "https://x.example.org/users", [("filter", "name='O''Neil'")])["Authorization"]
    assert header.startswith(
        'OAuth oauth_consumer_key="us", oauth_nonce="once", oauth_signature_method="HMAC-SHA256", '
        'oauth_timestamp="1795000000", oauth_version="1.0", oauth_signature="'
    )
    other = signing.signed("GET", "https://x.example.org/users", [("filter", "name='O Neil'")])["Authorization"]
    assert header != other
    assert SECRET not in header
    nonces = {Signed("us", SECRET).signed("GET", "https://x.example.org/", [])["Authorization"] for _ in range(20)}
    assert len(nonces) == 20
