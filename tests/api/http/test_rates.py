"""How often one caller may call."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.http.problem_details import ProblemError
from api.http.rates import BY_ADDRESS, BY_KEY, Rates
from runs.service import Service
from tests.api.conftest import Client, MakeKey


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(rates: Rates, name: str, who: str, most: int = 10_000) -> tuple[int, ProblemError | None]:
    """How many calls were let through, and the refusal of the one after them."""
    for number in range(most):
        try:
            rates.take(name, who)
        except ProblemError as error:
            return number, error
    return most, None


@pytest.mark.parametrize("name", [*BY_KEY, *BY_ADDRESS])
def test_after_a_rest_so_many_at_once_then_so_many_a_second(name: str) -> None:
    rate, clock = (BY_KEY | BY_ADDRESS)[name], Clock()
    rates = Rates(clock=clock)
    number, refusal = taken(rates, name, "a")
    assert number == rate.at_once
    assert refusal is not None
    wait = int(refusal.headers["Retry-After"])
    assert wait == max(1, round(1 / rate.per_second))
    # Another caller is not held back by it, and who waits as told is let through.
    assert taken(rates, name, "b", 1)[1] is None
    clock.now += wait
    assert taken(rates, name, "a")[0] == max(1, int(wait * rate.per_second))
    clock.now += 10_000
    assert taken(rates, name, "a")[0] == rate.at_once


def test_the_operator_may_scale_them_or_have_none() -> None:
    assert taken(Rates(0.5, clock=Clock()), "read", "a")[0] == BY_KEY["read"].at_once / 2
    assert taken(Rates(0), "sign-in", "a")[1] is None


def test_what_is_remembered_is_bounded() -> None:
    rates = Rates(most=10, clock=Clock())
    for number in range(1_000):
        rates.take("read", str(number))
    assert len(rates._left) == 10


def test_calls_beyond_the_rate_are_told_when_to_come_again(service: Service, make_key: MakeKey) -> None:
    app = create_app(service, rates=Rates(0.01, clock=Clock()))
    client = Client(app, authorization=f"Bearer {make_key('acme', scopes=('read',))}")
    answers = [client.get("/v1/customers/acme/runs") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert answers[-1].headers["retry-after"] == "2"
    assert answers[-1].json()["type"] == "urn:muster:problem:too-many-requests"
    other = Client(app, authorization=f"Bearer {make_key('acme', scopes=('read',))}")
    assert other.get("/v1/customers/acme/runs").status_code == 429  # unknown keys of one address, at this scale
    assert Client(app).get("/livez").status_code == 200


def test_keys_are_not_tried_without_an_end_nor_looked_up(app: FastAPI) -> None:
    asked = []
    app.state.rates = Rates(clock=Clock())
    app.state.door._keys.of, kept = asked.append, app.state.door._keys.of
    found = {
        Client(app, authorization=f"Bearer muster_{number}_x").get("/v1/customers/acme/runs").status_code
        for number in range(BY_ADDRESS["unknown key"].at_once)
    }
    assert found == {401}
    refused = Client(app, authorization="Bearer muster_x_x").get("/v1/customers/acme/runs")
    assert (refused.status_code, len(asked)) == (429, BY_ADDRESS["unknown key"].at_once)
    app.state.door._keys.of = kept


def test_the_form_takes_only_so_many_keys(app: FastAPI) -> None:
    app.state.rates = Rates(clock=Clock())
    browser = Client(app, accept="text/html")
    form = {"content": "key=muster_1_x", "headers": {"content-type": "application/x-www-form-urlencoded"}}
    answers = [browser.post("/sign-in", **form).status_code for _ in range(BY_ADDRESS["sign-in"].at_once + 2)]
    assert answers == [403] * BY_ADDRESS["sign-in"].at_once + [429] * 2
