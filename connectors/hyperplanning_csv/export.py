"""Hyperplanning's CSV exports of people: which table is whose, and what their cells become."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from connectors.contract import Fetch
from connectors.hyperplanning.normal import TITLE, group_names, segment_keys
from connectors.reading.admit import Raw
from connectors.reading.archive import opened
from connectors.reading.ids import fit, hashed
from connectors.reading.tables import Row, Table, folded
from connectors.reading.times import Day, ordered_day, orders_of

_EXPORT = (
    *("Nom", "Prénom", "Adresse e-mail", "Né(e) le", "Sexe", "Promotions", "TD", "Regroupements", "Options"),
    "Famille",
)
_IMPORT = {
    "IDENT_ETU": "Identifiant",
    "NOM_ETU": "Nom",
    "PRENOM_ETU": "Prénom",
    "EMAIL_ETU": "Adresse e-mail",
    "DATE_ETU": "Né(e) le",
    "NOM_DIP": "Promotions",
}
"""Columns of the vendor's import sample, which some schools keep as their export."""
COLUMNS = {folded(name): name for name in _EXPORT} | {folded(theirs): ours for theirs, ours in _IMPORT.items()}

_YEAR = re.compile(r"(\d\d?/\d\d?/)(\d\d)")
_INSTRUCTORS = ("enseignant", "intervenant", "formateur", "professeur")
"""How the name of a file with instructors begins."""


def people(path: Path, key: bytes, first_year: int, fetch: Fetch) -> Iterator[Raw]:
    """Every person of every table, streamed. Raises Refused for a table without names or addresses."""
    with opened(path, TITLE) as files:
        for file in files:
            table = Table(file, TITLE, COLUMNS, fetch)
            table.need(("Nom", "Prénom", "Adresse e-mail"))
            kind = "instructor" if file.stem.startswith(_INSTRUCTORS) else "learner"
            for column in ("Promotions", "Famille"):
                if kind == "learner" and column not in table:
                    fetch.note("learners_without_column", file=file.name, column=column)
            for row in table.rows(kind):
                yield Raw(kind, _person(row, kind, key, first_year), row.place)


def _person(row: Row, kind: str, key: bytes, first_year: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "source_id": _id(row, kind, key, first_year),
        "first_name": row["Prénom"],
        "last_name": row["Nom"],
        "email": row["Adresse e-mail"],
        "birth_date": birth_date(row["Né(e) le"], first_year),
    }
    if kind == "learner":
        promotions, families = group_names(row["Promotions"]), row.listed("Famille")
        groups = [
            *promotions,
            *(name for column in ("TD", "Regroupements", "Options") for name in group_names(row[column])),
        ]
        values |= {
            "training": ", ".join(promotions),
            "section": ", ".join(promotions),
            "families": families,
            "groups": groups,
            "segment_keys": segment_keys(families, promotions),
        }
    return values


def _id(row: Row, kind: str, key: bytes, first_year: int) -> str:
    """The id, where there is a column of ids; else a hash of name and birth date, else of the email, else of the name.

    The name with the birth date comes first: an address that is corrected must not make another person.
    Empty for a row without any of these, which is nobody.
    """
    if row["Identifiant"]:
        return fit(key, row["Identifiant"])
    last, first, email = row["Nom"], row["Prénom"], row["Adresse e-mail"]
    found = birth_date(row["Né(e) le"], first_year)
    born = str(found) if isinstance(found, date) else row["Né(e) le"]
    natural = [last, first, born] if born and (last or first) else [email] if email else [last, first]
    return hashed(key, kind, *natural) if any(natural) else ""


def birth_date(written: str, first_year: int) -> Day:
    """A day written dd/mm/yyyy, or dd/mm/yy in the hundred years that begin with `first_year`; else what is wrong."""
    if orders_of(written).keys() == {"YYYY-MM-DD"}:
        return ordered_day(written, "YYYY-MM-DD")  # a day of a workbook, or of a school that writes days so
    short = _YEAR.fullmatch(written.partition(" ")[0])
    if short is None:
        return ordered_day(written, "DD/MM/YYYY")
    year = first_year - first_year % 100 + int(short[2])
    return ordered_day(f"{short[1]}{year if year >= first_year else year + 100}", "DD/MM/YYYY")
