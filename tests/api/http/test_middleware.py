"""What holds for every request: headers, HEAD and OPTIONS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.http.middleware import HEADERS
from tests.api.conftest import Client


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
