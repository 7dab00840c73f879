"""The page on security names tests that there are, and says of every section how it stands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if re.match(r"\| (\d|spread)", line)]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    defined = {
        one.name for one in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))) if isinstance(one, ast.FunctionDef)
    }
    assert name in defined


def test_every_chapter_and_row_says_how_it_stands_and_why() -> None:
    assert re.findall(r"^## V(\d+) ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 15)]
    assert len(ROWS) > 80
    for section, stands, why in ROWS:
        assert stands.strip() in {"holds", "does not apply", "open", "operator"}, section
        if stands.strip() == "holds":
            assert "::test_" in why or "only reading shows it" in why or re.search(r"\bas \d|the same test", why), (
                section
            )
        elif stands.strip() == "open":
            assert why.strip(), section


def test_every_mention_of_a_test_has_the_form_that_is_looked_up() -> None:
    assert len(re.findall(r"\btest_\w+\b(?!\.py)", PAGE)) == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", PAGE))
