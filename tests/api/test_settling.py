"""Settling issues and reading what changed, over HTTP and on the pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from api.app import create_app
from runs.service import Service
from tests.api.conftest import EVERYTHING, INES, NOON, ODILE, Client, MakeKey

FEED = "/v1/customers/acme/issues"
WITHOUT_EMAIL = {name: value for name, value in ODILE.items() if name != "email"}
ILL = [INES, *EVERYTHING[1:2], WITHOUT_EMAIL, *EVERYTHING[3:]]
"""Inès and Odile have no address, so that the session waits for Odile's."""


@pytest.fixture
def ill(api: Client) -> Client:
    assert api.push(ILL).status_code == 201
    return api


def issue_of(client: Client, source_id: str, **params: str) -> dict[str, Any]:
    for row in client.get(FEED, params=params).json()["items"]:
        if row["source_id"] == source_id:
            found: dict[str, Any] = row["issues"][0]
            return found
    raise AssertionError(source_id)


def settle(client: Client, issue: str, **body: Any) -> Any:
    return client.post(f"{FEED}/{issue}/state", json=body)


def test_the_feed_folds_what_waits_and_lists_it_when_asked(ill: Client) -> None:
    page = ill.get(FEED).json()
    assert {row["source_id"] for row in page["items"]} == {"L-1", "I-1"}
    assert (page["total"], page["folded"]) == (2, 2)
    odile = issue_of(ill, "I-1")
    assert odile["waiting"] == {"learner": 1, "session": 1}
    waiting = ill.get(FEED, params={"waits_for": odile["id"]}).json()["items"]
    assert {row["kind"] for row in waiting} == {"learner", "session"}
    assert all(odile["id"] in [one["issue_id"] for one in row["issues"][0]["waits_for"]] for row in waiting)
    assert ill.get(FEED, params={"fold": "false"}).json()["total"] == 4
    assert ill.get(FEED, params={"sort": "frees"}).json()["items"][0]["source_id"] == "I-1"
    assert ill.get(FEED, params={"sort": "alphabet"}).status_code == 422
    assert ill.get(f"{FEED}.csv").text.count("\n") == 5
    assert ill.get(f"{FEED}.csv", params={"fold": "true"}).text.count("\n") == 3


