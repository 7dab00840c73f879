"""Held runs over HTTP: why, what they would do, and a person's word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import NOON, Client, MakeKey

RUNS = "/v1/customers/acme/runs"


def learners(number: int) -> list[dict[str, Any]]:
    return [
        {"kind": "learner", "source_id": f"L-{one}", "last_name": f"Number {one}", "email": f"l{one}@example.org"}
        for one in range(number)
    ]


@pytest.fixture
def held(api: Client) -> Client:
    """After a run that would lose twenty of sixty learners."""
    assert api.push(learners(60)).status_code == 201
    answer = api.push(learners(40))
    assert (answer.status_code, answer.json()["status"]) == (201, "held")
    return api


def test_a_held_run_says_why_and_what_it_would_do_by_name(held: Client) -> None:
    answer = held.get(f"{RUNS}/2/held", params={"limit": 3, "language": "en"})
    assert answer.headers["content-language"] == "en"
    found = answer.json()
    assert [(trip["guard"], trip["then"]) for trip in found["run"]["guards"]] == [("removals", "hold")]
    assert found["said"][0]["problem"].startswith("Nothing was changed: 20 of 60 learners are missing")
    assert [item["name"] for item in found["items"]] == ["Number 40", "Number 41", "Number 42"]
    assert found["total"] == 20
    rest = held.get(f"{RUNS}/2/held", params={"cursor": found["next_cursor"], "limit": 100}).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (17, None)
    french = held.get(f"{RUNS}/2/held", headers={"accept-language": "fr"}).json()
    assert french["said"][0]["problem"].startswith("Rien n’a été modifié")


def test_an_approved_run_is_done_as_a_run_of_its_own(held: Client) -> None:
    answer = held.post(f"{RUNS}/2/approve")
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{RUNS}/3"
    assert (answer.json()["approves"], answer.json()["status"]) == (2, "completed")
    settled = held.get(f"{RUNS}/2").json()
    assert (settled["status"], bool(settled["settled_by"])) == ("approved", True)
    again = held.post(f"{RUNS}/2/approve")
    assert (again.status_code, again.json()["type"]) == (409, "urn:muster:problem:not-held")


def test_a_rejected_run_is_forgotten(held: Client) -> None:
    assert held.post(f"{RUNS}/2/reject").json()["status"] == "rejected"
    assert held.post(f"{RUNS}/2/approve").status_code == 409
    assert held.get(f"{RUNS}/2/held").json()["total"] == 20


def test_only_a_held_run_can_be_settled(held: Client) -> None:
    assert held.post(f"{RUNS}/1/approve").json()["type"] == "urn:muster:problem:not-held"
    assert held.post(f"{RUNS}/9/reject").json()["type"] == "urn:muster:problem:unknown-run"


def test_a_key_that_only_reads_settles_nothing(held: Client, make_key: MakeKey) -> None:
    reader = Client(held.app, authorization="Bearer " + make_key("acme", scopes=("read",)))
    assert reader.get(f"{RUNS}/2/held").status_code == 200
    for way in ("approve", "reject"):
        assert reader.post(f"{RUNS}/2/{way}").status_code == 403


def test_sheets_are_listed_confirmed_and_listed_no_more(api: Client) -> None:
    address = "/v1/customers/acme/sheets/to-upload"
    people = [{**one, "groups": ["G-1"]} for one in learners(2)]
    people.append({"kind": "session", "source_id": "S-1", "name": "Anglais"})
    sheet = {"kind": "sheet", "source_id": "F-1", "source_ref": "S-1", "name": "Anglais", "created_by": "api"}
    sheet |= {"archived": True, "first_archived_at": "2026-11-10T12:00:00Z", "times_archived": 1}
    mark = {"kind": "mark", "source_id": "F-1:L-1", "sheet_id": "F-1", "person_kind": "learner", "person_ref": "L-1"}
    api.push(people, complete="false")
    api.push([sheet, mark | {"state": "absent"}], complete="false", direction="upward")
    (item,) = api.get(address).json()["items"]
    assert (item["sheet_id"], item["session_id"]) == ("F-1", "S-1")
    assert [(one["source_id"], one["status"]) for one in item["attendance"]] == [("L-1", "absent")]

    body = {"sheets": [{"sheet_id": "F-1", "uploaded_at": NOON.isoformat()}, {"sheet_id": "F-2"}]}
    done = api.post("/v1/customers/acme/sheets/uploaded", json=body)
    assert done.json() == {"noted": ["F-1"], "already": [], "unknown": ["F-2"]}
    assert api.post("/v1/customers/acme/sheets/uploaded", json=body).json()["already"] == ["F-1"]
    assert api.get(address).json() == {"items": [], "next_cursor": None, "total": 0}


@pytest.mark.parametrize(
    "body", [b"{}", b'{"sheets": []}', b'{"sheets": [{"sheet_id": ""}]}', b'{"sheets": [{"id": "F-1"}]}', b"["]
)
def test_a_confirmation_of_another_shape_is_refused(api: Client, body: bytes) -> None:
    answer = api.post("/v1/customers/acme/sheets/uploaded", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


def test_the_pages_say_why_a_run_is_held_and_settle_it(demo: Client) -> None:
    demo.push(learners(60))
    demo.push(learners(40))
    for language, why in (("en", "Nothing was changed: 20 of 60 learners"), ("fr", "Rien n’a été modifié")):
        assert why in demo.get("/customers/acme/runs", headers={"accept-language": language}).text
        assert "/customers/acme/runs/3/held" in demo.get("/customers/acme", headers={"accept-language": language}).text
        page = demo.get("/customers/acme/runs/3/held", headers={"accept-language": language}).text
        assert why in page
        assert "Number 40" in page
    refused = demo.post(
        "/customers/acme/runs/3/held", data={"act": "approve"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert refused.status_code == 403
    assert demo.post("/customers/acme/runs/3/held", data={"act": "shrug"}).status_code == 422
    done = demo.post("/customers/acme/runs/3/held", data={"act": "reject"}, headers={"sec-fetch-site": "same-origin"})
    assert (done.status_code, done.headers["location"]) == (303, "/customers/acme/runs")
    assert "Rejected" in demo.get("/customers/acme/runs", headers={"accept-language": "en"}).text
    again = demo.post("/customers/acme/runs/3/held", data={"act": "approve"}, headers={"accept-language": "en"})
    assert again.status_code == 409
    assert "settled in the meantime" in again.text
    assert '<button name="act"' not in again.text
    assert demo.get("/customers/acme/runs/1/held").status_code == 409
