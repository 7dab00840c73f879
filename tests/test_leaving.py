"""A test that leaves something open fails itself, and those around it pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

AROUND = """
import pytest
from store.database import Database

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


def ran(tmp_path: Path, test: str) -> tuple[str, str]:
    """How the tests ended, and all that was told of it."""
    (tmp_path / "test_them.py").write_text(AROUND % test, encoding="utf-8")
    command = ["-m", "pytest", "-c", "pyproject.toml", f"--rootdir={tmp_path}", "-p", "tests.conftest", tmp_path]
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # those are the outer run's
    told = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, cwd=REPOSITORY, env=env
    ).stdout
    return told.splitlines()[-1].rpartition(" in ")[0], told


@pytest.mark.parametrize(
    ("test", "ends"),
    list(zip(LEFT, ["2 passed, 1 error", *["1 failed, 1 passed, 1 error"] * 2, "1 passed, 2 errors"], strict=True)),
    ids=LEFT,
)
def test_a_test_that_leaves_something_open_fails_itself(tmp_path: Path, test: str, ends: str) -> None:
    ended, told = ran(tmp_path, LEFT[test])
    assert ended == ends
    assert "The test left open: " in told
    assert "::test_next" not in told


def test_a_test_that_fails_but_closes_only_fails(tmp_path: Path) -> None:
    ended, told = ran(tmp_path, CLOSED)
    assert ended == "1 failed, 1 passed"
    assert "left open" not in told
