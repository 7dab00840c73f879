"""Commands over a database: run, explain, key, db."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from engine.model.package_files import RULES
from tests.cli.conftest import Muster, Seeded

LEARNER = {"kind": "learner", "source_id": "8", "first_name": "Moussa", "last_name": "Diombassé", "training": "Year 9"}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'muster.db'}"
    monkeypatch.setenv("MUSTER_DATABASE_URL", url)
    return url


@pytest.fixture
def learner(tmp_path: Path) -> Path:
    path = tmp_path / "learners.ndjson"
    path.write_text(json.dumps(LEARNER | {"segment_keys": {"site_code": ["main"]}}), encoding="utf-8")
    return path


def test_a_new_database_is_made_and_then_up_to_date(muster: Muster, database: str) -> None:
    told = muster("db", "check")
    assert told.status == 1
    assert "muster db upgrade" in told.out
    assert muster("db", "upgrade").status == 0
    assert muster("db", "check").status == 0


def test_a_database_that_is_not_there_is_refused_and_not_made(muster: Muster, tmp_path: Path) -> None:
    for arguments in (("run", "norvane"), ("explain", "norvane", "learner", "7"), ("db", "check"), ("key", "list")):
        told = muster(*arguments)
        assert told.status == 1
        assert "Make one: muster db upgrade" in told.out + told.err
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_behind_is_refused(muster: Muster, database: str) -> None:
    Path(database.removeprefix("sqlite:///")).touch()
    told = muster("run", "norvane")
    assert (told.status, told.out) == (1, "")
    assert "Run: muster db upgrade" in told.err


def test_a_broken_rule_file_is_shown_with_its_line(
    muster: Muster, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules" / "customers").mkdir(parents=True)
    (tmp_path / "rules" / "customers" / "acme.yaml").write_text("name: Acme\nlanguage: xx\n", encoding="utf-8")
    monkeypatch.setenv("MUSTER_RULES", str(tmp_path / "rules"))
    muster("db", "upgrade")
    told = muster("run", "acme", "--from", tmp_path)
    assert told.status == 1
    assert "    2 | language: xx\n      |           ^^" in told.err


def test_an_address_of_another_database_is_wrong_use(muster: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", "mysql://root:hush@127.0.0.1/muster")
    told = muster("db", "check")
    assert told.status == 2
    assert "wanted SQLite or PostgreSQL" in told.err
    assert "hush" not in told.err


@pytest.mark.usefixtures("database")
def test_a_run_is_stored_and_a_second_does_not_double_its_issues(muster: Muster, learner: Path) -> None:
    muster("db", "upgrade")
    first = muster("run", "harbour", "--from", learner, "--as-of", "2026-11-20")
    assert first.status == 0
    assert [line.split() for line in first.out.splitlines()] == [
        ["kind", "received", "sync", "skip", "flag"],
        ["learner", "1", "0", "0", "1"],
    ]
    assert "1 new" in first.err
    second = json.loads(muster("run", "harbour", "--from", learner, "--as-of", "2026-11-21", "--format", "json").out)
    assert second["issues"]["new"] == 0
    assert second["issues"]["open"] == 1

    learner.write_text(json.dumps(json.loads(learner.read_text()) | {"email": "m.d@harbour.example.org"}))
    third = json.loads(muster("run", "harbour", "--from", learner, "--as-of", "2026-11-22", "--format", "json").out)
    assert third["issues"]["resolved"] == 1
    assert third["issues"]["open"] == 0


@pytest.mark.usefixtures("database")
def test_what_cannot_be_run_is_told_in_a_sentence(muster: Muster, tmp_path: Path) -> None:
    muster("db", "upgrade")
    for arguments, status, said in (
        (("acme",), 2, "Customers here: harbour, norvane"),
        (("norvane",), 2, "its records are pushed"),
        (("norvane", "--from", "nowhere.zip"), 2, "There is no file or folder nowhere.zip"),
        (("norvane", "--direction", "sideways"), 2, "sideways"),
    ):
        told = muster("run", *arguments)
        assert (told.status, told.out) == (status, "")
        assert said in told.err


def test_a_stored_record_is_explained(muster: Muster, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", seeded.url)
    flagged = next(row for row in seeded.service.issues("norvane").items if row.rule == "learner.email_missing")
    told = muster("explain", "norvane", "learner", flagged.source_id, "--language", "en")
    assert told.status == 0
    assert "flagged, by learner.email_missing" in told.out
    assert told.out.endswith("Out: it is not synced.\n")
    assert "First received 2026-11-" in told.err
    french = muster("explain", "norvane", "learner", flagged.source_id)
    assert "adresse e-mail" in french.out
    as_json = muster("explain", "norvane", "learner", flagged.source_id, "--format", "json")
    assert json.loads(as_json.out)["where"] == "out"


def test_a_record_that_never_came_is_a_problem_and_an_unknown_kind_wrong_use(
    muster: Muster, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", seeded.url)
    told = muster("explain", "norvane", "learner", "nobody")
    assert (told.status, told.out.split(":")[0]) == (1, "Never received")
    assert muster("explain", "norvane", "pupil", "7").status == 2
    assert muster("explain", "acme", "learner", "7").status == 2


@pytest.mark.usefixtures("database")
def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(muster: Muster) -> None:
    made = muster("key", "new", "--customer", "norvane", "--scope", "read", "--scope", "classify", "--label", "feed")
    assert made.status == 0
    key = made.out.strip()
    key_id = re.fullmatch(r"muster_([0-9a-f]+)_\S+", key)
    assert key_id
    listed = muster("key", "list").out
    assert key not in listed
    assert listed.splitlines()[1].split()[:5] == [key_id[1], "feed", "norvane", "classify", "read"]
    assert muster("key", "revoke", key_id[1]).status == 0
    assert not muster("key", "list").out.splitlines()[1].endswith("-")


@pytest.mark.usefixtures("database")
def test_a_key_for_nobody_or_nothing_known_is_wrong_use(muster: Muster) -> None:
    assert muster("key", "new").status == 2
    assert "Wanted one of harbour, norvane" in muster("key", "new", "--customer", "acme").err
    assert muster("key", "new", "--customer", "norvane", "--scope", "write").status == 2
    muster("db", "upgrade")
    assert muster("key", "revoke", "nothing").status == 2


def test_the_schema_is_the_one_that_stands_beside_the_packaged_rules(muster: Muster) -> None:
    assert json.loads(muster("schema").out) == json.loads((RULES / "schema.json").read_text("utf-8"))


def test_nothing_is_written_where_it_was_not_asked_for(muster: Muster) -> None:
    muster("check")
    muster("connectors")
    muster("schema")
    assert os.listdir() == []  # noqa: PTH208 - the folder itself is meant


def test_a_run_tells_how_a_file_had_to_be_read(muster: Muster, database: str, tmp_path: Path) -> None:
    muster("db", "upgrade")
    path = tmp_path / "learners.csv"
    path.write_bytes("source_id,first_name,last_name,email\nL-1,Zoé,Barou,zoe@example.org\n".encode("cp1252"))
    told = muster("run", "norvane", "--from", str(path))
    assert "note: learners.csv is not UTF-8; it was read as Windows-1252." in told.err
    assert json.loads(muster("run", "norvane", "--from", str(path), "--format", "json").out)["notes"]


def test_a_database_that_cannot_be_used_is_told_in_a_line(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("This is no database.\n" * 100, "utf-8")
    for url in (f"sqlite:///{tmp_path / 'notes.txt'}", "postgresql://muster:geheim@127.0.0.1:1/muster"):
        monkeypatch.setenv("MUSTER_DATABASE_URL", url)
        told = muster("db", "check")
        assert told.status == 2
        assert told.err.startswith("muster: The database cannot be used: ")
        assert told.err.count("\n") == 1
        assert "geheim" not in told.err
