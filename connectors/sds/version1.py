"""Version 1: one table per role, user names instead of addresses, days as month/day/year."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.reading.admit import Raw
from connectors.reading.tables import Row, Tables
from connectors.reading.times import day
from connectors.sds.logins import Logins

WANTED: tuple[str, ...] = ("student", "teacher", "section", "studentenrollment", "teacherroster")

_DAY = "%m/%d/%Y"
_STATUS = {"active": "active", "inactive": "left", "deleted": "left", "withdrawn": "left", "graduated": "left"}


def raws(tables: Tables, logins: Logins) -> Iterator[Raw]:
    """Everything in the package. `SIS ID` is a person, a section or a school by the table it stands in."""
    for row in tables.rows("student", ("SIS ID",), "learner"):
        yield Raw("learner", _person(row, logins, "Student Number") | {"training": row["Grade"]}, row.place)
    for row in tables.rows("teacher", ("SIS ID",), "instructor"):
        yield Raw("instructor", _person(row, logins, "Teacher Number") | {"teaching": True}, row.place)
    for row in tables.rows("section", ("SIS ID",), "class"):
        yield Raw("class", _class(row), row.place)
    for table, role in (("studentenrollment", "learner"), ("teacherroster", "instructor")):
        for row in tables.rows(table, ("Section SIS ID", "SIS ID"), "enrolment"):
            yield enrolment(row["Section SIS ID"], logins.id(row["SIS ID"]), role, row.place)


def enrolment(class_id: str, person_id: str, role: str, place: str) -> Raw:
    """An enrolment, whose id is made of what it joins: the tables give it none."""
    ids = (class_id, person_id, role or "other")
    source_id = ":".join(ids) if all(ids) else ""
    return Raw("enrolment", {"source_id": source_id, "class_id": class_id, "person_id": person_id, "role": role}, place)


def _person(row: Row, logins: Logins, number: str) -> dict[str, object]:
    return {
        "source_id": logins.id(row["SIS ID"]),
        "mis_id": "" if row[number] == row["SIS ID"] else row[number],
        "first_name": row["First Name"],
        "last_name": row["Last Name"],
        "email": logins.email("", row["Username"]),
        "secondary_email": row["Secondary Email"],
        "birth_date": day(row["Birthdate"], _DAY),
        "segment_keys": {"site_code": [row["School SIS ID"]]},
        "status": _STATUS.get(row["Status"].casefold(), ""),
    }


def _class(row: Row) -> dict[str, object]:
    status = _STATUS.get(row["Status"].casefold())
    return {
        "source_id": row["SIS ID"],
        "name": row["Section Name"],
        "code": row["Section Number"],
        "subject": row["Course Subject"] or row["Course Name"],
        "segment_keys": {"site_code": [row["School SIS ID"]]},
        "starts_on": day(row["Term StartDate"], _DAY),
        "ends_on": day(row["Term EndDate"], _DAY),
        "status": {"active": "active", "left": "ended"}.get(status or "", ""),
    }
