"""The page of runs: what a run noted of how its systems had to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from runs.service import Service
from tests.api.conftest import Client

NOTED = "learners.csv is not UTF-8; it was read as Windows-1252."


@pytest.mark.parametrize(("language", "heading"), [("en", "What to know of how it was read:"), ("fr", "À savoir")])
def test_what_a_run_noted_is_on_the_page_and_in_the_answer(
    demo: Client, service: Service, tmp_path: Path, language: str, heading: str
) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes("source_id,first_name,last_name,email\nL-1,Zoé,Barou,zoe@example.org\n".encode("cp1252"))
    service.run("acme", from_path=path)
    demo.headers["accept-language"] = language
    page = demo.get("/customers/acme/runs").text
    assert heading in page
    assert NOTED in page
    assert demo.get("/v1/customers/acme/runs").json()["items"][0]["notes"][0].startswith(NOTED)
