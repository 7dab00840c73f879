"""What a file is, told by its headers."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Fetch, Refused
from connectors.files import read_path, recognise
from connectors.registry import catalogue, open_for_file
from engine.rulefiles.library import load
from tests.connectors.trying import HOME


def read(path: Path, fetch: Fetch | None = None) -> list[Any]:
    return list(read_path(path, "Europe/Paris", fetch or Fetch()))


def test_exports_of_other_systems_are_read_as_their_connectors_do() -> None:
    people = read(HOME / "hyperplanning_csv" / "samples")
    assert [type(one).__name__ for one in people].count("Instructor") == 3
    contracts = read(HOME / "contracts" / "samples" / "contrats.csv")
    assert {type(one).__name__ for one in contracts} == {"Contract", "Learner"}
    assert contracts[0].starts_on == date(2026, 9, 1)


@pytest.mark.parametrize("name", ["oneroster", "sds", "records", "hyperplanning-csv"])
def test_samples_are_recognised_as_folder_and_as_zip(name: str, tmp_path: Path) -> None:
    samples = HOME / name.replace("-", "_") / "samples"
    for folder in [each for each in samples.iterdir() if each.is_dir()] or [samples]:
        assert recognise(folder) == name
        path = tmp_path / f"{folder.name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for each in folder.iterdir():
                archive.write(each, each.name)
        assert recognise(path) == name


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("users.csv", "sourcedId,enabledUser,givenName,familyName,username,role\n", "oneroster"),
        ("users.csv", "sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade\n", "sds"),
        ("Student.csv", "SIS ID;School SIS ID;Username\n", "sds"),
        ("Student.csv", "ID,School DfE Number,Username\n", "sds"),
        ("learners.csv", "source_id,email\n", "records"),
        ("anything.csv", "kind,source_id,email\n", "records"),
        ("anything.ndjson", "", "records"),
        ("etudiants.csv", "Nom,Prénom,Adresse e-mail,Né(e) le,Sexe,Promotions\n", "hyperplanning-csv"),
        ("export.csv", "Nom;Prénom;Adresse e-mail\n", "hyperplanning-csv"),
        (
            "contrats.csv",
            "codeContrat;codeApprenant;dateDebut;dateFin;codeSite\n",
            "contracts",
        ),
        ("export.csv", "Noms;NOM;PRÉNOM;ADRESSE E-MAIL;NÉ(E) LE\n", "hyperplanning-csv"),
        ("etudiants.csv", "IDENT_ETU;NOM_ETU;PRENOM_ETU;EMAIL_ETU;DATE_ETU;NOM_DIP\n", "hyperplanning-csv"),
    ],
)
def test_a_file_is_told_by_its_header(file: str, content: str, name: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(content)
    assert recognise(tmp_path / file) == name


@pytest.mark.parametrize(
    "content", ["", "\n\n", "Mina,Okparo,mina@example.org\n", "name,colour\nx,y\n", "source_id,email\n1,x\n"]
)
def test_what_is_no_roster_is_refused_without_repeating_it(content: str, tmp_path: Path) -> None:
    path = tmp_path / "people_of_norvane.csv"
    path.write_text(content)
    with pytest.raises(Refused, match="no roster that is known") as caught:
        recognise(path)
    assert "mina" not in str(caught.value).casefold()


OWN = """
name: Brume
language: en
zone: Europe/Paris
source:
  connector: columns
  system: Registry
  path: people.csv
  token: ${MUSTER_BRUME_TOKEN}
  tables:
    people:
      kinds:
        learner: {source_id: Number, first_name: Given, last_name: Family, email: Mail}
platform: {connector: edusign}
"""


def own_connector(tmp_path: Path, path: Path, text: str = OWN) -> Any:
    folder = tmp_path / "rules" / "customers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brume.yaml").write_text(text, "utf-8")
    customer = load(tmp_path / "rules", "brume", catalogue()).customer
    assert customer.source is not None
    return open_for_file(customer.source, customer, {}, path)


def test_a_customers_own_columns_are_read_from_a_file_in_hand(tmp_path: Path) -> None:
    path = tmp_path / "anything.csv"
    path.write_text("Number;Given;Family;Mail\n7;Ada;Nort;ada@example.org\n")
    with pytest.raises(Refused, match="no roster that is known"):
        read(path)
    found = list(read_path(path, "Europe/Paris", Fetch(), own=own_connector(tmp_path, path)))
    assert [(one.source_id, one.first_name, one.email) for one in found] == [("7", "Ada", "ada@example.org")]


def test_what_is_no_file_of_the_customers_is_read_by_its_headers(tmp_path: Path) -> None:
    path = HOME / "oneroster" / "samples" / "v1p2"
    fetch = Fetch()
    own = own_connector(tmp_path, path)
    assert list(read_path(path, "Europe/Paris", fetch, own=own)) == read(path)
    assert (fetch.partial, fetch.invalid) == ([], [])


def test_of_a_file_that_is_neither_the_customers_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Number;Given;Colour\n7;Ada;red\n")
    with pytest.raises(Refused, match="Family, Mail"):
        list(read_path(path, "Europe/Paris", Fetch(), own=own_connector(tmp_path, path)))


def test_a_connector_that_reads_no_files_reads_none_in_hand(tmp_path: Path) -> None:
    pushed = OWN.partition("  connector: columns")[0] + "  connector: pushed\n  system: Ypareo\n"
    path = HOME / "oneroster" / "samples" / "v1p2"
    assert own_connector(tmp_path, path, pushed + "platform: {connector: edusign}\n") is None
