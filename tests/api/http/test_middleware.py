"""What holds for every request: one shape of problem, headers, HEAD and OPTIONS, and a log without names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI

from api.http.middleware import HEADERS
from api.http.problem_details import PROBLEMS, URN
from tests.api.conftest import EVERYTHING, NAMES, Client


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/customers/acme/", 404, "not-found"),
        ("DELETE", "/v1/customers/acme/runs", 405, "method-not-allowed"),
        ("PUT", "/livez", 405, "method-not-allowed"),
        ("GET", "/v1/customers/acme/classify", 405, "method-not-allowed"),
        ("GET", "/v1/customers/nowhere/issues", 404, "unknown-customer"),
        ("GET", "/v1/customers/acme/issues?kind=x", 422, "invalid-request"),
        ("GET", "/v1/customers/acme/records/learner/%00", 404, "not-found"),
        ("GET", "/v1/customers/acme/issues?rule=%00", 400, "bad-request"),
        ("GET", "/static/nothing", 404, "not-found"),
    ],
)
def test_every_error_is_a_problem_of_one_shape(api: Client, method: str, address: str, status: int, code: str) -> None:
    answer = api.ask(method, address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == URN + code
    assert problem["title"] == PROBLEMS[code].title
    assert problem["status"] == status
    assert problem["detail"]
    assert set(problem) <= {"type", "title", "status", "detail", "errors", "reference"}


@pytest.mark.parametrize("status", sorted({kind.status for kind in PROBLEMS.values()}))
def test_each_kind_of_problem_has_a_title_of_its_own_per_status(status: int) -> None:
    titles = [kind.title for kind in PROBLEMS.values() if kind.status == status]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("address", "allow"),
    [
        ("/v1/customers/acme/runs", "GET, HEAD, OPTIONS, POST"),
        ("/v1/customers/acme/classify", "OPTIONS, POST"),
        ("/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_address_says_which_methods_it_takes(api: Client, address: str, allow: str) -> None:
    options = api.ask("OPTIONS", address)
    assert (options.status_code, options.headers["allow"]) == (204, allow)
    assert api.ask("PATCH", address).headers["allow"] == allow
    assert api.ask("OPTIONS", "/nothing").status_code == 404


@pytest.mark.parametrize("address", ["/livez", "/v1/customers/acme/issues", "/v1/customers/acme/issues.csv"])
def test_head_is_get_without_its_body(pushed: Client, address: str) -> None:
    got, head = pushed.get(address), pushed.ask("HEAD", address)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers.get("content-length") == got.headers.get("content-length")


@pytest.mark.parametrize("address", ["/livez", "/v1/customers/acme/issues", "/nothing", "/sign-in", "/static/mark.svg"])
def test_every_answer_carries_the_security_headers(api: Client, address: str) -> None:
    answer = api.get(address)
    for name, value in HEADERS.items():
        if name == "Cache-Control" and address.startswith("/static"):
            assert answer.headers[name] == "public, max-age=86400"
        else:
            assert answer.headers[name] == value
    assert "script-src" not in answer.headers["content-security-policy"]


def test_an_unexpected_error_is_a_problem_with_a_reference_and_no_word_of_its_text(api: Client, log: list[Any]) -> None:
    async def broken() -> None:
        raise RuntimeError("Inès Marchal, ines@example.org")

    api.app.add_api_route("/v1/broken", broken)
    answer = api.get("/v1/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    (noted,) = [entry for entry in log if entry["event"] == "unexpected"]
    assert noted["reference"] == answer.json()["reference"]
    assert (noted["error"], noted["route"]) == ("RuntimeError", "/v1/broken")
    assert "Marchal" not in json.dumps(log) + answer.text


def test_no_log_holds_a_name_an_id_a_path_or_a_query(api: Client, app: FastAPI, log: list[Any], capfd: Any) -> None:
    api.push(EVERYTHING)
    api.classify([*EVERYTHING, {"kind": "learner", "source_id": "L-77", "email": 3, "last_name": "Marchal"}])
    for address in ("issues?rule=learner.email_missing", "records/learner/L-1", "records/learner/Marchal", "runs", "x"):
        api.get(f"/v1/customers/acme/{address}")
    api.post("/v1/customers/acme/issues/search", json={"search": "Marchal"})
    api.get("/v1/customers/acme/issues", params={"kind": "Marchal"})
    api.get("/Marchal")
    browser = Client(app, accept="text/html")
    browser.get("/customers/acme/records/learner/Marchal")
    written = json.dumps(log, ensure_ascii=False) + "".join(capfd.readouterr())
    for word in (*NAMES, "L-1", "L-77", "acme", "muster_", "?"):
        assert word not in written
    requests = [entry for entry in log if entry["event"] == "request"]
    assert len(requests) == 11
    assert requests[0]["route"] == "/v1/customers/{customer}/runs"
    assert requests[-2]["route"] == "-"
    assert set(requests[0]) == {"event", "log_level", "method", "route", "status", "bytes", "milliseconds"}
