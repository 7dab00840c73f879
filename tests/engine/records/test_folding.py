"""Names and addresses as they are compared."""

from __future__ import annotations

import pytest

from engine.records.folding import fold_email, fold_name
from engine.records.kinds import (
    Learner,
)
from engine.relations.definitions import join_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jean-Luc", "jean luc"),
        ("O’Brien", "O'Brien"),
        ("Zoé", "ZOE"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("Søren Łukasz", "soren lukasz"),
        ("Straße", "STRASSE"),
        ("İpek", "ipek"),
        (" Le  Gall ", "le gall"),
        ("Œuvrard", "oeuvrard"),
    ],
)
def test_names_are_compared_without_case_accents_and_hyphens(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(("one", "other"), [("कि", "कु"), ("が", "か"), ("Anna", "Hanna")])
def test_other_scripts_keep_what_makes_another_name(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


def test_a_name_of_marks_alone_is_none() -> None:
    assert fold_name(" - ") == ""
    assert fold_email("  ") == ""
    assert join_keys(Learner(source_id="1", first_name="-", last_name="Aalto", email=" ")) == (("id", "1"),)
