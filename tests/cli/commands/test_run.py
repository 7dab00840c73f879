"""`muster run`: one pass, stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runs.service import Service
from tests.cli.conftest import Muster


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


@pytest.mark.usefixtures("database")
def test_a_run_is_stored_and_a_second_does_not_double_its_issues(muster: Muster, learner: Path) -> None:
    muster("db", "upgrade")
    first = muster("run", "harbour", "--from", learner, "--as-of", "2026-11-20")
    assert first.status == 0
    assert [line.split() for line in first.out.splitlines()] == [
        ["kind", "received", "synced", "later", "left", "out", "to", "fix", "waiting", "related"],
        ["learner", "1", "0", "0", "0", "1", "0", "0"],
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


@pytest.mark.usefixtures("database")
def test_a_program_that_asked_for_json_gets_json_of_what_failed(muster: Muster, tmp_path: Path) -> None:
    muster("db", "upgrade")
    for arguments in (("run", "acme", "--format", "json"), ("issue", "list", "acme", "--format=json")):
        told = muster(*arguments)
        failed = json.loads(told.out)
        assert (told.status, failed["exit_status"], told.err) == (2, 2, f"muster: {failed['error']}\n")
    (tmp_path / "empty.zip").write_bytes(b"no archive")
    failed = json.loads(muster("run", "norvane", "--from", tmp_path / "empty.zip", "--format", "json").out)
    assert (failed["exit_status"], failed["run_id"]) == (1, 1)
    assert failed["failure"]["code"] == "no_known_roster"


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.usefixtures("database")
def test_what_nobody_foresaw_is_told_without_its_words(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("amelie@example.org")

    muster("db", "upgrade")
    monkeypatch.setattr(Service, "issues", broken)
    told = muster("issue", "list", "norvane", "--format", output)
    said = told.err.removeprefix("muster: ").removesuffix("\n")
    assert told.status == 1
    assert said.startswith(
        "This command stopped at something that Muster does not foresee. Tell support these places: ValueError, "
    )
    assert " > commands/broken:" in said
    assert said.count("\n") == 0
    assert (json.loads(told.out) if told.out else None) == (
        None if output == "text" else {"error": said, "exit_status": 1}
    )
    assert "amelie" not in told.out + told.err


def test_a_run_tells_how_a_file_had_to_be_read(muster: Muster, database: str, tmp_path: Path) -> None:
    muster("db", "upgrade")
    path = tmp_path / "learners.csv"
    path.write_bytes("source_id,first_name,last_name,email\nL-1,Zoé,Barou,zoe@example.org\n".encode("cp1252"))
    told = muster("run", "norvane", "--from", str(path))
    assert "note: learners.csv is not UTF-8; it was read as Windows-1252." in told.err
    assert json.loads(muster("run", "norvane", "--from", str(path), "--format", "json").out)["notes"]


@pytest.mark.usefixtures("database")
def test_a_new_process_with_a_broken_file_goes_on_with_the_last_good_rules(
    muster: Muster, tmp_path: Path, learner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules" / "customers").mkdir(parents=True)
    file = tmp_path / "rules" / "customers" / "acme.yaml"
    file.write_text("name: Acme\nlanguage: en\nzone: UTC\n", encoding="utf-8")
    monkeypatch.setenv("MUSTER_RULES", str(tmp_path / "rules"))
    muster("db", "upgrade")
    good = json.loads(muster("run", "acme", "--from", learner, "--format", "json").out)
    assert good["asked_by"].startswith("command")
    file.write_text("name: Acme\nlanguage: xx\n", encoding="utf-8")
    told = muster("run", "acme", "--from", learner, "--format", "json")
    assert json.loads(told.out)["rulebook_version"] == good["rulebook_version"]
    assert "The last good ones were used instead." in told.err
    assert "not in use" in muster("explain", "acme", "learner", "1").err
