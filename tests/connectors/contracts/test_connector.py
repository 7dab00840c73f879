"""Contracts in the shape of Campus Skills, from a file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Fetch, Refused
from connectors.registry import catalogue
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.records.kinds import Contract, Learner, kind_of
from engine.records.unread import unread
from engine.relations.neighbourhood import Situation
from engine.rulefiles.library import load_base
from tests.connectors.trying import HOME, SAMPLED, WINDOW, opened, read

SAMPLE = (HOME / "contracts" / "samples" / "contrats.csv").read_text()


def contracts(folder: Path, text: str, **options: Any) -> tuple[list[Any], Fetch]:
    (folder / "export.csv").write_text(text)
    fetch = Fetch()
    connector = opened(SAMPLED["contracts"].spec, {"path": "export.csv", **options}, {}, folder, [])
    found = list(connector.records(WINDOW, fetch))
    return [record for record in found if isinstance(record, Contract)], fetch


def test_csv_and_json_give_the_same() -> None:
    assert read("contracts", "CSV").records == read("contracts", "JSON").records


def test_a_learner_with_two_contracts_is_one_learner_in_two_groups() -> None:
    situation = Situation(read("contracts", "CSV").records)
    elia: Any = situation.record("learner", "APP-20881")
    assert set(elia.groups) == {"G-501", "G-410"}
    assert situation.conflicts == {}


def test_a_column_that_no_contract_needs_may_be_missing_and_is_told(tmp_path: Path) -> None:
    found, fetch = contracts(tmp_path, SAMPLE.replace("codeGroupe", "nomDuGroupe"))
    assert [one.source_id for one in found] == [one.source_id for one in contracts(tmp_path, SAMPLE)[0]]
    assert fetch.notes == [unread("columns_not_there", file="export.csv", columns=("codeGroupe",))]


@pytest.mark.parametrize("column", ["codeContrat", "codeApprenant"])
def test_a_file_without_ids_is_refused(column: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=column):
        contracts(tmp_path, SAMPLE.replace(column, "autre"))


def test_days_are_read_in_the_order_that_is_configured(tmp_path: Path) -> None:
    text = SAMPLE.replace("01/09/2026;31/08/2027", "01/02/2026;03/04/2027")
    (found, *_), _ = contracts(tmp_path, text)
    assert (found.starts_on, found.ends_on) == (date(2026, 2, 1), date(2027, 4, 3))
    (found, *_), _ = contracts(tmp_path, text.replace("01/09/2025;31/08/2026", ";"), days="MM/DD/YYYY")
    assert (found.starts_on, found.ends_on) == (date(2026, 1, 2), date(2027, 3, 4))


def test_days_in_another_order_are_told_and_not_guessed(tmp_path: Path) -> None:
    """The documents say day first; a sample file of the vendor's has month first."""
    found, _ = contracts(tmp_path, SAMPLE.replace("31/08/2027", "8/31/2027"))
    assert next(fault for record in found for fault in record.unread) == unread(
        "written_otherwise_option",
        "ends_on",
        column="dateFin",
        value="8/31/2027",
        order="DD/MM/YYYY",
        written="MM/DD/YYYY",
        better="31/08/2027",
        option="days",
    )


def test_a_file_all_of_whose_days_are_written_otherwise_is_read_and_told_once(tmp_path: Path) -> None:
    found, fetch = contracts(tmp_path, re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1", SAMPLE))
    assert not any(record.unread for record in found)
    assert [(note.code, note.values["written"]) for note in fetch.notes] == [
        ("written_in_another_order_option", "YYYY-MM-DD")
    ]


def test_holes_in_a_contract_are_what_the_rules_say() -> None:
    rulebook = load_base(RULES, catalogue())
    records = read("contracts", "CSV").records
    as_of = datetime(2026, 11, 21, 11, tzinfo=UTC)
    decided = Classifier(rulebook).decide(records, Moment(as_of, "Europe/Paris"))
    rules = {
        record.source_id: decision.rule
        for record, decision in zip(records, decided.decisions, strict=True)
        if kind_of(record) == "contract"
    }
    assert rules["CT-7781"] is None
    assert rules["CT-6120"] == "contract.ended"
    assert rules["CT-7782"] == "contract.company_missing"
    assert isinstance(records[1], Learner)
