"""Who is let in: keys bound to customers and scopes, and people who sign in to the pages."""

from __future__ import annotations

import re
from itertools import product

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from api.http.auth import Door, SignedIn
from runs.service import Service
from store.queries.api_keys import revoke_key
from tests.api.conftest import EVERYTHING, NOON, Client, MakeKey

CALLS = [
    ("POST", "classify", "classify"),
    ("POST", "runs?complete=true", "runs"),
    ("GET", "runs", "read"),
    ("GET", "runs/1", "read"),
    ("GET", "issues", "read"),
    ("GET", "issues.csv", "read"),
    ("GET", "issues/none", "read"),
    ("POST", "issues/search", "read"),
    ("GET", "records/learner/L-1", "read"),
    ("GET", "rules", "read"),
]
UNKNOWN = "urn:muster:problem:unknown-customer"


def ask(app: FastAPI, method: str, call: str, customer: str, key: str | None) -> tuple[int, dict[str, object]]:
    content, kind = (b'{"records": [], "search": "a"}', "application/json")
    if call.startswith("classify"):
        content = b'{"records": []}'
    elif call == "issues/search":
        content = b'{"search": "a"}'
    elif call.startswith("runs?"):
        content, kind = b"", "application/x-ndjson"
    more = {"content": content, "headers": {"content-type": kind}} if method == "POST" else {}
    client = Client(app, **({"authorization": f"Bearer {key}"} if key else {}))
    answer = client.ask(method, f"/v1/customers/{customer}/{call}", **more)
    return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else {}


@pytest.mark.parametrize(("method", "call", "scope"), CALLS)
def test_each_call_wants_a_key_that_opens_the_customer_and_has_the_scope(
    app: FastAPI, make_key: MakeKey, method: str, call: str, scope: str
) -> None:
    fitting = make_key("acme", scopes=(scope,))
    others = make_key("acme", scopes=tuple({"classify", "runs", "read"} - {scope}))
    elsewhere = make_key("harbour", scopes=(scope,))
    assert ask(app, method, call, "acme", None)[0] == 401
    assert ask(app, method, call, "acme", "muster_0_0")[0] == 401
    assert ask(app, method, call, "acme", others)[0] == 403
    assert ask(app, method, call, "acme", elsewhere)[1]["type"] == UNKNOWN
    assert ask(app, method, call, "acme", fitting)[1].get("type") in (
        None,
        "urn:muster:problem:unknown-issue",
        "urn:muster:problem:unknown-run",
    )


@pytest.mark.parametrize(("method", "call", "scope"), CALLS)
def test_nobody_can_tell_a_customer_that_is_not_there_from_one_not_theirs(
    app: FastAPI, make_key: MakeKey, method: str, call: str, scope: str
) -> None:
    key = make_key("acme", scopes=(scope,))
    everywhere = make_key("*", scopes=(scope,))
    assert ask(app, method, call, "harbour", key) == ask(app, method, call, "nowhere", key)
    assert ask(app, method, call, "nowhere", key) == ask(app, method, call, "nowhere", everywhere)