def test_an_issue_is_snoozed_waived_solved_and_opened_again(ill: Client) -> None:
    issue = issue_of(ill, "L-1")["id"]
    for body, state in (
        ({"state": "snoozed", "until": "2026-11-30"}, "snoozed"),
        ({"state": "waived", "until": "2027-06-30", "reason": "Left soon"}, "waived"),
        ({"state": "resolved"}, "resolved"),
        ({"state": "open"}, "open"),
    ):
        answer = settle(ill, issue, **body)
        assert (answer.status_code, answer.json()["issue"]["state"]) == (200, state)
    history = ill.get(f"{FEED}/{issue}").json()["history"]
    assert [one["after"] for one in history] == ["open", "resolved", "waived", "snoozed", "new"]
    assert history[2]["reason"] == "Left soon"
    assert all(one["by"] for one in history[:4])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"state": "snoozed"}, 409, "The snooze has no end."),
        ({"state": "snoozed", "until": "2026-11-21"}, 409, "That day is past."),
        ({"state": "waived", "until": "2027-06-30"}, 409, "The waiver has no reason."),
        ({"state": "open"}, 409, "This issue is open already."),
        ({"state": "gone"}, 422, "not of the shape"),
        ({"state": "snoozed", "until": "tomorrow"}, 422, "not of the shape"),
        ({"state": "snoozed", "until": "2026-11-30", "by": "me"}, 422, "not of the shape"),
        ({"state": "resolved", "reason": "x" * 501}, 422, "not of the shape"),
    ],
)
def test_what_cannot_be_done_is_a_problem_that_says_why(ill: Client, body: Any, status: int, said: str) -> None:
    answer = settle(ill, issue_of(ill, "L-1")["id"], **body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_only_a_key_with_the_scope_settles_and_its_label_is_told(
    ill: Client, make_key: MakeKey, service: Service
) -> None:
    issue = issue_of(ill, "L-1")["id"]
    reader = Client(ill.app, authorization=f"Bearer {make_key(scopes=('read',))}")
    assert settle(reader, issue, state="resolved").json()["title"] == "The API key may not do this"
    assert settle(ill, "nothing", state="resolved").status_code == 404
    assert service.issue("acme", issue).issue.state == "new"


def test_the_history_tells_the_day_and_what_changed(ill: Client) -> None:
    ill.push([{**INES, "email": "ines@example.org"}, *ILL[1:]])
    page = ill.get("/v1/customers/acme/history", params={"day": "2026-11-21", "kind": "learner"}).json()
    first = page["items"][0]
    assert (first["source_id"], first["direction"]) == ("L-1", "downward")
    assert {"what": "field", "subject": "email", "after": "ines@example.org"}.items() <= next(
        one for one in first["happenings"] if one["what"] == "field"
    ).items()
    solved = next(one for one in first["happenings"] if one["what"] == "issue")
    assert solved["corrected"] == [
        {"kind": "learner", "source_id": "L-1", "field": "email", "after": "ines@example.org"}
    ]
    assert ill.get("/v1/customers/acme/history", params={"day": "2026-11-20"}).json()["items"] == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_are_days_too(ill: Client, browser: Client, day: str) -> None:
    assert ill.get("/v1/customers/acme/history", params={"day": day}).json()["items"] == []
    assert browser.get("/customers/acme/history", params={"day": day}).status_code == 200
    settled = settle(ill, issue_of(ill, "L-1")["id"], state="waived", reason="Left", until=day)
    assert settled.status_code == (200 if day.startswith("9") else 409)


def test_what_is_accepted_until_the_last_day_of_the_calendar_is_shown_so(ill: Client, browser: Client) -> None:
    issue = issue_of(ill, "L-1")["id"]
    settle(ill, issue, state="waived", reason="Left", until="9999-12-31")
    assert "Accepted until 31 December 9999." in browser.get(f"/customers/acme/issues/{issue}").text


@pytest.mark.parametrize(
    ("name", "value"), [("day", "0"), ("day", "2026-02-30"), ("cursor", "zz"), ("limit", "501"), ("kind", "dragon")]
)
def test_a_parameter_that_is_not_as_the_document_says_is_named(ill: Client, name: str, value: str) -> None:
    answer = ill.get("/v1/customers/acme/history", params={name: value})
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["errors"]] == [name]


def test_what_has_no_source_is_listed(ill: Client) -> None:
    account = {"kind": "account", "source_id": "A-9", "created_by": "administrator", "first_name": "Odile"}
    ill.push([account], direction="upward")
    (one,) = ill.get("/v1/customers/acme/unsourced").json()["items"]
    assert (one["source_id"], one["why"]) == ("A-9", "made_by_hand")


# Pages


@pytest.fixture
def browser(service: Service) -> Client:
    made = Client(create_app(service, demo=True), **{"accept": "text/html", "accept-language": "en"})
    assert made.push(ILL).status_code == 201
    return made


def form(client: Client, issue: str, **fields: str) -> Any:
    return client.post(f"/customers/acme/issues/{issue}", data=fields)


def test_the_feed_says_how_many_wait_and_leads_to_them(browser: Client) -> None:
    page = browser.get("/customers/acme?sort=frees").text
    assert "1 learner waits for this" in page
    assert "1 session waits for this" in page
    assert "2 more records only wait for these" in page
    assert "Gestion des stocks" not in page
    issue = issue_of(browser, "I-1")["id"]
    listed = browser.get(f"/customers/acme?waits_for={issue}").text
    assert "Gestion des stocks" in listed
    assert "Only what waits for" in listed
    assert "First to be mended:" in listed


def test_what_presses_is_said_to_and_what_was_missed_is_no_deadline(browser: Client, service: Service) -> None:
    page = browser.get("/customers/acme").text
    assert ("Matters from" in page, "Too late for" in page) == (True, False)
    service.clock = lambda: NOON + timedelta(days=3)
    page = browser.get("/customers/acme").text
    assert ("Matters from" in page, "Too late for" in page) == (False, True)


