"""Of many customers the service answers at once how they stand, from what is known, and tells how old that is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from api.app import create_app
from runs.service import Service
from runs.service.watch import FEW
from store.base.database import Database
from tests.api.conftest import Client
from tests.runs.schools import ILL, PLAIN, a_service

MANY = FEW + 5
BRACKETS = "(" * 120 + "name" + ")" * 120
OWN = f"""{PLAIN}
rules:
  instructor.email_missing:
    messages: {{en: {{problem: "Mend {{{{ {BRACKETS} }}}}", fix: Ask Ada.}}}}
"""


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    files = {f"school-{number}": PLAIN for number in range(MANY - 1)}
    return a_service(database, tmp_path, wreck="name: [", **files)


def looked(service: Service) -> None:
    """Wait for the look that is under way."""
    end = time.monotonic() + 60
    while service.health().looked_at is None:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_probe_waits_for_no_customer_and_tells_how_many_are_not_looked_at(service: Service) -> None:
    first = Client(create_app(service)).get("/readyz").json()
    assert (first["ready"], first["customers"], first["looked_at"]) == (True, MANY, None)
    assert first["unlooked"] > 0
    looked(service)
    then = Client(create_app(service)).get("/readyz").json()
    assert (then["customers"], then["unlooked"], then["rules_broken"], then["unusable"]) == (MANY, 0, 1, 1)
    assert then["exchanges"] == {"never": MANY} | dict.fromkeys(then["exchanges"].keys() - {"never"}, 0)
    assert then["looked_at"] is not None


def test_the_page_of_customers_takes_none_that_was_not_looked_at_for_well(service: Service) -> None:
    browser = Client(create_app(service, demo=True), **{"accept": "text/html", "accept-language": "en"})
    first = browser.get("/").text
    assert first.count("not looked at yet") + first.count("nothing exchanged yet") == MANY
    assert "not looked at yet" in first
    looked(service)
    assert browser.get("/").text.count("nothing exchanged yet") == MANY


def test_a_customer_is_loaded_as_it_is_asked_for_whatever_the_look_is_at(service: Service) -> None:
    assert service.health().unlooked > 0
    assert service.health_of(f"school-{MANY - 2}").state == "never"
    looked(service)


def test_a_message_that_cannot_be_shown_is_told_and_the_usual_one_is_shown(database: Database, tmp_path: Path) -> None:
    usual = a_service(database, tmp_path / "usual").classify("north", ILL)
    service = a_service(database, tmp_path / "own", north=OWN)
    found = service.classify("north", ILL)
    assert [(one.problem, one.fix) for one in found.decisions] == [(one.problem, one.fix) for one in usual.decisions]
    assert any((one.problem, one.fix) for one in found.decisions)
    health = service.health_of("north", "fr")
    assert (health.problems, health.unshown) == (0, 1)
    assert health.rules.startswith("Un message propre à votre établissement contient une erreur")
    assert Client(create_app(service)).get("/readyz").json()["messages_broken"] == 1
