"""Problems as people and machines read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.problems import Place, Problem
from engine.rulefiles import report
from tests.engine.rule_folders import FOLDER, problems, write

GOLDEN = Path(__file__).parent / "golden"


def test_everything_wrong_with_a_file_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    found = problems(folder, customer=(GOLDEN / "wrong.yaml").read_bytes())
    assert len(found) >= 15
    assert report.as_text(found, report.sources(folder, found)) + "\n" == (GOLDEN / "wrong.txt").read_text()


def _problem(column: int, length: int, line: int = 1, **more: str) -> Problem:
    return Problem(Place("f.yaml", line, column, length), "unknown-key", "found it", more.get("hint", "do that"))


def test_a_problem_is_told_without_its_line_where_the_file_is_not_at_hand() -> None:
    assert report.as_text([_problem(3, 2)]) == "f.yaml:1:3  found it  [unknown-key]\n    do that"
    assert report.as_text([_problem(1, 1, line=9, hint="")], {"f.yaml": "a"}) == "f.yaml:9:1  found it  [unknown-key]"
    assert report.as_text([]) == ""


def test_the_caret_stands_under_what_is_meant_in_wide_text_and_long_lines() -> None:
    wide = report.as_text([_problem(6, 2)], {"f.yaml": "日本: ab: x"}).splitlines()
    assert wide[1:] == ["    1 | 日本: ab: x", "      |        ^^ do that"]
    tabs = report.as_text([_problem(3, 1)], {"f.yaml": "\ta\x1b[31m"}).splitlines()
    assert tabs[1:] == ["    1 |  a [31m", "      |   ^ do that"]
    long = report.as_text([_problem(301, 5)], {"f.yaml": "x" * 300 + "wrong" + "y" * 300}).splitlines()
    assert long[1][long[2].index("^") :].startswith("wrong")
    assert len(long[1]) < 130


def test_json_holds_every_part_and_the_counts() -> None:
    warning = Problem(Place("g.yaml"), "dormant-rule", "it sleeps", severity="warning")
    assert json.loads(report.as_json([_problem(3, 2), warning])) == {
        "problems": [
            {
                "path": "f.yaml", "line": 1, "column": 3, "length": 2, "severity": "error",
                "code": "unknown-key", "message": "found it", "hint": "do that",
            },
            {
                "path": "g.yaml", "line": 1, "column": 1, "length": 1, "severity": "warning",
                "code": "dormant-rule", "message": "it sleeps", "hint": "",
            },
        ],
        "errors": 1,
        "warnings": 1,
    }  # fmt: skip


def test_github_annotations_are_escaped() -> None:
    problem = Problem(Place("a,b:c.yaml", 2, 3, 4), "unknown-key", "100% wrong:\nyes", "no, really")
    assert report.as_github([problem]) == (
        "::error file=a%2Cb%3Ac.yaml,line=2,col=3,endColumn=7,title=muster%3A unknown-key"
        "::100%25 wrong:%0Ayes: no, really"
    )


def test_sarif_names_the_codes_with_what_they_mean() -> None:
    log = json.loads(report.as_sarif([_problem(3, 2)]))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"] == [
        {"id": "unknown-key", "shortDescription": {"text": "A key that is not known where it stands."}}
    ]
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("unknown-key", 0, "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 3, "endColumn": 5}


def test_sources_are_the_files_that_problems_stand_in(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules")
    named = [Problem(Place(path), "empty", "x") for path in ("rules/base/session.yaml", "rules/customers/no.yaml")]
    assert report.sources(folder, named) == {"rules/base/session.yaml": FOLDER["base/session.yaml"]}


@pytest.mark.parametrize("part", ["a", "x_", "token", "token ", "token: '", "password\t:\t"])
def test_a_line_as_long_as_a_file_costs_its_length_and_hides_its_secrets(part: str) -> None:
    line = f"{part * (300_000 // len(part))}\", my_api_key : 'abcdef'"
    told = report.as_text([Problem(Place("file", 1, len(line) - 4), "wrong-shape", "what")], {"file": line})
    assert "my_api_key" in told
    assert "abcdef" not in told