def test_an_issue_is_settled_by_form_and_says_so(browser: Client) -> None:
    issue = issue_of(browser, "I-1")["id"]
    page = browser.get(f"/customers/acme/issues/{issue}").text
    for words in ("What waits for this", "Gestion des stocks", "Snooze", "Accept as it is", "Mark as solved"):
        assert words in page
    answer = form(browser, issue, act="snooze", until="2026-11-30", reason="Back on Monday")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/acme/issues/{issue}")
    page = browser.get(f"/customers/acme/issues/{issue}").text
    assert "Shows again on 30 November 2026." in page
    assert "Reason: Back on Monday." in page
    # It is off the list, and what waited for it stands there by itself.
    assert "Gestion des stocks" in browser.get("/customers/acme").text
    assert "1 snoozed" in browser.get("/customers/acme").text
    assert form(browser, issue, act="open").status_code == 303
    assert "Put back in the list" in browser.get(f"/customers/acme/issues/{issue}").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"act": "snooze"}, "Give the day"),
        ({"act": "snooze", "until": "Monday"}, "That is not a day."),
        ({"act": "waive", "until": "2027-06-30"}, "Say why it is accepted"),
        ({"act": "waive", "until": "2020-06-30", "reason": "Known"}, "That day is over"),
    ],
)
def test_a_form_that_cannot_be_done_is_shown_again_with_what_was_written(
    browser: Client, fields: dict[str, str], said: str
) -> None:
    answer = form(browser, issue_of(browser, "L-1")["id"], **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'role="alert"' in answer.text
    assert '<details class="act" open>' in answer.text
    if "reason" in fields:
        assert f'value="{fields["reason"]}"' in answer.text


def test_another_site_settles_nothing(browser: Client) -> None:
    issue = issue_of(browser, "L-1")["id"]
    answer = browser.post(
        f"/customers/acme/issues/{issue}", data={"act": "resolve"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert issue_of(browser, "L-1")["state"] == "new"
    assert form(browser, issue, act="delete").status_code == 422


def test_a_reader_without_the_scope_sees_no_forms_and_can_send_none(service: Service, make_key: MakeKey) -> None:
    app = create_app(service)
    Client(app, authorization=f"Bearer {make_key()}").push(ILL)
    for scopes, may in ((("read",), False), (("read", "issues"), True)):
        key = make_key(scopes=scopes)
        reader = Client(app, **{"accept": "text/html", "accept-language": "en"})
        reader.post("/sign-in", data={"key": key})
        issue = issue_of(Client(app, authorization=f"Bearer {key}"), "L-1")["id"]
        assert ("Mark as solved" in reader.get(f"/customers/acme/issues/{issue}").text) is may
        assert form(reader, issue, act="snooze", until="2026-11-30").status_code == (303 if may else 403)


def test_the_page_of_changes_unfolds_each_record_by_day(browser: Client) -> None:
    browser.push([{**INES, "email": "ines@example.org"}, *ILL[1:]])
    page = browser.get("/customers/acme/history").text
    assert "21 November 2026" in page
    assert "now ines@example.org" in page
    assert "Solved, it was corrected" in page
    assert page.count("<details") == len(re.findall(r'<details class="entry">', page))
    assert "No exchange took place" in browser.get("/customers/acme/history?day=2026-11-20").text
    assert "Nothing has been received yet" in browser.get("/customers/harbour/history").text
    assert browser.get("/customers/acme/history?day=yesterday&kind=dragon").status_code == 422


def test_a_record_that_is_synced_says_what_the_platform_would_see(browser: Client) -> None:
    account = {
        "kind": "account",
        "source_id": "A-2",
        "source_kind": "learner",
        "source_ref": "L-2",
        "role": "learner",
        "email": "omar@example.org",
        "first_name": "Omar",
        "last_name": "Sondergard",
    }
    browser.push([*ILL, account])
    page = browser.get("/customers/acme/records/learner/L-2").text
    assert "On Edusign it would change: last name." in page
    assert browser.get("/v1/customers/acme/records/learner/L-2").json()["answer"]["effect"] == {
        "what": "update",
        "fields": ["last_name"],
        "target": "A-2",
    }


def test_the_page_of_what_has_no_source_says_that_nothing_is_deleted(browser: Client) -> None:
    assert "Nothing can be compared yet" in browser.get("/customers/acme/unsourced").text
    browser.push(
        [{"kind": "account", "source_id": "A-9", "created_by": "user", "first_name": "Zoé"}], direction="upward"
    )
    page = browser.get("/customers/acme/unsourced").text
    assert "Made on the platform itself" in page
    assert "it deletes nothing" in page
