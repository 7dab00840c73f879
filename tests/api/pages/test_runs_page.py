"""The page of runs: what a run noted of how its systems had to be read, and what it could not read."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from msgspec.structs import replace

from api.app import create_app
from engine.records.kinds import Instructor, Session
from runs.model.errors import FetchFailed
from runs.service import Service
from tests.api.conftest import EVERYTHING, Client, MakeKey

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


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "1 known record that it did not receive was decided again, since what it depends on has changed."),
        ("fr", "1 fiche connue, non reçue cette fois, a été décidée de nouveau, car ce dont elle dépend a changé."),
    ],
)
def test_what_was_decided_again_without_being_received_is_told(
    demo: Client, service: Service, language: str, said: str
) -> None:
    ada = Instructor(source_id="Z-1", first_name="Ada", last_name="Lund", email="ada@example.org")
    start = service.clock() + timedelta(days=1)
    taught = Session(
        source_id="Z-2",
        name="Algebra",
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        instructor_ids=("Z-1",),
        created_at=start - timedelta(days=30),
    )
    service.push("acme", [ada, taught], False)
    done = service.push("acme", [replace(ada, email=None)], False, as_of=service.clock() + timedelta(minutes=1))
    assert done.again == {"session": 1}
    demo.headers["accept-language"] = language
    assert said in plain(demo.get("/customers/acme/runs").text)


def test_a_program_that_asked_is_not_told_for_a_person(app: FastAPI, service: Service, make_key: MakeKey) -> None:
    key = make_key()
    assert Client(app, authorization=f"Bearer {key}").push(EVERYTHING).status_code == 201
    browser = Client(create_app(service, demo=True), **{"accept": "text/html", "accept-language": "en"})
    page = browser.get("/customers/acme/runs").text
    assert re.search(r"asked for by a program \(key [0-9a-f]{12}\)", page)
