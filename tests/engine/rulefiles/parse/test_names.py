"""Layers say what people call places, and what a platform's own list calls kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.rule_folders import CUSTOMER, problems, rulebook


def test_a_later_layer_renames_one_place_and_leaves_the_others(tmp_path: Path) -> None:
    layer = "places: {source: {en: your SIS, fr: votre SIS}, aggregator: Pier}\nspreadsheet: {learner: {en: Student}}\n"
    made = rulebook(tmp_path, connector=layer, customer=CUSTOMER + "places: {source: Larkspur}\n")

    assert made.places["source"] == {"en": "Larkspur", "fr": "Larkspur"}
    assert made.places["aggregator"] == {"en": "Pier", "fr": "Pier"}
    assert made.spreadsheet == {"learner": {"en": "Student"}}


def test_names_are_part_of_what_a_rulebook_says(tmp_path: Path) -> None:
    before = rulebook(tmp_path / "a", customer=CUSTOMER).version

    assert rulebook(tmp_path / "b", customer=CUSTOMER + "places: {source: Larkspur}\n").version != before


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("places: {sourse: SIS}", "did you mean source?"),
        ("places: {source: {de: Ihr SIS}}", "unknown language ‘de’"),
        ("places: {source: [one]}", "is one word or text"),
        (f"places: {{source: {'x' * 121}}}", "121 characters"),
        ("spreadsheet: {lerner: Student}", "did you mean learner?"),
    ],
)
def test_a_name_that_is_none_is_told_at_its_place(tmp_path: Path, written: str, told: str) -> None:
    (problem,) = problems(tmp_path, customer=CUSTOMER + written + "\n")

    assert told in f"{problem.message} {problem.hint}"
