"""The page of what is to be entered: what it lists, what one says there, and what it says when it lists nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.http.auth import COOKIE
from engine.records.limits import LONGEST_REFUSAL
from runs.model.errors import FetchFailed
from runs.service import Service
from tests.api.conftest import ACME, EVERYTHING, INES, NOON, ODILE, OMAR, Client, MakeKey

PAGE = "/customers/acme/sheets"
SHEET = {
    "kind": "sheet",
    "source_id": "F-1",
    "source_ref": "S-90",
    "name": "Anglais",
    "created_by": "api",
    "starts_at": "2026-11-10T09:00:00+01:00",
    "ends_at": "2026-11-10T12:00:00+01:00",
    "archived": True,
    "first_archived_at": "2026-11-10T12:00:00Z",
    "times_archived": 1,
    "learner_refs": ["L-1", "L-2"],
    "instructor_refs": ["I-1"],
}


def mark(kind: str, ref: str, state: str, sheet: str = "F-1", **more: object) -> dict[str, object]:
    told = {"kind": "mark", "source_id": f"{sheet}:{ref}", "sheet_id": sheet, "person_kind": kind, "person_ref": ref}
    return told | {"state": state} | more


MARKS = [
    mark("learner", "L-1", "late", minutes_late=12, comment="train <late>"),
    mark("instructor", "I-1", "present"),
    mark("learner", "stu_9", "present"),
]


def held(source_id: str) -> dict[str, object]:
    """The session that a sheet was made from."""
    times = {name: SHEET[name] for name in ("name", "starts_at", "ends_at")}
    who = {"instructor_ids": ["I-1"], "learner_ids": ["L-1", "L-2"]}
    return {"kind": "session", "source_id": source_id} | times | who


@pytest.fixture
def waiting(demo: Client) -> Client:
    """A browser, with two sheets that wait to be entered."""
    people = [INES | {"email": "ines@example.org"}, OMAR, ODILE]
    assert demo.push([*people, *EVERYTHING[3:], *map(held, ("S-90", "S-91"))]).status_code == 201
    second = SHEET | {
        "source_id": "F/2",
        "source_ref": "S-91",
        "name": "Compta",
        "learner_refs": ["L-2"],
        "instructor_refs": [],
    }
    up = demo.push([SHEET, second, *MARKS, mark("learner", "L-2", "absent", "F/2", justified=True)], direction="upward")
    assert up.status_code == 201, up.text
    return demo


def text(answer: httpx.Response) -> str:
    """The page as it is read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def listed(browser: Client) -> list[str]:
    return [one["sheet_id"] for one in browser.get("/v1/customers/acme/sheets/to-upload").json()["items"]]


def test_each_sheet_stands_with_its_times_and_everybodys_attendance_in_words(waiting: Client) -> None:
    page = text(waiting.get(PAGE))
    for said in (
        "To enter in Ypareo",
        "2 sheets to enter",
        "Anglais Tue 10 Nov 2026, 09:00 until 12:00 · session S-90",
        "Inès Marchal Learner · L-1 present, 12 minutes late Remark: “train <late>”",
        "Omar Søndergård Learner · L-2 not known The sheet says neither present nor absent of Omar Søndergård",
        "Odile Brun Instructor · I-1 present",
        "stu_9 was put on the sheet by hand",
        "Omar Søndergård Learner · L-2 absent, justified",
    ):
        assert said in page
    french = text(waiting.get(PAGE, headers={"accept-language": "fr"}))
    assert "À saisir dans Ypareo" in french
    assert "présent, 12 minutes de retard" in french
    assert 'aria-current="page">To enter<' in waiting.get(PAGE).text


def test_what_was_entered_is_confirmed_one_by_one_or_together(waiting: Client) -> None:
    done = waiting.post(PAGE, data={"act": "entered", "sheet-1": "F/2"})
    assert (done.status_code, done.headers["location"]) == (303, PAGE)
    assert listed(waiting) == ["F-1"]
    # Saying it twice changes nothing.
    both = waiting.post(PAGE, data={"act": "entered", "sheet-1": "F/2", "sheet-2": "F-1"})
    assert both.status_code == 303
    page = text(waiting.get(PAGE))
    assert "Nothing to enter Of the sheets that were read, each one that goes up has been entered in Ypareo." in page


def test_a_refused_sheet_stays_with_its_reason_and_can_be_confirmed_later(waiting: Client) -> None:
    refusal = {"act": "refused", "sheet-1": "F-1", "reason": "The month is\r\n<closed>"}
    assert waiting.post(PAGE, data=refusal).status_code == 303
    page = waiting.get(PAGE)
    said = "Ypareo refused it on Sat 21 Nov 2026, 12:00, as told by demonstration: “The month is <closed>”."
    assert said in text(page)
    assert "<closed>" not in page.text
    (first, second) = waiting.get("/v1/customers/acme/sheets/to-upload").json()["items"]
    assert (first["refused"]["text"], second["refused"]) == ("The month is\n<closed>", None)
    assert "Ypareo has refused its attendance. As told by demonstration." in text(
        waiting.get("/customers/acme/records/sheet/F-1")
    )
    assert "The month is" in text(waiting.get("/customers/acme?kind=sheet"))
    assert waiting.post(PAGE, data={"act": "entered", "sheet-1": "F-1"}).status_code == 303
    assert listed(waiting) == ["F/2"]
    assert "The month is" not in text(waiting.get("/customers/acme?kind=sheet"))


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"act": "entered"}, 422, "No sheet was ticked"),
        ({"act": "refused", "sheet-1": "F-1", "reason": " "}, 422, "say why Ypareo refused it"),
        ({"act": "refused", "sheet-1": "F-1", "reason": "é" * (LONGEST_REFUSAL + 1)}, 422, "2,000 characters at most"),
        ({"act": "entered", "sheet-1": "F-404"}, 409, "Not all of it was noted"),
        ({"act": "shrug", "sheet-1": "F-1"}, 422, "This was not accepted"),
    ],
)
def test_what_cannot_be_noted_is_said_and_changes_nothing(
    waiting: Client, sent: dict[str, str], status: int, said: str
) -> None:
    answer = waiting.post(PAGE, data=sent)
    assert (answer.status_code, said in text(answer)) == (status, True)
    assert listed(waiting) == ["F-1", "F/2"]
    if status == 422 and "sheet-1" in sent and sent["act"] == "refused":
        assert 'value="F-1" checked' in answer.text


