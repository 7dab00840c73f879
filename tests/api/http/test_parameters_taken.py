"""Taken: on every call and page that a misspelt parameter is told, with the one that was meant, and never ignored."""

from __future__ import annotations

import pytest

from api.app import description
from tests.api.conftest import Client

CALLS = [
    (path, method, [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"])
    for path, operations in description()["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/v1/")
]
PAGES = ["", "/history", "/runs", "/unsourced", "/rules", "/issues.csv", "/records/learner/L-1"]
FILLED = {
    "customer": "acme",
    "run_id": "1",
    "issue_id": "i",
    "kind": "learner",
    "source_id": "L-1",
    "source_id:path": "L-1",
}


def test_no_call_ignores_a_parameter_that_it_does_not_take(pushed: Client) -> None:
    assert len(CALLS) > 15
    for path, method, known in CALLS:
        for meant in [*known, "nothing-like-it"]:
            answer = pushed.ask(method.upper(), path.format(**FILLED), params={f"{meant}d": "x"})
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), path
            assert f"{meant}d" not in answer.text
            (error,) = answer.json()["errors"]
            assert meant not in known or error["detail"].startswith(f"Did you mean {meant}?")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_ignores_a_parameter_that_it_does_not_take(demo: Client, page: str) -> None:
    assert demo.get(f"/customers/acme{page}?lang=en").status_code == 200
    answer = demo.get(f"/customers/acme{page}?langg=en", headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "This was not accepted" in answer.text


@pytest.mark.parametrize(
    "asked", ["kind=learnr", "state=newest", "rule=learner.email_mising", "segment=s", "sort=x", "created_by=me"]
)
def test_a_misspelt_word_to_filter_by_is_no_empty_feed(demo: Client, asked: str) -> None:
    assert demo.get(f"/customers/acme?{asked}").status_code == 422
    assert demo.get(f"/v1/customers/acme/issues?{asked}").status_code == 422


@pytest.mark.parametrize("asked", ["day=yesterday", "kind=learnr"])
def test_a_day_or_kind_that_is_none_is_no_empty_history(demo: Client, asked: str) -> None:
    assert demo.get(f"/customers/acme/history?{asked}").status_code == 422


def test_who_may_not_ask_at_all_is_told_that_and_not_what_there_is_to_ask(pushed: Client) -> None:
    nobody = {"Authorization": "Bearer muster_no_key"}
    assert pushed.get("/v1/customers/acme/issues?kindd=x", headers=nobody).status_code == 401
