"""Hyperplanning's CSV exports: no ids, groups in brackets, years of two digits, old encodings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import ConnectorContext, Fetch, Refused
from connectors.hyperplanning_csv.connector import HyperplanningCsv, Options
from connectors.hyperplanning_csv.export import birth_date
from engine.records.kinds import Instructor
from engine.records.unread import unread
from engine.relations.neighbourhood import Situation
from tests.connectors.trying import HOME, WINDOW, noted

SAMPLES = HOME / "hyperplanning_csv" / "samples"
HEADER = "Nom,Prénom,Adresse e-mail,Né(e) le,Sexe,Promotions,TD,Regroupements,Options,Famille"


def read(path: Path, fetch: Fetch | None = None, key: bytes = b"key") -> list[Any]:
    around = ConnectorContext(zone="Europe/Paris", data_folder=path.parent, id_key=key)
    return list(HyperplanningCsv(Options(str(path)), around).records(WINDOW, fetch or Fetch()))


def rows(tmp_path: Path, *written: str, header: str = HEADER, encoding: str = "utf-8") -> list[Any]:
    path = tmp_path / "etudiants.csv"
    path.write_bytes("\n".join([header, *written]).encode(encoding))
    return read(path)


def test_the_samples_are_learners_with_groups_and_families_and_instructors() -> None:
    found = {record.last_name + " " + record.first_name: record for record in read(SAMPLES)}
    ines = found["TALMONT Inès"]
    assert ines.groups == ("B1", "<B1> gr2.1", "[B1 gr1.1]", "[B1 sans gr2.2]")
    assert ines.segment_keys == {"family": ("Alternance",), "section": ("B1",)}
    assert (ines.section, ines.training, ines.birth_date) == ("B1", "B1", date(2005, 5, 14))
    assert found["OKPARO Mina"].families == ("Initial", "Rennes")
    assert found["OKPARO Mina"].groups == ("B1", "<B1> gr2.2", "<B1> gr3.1", "Espagnol")
    assert found["BAROU Élie"].section == "B1, B2"
    assert type(found["DELORGE Camille"]) is Instructor


FRENCH = {"order": "DD/MM/YYYY"}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("14/05/05", date(2005, 5, 14)),
        ("14/05/29", date(2029, 5, 14)),
        ("14/05/30", date(1930, 5, 14)),
        ("14/05/99", date(1999, 5, 14)),
        ("1/2/06", date(2006, 2, 1)),
        ("01/02/2006", date(2006, 2, 1)),
        ("29/02/04", date(2004, 2, 29)),
        ("14/05/05 00:00", date(2005, 5, 14)),
        ("", ""),
        ("2005-05-14", date(2005, 5, 14)),  # the year first, as days of a workbook come, tells by itself
        ("31/02/05", unread("not_written_so", value="31/02/2005", **FRENCH)),
        (
            "05/14/05",
            unread("written_otherwise", value="05/14/2005", **FRENCH, written="MM/DD/YYYY", better="14/05/2005"),
        ),
    ],
)
def test_a_day_is_written_day_first_and_two_digits_are_a_year_by_a_fixed_rule(written: str, read_as: Any) -> None:
    assert birth_date(written, 1930) == read_as


def test_the_hundred_years_of_two_digits_can_be_moved() -> None:
    assert birth_date("14/05/35", 1950) == date(2035, 5, 14)
    assert birth_date("14/05/00", 2000) == date(2000, 5, 14)


def test_an_address_that_is_entered_or_corrected_makes_no_other_person(tmp_path: Path) -> None:
    (before,) = rows(tmp_path, "TALMONT,Inès,,14/05/05,,,,,,")
    (after,) = rows(tmp_path, "Talmont, INÈS ,ines.talmont@example.org,14/05/2005,,,,,,")
    assert before.source_id == after.source_id
    assert "talmont" not in before.source_id


def test_people_are_told_apart_by_what_there_is(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "TALMONT,Inès,ines@example.org,14/05/05,,,,,,",
        "TALMONT,Inès,ines@example.org,15/05/05,,,,,,",
        "TALMONT,Ines,ines@example.org,14/05/05,,,,,,",
        "OKPARO,Mina,mina@example.org,,,,,,,",
        "OKPARO,Mina,mina2@example.org,,,,,,,",
        "BAROU,Élie,,,,,,,,",
    )
    assert len({record.source_id for record in found}) == 6
    # Two people with one address stay two, so that a rule can say it; one who stands there twice is another matter.
    situation = Situation(found)
    assert [len(situation.related(record, "same_email")) for record in found[:3]] == [1, 2, 1]
    assert [len(situation.related(record, "same_person")) for record in found[:3]] == [1, 0, 1]


def test_the_same_person_twice_is_one_and_two_who_contradict_are_told(tmp_path: Path) -> None:
    same = rows(tmp_path, "BAROU,Élie,,14/05/05,,B1,,,,", "BAROU,Élie,,14/05/05,,B1,< B1 > gr1,,,Initial")
    assert Situation(same).conflicts == {}
    other = rows(tmp_path, "BAROU,Élie,,14/05/05,,B1,,,,", "BAROU,Élie,,14/05/05,,B2,,,,")
    assert len(Situation(other).conflicts) == 1


def test_a_learner_and_an_instructor_of_one_name_have_two_ids(tmp_path: Path) -> None:
    for name in ("etudiants", "Enseignants 2026"):
        (tmp_path / f"{name}.csv").write_text("Nom,Prénom,Adresse e-mail\nQUIST,Orla,\n")
    found = read(tmp_path)
    assert len({record.source_id for record in found}) == 2


def test_ids_cannot_be_made_without_the_key(tmp_path: Path) -> None:
    assert {one.source_id for one in read(SAMPLES)}.isdisjoint(one.source_id for one in read(SAMPLES, key=b"other"))


def test_a_row_without_name_and_address_is_nobody_and_told(tmp_path: Path) -> None:
    path = tmp_path / "etudiants.csv"
    path.write_text(f"{HEADER}\n,,,14/05/05,,B1,,,,\nOKPARO,Mina,,,,,,,,\n")
    fetch = Fetch()
    assert [one.last_name for one in read(path, fetch)] == ["OKPARO"]
    assert [one.source_id for one in fetch.invalid] == ["etudiants.csv:2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_any_of_its_encodings_is_read(tmp_path: Path, encoding: str) -> None:
    (found,) = rows(tmp_path, "BAROU,Élie,,14/05/05,,,,,,", encoding=encoding)
    assert (found.first_name, found.birth_date) == ("Élie", date(2005, 5, 14))


def test_the_form_of_the_vendors_import_has_ids(tmp_path: Path) -> None:
    (found,) = rows(
        tmp_path,
        "E-7;OKPARO;Mina;01/02/2006;B1;mina.okparo@example.org",
        header="IDENT_ETU;NOM_ETU;PRENOM_ETU;DATE_ETU;NOM_DIP;EMAIL_ETU",
    )
    assert (found.source_id, found.section, found.birth_date) == ("E-7", "B1", date(2006, 2, 1))


def test_an_export_without_addresses_is_refused_and_not_read_as_nobody_having_one(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Adresse e-mail"):
        rows(tmp_path, "TALMONT,Inès", header="Nom,Prénom")


def test_an_export_without_families_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "etudiants.csv"
    path.write_text("Nom,Prénom,Adresse e-mail,Promotions\nOKPARO,Mina,,B1\n")
    fetch = Fetch()
    assert len(read(path, fetch)) == 1
    assert ["no column Famille" in note for note in noted(fetch)] == [True]