def test_the_longest_reason_is_taken_whatever_its_letters(waiting: Client) -> None:
    assert (
        waiting.post(PAGE, data={"act": "refused", "sheet-1": "F-1", "reason": "𝄞" * LONGEST_REFUSAL}).status_code
        == 303
    )
    assert waiting.post(PAGE, data={"act": "refused", "reason": "x" * 70_000}).status_code == 413


def test_another_site_says_nothing_here(waiting: Client) -> None:
    foreign = waiting.post(PAGE, data={"act": "entered", "sheet-1": "F-1"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert listed(waiting) == ["F-1", "F/2"]


def test_who_only_reads_sees_no_form_and_may_say_nothing(waiting: Client, service: Service, make_key: MakeKey) -> None:
    browser = Client(create_app(service), **{"accept": "text/html", "accept-language": "en"})
    browser.post("/sign-in", data={"key": make_key("acme", scopes=("read",))})
    assert browser.cookies[COOKIE]
    page = browser.get(PAGE)
    assert "2 sheets to enter" in text(page)
    assert 'name="act"' not in page.text
    assert browser.post(PAGE, data={"act": "entered", "sheet-1": "F-1"}).status_code == 403
    assert listed(waiting) == ["F-1", "F/2"]


def test_a_list_without_sheets_says_what_is_known(demo: Client) -> None:
    assert "No attendance has been read yet" in text(demo.get(PAGE))
    demo.push([], direction="upward")
    assert "No attendance sheet has been received" in text(demo.get(PAGE))
    demo.push([SHEET | {"archived": False, "first_archived_at": None, "times_archived": 0}], direction="upward")
    assert "Nothing to enter Of the sheets" in text(demo.get(PAGE))


def test_a_list_after_an_exchange_that_did_not_end_well_says_what_it_may_lack(
    demo: Client, service: Service, rules: Path
) -> None:
    planned = ACME.replace('["22:00"]', '["22:00"], upward: ["22:00"]')
    guards = "guards: {nothing_received: {then: hold, at_least: 1}}\n"
    (rules / "customers" / "acme.yaml").write_text(planned + guards, "utf-8")
    service.library._looked["acme"] = float("-inf")
    to_come = {"starts_at": "2026-11-23T09:00:00+01:00", "ends_at": "2026-11-23T12:00:00+01:00", "archived": False}
    assert demo.push([SHEET | to_come], direction="upward").status_code == 201
    service.clock = lambda: NOON + timedelta(days=2)
    assert "The exchange that reads attendance is overdue, so" in text(demo.get(PAGE))
    service.clock = lambda: NOON
    assert demo.push([], direction="upward").json()["status"] == "held"
    page = text(demo.get(PAGE))
    assert (
        "but not all is known The last exchange that reads attendance was stopped and waits for somebody’s word" in page
    )
    assert "Nothing to enter Of" not in page
    demo.post("/customers/acme/runs/3/held", data={"act": "reject"})
    assert "The last exchange that reads attendance was rejected, so" in text(demo.get(PAGE))
    with pytest.raises(FetchFailed):
        service.run("acme", "upward", from_path=rules / "none.ndjson")
    assert "The last exchange that reads attendance failed, so" in text(demo.get(PAGE))


def test_many_sheets_come_a_page_at_a_time(demo: Client) -> None:
    people = [INES | {"email": "ines@example.org"}, OMAR, ODILE]
    demo.push([*people, *EVERYTHING[3:], *[held(f"S-9{number}") for number in range(25)]])
    many = [
        SHEET | {"source_id": f"F-{number:02}", "source_ref": f"S-9{number}", "name": f"Name{number:02}"}
        for number in range(25)
    ]
    demo.push(many, direction="upward")
    first = demo.get(PAGE).text
    cursor = re.search(r'name="cursor" value="([^"]+)"', first)
    assert cursor
    second = demo.get(f"{PAGE}?cursor={cursor[1]}").text
    shown = [re.findall(r"<h3><a [^>]+>(Name\d\d)</a>", page) for page in (first, second)]
    assert [len(names) for names in shown] == [20, 5]
    assert not set(shown[0]) & set(shown[1])
    fault = demo.post(PAGE, data={"act": "entered", "cursor": cursor[1]})
    assert re.findall(r"<h3><a [^>]+>(Name\d\d)</a>", fault.text) == shown[1]
    everything = {f"sheet-{number}": f"F-{number:02}" for number in range(20)}
    assert demo.post(PAGE, data=everything | {"act": "entered", "cursor": ""}).status_code == 303
    assert listed(demo) == [f"F-{number:02}" for number in range(20, 25)]
