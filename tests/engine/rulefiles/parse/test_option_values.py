"""Secrets in options: whose they are, and that none is shown."""

from __future__ import annotations

from pathlib import Path

from engine.rulefiles.library import load
from engine.rulefiles.parse.option_values import owner
from tests.engine.rule_folders import CATALOGUE, CUSTOMER, FOLDER, problems, write


def test_a_customer_names_no_secret_of_one_whose_id_begins_with_its_own(tmp_path: Path) -> None:
    north = CUSTOMER.replace("MUSTER_NORVANE_HARBOUR", "MUSTER_NORVANE_NORTH_HARBOUR")
    folder = write(tmp_path, {**FOLDER, "customers/norvane-north.yaml": north})
    assert load(folder, "norvane-north", CATALOGUE).customer.id == "norvane-north"
    assert [problem.code for problem in problems(folder, customer=north)] == ["foreign-secret"]
    assert owner("MUSTER_NORVANE_NORTH_X", ("norvane", "norvane-north")) == "norvane-north"
    assert owner("MUSTER_OTHER_X", ("norvane",)) is None
