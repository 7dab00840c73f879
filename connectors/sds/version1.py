"""Version 1: one table per role, user names instead of addresses, days as month/day/year."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.contract import Fetch
from connectors.reading.admit import ColumnsOf, Raw
from connectors.reading.days import Days, days_in
from connectors.reading.states import state_of
from connectors.reading.tables import Row, Tables
from connectors.reading.times import DayOrder
from connectors.sds.logins import Logins
from engine.records.kinds import PEOPLE
from engine.records.unread import Unread

WANTED: tuple[str, ...] = ("student", "teacher", "section", "studentenrollment", "teacherroster")

_DAY: DayOrder = "MM/DD/YYYY"
COLUMNS_OF: ColumnsOf = {
    **{kind: {"birth_date": "Birthdate", "status": "Status"} for kind in PEOPLE},
    "class": {"starts_on": "Term StartDate", "ends_on": "Term EndDate", "status": "Status"},
}
"""Where each field that may not be readable stands."""


def raws(tables: Tables, logins: Logins, fetch: Fetch) -> Iterator[Raw]:
    """Everything in the package. `SIS ID` is a person, a section or a school by the table it stands in."""
    born = days_in(tables, "student", ("Birthdate",), _DAY, fetch)
    for row in _people(tables, "student", "learner"):
        yield Raw("learner", _person(row, logins, "Student Number", born) | {"training": row["Grade"]}, row.place)
    born = days_in(tables, "teacher", ("Birthdate",), _DAY, fetch)
    for row in _people(tables, "teacher", "instructor"):
        yield Raw("instructor", _person(row, logins, "Teacher Number", born) | {"teaching": True}, row.place)
    terms = days_in(tables, "section", ("Term StartDate", "Term EndDate"), _DAY, fetch)
    for row in tables.rows("section", ("SIS ID",), "class"):
        yield Raw("class", _class(row, terms), row.place)
    for table, role in (("studentenrollment", "learner"), ("teacherroster", "instructor")):
        for row in tables.rows(table, ("Section SIS ID", "SIS ID"), "enrolment"):
            yield enrolment(row["Section SIS ID"], logins.id(row["SIS ID"]), role, row.place)


def enrolment(class_id: str, person_id: str, role: str | Unread, place: str) -> Raw:
    """An enrolment, whose id is made of what it joins: the tables give it none."""
    ids = (class_id, person_id, role if isinstance(role, str) and role else "other")
    source_id = ":".join(ids) if all(ids) else ""
    return Raw("enrolment", {"source_id": source_id, "class_id": class_id, "person_id": person_id, "role": role}, place)


def _people(tables: Tables, table: str, kind: str) -> Iterator[Row]:
    """Everybody of a table, without the rows of schools that somebody has left for another: there is a row a school."""
    there = {
        row["SIS ID"]
        for row in tables.rows(table, ("SIS ID",), count=False)
        if row["SIS ID"] and state_of(row["Status"]) == "active"
    }
    for row in tables.rows(table, ("SIS ID",), kind):
        if state_of(row["Status"]) != "gone" or row["SIS ID"] not in there:
            yield row


def _person(row: Row, logins: Logins, number: str, born: Days) -> dict[str, object]:
    return {
        "source_id": logins.id(row["SIS ID"]),
        "mis_id": "" if row[number] == row["SIS ID"] else row[number],
        "first_name": row["First Name"],
        "last_name": row["Last Name"],
        "email": logins.email("", row["Username"]),
        "secondary_email": row["Secondary Email"],
        "birth_date": born.day(row["Birthdate"]),
        "segment_keys": {"site_code": [row["School SIS ID"]]},
        "status": _status(row, "left"),
    }


def _status(row: Row, gone: str) -> str | Unread:
    """What the row says of it; nothing where it says nothing."""
    state = state_of(row["Status"]) if row["Status"] else ""
    return gone if state == "gone" else state


def _class(row: Row, terms: Days) -> dict[str, object]:
    return {
        "source_id": row["SIS ID"],
        "name": row["Section Name"],
        "code": row["Section Number"],
        "subject": row["Course Subject"] or row["Course Name"],
        "segment_keys": {"site_code": [row["School SIS ID"]]},
        "starts_on": terms.day(row["Term StartDate"]),
        "ends_on": terms.day(row["Term EndDate"]),
        "status": _status(row, "ended"),
    }
