"""The page of runs: what a run noted of how its systems had to be read, and what it could not read."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from runs.model.errors import FetchFailed
from runs.service import Service
from tests.api.conftest import Client

NOTED = "learners.csv is not UTF-8; it was read as Windows-1252."


def plain(page: str) -> str:
    return html.unescape(page).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "heading", "noted"),
    [
        ("en", "What to know of how it was read:", NOTED),
        ("fr", "À savoir", "learners.csv n’est pas en UTF-8 ; il a été lu en Windows-1252."),
    ],
)
def test_what_a_run_noted_is_on_the_page_and_in_the_answer(
    demo: Client, service: Service, tmp_path: Path, language: str, heading: str, noted: str
) -> None:
    path = tmp_path / "learners.csv"
    path.write_bytes("source_id,first_name,last_name,email\nL-1,Zoé,Barou,zoe@example.org\n".encode("cp1252"))
    service.run("acme", from_path=path)
    demo.headers["accept-language"] = language
    page = plain(demo.get("/customers/acme/runs").text)
    assert heading in page
    assert noted in page
    run = demo.get("/v1/customers/acme/runs").json()["items"][0]
    assert run["notes"][0].startswith(NOTED)
    assert run["remarks"] == [{"code": "read_as_windows_1252", "values": {"file": "learners.csv"}}]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the file of records, learners.ndjson: it holds no records. Nothing was changed; send it again."),
        ("fr", "le fichier de fiches, learners.ndjson : il ne contient aucune fiche. Rien n’a été modifié ; envoyez"),
    ],
)
def test_what_failed_is_on_the_page_in_the_readers_language(
    demo: Client, service: Service, tmp_path: Path, language: str, said: str
) -> None:
    path = tmp_path / "learners.ndjson"
    path.write_bytes(b"")
    with pytest.raises(FetchFailed):
        service.run("acme", from_path=path)
    demo.headers["accept-language"] = language
    assert said in plain(demo.get("/customers/acme/runs").text)
    run = demo.get("/v1/customers/acme/runs").json()["items"][0]
    assert run["recovery"] == "a person must act"
    assert [failure["code"] for failure in run["failures"]] == ["no_records"]