def test_who_is_not_let_in_learns_nothing_on_any_route(app: FastAPI) -> None:
    """Every route there is, also those of pages: whoever has no key gets one answer, whatever is there or is asked."""
    client = Client(app)
    tried = 0
    for route in app.routes:
        if not isinstance(route, APIRoute) or "{customer}" not in route.path:
            continue
        for method, asked in product(sorted(route.methods), ("", "?limit=x&cursor=x&day=never")):
            told = []
            for customer in ("acme", "nowhere", "No-such_1"):
                path = re.sub(r"{\w+(:path)?}", "x", route.path.replace("{customer}", customer))
                answer = client.ask(method, f"{path}{asked}", content=b"{")
                told.append((answer.status_code, answer.json() if answer.status_code == 401 else ""))
            assert told[0][0] in (303, 401), (route.path, told)
            assert told.count(told[0]) == 3, (route.path, told)
            tried += 1
    assert tried > 40


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer muster",
        "Bearer muster__",
        "Bearer other_1_2",
        "Bearer é",
        "muster",
    ],
)
def test_what_is_no_key_is_asked_for_one(app: FastAPI, header: str) -> None:
    answer = Client(app).get("/v1/customers/acme/issues", headers={"authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="muster"'
    assert answer.json()["type"] == "urn:muster:problem:not-signed-in"


def test_a_secret_that_is_nearly_right_is_wrong(app: FastAPI, make_key: MakeKey) -> None:
    key = make_key()
    last = "A" if key[-1] != "A" else "B"
    assert ask(app, "GET", "issues", "acme", key[:-1] + last)[0] == 401
    assert ask(app, "GET", "issues", "acme", key + "x")[0] == 401
    assert ask(app, "GET", "issues", "acme", key)[0] == 200


def test_a_withdrawn_key_ends_when_what_is_remembered_ends(service: Service, make_key: MakeKey) -> None:
    key = make_key()
    forgetful, remembering = Door(service.keys, remember_seconds=0), Door(service.keys, remember_seconds=60)
    assert forgetful.by_key(key) is not None
    assert remembering.by_key(key) is not None
    with service.database.writing() as session:
        assert revoke_key(session, key.split("_")[1], NOON)
    assert forgetful.by_key(key) is None
    assert remembering.by_key(key) is not None


def test_the_door_forgets_rather_than_grow(service: Service, make_key: MakeKey) -> None:
    door = Door(service.keys, most=3)
    for _ in range(10):
        assert door.by_key(make_key()) is not None
    assert len(door._known) <= 3


def test_a_demonstration_asks_nobody_and_says_so(service: Service) -> None:
    demo = Client(create_app(service, demo=True))
    assert demo.push(EVERYTHING).status_code == 201
    assert demo.get("/readyz").json()["authentication"] is False
    assert "demonstration" in demo.get("/", headers={"accept-language": "en"}).text
    assert "démonstration" in demo.get("/customers/acme", headers={"accept-language": "fr"}).text


def test_no_other_site_can_push_into_a_demonstration(service: Service) -> None:
    demo = Client(create_app(service, demo=True), **{"sec-fetch-site": "cross-site"})
    assert demo.push(EVERYTHING).status_code == 403
    assert demo.get("/v1/customers/acme/runs").json()["total"] == 0


# People and pages


@pytest.fixture
def browser(app: FastAPI) -> Client:
    return Client(app, accept="text/html")


@pytest.mark.parametrize("page", ["", "/runs", "/rules", "/issues/x", "/records/learner/L-1", "/issues.csv"])
def test_a_page_sends_who_is_not_signed_in_to_the_form(browser: Client, page: str) -> None:
    answer = browser.get(f"/customers/acme{page}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fcustomers%2Facme")


def test_signing_in_sets_a_cookie_that_only_this_site_over_https_gets(browser: Client, make_key: MakeKey) -> None:
    key = make_key("acme", scopes=("read",))
    answer = browser.post("/sign-in", data={"key": f" {key} ", "next": "/customers/acme/rules"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers/acme/rules")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-muster=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert key not in cookie
    assert browser.get("/customers/acme").status_code == 200
    assert browser.get("/customers/harbour").status_code == 404
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/customers/acme").status_code == 303


def test_a_page_sessions_key_opens_no_call_of_the_api(browser: Client, make_key: MakeKey) -> None:
    browser.post("/sign-in", data={"key": make_key()})
    assert browser.get("/v1/customers/acme/issues").status_code == 401


def test_a_withdrawn_key_ends_its_page_sessions(service: Service, make_key: MakeKey) -> None:
    app = create_app(service)
    app.state.door = Door(service.keys, remember_seconds=0)
    browser, key = Client(app, accept="text/html"), make_key()
    browser.post("/sign-in", data={"key": key})
    assert browser.get("/customers/acme").status_code == 200
    with service.database.writing() as session:
        revoke_key(session, key.split("_")[1], NOON)
    assert browser.get("/customers/acme").status_code == 303


@pytest.mark.parametrize("scopes", [("classify",), ("runs", "classify")])
def test_a_key_that_may_not_read_signs_nobody_in(browser: Client, make_key: MakeKey, scopes: tuple[str, ...]) -> None:
    answer = browser.post("/sign-in", data={"key": make_key(scopes=scopes)})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "address", ["//evil.example.org", "https://evil.example.org", "/customers/\\evil", "javascript:1", "/sign-out", ""]
)
def test_signing_in_leads_to_no_other_site(browser: Client, make_key: MakeKey, address: str) -> None:
    answer = browser.post("/sign-in", data={"key": make_key(), "next": address})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://muster.example.org"}, 303),
        ({"origin": "https://evil.example.org"}, 403),
        ({"origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_a_form_from_another_site_is_refused(
    browser: Client, make_key: MakeKey, headers: dict[str, str], status: int
) -> None:
    assert browser.post("/sign-in", data={"key": make_key()}, headers=headers).status_code == status


def test_sessions_end_and_the_oldest_make_room() -> None:
    brief, few = SignedIn(seconds=-1), SignedIn(most=2)
    assert brief.key(brief.begin("k")) is None
    first, second, third = few.begin("a"), few.begin("b"), few.begin("c")
    assert [few.key(token) for token in (first, second, third)] == [None, "b", "c"]
    assert few.key("") is None
