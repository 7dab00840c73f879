"""Ammon: the structure code must be there, and everything else is the column map's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.ammon.connector import given
from connectors.contract import Fetch, Refused
from engine.relations.neighbourhood import Situation
from tests.connectors.fakes.ammon import TABLES
from tests.connectors.trying import SAMPLED, WINDOW, opened, read, wrong


def learners(folder: Path, name: str, text: str) -> tuple[list[Any], Fetch]:
    (folder / name).write_text(text)
    fetch = Fetch()
    options = {"path": name, "tables": {"apprenants": TABLES["apprenants"]}}
    return list(opened(SAMPLED["ammon"].spec, options, {}, folder, []).records(WINDOW, fetch)), fetch


def test_every_record_has_its_structure_code_and_a_learner_of_two_structures_has_both() -> None:
    records = read("ammon", "exports").records
    assert all(record.segment_keys["structure_code"] for record in records)  # type: ignore[attr-defined]
    mina: Any = Situation(records).record("learner", "A-52")
    assert set(mina.segment_keys["structure_code"]) == {"STR-02", "STR-03"}


def test_a_table_without_the_structure_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="code_structure are missing"):
        learners(tmp_path, "apprenants.csv", "code,nom,prenom,mel,entreprise\nA-51,Ndao,Sami,,\n")


def test_an_object_without_the_structure_code_is_told(tmp_path: Path) -> None:
    text = '[{"code": "A-51", "nom": "Ndao"}, {"code_structure": null, "code": "A-52", "nom": "Okparo"}]'
    found, fetch = learners(tmp_path, "apprenants.json", text)
    assert [(record.source_id, record.segment_keys) for record in found] == [("A-52", {})]
    assert [each.source_id for each in fetch.invalid] == ["apprenants.json:1"]
    assert "no code_structure" in wrong(fetch)[0]


def test_a_table_without_the_name_of_that_column_is_refused() -> None:
    tables = {"t": {"kinds": TABLES["apprenants"]["kinds"]}}
    with pytest.raises(Refused, match="structure_code"):
        opened(SAMPLED["ammon"].spec, {"path": "x", "tables": tables}, {}, Path(), [])


def test_only_what_the_maps_fill_and_the_structure_code_are_given() -> None:
    found = given({"tables": {"apprenants": TABLES["apprenants"]}})
    assert found == {"learner": {"source_id", "first_name", "last_name", "email", "company", "segment_keys"}}
