"""Classify over HTTP."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import EVERYTHING, INES, NOON, ODILE, OMAR, STOCKS, Client, ndjson


def test_a_batch_is_decided_in_its_order(api: Client) -> None:
    answer = api.classify([INES, ODILE, OMAR, STOCKS], language="en")
    assert answer.status_code == 200
    found = answer.json()
    assert [(one["kind"], one["source_id"], one["verdict"], one["rule"]) for one in found["decisions"]] == [
        ("learner", "L-1", "flag", "learner.email_missing"),
        ("instructor", "I-1", "sync", None),
        ("learner", "L-2", "sync", None),
        ("session", "S-1", "sync", None),
    ]
    assert found["as_of"] == "2026-11-21T11:00:00Z"
    assert (found["last_sync"], found["run_id"]) == (None, None)
    assert found["rulebook_version"]


def test_a_flagged_record_is_told_what_to_do_and_where(api: Client) -> None:
    one = api.classify([INES, ODILE, STOCKS], language="en").json()["decisions"][0]
    assert "Inès Marchal" in one["problem"]
    assert "Ypareo" in one["fix"]
    assert one["fix_in"] == "source"


def test_one_bad_record_spoils_only_itself(api: Client) -> None:
    bad = [
        {"kind": "learner"},
        json.loads("[" * 500 + "]" * 500),
        {"kind": "dragon", "source_id": "D"},
        {**OMAR, "status": "soon"},
        None,
        [],
    ]
    answer = api.classify([INES, *bad, ODILE, STOCKS])
    assert answer.status_code == 200
    decisions = answer.json()["decisions"]
    assert len(decisions) == 9
    assert decisions[0]["rule"] == "learner.email_missing"
    assert [one["rule"] for one in decisions[1:7]] == ["record.invalid"] * 6
    assert all(one["invalid"] and one["errors"] for one in decisions[1:7])
    assert [one["verdict"] for one in decisions[7:]] == ["sync", "flag"], "the session waits for Inès"


def test_ndjson_is_decided_as_json_is(api: Client) -> None:
    as_json = api.classify(EVERYTHING, language="en").json()
    as_lines = api.post(
        "/v1/customers/acme/classify",
        params={"as_of": NOON.isoformat(), "language": "en"},
        content=b"\n" + ndjson(EVERYTHING) + b"\r\n\n",
        headers={"content-type": "application/x-ndjson; charset=utf-8"},
    )
    assert as_lines.json() == as_json


def test_relations_see_the_last_known_records_and_nothing_is_stored(pushed: Client) -> None:
    known = pushed.classify([STOCKS]).json()
    assert known["decisions"][0]["verdict"] == "sync"
    assert known["run_id"] == 1
    before = pushed.get("/v1/customers/acme/issues").json()
    pushed.classify([{**OMAR, "email": None}])
    assert pushed.get("/v1/customers/acme/issues").json() == before


@pytest.mark.parametrize(
    ("accept", "asked", "language"),
    [
        (None, None, "fr"),
        ("en-GB,en;q=0.9,fr;q=0.5", None, "en"),
        ("tlh;q=1, fr;q=0.4", None, "fr"),
        ("en", "fr", "fr"),
        ("fr", "en", "en"),
        ("nonsense;;q=x", None, "fr"),
    ],
)
def test_messages_come_in_the_readers_language(
    api: Client, accept: str | None, asked: str | None, language: str
) -> None:
    if accept:
        api.headers["accept-language"] = accept
    answer = api.classify([INES], **({"language": asked} if asked else {}))
    assert answer.headers["content-language"] == language
    assert answer.json()["language"] == language


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-body"),
        (b"{", 400, "malformed-body"),
        (b'{"records": [\xff]}', 400, "malformed-body"),
        (b'{"records": [' + b"[" * 19_000, 400, "malformed-body"),
        (b"[]", 422, "invalid-request"),
        (b"{}", 422, "invalid-request"),
        (b'{"records": 1}', 422, "invalid-request"),
        (b'{"records": [], "name": 1}', 422, "invalid-request"),
        (b'{"records": [], "as_of": "2026-11-21T12:00:00"}', 422, "invalid-request"),
        (b'{"records": [], "as_of": "soon"}', 422, "invalid-request"),
        (json.dumps({"records": [1] * 21}).encode(), 413, "too-many-records"),
        (b" " * 20_001, 413, "body-too-large"),
    ],
)
def test_a_body_that_cannot_be_decided_says_why(api: Client, body: bytes, status: int, code: str) -> None:
    answer = api.post("/v1/customers/acme/classify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:muster:problem:{code}"
    assert answer.json()["detail"]


@pytest.mark.parametrize("body", [[INES], {"record": [INES]}, {"records": [INES], "moment": "soon"}])
def test_a_body_of_another_shape_is_told_what_is_wanted(api: Client, body: object) -> None:
    answer = api.post("/v1/customers/acme/classify", json=body)
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "#"
    assert fault["detail"].endswith("; wanted: an object with `records`, `language`, `as_of`")
    assert "soon" not in answer.text


def test_a_body_whose_length_is_not_told_is_still_limited(api: Client) -> None:
    async def endless() -> object:
        for _ in range(100):
            yield b" " * 1000

    answer = api.post("/v1/customers/acme/classify", content=endless(), headers={"content-type": "application/json"})
    assert answer.json()["type"] == "urn:muster:problem:body-too-large"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/csv"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_a_body_in_another_form_is_refused(api: Client, headers: dict[str, str]) -> None:
    answer = api.post("/v1/customers/acme/classify", content=b"{}", headers=headers)
    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:muster:problem:unsupported-content"


def test_an_empty_batch_is_an_empty_answer(api: Client) -> None:
    assert api.classify([]).json()["decisions"] == []


def test_broken_rule_files_that_never_were_good_are_said_so(api: Client, rules: object) -> None:
    (rules / "customers" / "wreck.yaml").write_text("name: [", "utf-8")  # type: ignore[operator]
    answer = api.classify([INES], customer="wreck")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:muster:problem:rules-broken"


@pytest.mark.parametrize(
    "as_of",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "1764500000",
    ],
)
def test_a_moment_out_of_our_time_is_refused_everywhere(api: Client, as_of: str) -> None:
    assert api.classify([INES], as_of=as_of).status_code == 422
    assert api.push([INES], as_of=as_of).status_code == 422
    sheets = {"sheets": [{"sheet_id": "F-1", "uploaded_at": as_of}]}
    assert api.post("/v1/customers/acme/sheets/uploaded", json=sheets).status_code == 422
    answer = api.get("/v1/customers/acme/issues", params={"changed_since": as_of})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "changed_since"
    assert as_of not in answer.text


@pytest.mark.parametrize("as_of", ["1970-01-01T00:00:00+14:00", "2199-12-31 23:59:59.5-14:00", "2026-11-21t12:00:00z"])
def test_a_moment_of_our_time_is_taken_everywhere(api: Client, as_of: str) -> None:
    assert api.classify([INES], as_of=as_of).status_code == 200
    assert api.get("/v1/customers/acme/issues", params={"changed_since": as_of}).status_code == 200


def test_what_was_sent_wrong_is_not_repeated(pushed: Client) -> None:
    (row,) = pushed.get("/v1/customers/acme/issues").json()["items"]
    for body in ({"state": "Marie Dupont"}, {"state": "open", "Marie Dupont": 1}):
        answer = pushed.post(f"/v1/customers/acme/issues/{row['issues'][0]['id']}/state", json=body)
        assert answer.status_code == 422
        assert "Marie" not in answer.text
