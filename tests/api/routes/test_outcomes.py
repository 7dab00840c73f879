"""Outcomes over HTTP: a batch in, an answer to each, and a refusal in the feed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from api.http.limits import Limits
from tests.api.conftest import ODILE, OMAR, STOCKS, Client, MakeKey

OUTCOMES = "/v1/customers/acme/outcomes"
REFUSED = {"kind": "learner", "source_id": "L-2", "outcome": "refused", "code": "E42", "text": "Omar is not wanted"}


@pytest.fixture
def synced(api: Client) -> Client:
    """After a run that synced one learner."""
    assert api.push([OMAR, ODILE, STOCKS], complete="false").status_code == 201
    return api


def test_each_is_answered_and_a_bad_one_spoils_nothing(synced: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"outcomes": [REFUSED, {"kind": "room"}, 7, REFUSED | {"source_id": "L-9"}]}
    answer = synced.post(OUTCOMES, json=body)
    assert answer.status_code == 200
    assert [one["said"] for one in answer.json()["outcomes"]] == ["noted", "invalid", "invalid", "unknown"]
    assert answer.json()["counts"] == {"noted": 1, "already": 0, "older": 0, "unknown": 1, "invalid": 2}
    (row,) = synced.get("/v1/customers/acme/issues", params={"rule": "record.refused"}).json()["items"]
    assert (row["verdict"], row["issues"][0]["rule"]) == ("sync", "record.refused")
    assert "Omar is not wanted" in row["issues"][0]["problem"]
    assert "not wanted" not in caplog.text
    csv = synced.get("/v1/customers/acme/issues.csv").text
    assert "record.refused" in csv
    record = synced.get("/v1/customers/acme/records/learner/L-2").json()
    assert [one["rule"] for one in record["answer"]["also"]] == ["record.refused"]


def test_lines_are_taken_too_and_again_changes_nothing(synced: Client) -> None:
    line = b'{"kind":"learner","source_id":"L-2","outcome":"created","at":"2026-11-21T11:00:00Z"}\n\n'
    ways: dict[str, Any] = {"content": line, "headers": {"content-type": "application/x-ndjson"}}
    assert [synced.post(OUTCOMES, **ways).json()["outcomes"][0]["said"] for _ in range(2)] == ["noted", "already"]


def test_too_many_and_another_shape_are_refused(synced: Client) -> None:
    many = {"outcomes": [REFUSED] * (Limits().batch_records + 1)}
    assert synced.post(OUTCOMES, json=many).status_code == 413
    assert synced.post(OUTCOMES, json={"sheets": []}).status_code == 422
    assert synced.post(OUTCOMES, content=b"{", headers={"content-type": "application/json"}).status_code == 400


def test_a_key_that_only_reads_tells_nothing(synced: Client, make_key: MakeKey) -> None:
    reader = Client(synced.app, authorization="Bearer " + make_key("acme", scopes=("read",)))
    assert reader.post(OUTCOMES, json={"outcomes": [REFUSED]}).status_code == 403
