"""`muster check`, and what starting a command may cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Muster

HEAVY = ("fastapi", "starlette", "uvicorn", "sqlmodel", "sqlalchemy", "alembic", "httpx", "rich")

WRONG = """\
name: Lycée Norvane
language: fr
zone: Europe/Paris
source: {connector: pushed, system: Ypareo}
platform: {connector: edusign}
rules:
  learner.email_mising: {then: skip}
  session.past: {then: flagg}
"""


def loaded(code: str) -> list[str]:
    """Which heavy modules a process has loaded at its end."""
    ending = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", ending], capture_output=True, text=True, check=True)
    return ran.stderr.splitlines()[-1].split()


def test_importing_the_command_loads_neither_web_nor_database() -> None:
    assert loaded("import cli.main") == []


def test_checking_loads_neither_web_nor_database() -> None:
    code = "from cli.main import main\ntry:\n    main(['check'])\nexcept SystemExit:\n    pass"
    assert loaded(code) == []


def test_the_packaged_rules_are_clean(muster: Muster) -> None:
    told = muster("check")
    assert told.status == 0
    assert "0 errors" in told.err


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "customers").mkdir(parents=True)
    (folder / "customers" / "lycee.yaml").write_text(WRONG, encoding="utf-8")
    return folder


def test_every_mistake_is_told_at_its_place(muster: Muster, wrong: Path) -> None:
    told = muster("check", wrong)
    assert told.status == 1
    assert "customers/lycee.yaml:7:3" in told.out
    assert "customers/lycee.yaml:8:24" in told.out
    assert "did you mean" in told.out
    assert "2 errors" in told.err


def test_one_language_is_checked_alone(muster: Muster, wrong: Path) -> None:
    told = muster("check", wrong, "--language", "fr")
    assert (told.status, told.out) == (0, "")
    assert "1 language checked: 0 errors" in told.err
    told = muster("check", "--language", "tlh")
    assert (told.status, told.out) == (2, "")
    assert "muster new language" in told.err


@pytest.mark.parametrize("output", ["json", "sarif"])
def test_machines_get_them_as_json(muster: Muster, wrong: Path, output: str) -> None:
    told = muster("check", wrong, "--format", output)
    assert told.status == 1
    assert "lycee.yaml" in json.dumps(json.loads(told.out))


def test_a_workflow_gets_annotations(muster: Muster, wrong: Path) -> None:
    told = muster("check", wrong, "--format", "github")
    assert told.out.splitlines()[0].startswith("::error file=")


def test_the_environment_names_the_rules(muster: Muster, wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_RULES", str(wrong))
    assert muster("check").status == 1


def test_a_folder_that_is_not_there_is_wrong_use(muster: Muster) -> None:
    told = muster("check", "nowhere")
    assert (told.status, told.out) == (2, "")
    assert "There is no folder nowhere" in told.err


def test_an_unknown_format_is_wrong_use(muster: Muster) -> None:
    assert muster("check", "--format", "xml").status == 2
