"""Serving for real: uvicorn on a socket, with its own loop and parser."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import EVERYTHING, NAMES, ndjson

PROGRAM = """
import sys
from pathlib import Path
from api.app import create_app
from api.serve import serve
from connectors.registry import catalogue
from engine.rulefiles.library import Library
from engine.language.renderer import Messages
from runs.service import Service
from store.base.database import Database
database = Database.open(sys.argv[1])
database.upgrade()
service = Service(database, Library(Path(sys.argv[2]), catalogue()), catalogue(), Messages(), environ={})
serve(create_app(service, demo=True), port=int(sys.argv[3]))
"""


@pytest.fixture
def server(tmp_path: Path, rules: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path / 'served.db'}", str(rules), str(port)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, env=environ) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(1_800):
            try:
                httpx.get(f"{address}/livez")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                break
        yield address, process
        if process.poll() is None:
            process.kill()


def test_a_server_answers_logs_without_names_and_ends_when_asked(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    address, process = server
    pushed = httpx.post(
        f"{address}/v1/customers/acme/runs",
        params={"complete": "true", "as_of": "2026-11-21T12:00:00+01:00"},
        content=ndjson(EVERYTHING),
        headers={"content-type": "application/x-ndjson"},
    )
    assert pushed.status_code == 201
    answer = httpx.get(f"{address}/customers/acme", headers={"accept": "text/html", "accept-language": "en"})
    assert "Inès Marchal" in answer.text
    assert "server" not in answer.headers
    too_long = httpx.post(f"{address}/v1/customers/acme/classify", content=b" " * 17_000_000)
    assert too_long.status_code == 413
    assert too_long.json()["type"] == "urn:muster:problem:body-too-large"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    lines = [json.loads(line) for line in errors.decode().splitlines() if line.startswith("{")]
    assert [line["route"] for line in lines if line["event"] == "request"][-3:] == [
        "/v1/customers/{customer}/runs",
        "/customers/{customer}",
        "/v1/customers/{customer}/classify",
    ]
    for word in (*NAMES, "acme"):
        assert word not in errors.decode()
