"""A reader of pages is told what is the matter where it is known, and not that something went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import create_app
from api.http.rates import Rates
from runs.service import Service
from tests.api.conftest import Client


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "The rules of this school cannot be used"),
        ("fr", "Les règles de cet établissement sont inutilisables"),
    ],
)
def test_a_school_whose_rules_were_never_good_is_told_so(
    service: Service, rules: Path, language: str, title: str
) -> None:
    (rules / "customers" / "acme.yaml").write_text("name: [", "utf-8")
    browser = Client(create_app(service, demo=True), accept="text/html")
    answer = browser.get("/customers/acme", params={"lang": language}, follow_redirects=True)
    assert answer.status_code == 503
    assert f"<h1>{title}</h1>" in answer.text
    assert "muster check" in answer.text
    # The others are served.
    assert browser.get("/customers/harbour").status_code == 200


def test_who_goes_on_too_fast_is_told_to_wait_and_not_to_sign_in_again(service: Service) -> None:
    browser = Client(create_app(service, rates=Rates(0.01)), accept="text/html", **{"accept-language": "en"})
    answers = [browser.post("/sign-in", data={"key": "x"}) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert "Too many requests at once" in answers[-1].text
    assert "sign in again" not in answers[-1].text
