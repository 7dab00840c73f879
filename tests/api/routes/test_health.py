"""How exchanges stand, wherever somebody could take silence for all is well: calls, headers, pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runs.service import Service
from tests.api.conftest import EVERYTHING, NOON, ODILE, Client

PAGES = ("", "/history", "/runs", "/rules", "/unsourced", "/records/learner/L-1")


def days_later(service: Service, days: int) -> None:
    service.clock = lambda: NOON + timedelta(days=days)


def test_health_is_told_per_direction_with_what_to_do(pushed: Client, service: Service) -> None:
    health = pushed.get("/v1/customers/acme/health?language=en").json()
    assert (health["state"], health["problems"], health["usable"], health["rules"]) == ("well", 0, True, "")
    (down,) = health["exchanges"]
    assert (down["direction"], down["last_good"], down["next_run"], down["problem"]) == (
        "downward",
        "2026-11-21T11:00:00Z",
        "2026-11-21T21:00:00Z",
        "",
    )
    days_later(service, 2)
    answer = pushed.get("/v1/customers/acme/health", headers={"accept-language": "fr"})
    (down,) = answer.json()["exchanges"]
    assert answer.headers["content-language"] == "fr"
    assert (down["state"], down["missed"], down["late_since"]) == ("late", 2, "2026-11-21T21:00:00Z")
    assert down["problem"].startswith("Les échanges (Ypareo → Edusign) sont en retard")
    assert down["fix"].startswith("Les échanges ne sont pas lancés")


def test_the_feed_and_its_spreadsheet_tell_how_the_exchanges_stand(pushed: Client, service: Service) -> None:
    assert pushed.get("/v1/customers/acme/issues").json()["health"]["state"] == "well"
    headers = pushed.get("/v1/customers/acme/issues.csv").headers
    assert {name: value for name, value in headers.items() if name.startswith("muster-")} == {
        "muster-health": "well",
        "muster-last-exchange": "2026-11-21T11:00:00Z",
        "muster-last-try": "2026-11-21T11:00:00Z",
        "muster-next-exchange": "2026-11-21T21:00:00Z",
    }
    days_later(service, 1)
    page = pushed.get("/v1/customers/acme/issues?language=en").json()
    assert page["health"]["state"] == "late"
    assert page["items"][0]["fix"].endswith("it will be picked up once exchanges work again.")
    answer = pushed.get("/v1/customers/acme/issues.csv?language=fr")
    assert answer.headers["muster-health"] == "late"
    assert "muster-next-exchange" not in answer.headers
    assert "dès que les échanges auront repris" in answer.text
    assert "prochain passage" not in answer.text


def test_readyz_counts_how_customers_stand(pushed: Client, service: Service) -> None:
    assert pushed.get("/readyz").json()["exchanges"] == {
        **dict.fromkeys(("late", "failed", "held", "rejected", "partial", "empty"), 0),
        "never": 1,
        "well": 1,
    }
    days_later(service, 1)
    assert pushed.get("/readyz").json()["exchanges"]["late"] == 1


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_customer_says_so(demo: Client, service: Service, page: str) -> None:
    said = demo.get(f"/customers/acme{page}").text
    assert "Last exchange" in said
    assert "Next one planned" in said
    days_later(service, 2)
    late = demo.get(f"/customers/acme{page}").text
    assert "are overdue: none of the 2 that were planned" in late
    assert "whoever runs Muster has to see to that" in late
    assert "Next one planned" not in late


def test_nothing_to_fix_is_said_only_while_it_is_known(demo: Client, service: Service) -> None:
    demo.push([ODILE], "harbour")
    assert "Nothing to fix</h2>" in demo.get("/customers/harbour").text
    demo.push([], "harbour")
    page = demo.get("/customers/harbour").text
    assert "Nothing to fix</h2>" not in page
    assert "Nothing to fix is known, but not all is known" in page
    assert "received nothing at all" in page


def test_what_was_never_received_is_not_said_to_be_in_order(demo: Client) -> None:
    page = demo.get("/customers/acme/unsourced").text
    assert "Nothing was received: Edusign." in page
    assert "has its record in the source" not in page
    assert demo.get("/v1/customers/acme/unsourced").json()["not_received"] == ["platform"]
    account = {"kind": "account", "source_id": "A-1", "source_kind": "learner", "source_ref": "L-1"}
    demo.push([account], direction="upward")
    assert "has its record in the source" in demo.get("/customers/acme/unsourced").text
    demo.push([account], "harbour", direction="upward")
    found = demo.get("/v1/customers/harbour/unsourced").json()
    assert (found["items"], found["not_received"]) == ([], ["source"])


def test_that_nothing_changed_is_said_only_of_days_with_an_exchange(demo: Client) -> None:
    assert "No exchange took place" in demo.get("/customers/acme/history?day=2026-11-20").text
    demo.push(EVERYTHING, as_of="2026-11-22T10:00:00Z")
    assert "Nothing changed" in demo.get("/customers/acme/history?day=2026-11-22&kind=contract").text
    assert demo.get("/v1/customers/acme/history?day=2026-11-20").json()["exchanges"] == 0


def test_the_list_of_customers_says_whose_exchanges_do_not_go_well(demo: Client, service: Service) -> None:
    assert "nothing exchanged yet" in demo.get("/").text
    days_later(service, 1)
    assert "exchanges overdue" in demo.get("/").text


def test_who_asked_for_a_run_is_kept_and_shown(demo: Client, service: Service) -> None:
    service.push("acme", [], False, by="schedule")
    page = demo.get("/customers/acme/runs").text
    assert "asked for by demonstration" in page
    assert "as planned" in page
    assert demo.get("/v1/customers/acme/runs").json()["items"][0]["asked_by"] == "schedule"
