"""HTTP out, against a real server that does everything wrong."""

from __future__ import annotations

import asyncio
import gzip
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Unavailable
from connectors.http.client import Http, basic, bearer, by_offset, by_token, numbered
from connectors.http.credentials import Pairs
from tests.connectors.serving import served

SECRET = "s3cr3t-t0ken"
ANNA = "anna.lindqvist@example.org"


class Thing(Struct):
    id: int


class Things(Struct):
    things: list[Thing]
    next: str | None = None


class Faulty:
    """An application that counts what it was asked and fails as told."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.slow_for = 0.0
        routes = [Route(f"/{name}", getattr(self, name), methods=["GET", "POST"]) for name in self.NAMES]
        self.app = Starlette(routes=[*routes, Route("/people/{id:path}", self.person)])

    NAMES = (
        "well",
        "status",
        "tired",
        "cut",
        "page_of_html",
        "not_json",
        "wrong_shape",
        "slow",
        "drip",
        "big",
        "numbers",
        "offsets",
        "tokens",
        "same_page",
        "same_token",
        "away",
        "nearby",
        "circle",
        "token",
        "guarded",
        "soap",
        "latin",
        "bomb",
    )

    def _times(self, path: str) -> int:
        return sum(1 for request in self.asked if request.url.path == path)

    async def well(self, request: Request) -> Response:
        self.asked.append(request)
        return JSONResponse({"id": 1, "more": True})

    async def status(self, request: Request) -> Response:
        self.asked.append(request)
        return PlainTextResponse(ANNA, int(request.query_params["code"]))

    async def tired(self, request: Request) -> Response:
        self.asked.append(request)
        if self._times("/tired") < 3:
            headers = {"Retry-After": request.query_params["after"]} if "after" in request.query_params else {}
            return PlainTextResponse("later", int(request.query_params["code"]), headers)
        return JSONResponse({"id": 2})

    async def cut(self, request: Request) -> Response:
        self.asked.append(request)
        if self._times("/cut") > int(request.query_params["times"]):
            return JSONResponse({"id": 3})

        async def half() -> Any:
            yield b'{"id": '
            raise ConnectionResetError

        return StreamingResponse(half(), headers={"Content-Length": "100"})

    async def page_of_html(self, request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Sign in</title>")

    async def not_json(self, request: Request) -> Response:
        return PlainTextResponse('{"id": 1')

    async def wrong_shape(self, request: Request) -> Response:
        return JSONResponse({"id": ANNA})

    async def slow(self, request: Request) -> Response:
        self.asked.append(request)
        await asyncio.sleep(self.slow_for)
        return JSONResponse({"id": 4})

    async def drip(self, request: Request) -> Response:
        async def drops() -> Any:
            for _ in range(50):
                yield b" "
                await asyncio.sleep(0.02)
            yield b"{}"

        return StreamingResponse(drops())

    async def big(self, request: Request) -> Response:
        return Response(b"[" + b"1," * 200_000 + b"1]")

    async def bomb(self, request: Request) -> Response:
        return Response(gzip.compress(b" " * 5_000_000), headers={"Content-Encoding": "gzip"})

    async def numbers(self, request: Request) -> Response:
        self.asked.append(request)
        page = int(request.query_params.get("page", 1))
        return JSONResponse([{"id": each} for each in range((page - 1) * 2, min(page * 2, 5))])

    async def offsets(self, request: Request) -> Response:
        offset = int(request.query_params.get("offset", 0))
        return JSONResponse(
            [{"id": each} for each in range(offset, min(offset + 2, 4))], headers={"X-Total-Count": "4"}
        )

    async def tokens(self, request: Request) -> Response:
        token = request.query_params.get("after", "a")
        following = {"a": "b", "b": "c", "c": None}[token]
        return JSONResponse({"things": [{"id": ord(token)}], "next": following})

    async def same_page(self, request: Request) -> Response:
        self.asked.append(request)
        return JSONResponse([{"id": 1}, {"id": 2}])

    async def same_token(self, request: Request) -> Response:
        self.asked.append(request)
        return JSONResponse({"things": [{"id": len(self.asked)}], "next": "again"})

    async def away(self, request: Request) -> Response:
        to = request.query_params["to"].replace("PORT", str(request.url.port))
        return Response(status_code=int(request.query_params.get("code", 302)), headers={"Location": to})

    async def nearby(self, request: Request) -> Response:
        return RedirectResponse("/well", 307)

    async def circle(self, request: Request) -> Response:
        return RedirectResponse("/circle")

    async def token(self, request: Request) -> Response:
        form = (await request.body()).decode()
        return JSONResponse({"access_token": "fresh" if "secret=x%26y" in form else "stale"})

    async def guarded(self, request: Request) -> Response:
        self.asked.append(request)
        known = request.headers.get("authorization") == "Bearer fresh"
        return JSONResponse({"id": 5}) if known else PlainTextResponse("Unauthorized", 401)

    async def soap(self, request: Request) -> Response:
        self.asked.append(request)
        fault = b"<s:Envelope xmlns:s='urn:s'><s:Body><s:Fault>no</s:Fault></s:Body></s:Envelope>"
        return Response(fault, 500, media_type="text/xml")

    async def latin(self, request: Request) -> Response:
        return Response("Zoé".encode("latin-1"), media_type="text/plain; charset=iso-8859-1")

    async def person(self, request: Request) -> Response:
        return JSONResponse({"path": request.scope["raw_path"].decode()})


@pytest.fixture(scope="module")
def faulty() -> Iterator[tuple[Faulty, str]]:
    application = Faulty()
    with served(application.app) as address:
        yield application, address


class Tried:
    """An `Http` on the faulty server, with what it fetched and how long it would have slept."""

    def __init__(self, faulty: tuple[Faulty, str], **settings: Any) -> None:
        self.server, self.address = faulty
        self.server.asked.clear()
        self.fetch = Fetch()
        self.slept: list[float] = []
        around = ConnectorContext(zone="Europe/Paris", data_folder=Path(), allow_private=True, sleep=self.slept.append)
        settings.setdefault("auth", bearer(SECRET))
        self.http = Http("Norvane", self.address, self.fetch, around, **settings)


@pytest.fixture
def tried(faulty: tuple[Faulty, str]) -> Iterator[Tried]:
    found = Tried(faulty)
    with found.http:
        yield found


def test_an_answer_is_decoded_counted_and_asked_for_with_the_key(tried: Tried) -> None:
    told: list[tuple[str, int]] = []
    tried.fetch.on_page = lambda call, rows: told.append((call, rows))

    assert tried.http.get_json("well", Thing, params={"a": [1, 2], "b": None}) == Thing(1)

    assert tried.server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert tried.server.asked[0].url.query == "a=1&a=2"
    assert (tried.fetch.requests, told) == (1, [("well", 0)])


@pytest.mark.parametrize(
    ("code", "error"),
    [(400, Garbled), (401, Refused), (403, Refused), (404, Refused), (422, Garbled), (501, Unavailable)],
)
def test_a_refusal_is_final_and_named_by_what_to_do(tried: Tried, code: int, error: type[ConnectorError]) -> None:
    with pytest.raises(error) as caught:
        tried.http.get_json("status", params={"code": code})

    assert (caught.value.status, caught.value.failure.call, len(tried.server.asked)) == (code, "status", 1)
    assert tried.slept == []


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_system_that_is_well_again_is_read(tried: Tried, code: int) -> None:
    assert tried.http.get_json("tired", Thing, params={"code": code}) == Thing(2)
    assert (len(tried.server.asked), len(tried.slept), tried.fetch.requests) == (3, 2, 3)


def test_a_wait_that_is_asked_for_is_kept(tried: Tried) -> None:
    tried.http.get_json("tired", Thing, params={"code": 429, "after": "7"})
    assert tried.slept == [7.0, 7.0]


def test_a_wait_longer_than_a_minute_is_left_to_the_next_run(tried: Tried) -> None:
    with pytest.raises(Unavailable, match="too many requests"):
        tried.http.get_json("tired", Thing, params={"code": 429, "after": "3600"})
    assert (tried.slept, len(tried.server.asked)) == ([], 1)


def test_a_system_that_stays_ill_is_given_up_after_four_attempts(tried: Tried) -> None:
    with pytest.raises(Unavailable) as caught:
        tried.http.get_json("status", params={"code": 503})
    assert (len(tried.server.asked), len(tried.slept), caught.value.status) == (4, 3, 503)


def test_a_cut_answer_is_asked_for_again(tried: Tried) -> None:
    assert tried.http.get_json("cut", Thing, params={"times": 1}) == Thing(3)


def test_an_answer_that_is_always_cut_is_unavailable(tried: Tried) -> None:
    with pytest.raises(Unavailable, match="broke in the middle"):
        tried.http.get_json("cut", Thing, params={"times": 9})


def test_a_web_page_instead_of_json_is_for_a_person(tried: Tried) -> None:
    with pytest.raises(Refused, match="a web page instead of JSON"):
        tried.http.get_json("page_of_html")


def test_half_a_json_and_another_shape_are_garbled_without_a_value(tried: Tried) -> None:
    with pytest.raises(Garbled, match="cut off"):
        tried.http.get_json("not_json")
    with pytest.raises(Garbled, match=r"\$\.id") as caught:
        tried.http.get_json("wrong_shape", Thing)
    assert ANNA not in str(caught.value)


def test_silence_is_unavailable(faulty: tuple[Faulty, str]) -> None:
    tried = Tried(faulty, timeout=0.05, attempts=2)
    tried.server.slow_for = 0.5
    with tried.http, pytest.raises(Unavailable, match="no answer in time"):
        tried.http.get_json("slow")
    assert len(tried.server.asked) == 2


def test_an_answer_that_drips_is_given_up_at_the_deadline(faulty: tuple[Faulty, str]) -> None:
    tried = Tried(faulty, deadline=0.1, attempts=1)
    with tried.http, pytest.raises(Unavailable, match="too slowly"):
        tried.http.get_json("drip")


@pytest.mark.parametrize("call", ["big", "bomb"])
def test_an_answer_beyond_the_limit_is_not_read_to_its_end(faulty: tuple[Faulty, str], call: str) -> None:
    tried = Tried(faulty, max_bytes=100_000)
    with tried.http, pytest.raises(Garbled, match="larger than 97 KiB"):
        tried.http.get_json(call)


def test_pages_come_by_number_by_offset_and_by_token(tried: Tried) -> None:
    listed: Any = list[Thing]
    by_number = tried.http.pages("numbers", listed, rows=len, following=numbered(2))
    assert [thing.id for page in by_number for thing in page] == [0, 1, 2, 3, 4]
    offsets = tried.http.pages("offsets", listed, rows=len, following=by_offset(2))
    assert [thing.id for page in offsets for thing in page] == [0, 1, 2, 3]
    by = by_token("after", lambda answer: answer.next)
    tokens = tried.http.pages("tokens", Things, rows=lambda answer: len(answer.things), following=by)
    assert [thing.id for page in tokens for thing in page.things] == [97, 98, 99]
    assert (tried.fetch.requests, tried.fetch.received) == (8, 12)


@pytest.mark.parametrize("call", ["same_page", "same_token"])
def test_a_page_or_token_that_comes_again_is_garbled_and_no_loop(tried: Tried, call: str) -> None:
    shape: Any = list[Thing] if call == "same_page" else Things
    following: Any = numbered(2) if call == "same_page" else by_token("after", lambda answer: answer.next)

    def rows(answer: Any) -> int:
        return len(answer) if isinstance(answer, list) else len(answer.things)

    with pytest.raises(Garbled, match=r"page [23]"):
        list(tried.http.pages(call, shape, rows=rows, following=following))
    assert len(tried.server.asked) <= 3


def test_a_next_page_that_cannot_be_read_is_garbled(tried: Tried) -> None:
    def following(_: Any) -> Any:
        raise ValueError("Invalid IPv6 URL")

    listed: Any = list[Thing]
    with pytest.raises(Garbled, match="page 1 does not say in a readable way"):
        list(tried.http.pages("numbers", listed, rows=len, following=following))


def test_pages_end_somewhere(tried: Tried) -> None:
    listed: Any = list[Thing]
    with pytest.raises(Garbled, match="more than 2 pages"):
        list(tried.http.pages("numbers", listed, rows=len, following=numbered(2), most=2))


def test_a_redirect_is_followed_on_the_same_host_and_ends(tried: Tried) -> None:
    assert tried.http.get_json("nearby", Thing) == Thing(1)
    with pytest.raises(Refused, match="in a circle"):
        tried.http.get_json("circle")


@pytest.mark.parametrize(
    "to",
    [
        *("http://localhost:PORT/well", "//localhost:PORT/well", "http://127.0.0.1:1/well", "http://127.0.0.1/well"),
        *("http://me@127.0.0.1:PORT/well", "http://127.0.0.1:PORT@localhost:PORT/well", "https://127.0.0.1:PORT/well"),
        *("file:///etc/passwd", "ftp://127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/", "data:,x", "javascript:x"),
        *("http://[", "http://[::1", "http://169.254.169.254/latest", "http://127.0.0.1.:PORT/well"),
    ],
)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_followed_by_nobody(tried: Tried, to: str, code: int) -> None:
    with pytest.raises(Refused, match="redirects to another host"):
        tried.http.get_json("away", params={"to": to, "code": code})
    with pytest.raises(Refused, match="redirects to another host"):
        tried.http.post_form(f"away?to=/well&code={code}", {"secret": SECRET})
    assert tried.server.asked == []


def test_a_redirect_out_of_https_is_followed_by_nobody() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://norvane.example.org/well"})

    around = ConnectorContext(zone="UTC", data_folder=Path(), transport=httpx.MockTransport(answer))
    with (
        Http("Norvane", "https://norvane.example.org", Fetch(), around, auth=bearer(SECRET)) as http,
        pytest.raises(Refused, match="redirects to another host"),
    ):
        http.get_json("well")
    assert asked == ["https://norvane.example.org/well"]


def test_a_value_cannot_leave_its_place_in_the_path(tried: Tried) -> None:
    answer = tried.http.get_json("people/{person}", path={"person": "../keys?all=1#x"})
    assert answer["path"] == "/people/..%2Fkeys%3Fall%3D1%23x"
    for empty in ("", "..", "."):
        with pytest.raises(Garbled, match="empty or only dots"):
            tried.http.get_json("people/{person}", path={"person": empty})


def test_a_token_is_asked_for_again_when_it_is_no_longer_accepted(faulty: tuple[Faulty, str]) -> None:
    class Token:
        def headers(self, *, fresh: bool) -> dict[str, str]:
            return bearer("fresh" if fresh else "stale")

    tried = Tried(faulty, auth=Token())
    with tried.http:
        assert tried.http.get_json("guarded", Thing) == Thing(5)
    assert len(tried.server.asked) == 2


def test_form_fields_json_bodies_xml_and_text_go_and_come(tried: Tried) -> None:
    assert tried.http.post_form("token", {"secret": "x&y"}) == {"access_token": "fresh"}
    assert tried.http.post_json("well", {"q": 1}, Thing) == Thing(1)
    fault = tried.http.post_xml("soap", b"<a/>", headers={"SOAPAction": "b"})
    assert fault.find(".//{urn:s}Fault") is not None
    assert tried.http.get_text("latin") == "Zoé"
    with pytest.raises(Garbled, match="web page"):
        tried.http.get_xml("page_of_html")


def test_work_together_keeps_its_order_and_stops_at_the_first_error(tried: Tried) -> None:
    def double(number: int) -> int:
        if number == 7:
            raise Refused("Norvane", "numbers", "no_rows")
        return number * 2

    assert list(tried.http.together(double, range(6), workers=3)) == [0, 2, 4, 6, 8, 10]
    with pytest.raises(Refused, match="numbers: it holds no rows"):
        list(tried.http.together(double, range(100), workers=3))


def test_no_error_and_no_log_line_holds_a_key_a_value_or_a_query(
    tried: Tried, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for code in (400, 401, 404, 503):
        with pytest.raises(ConnectorError) as caught:
            tried.http.get_json("status", path={}, params={"code": code, "email": ANNA})
        told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert ANNA not in told
        assert SECRET not in told
    assert [line for line in caplog.messages if ANNA in line or SECRET in line or "email=" in line] == []


def test_the_network_is_told_apart(tmp_path: Path) -> None:
    def asking(url: str, allow_private: bool) -> ConnectorError:
        around = ConnectorContext(
            zone="UTC", data_folder=tmp_path, allow_private=allow_private, sleep=lambda seconds: None
        )
        with pytest.raises(ConnectorError) as caught, Http("Norvane", url, Fetch(), around, timeout=2) as http:
            http.get_json("well")
        return caught.value

    assert "https://" in str(asking("http://norvane.example.org", allow_private=False))
    assert "a key stands in the address" in str(asking("https://me:x@example.org", allow_private=False))
    for host in ("127.0.0.1", "localhost", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "0"):
        found = asking(f"https://{host}:1", allow_private=False)
        assert isinstance(found, Refused), host
        assert "private network" in str(found), host
    closed = asking("http://127.0.0.1:9", allow_private=True)
    assert isinstance(closed, Unavailable)
    assert "cannot be reached" in str(closed)


def test_a_key_that_no_header_can_carry_is_refused(faulty: tuple[Faulty, str]) -> None:
    for key in ("é", "a\nb"):
        tried = Tried(faulty, auth=bearer(key))
        with tried.http, pytest.raises(Refused, match="cannot be sent"):
            tried.http.get_json("well")


def test_basic_credentials_are_encoded() -> None:
    assert basic("Aladdin", "open sesame") == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}


def test_a_signature_is_made_for_each_request_as_it_goes_out(faulty: tuple[Faulty, str]) -> None:
    asked = []

    class Signing:
        def signed(self, method: str, address: str, query: Pairs) -> dict[str, str]:
            asked.append((method, address.removeprefix(faulty[1]), list(query)))
            return {"Authorization": "OAuth signed"}

    tried = Tried(faulty, auth=Signing())
    with tried.http:
        tried.http.get_json("well", params={"filter": "name='O''Neil'", "left_out": None, "of": [1, 2]})
        tried.http.get_json("nearby", Thing)
    query = [("filter", "name='O''Neil'"), ("of", "1"), ("of", "2")]
    assert asked == [("GET", "/well", query), ("GET", "/nearby", []), ("GET", "/well", [])]
    assert {request.headers["authorization"] for request in tried.server.asked} == {"OAuth signed"}


def test_a_status_said_in_the_body_counts(faulty: tuple[Faulty, str]) -> None:
    tried = Tried(faulty, meaning=lambda answer: 403 if ANNA.encode() in answer.body else answer.status)
    with tried.http, pytest.raises(Refused, match="no right") as caught:
        tried.http.get_json("status", params={"code": 500})
    assert caught.value.status == 403
    assert len(tried.server.asked) == 1
