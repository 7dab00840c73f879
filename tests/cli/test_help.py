"""The command line tells how it is used, and the documentation tells what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from cli.main import app
from connectors.registry import ALLOW_PRIVATE, ID_KEY
from tests.cli.conftest import Muster

REPOSITORY = Path(__file__).resolve().parents[2]


def paths() -> Iterator[tuple[str, ...]]:
    """Every command, as it is typed."""

    def under(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner = getattr(command, "commands", {})
        if not inner:
            yield path
        for name in inner:
            yield from under(inner[name], (*path, name))

    yield from under(typer.main.get_command(app), ())


COMMANDS = sorted(paths())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_what_it_does(muster: Muster, command: tuple[str, ...]) -> None:
    told = muster(*command, "--help")
    assert told.status == 0
    assert " ".join(("muster", *command)) in told.out
    if command != ("db", "check"):
        assert re.search(r"Examples?: .*muster ", told.out)


def test_the_readme_names_every_command() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## Commands") : text.index("## The map")]
    for command in COMMANDS:
        assert all(word in table for word in command), command


def test_operators_are_told_of_every_variable() -> None:
    text = (REPOSITORY / "docs" / "operate.md").read_text(encoding="utf-8")
    for name in ("MUSTER_RULES", "MUSTER_DATABASE_URL", "MUSTER_DATA", "NO_COLOR", ALLOW_PRIVATE, ID_KEY):
        assert f"`{name}`" in text


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *map(str, Path("docs").glob("*.md"))])
def test_links_of_the_documentation_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_no_arguments_show_the_help_and_nonsense_is_wrong_use(muster: Muster) -> None:
    assert "Usage: muster" in muster().out
    assert muster("chekc").status == 2
    assert muster("--version").out.startswith("muster 0.")


def test_the_installed_command_answers(tmp_path: Path) -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("muster"), "connectors", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert {each["name"] for each in json.loads(ran.stdout)} >= {"oneroster", "sds", "records", "pushed", "edusign"}
    assert ran.stderr == ""


def test_a_reader_that_stops_reading_is_no_failure(tmp_path: Path) -> None:
    code = f"{Path(sys.executable).with_name('muster')} schema | head -n 1"
    ran = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout == "{\n"
    assert ran.stderr == ""


def test_the_readmes_example_is_what_it_says(muster: Muster, tmp_path: Path) -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## A decision") : text.index("## Commands")]
    records, said = re.findall(r"```(?:json|text)\n(.*?)```", section, re.DOTALL)
    (tmp_path / "records.ndjson").write_text(records, encoding="utf-8")
    assert muster("classify", "records.ndjson", "--as-of", "2026-11-21").out == said


def test_the_readmes_rule_is_the_base_rule() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rule = re.search(r"(    when:\n.*?\n    fix_in: source\n)", text, re.DOTALL)
    assert rule
    assert rule[1] in (REPOSITORY / "rules" / "base" / "session.yaml").read_text(encoding="utf-8")
