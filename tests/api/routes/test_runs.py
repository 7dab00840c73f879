"""Pushed runs over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.conftest import EVERYTHING, INES, NOON, OMAR, Client, ndjson


def test_a_pushed_run_answers_its_summary_and_where_it_is(api: Client) -> None:
    answer = api.push(EVERYTHING)
    assert answer.status_code == 201
    run = answer.json()
    assert answer.headers["location"] == f"/v1/customers/acme/runs/{run['id']}"
    assert run["status"] == "completed_with_issues"
    assert run["received"] == 5
    assert run["counts"]["learner"] == {
        "received": 2,
        "synced": 1,
        "later": 0,
        "left_out": 0,
        "to_fix": 1,
        "waiting": 0,
        "related": 0,
    }
    assert run["issues"]["new"] == 1
    assert api.get(answer.headers["location"]).json() == run


def test_a_second_run_doubles_no_issue_and_a_mended_record_closes_its_own(pushed: Client) -> None:
    assert pushed.push(EVERYTHING).json()["issues"]["new"] == 0
    assert pushed.get("/v1/customers/acme/issues").json()["total"] == 1
    mended = [{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]]
    assert pushed.push(mended).json()["issues"]["resolved"] == 1
    assert pushed.get("/v1/customers/acme/issues").json()["total"] == 0


def test_runs_are_listed_newest_first_a_page_at_a_time(pushed: Client) -> None:
    pushed.push([OMAR], complete="false")
    first = pushed.get("/v1/customers/acme/runs", params={"limit": 1}).json()
    assert [run["id"] for run in first["items"]] == [2]
    assert first["total"] == 2
    second = pushed.get("/v1/customers/acme/runs", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [run["id"] for run in second["items"]] == [1]
    assert second["next_cursor"] is None


def test_an_upward_run_takes_sheets(api: Client) -> None:
    sheet = {"kind": "sheet", "source_id": "P-1", "name": "Anglais", "created_by": "api", "archived": True}
    answer = api.push([sheet], direction="upward", complete="false")
    assert answer.status_code == 201
    assert answer.json()["counts"]["sheet"]["received"] == 1


def test_a_bad_line_is_an_issue_and_spoils_no_other(api: Client) -> None:
    lines = ndjson([INES]) + b'\n{"kind": "learner", "source_id": "L-9", "status": 3}\nnot json\n' + ndjson([OMAR])
    answer = api.post(
        "/v1/customers/acme/runs",
        params={"complete": "true"},
        content=lines,
        headers={"content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 201
    assert answer.json()["received"] == 4
    assert answer.json()["by_rule"]["record.invalid"] == 2


@pytest.mark.parametrize(
    ("query", "content", "kind", "status", "code"),
    [
        ({}, b"", "application/x-ndjson", 422, "invalid-request"),
        ({"complete": "perhaps"}, b"", "application/x-ndjson", 422, "invalid-request"),
        ({"complete": "true", "direction": "sideways"}, b"", "application/x-ndjson", 422, "invalid-request"),
        ({"complete": "true"}, b"{}", "application/json", 415, "unsupported-content"),
        ({"complete": "true"}, b"{}\n" * 20_000, "application/x-ndjson", 413, "body-too-large"),
        ({"complete": "true"}, b" " * 6_000, "application/x-ndjson", 413, "body-too-large"),
    ],
)
def test_a_push_that_cannot_be_a_run_leaves_none(
    api: Client, query: dict[str, str], content: bytes, kind: str, status: int, code: str
) -> None:
    answer = api.post("/v1/customers/acme/runs", params=query, content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:muster:problem:{code}")
    finished = [run for run in api.get("/v1/customers/acme/runs").json()["items"] if run["status"] != "failed"]
    assert finished == []


def test_a_run_that_is_not_there_is_an_unknown_run(pushed: Client) -> None:
    assert pushed.get("/v1/customers/acme/runs/99").json()["type"] == "urn:muster:problem:unknown-run"
    assert pushed.get("/v1/customers/acme/runs/x").status_code == 422


def test_a_second_run_at_once_is_told_to_wait(api: Client, service: object) -> None:
    """The first run is held open inside its own stream of records, as a slow one would be."""
    told = []

    def items() -> object:
        told.append(api.push(EVERYTHING))
        yield from ()

    service.push("acme", items(), complete=False)  # type: ignore[attr-defined]
    (answer,) = told
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:muster:problem:busy"
    assert answer.headers["retry-after"]


def test_a_run_for_a_moment_to_come_is_refused_for_it_would_end_every_issue(pushed: Client) -> None:
    refused = pushed.push(EVERYTHING, as_of=(NOON + timedelta(days=2)).isoformat())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "as_of"
    assert pushed.get("/v1/customers/acme/issues").json()["total"] == 1
    # A clock that goes before ours, or an offset that was forgotten.
    assert pushed.push(EVERYTHING, as_of=(NOON + timedelta(hours=2)).isoformat()).status_code == 201


def test_what_is_not_there_to_filter_by_is_called_by_its_name(api: Client) -> None:
    said = api.get("/v1/customers/acme/issues?waits_for=none").json()["detail"]
    assert said == "There is no issue of that name here. Correct it."
