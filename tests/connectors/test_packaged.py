"""Connectors of another package: installed beside Muster, they can do all that its own can."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGED = Path(__file__).with_name("packaged")
LEARNERS = """\
source_id,first_name,last_name,phone
7,Elia,Vasserot,+33 1 99 00 00 12
8,Moussa,Diombassé,+33 1 99 00 00 13
9,Orla,Quist,
"""
ACCOUNTS = """\
source_id,source_kind,source_ref,first_name,last_name
A-7,learner,7,Eliah,Vasserot
A-8,learner,8,Moussa,Diombasse
"""


class Installed:
    """A folder of installed packages, and commands run where it is on the path."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.packages = home / "packages"
        shutil.copytree(PACKAGED, self.packages)
        for name in ("rules", "data/north"):
            (home / name).mkdir(parents=True)

    def muster(self, *arguments: str, status: int = 0) -> str:
        """What a command says on stdout, or on stderr where it gives nothing."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        env |= {
            "PYTHONPATH": str(self.packages),
            "MUSTER_RULES": str(self.home / "rules"),
            "MUSTER_DATA": str(self.home / "data"),
            "MUSTER_DATABASE_URL": f"sqlite:///{self.home / 'muster.db'}",
        }
        command = [Path(sys.executable).with_name("muster"), *arguments]
        ran = subprocess.run(command, env=env, cwd=self.home, capture_output=True, text=True, check=False)
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr if status else ran.stdout or ran.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_a_source_and_a_platform_of_another_package_do_a_run_from_end_to_end(installed: Installed) -> None:
    installed.muster(
        "new", "customer", "north", "--name", "North", "--source", "norva-plan", "--platform", "norva-board"
    )
    file = installed.home / "rules" / "customers" / "north.yaml"
    text = file.read_text(encoding="utf-8")
    assert 'schedule: {downward: ["06:00"]}' in text
    for name in ("norva-plan", "norva-board"):
        text = text.replace(f"connector: {name}\n", f"connector: {name}\n  path: {name}.csv\n")
    file.write_text(text, encoding="utf-8")
    (installed.home / "data" / "north" / "norva-plan.csv").write_text(LEARNERS, encoding="utf-8")
    (installed.home / "data" / "north" / "norva-board.csv").write_text(ACCOUNTS, encoding="utf-8")
    installed.muster("check")
    installed.muster("db", "upgrade")
    run = json.loads(installed.muster("run", "north", "--as-of", "2026-11-21", "--format", "json"))

    # Both were fetched.
    assert (run["received"], run["requests"], run["complete"]) == (5, 0, True)
    # The source gives no telephone, yet the platform requires it, and no address: so only the one is missed.
    assert {name: run["counts"]["learner"][name] for name in ("synced", "to_fix")} == {"synced": 2, "to_fix": 1}
    assert run["by_rule"] == {"learner.board_phone_missing": 1}
    # First names are not compared.
    assert run["effects"] == {"learner": {"create": 0, "update": 1, "unchanged": 1}}
    issues = json.loads(installed.muster("issue", "list", "north", "--format", "json", status=1))["items"]
    assert [(one["source_id"], one["problem"], one["fix"]) for one in issues] == [
        (
            "9",
            "Not synced: Orla Quist has no telephone number to sign in to Norva Board with.",
            "Enter it in Norva Plan.",
        )
    ]
    # It says nothing of a run upwards.
    assert "platform" in installed.muster("run", "north", "--direction", "upward", status=2)


@pytest.mark.parametrize(
    ("written", "slip", "said"),
    [
        ('"last_name", "phone"', '"last_name", "telephone"', "`requires.learner` names telephone"),
        ('{"last_name": "last_name"}', '{"last_name": "surname"}', "`compares.learner` names surname"),
        ('takes=frozenset({"learner"})', 'takes=frozenset({"pupil"})', "`takes` names pupil"),
        ('frozenset({"account"})', 'frozenset({"sheet"})', "`fetches.downward` names sheet"),
        ('needs=frozenset({"path"})', 'needs=frozenset({"token"})', "`needs` names token"),
        ("class NorvaBoard", "class Board", "NorvaBoard"),
    ],
)
def test_a_slip_of_another_packages_is_told_in_a_sentence(
    installed: Installed, written: str, slip: str, said: str
) -> None:
    module = installed.packages / "norva_pack" / "board.py"
    text = module.read_text(encoding="utf-8")
    assert written in text
    module.write_text(text.replace(written, slip), encoding="utf-8")
    told = installed.muster("connectors", status=1)
    assert "The connector norva-board" in told
    assert said in told
    assert "Traceback" not in told


def test_a_package_that_cannot_be_loaded_stops_its_own_customers_alone(installed: Installed) -> None:
    installed.muster("new", "customer", "north", "--name", "North", "--source", "pushed", "--platform", "edusign")
    installed.muster("new", "customer", "south", "--name", "South", "--source", "norva-plan", "--platform", "edusign")
    north = installed.home / "rules" / "customers" / "north.yaml"
    north.write_text(north.read_text(encoding="utf-8").replace("to be written", "Ypareo"), encoding="utf-8")
    (installed.packages / "norva_pack" / "plan.py").unlink()
    told = installed.muster("check", status=1)
    assert "The connector norva-plan, norva_pack.plan:NorvaPlan: it cannot be loaded" in told
    assert "customers/south.yaml:6:14  unknown connector ‘norva-plan’" in told
    assert "2 customers checked: 1 error," in told
    (installed.home / "people.json").write_text('[{"kind": "learner", "source_id": "7"}]', encoding="utf-8")
    assert "learner.no_session_in_window" in installed.muster("classify", "people.json", "--customer", "north")
