"""A test that leaves something open fails itself, and those around it pass."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

AROUND = """
import pytest
from store.base.database import Database

def opened(url):
    database = Database.open(url)
    database.upgrade()
    return database

@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'muster.db'}"

%s

def test_next(url):
    with opened(url) as database:
        assert not database.missing
"""
LEFT = {
    "a test that passes": """
def test_it(url):
    opened(url)
""",
    "a test that fails": """
def test_it(url):
    database = opened(url)
    assert database.missing
""",
    "a test that fails, with a file and beside a fixture that fails at its end": """
@pytest.fixture
def service(url):
    yield opened(url)
    assert False

def test_it(service):
    file = open(__file__)
    assert file.closed
""",
    "a fixture that fails at its beginning": """
@pytest.fixture
def file():
    file = open(__file__)
    assert file.closed

def test_it(file):
    pass
""",
}
CLOSED = """
def test_it(url):
    with opened(url) as database:
        assert database.missing
"""


ENDS = dict(
    zip(
        LEFT,
        [
            {"error": 1, "passed": 1},  # the first test's own, and the next
            {"failure": 1, "error": 1, "passed": 1},
            {"failure": 1, "error": 1, "passed": 1},
            {"error": 2, "passed": 1},
        ],
        strict=True,
    )
)
"""What is told of each module's tests."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one run of pytest tells of each module; a start of it costs more than all that they do."""
    folder = tmp_path_factory.mktemp("left")
    modules = {name: f"test_{number}" for number, name in enumerate([*LEFT, "closed"])}
    for name, module in modules.items():
        (folder / f"{module}.py").write_text(AROUND % LEFT.get(name, CLOSED), encoding="utf-8")
    command = ["-m", "pytest", "-c", "pyproject.toml", f"--rootdir={folder}", "-p", "tests.conftest", folder]
    command += ["-p", "no:cacheprovider", "-v", "--tb=short", f"--junitxml={folder / 'told.xml'}"]
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # those are the outer run's
    subprocess.run([sys.executable, *command], capture_output=True, check=False, cwd=REPOSITORY, env=env)
    cases = ElementTree.parse(folder / "told.xml").getroot().iter("testcase")  # noqa: S314 - pytest's own
    found = dict.fromkeys(modules, "")
    for case in cases:
        (name,) = (name for name, module in modules.items() if case.get("classname", "").endswith(module))
        ended = [(part.tag, part.text or "") for part in case if part.tag in ("failure", "error")]
        found[name] += "".join(f"{case.get('name')} {tag}: {text}\n" for tag, text in ended)
        found[name] += "" if ended else f"{case.get('name')} passed\n"
    return found


@pytest.mark.parametrize("left", LEFT)
def test_a_test_that_leaves_something_open_fails_itself(told: dict[str, str], left: str) -> None:
    ended = Counter(line.split(" ")[1].rstrip(":") for line in told[left].splitlines() if line.startswith("test_"))
    assert ended == ENDS[left]
    assert "The test left open: " in told[left]
    assert "test_next passed" in told[left]


def test_a_test_that_fails_but_closes_only_fails(told: dict[str, str]) -> None:
    assert "test_it failure" in told["closed"]
    assert "test_next passed" in told["closed"]
    assert "left open" not in told["closed"]
