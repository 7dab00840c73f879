"""The feed over HTTP: filters, search, one issue."""

from __future__ import annotations

from typing import get_args

import pytest

from runs.model.asked import Listed
from tests.api.conftest import EVERYTHING, INES, Client

FEED = "/v1/customers/acme/issues"


def names(answer: object) -> list[str]:
    return [row["name"] for row in answer.json()["items"]]  # type: ignore[attr-defined]


def test_the_feed_says_what_is_wrong_what_to_do_where_and_since_when(pushed: Client) -> None:
    (row,) = pushed.get(FEED, params={"language": "en"}).json()["items"]
    (issue,) = row["issues"]
    assert (row["kind"], row["source_id"], row["name"]) == ("learner", "L-1", "Inès Marchal")
    assert (issue["rule"], issue["state"], issue["fix_in"]) == ("learner.email_missing", "new", "source")
    assert "Inès Marchal" in issue["problem"]
    assert "Ypareo" in issue["fix"]
    assert issue["opened_at"] == "2026-11-21T11:00:00Z"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "learner"}, ["Inès Marchal"]),
        ({"kind": "session"}, []),
        ({"rule": "learner.email_missing"}, ["Inès Marchal"]),
        ({"rule": "learner.name_missing"}, []),
        ({"state": "new"}, ["Inès Marchal"]),
        ({"state": "resolved"}, []),
        ({"fix_in": "source"}, ["Inès Marchal"]),
        ({"fix_in": "support"}, []),
        ({"verdict": "skip"}, ["Anglais"]),
        ({"last_run": "later"}, ["Anglais"]),
        ({"last_run": "left_out"}, []),
        ({"last_run": "to_fix"}, ["Inès Marchal"]),
        ({"last_run": "waiting"}, []),
        ({"verdict": "sync", "kind": "learner"}, ["Omar Søndergård"]),
        ({"changed_since": "2026-11-21T12:00:00+01:00"}, ["Inès Marchal"]),
        ({"changed_since": "2026-11-21T12:00:01+01:00"}, []),
    ],
)
def test_filters_leave_what_they_name(pushed: Client, filters: dict[str, str], found: list[str]) -> None:
    assert names(pushed.get(FEED, params=filters)) == found


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("kind", "dragon"),
        ("verdict", "perhaps"),
        ("state", "gone"),
        ("fix_in", "moon"),
        ("limit", "0"),
        ("limit", "1000000"),
        ("cursor", "nonsense"),
        ("changed_since", "2026-11-21T12:00:00"),
        ("last_run", "dragon"),
        ("segment", "Nantes"),
        ("created_by", "administratr"),
        ("rule", "learner.email_mising"),
        ("waits_for", "q3J8vN0fT2aB"),
    ],
)
def test_a_filter_that_is_none_is_named_and_its_value_not_repeated(pushed: Client, parameter: str, value: str) -> None:
    answer = pushed.get(FEED, params={parameter: value})
    assert answer.status_code == 422
    assert parameter in answer.text
    assert value not in answer.text.replace("2026", "") or value == "0"


def test_a_place_that_the_customer_does_not_have_is_refused_with_those_it_has(pushed: Client) -> None:
    answer = pushed.get(FEED, params={"fix_in": "aggregator"})
    assert answer.status_code == 422
    assert "There is no place of that name here" in answer.text
    assert "source, platform, settings, support" in answer.text


def test_accounts_and_sheets_can_be_asked_for_by_who_made_them(pushed: Client) -> None:
    account = {"kind": "account", "role": "learner", "email": "inès@example.org"}
    made = [
        account | {"source_id": "A-1", "created_by": "api", "source_kind": "learner", "source_ref": "L-2"},
        account | {"source_id": "A-2", "created_by": "administrator", "first_name": "Ada"},
        account | {"source_id": "A-3", "created_by": "owner", "first_name": "Ben"},
        account | {"source_id": "A-4", "first_name": "Cleo"},
        {"kind": "sheet", "source_id": "F-1", "name": "Paie", "created_by": "administrator", "archived": False},
    ]
    assert pushed.push(made, direction="upward").status_code == 201

    def found(**asked: str) -> set[str]:
        everything = [pushed.get(FEED, params=asked | {"last_run": way}).json() for way in get_args(Listed)]
        return {row["source_id"] for page in everything for row in page["items"]}

    assert found(created_by="administrator") == {"A-2", "F-1"}
    assert found(created_by="administrator", kind="account") == {"A-2"}
    assert (found(created_by="api"), found(created_by="owner")) == ({"A-1"}, {"A-3"})
    assert found(created_by="user") == set()
    of_all = pushed.get(FEED + ".csv", params={"created_by": "owner", "verdict": "skip"}).text
    assert ("A-3" in of_all, "A-2" in of_all) == (True, False)
    # Who made it is told anew; what can no longer be read keeps what was known.
    made[2] |= {"created_by": "user"}
    pushed.push([*made[:1], made[1] | {"role": 5}, *made[2:]], direction="upward")
    assert (found(created_by="user"), found(created_by="owner")) == ({"A-3"}, set())
    assert found(created_by="administrator") == {"A-2", "F-1"}
    answer = pushed.get(FEED, params={"created_by": "administratr"}).json()
    assert "Did you mean administrator?" in answer["detail"]


def test_pages_of_the_feed_hold_each_record_once(api: Client) -> None:
    many = [{**INES, "source_id": f"L-{number:02}", "last_name": f"Name{number:02}"} for number in range(1, 8)]
    sessions = [{**EVERYTHING[3], "learner_ids": [one["source_id"] for one in many]}]
    assert api.push([*many, EVERYTHING[2], *sessions]).status_code == 201
    seen: list[str] = []
    cursor = None
    while True:
        page = api.get(FEED, params={"limit": "3"} | ({"cursor": cursor} if cursor else {})).json()
        assert page["total"] == 7
        seen += [row["source_id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(one["source_id"] for one in many)


@pytest.mark.parametrize("words", ["marchal", "INES", "ines march", "L-1"])
def test_search_finds_part_of_a_name_whatever_its_capitals_and_accents(pushed: Client, words: str) -> None:
    assert names(pushed.post(f"{FEED}/search", json={"search": words})) == ["Inès Marchal"]


def test_search_finds_those_with_nothing_to_fix_when_asked(pushed: Client) -> None:
    assert names(pushed.post(f"{FEED}/search", json={"search": "sondergard"})) == []
    found = pushed.post(f"{FEED}/search", json={"search": "sondergard"}, params={"verdict": "sync"})
    assert names(found) == ["Omar Søndergård"]


@pytest.mark.parametrize("body", [{}, {"search": ""}, {"search": "a", "kind": "x"}, {"search": 1}, 3])
def test_a_search_for_nothing_is_refused(pushed: Client, body: object) -> None:
    assert pushed.post(f"{FEED}/search", json=body).status_code == 422


def test_one_issue_comes_with_its_history(pushed: Client) -> None:
    (row,) = pushed.get(FEED).json()["items"]
    pushed.push([{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]])
    detail = pushed.get(f"{FEED}/{row['issues'][0]['id']}").json()
    assert detail["issue"]["state"] == "resolved"
    assert detail["issue"]["resolution"] == "fixed"
    assert {one["what"] for one in detail["history"]} >= {"issue", "field"}


def test_an_issue_of_another_customer_is_unknown(pushed: Client) -> None:
    (row,) = pushed.get(FEED).json()["items"]
    there = pushed.get(f"/v1/customers/harbour/issues/{row['issues'][0]['id']}")
    nowhere = pushed.get("/v1/customers/harbour/issues/none")
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()
