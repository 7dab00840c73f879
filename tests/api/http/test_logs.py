"""Logs without names."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

from tests.api.conftest import EVERYTHING, NAMES, Client


def test_no_log_holds_a_name_an_id_a_path_or_a_query(api: Client, app: FastAPI, log: list[Any], capfd: Any) -> None:
    api.push(EVERYTHING)
    api.classify([*EVERYTHING, {"kind": "learner", "source_id": "L-77", "email": 3, "last_name": "Marchal"}])
    for address in ("issues?rule=learner.email_missing", "records/learner/L-1", "records/learner/Marchal", "runs", "x"):
        api.get(f"/v1/customers/acme/{address}")
    api.post("/v1/customers/acme/issues/search", json={"search": "Marchal"})
    api.get("/v1/customers/acme/issues", params={"kind": "Marchal"})
    api.get("/Marchal")
    browser = Client(app, accept="text/html")
    browser.get("/customers/acme/records/learner/Marchal")
    written = json.dumps(log, ensure_ascii=False) + "".join(capfd.readouterr())
    for word in (*NAMES, "L-1", "L-77", "acme", "muster_", "?"):
        assert word not in written
    requests = [entry for entry in log if entry["event"] == "request"]
    assert len(requests) == 11
    assert requests[0]["route"] == "/v1/customers/{customer}/runs"
    assert requests[-2]["route"] == "-"
    assert set(requests[0]) == {"event", "log_level", "method", "route", "status", "bytes", "milliseconds"}
