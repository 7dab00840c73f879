"""Problems: every error has one shape, and each kind a title."""

from __future__ import annotations

import pytest

from api.http.problem_details import PROBLEMS, URN
from tests.api.conftest import Client


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
