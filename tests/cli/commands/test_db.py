"""`muster db`: databases made, brought up to date, refused, copied and purged."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli.terminal import UNUSABLE
from tests.cli.conftest import Muster, Seeded


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


def test_an_address_of_another_database_is_wrong_use(muster: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", "mysql://root:hush@127.0.0.1/muster")
    told = muster("db", "check")
    assert told.status == 2
    assert "wanted SQLite or PostgreSQL" in told.err
    assert "hush" not in told.err


def test_nothing_is_written_where_it_was_not_asked_for(muster: Muster) -> None:
    muster("check")
    muster("connectors")
    muster("schema")
    assert os.listdir() == []  # noqa: PTH208 - the folder itself is meant


def test_a_database_that_cannot_be_used_is_told_in_a_line(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("This is no database.\n" * 100, "utf-8")
    for url in (f"sqlite:///{tmp_path / 'notes.txt'}", "postgresql://muster:geheim@127.0.0.1:1/muster"):
        monkeypatch.setenv("MUSTER_DATABASE_URL", url)
        told = muster("db", "check")
        assert told.status == UNUSABLE
        assert told.err.startswith("muster: The database cannot be used: ")
        assert told.err.count("\n") == 1
        assert "geheim" not in told.err


def test_a_disk_that_takes_no_more_is_told_in_a_line(tmp_path: Path) -> None:
    def ran(*arguments: str, out: Path | None = None, most: int | None = None) -> tuple[int, str]:
        limit = None if most is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        with (out or tmp_path / "out").open("wb") as stdout:
            told = subprocess.run(
                [Path(sys.executable).with_name("muster"), *arguments],
                env=os.environ | {"MUSTER_DATABASE_URL": f"sqlite:///{tmp_path}/muster.db"},
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                preexec_fn=limit,
            )
        return told.returncode, told.stderr

    for status, told in (
        ran("connectors", out=Path("/dev/full")),
        ran("new", "customer", "acme", "--rules", str(tmp_path), most=10),
        ran("db", "upgrade", most=10_000),
    ):
        assert (status, told.count("\n")) == (UNUSABLE, 1), told
        assert " cannot be used" in told


def test_a_backup_is_written_once_and_restored_into_an_empty_database(
    muster: Muster, stored: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert muster("db", "backup", "copy.db").status == 0
    assert muster("db", "backup", "copy.db").status == 2
    assert muster("db", "restore", "copy.db").status == 2
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{tmp_path / 'other' / 'muster.db'}")
    assert muster("db", "restore", "copy.db").status == 0
    told = json.loads(muster("impact", "--customer", "norvane", "--format", "json").out)
    assert told["run_id"] == max(run.id for run in stored.runs if run.customer == "norvane")


def test_a_purge_says_what_went(muster: Muster, stored: Seeded) -> None:
    assert muster("db", "purge").status == 0
    told = muster("db", "purge", "--days", "1", "--customer", "norvane")
    assert told.status == 0
    assert told.out.startswith("norvane: ")
    assert muster("db", "purge", "--days", "0").status == 2
