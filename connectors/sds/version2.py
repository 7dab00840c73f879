"""Versions 2 and 2.1: one table of users, roles beside the person (2) or in a table of their own (2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import Any, NamedTuple

from msgspec import Struct

from connectors.contract import Fetch
from connectors.reading.admit import ColumnsOf, Raw
from connectors.reading.days import ISO, days_in
from connectors.reading.roles import enrolment_role, kinds_of
from connectors.reading.tables import Row, Tables
from connectors.reading.times import Day, outermost
from connectors.sds.logins import Logins
from connectors.sds.version1 import enrolment
from engine.records.kinds import PEOPLE

WANTED: tuple[str, ...] = ("classes", "enrollments")
COLUMNS_OF: ColumnsOf = {
    **{kind: {"birth_date": "birthDate", "left_on": "roleEndDate"} for kind in PEOPLE},
    "class": {"starts_on": "startDate", "ends_on": "endDate"},
    "enrolment": {"role": "role"},
}
"""Where each field that may not be readable stands."""


class Held(NamedTuple):
    """One role of one user."""

    word: str
    org: str
    grade: str
    ends: Day


class _Lookups(Struct, frozen=True):
    """The small tables, held while the large ones are streamed."""

    roles: dict[str, list[Held]]
    birth_dates: dict[str, Day]
    tutors: dict[str, list[str]]
    """Learner to the users who are family."""
    family: dict[str, tuple[str, str]]
    """Those users to name and email."""
    terms: dict[str, tuple[Day, Day]]
    courses: dict[str, tuple[str, str]]
    """Course to code and subject."""


def raws(tables: Tables, logins: Logins, fetch: Fetch) -> Iterator[Raw]:
    """Everything in the package."""
    lookups = _read(tables, logins, fetch)
    for row in tables.rows("users", ("sourcedId",)):
        yield from _person(row, lookups, logins)
    for row in tables.rows("classes", ("sourcedId",), "class"):
        yield Raw("class", _class(row, lookups), row.place)
    for row in tables.rows("enrollments", ("classSourcedId", "userSourcedId"), "enrolment"):
        person = logins.id(row["userSourcedId"])
        yield enrolment(row["classSourcedId"], person, enrolment_role(row["role"]), row.place)


def _read(tables: Tables, logins: Logins, fetch: Fetch) -> _Lookups:
    roles: dict[str, list[Held]] = {}
    ends = days_in(tables, "roles", ("roleEndDate",), ISO, fetch)
    born = days_in(tables, "demographics", ("birthDate",), ISO, fetch)
    terms = days_in(tables, "academicsessions", ("startDate", "endDate"), ISO, fetch)
    for row in tables.rows("roles", ("userSourcedId", "role")):
        word, org, grade = (intern(row[name]) for name in ("role", "orgSourcedId", "grade"))
        held = Held(word, org, grade, ends.day(row["roleEndDate"]))
        roles.setdefault(row["userSourcedId"], []).append(held)
    tutors: dict[str, list[str]] = {}
    for row in tables.rows("relationships", ("userSourcedId", "relationshipUserSourcedId")):
        tutors.setdefault(row["userSourcedId"], []).append(row["relationshipUserSourcedId"])
    wanted = {user for users in tutors.values() for user in users}
    return _Lookups(
        roles=roles,
        birth_dates={
            row["userSourcedId"]: born.day(row["birthDate"]) for row in tables.rows("demographics", ("userSourcedId",))
        },
        tutors=tutors,
        # A pass over the users only for these, so that the others need not be held.
        family={
            row["sourcedId"]: (
                f"{row['givenName']} {row['familyName']}".strip(),
                logins.email(row["email"], row["username"]),
            )
            for row in (tables.rows("users", ("sourcedId",), count=False) if wanted else ())
            if row["sourcedId"] in wanted
        },
        terms={
            row["sourcedId"]: (terms.day(row["startDate"]), terms.day(row["endDate"]))
            for row in tables.rows("academicsessions", ("sourcedId",))
        },
        courses={
            row["sourcedId"]: (row["code"], _subject(row["subject"], row["title"]))
            for row in tables.rows("courses", ("sourcedId",))
        },
    )


def _person(row: Row, lookups: _Lookups, logins: Logins) -> Iterator[Raw]:
    """One record per role that concerns us. Who has no role and is only family of a learner is nobody of ours."""
    user = row["sourcedId"]
    held = lookups.roles.get(user)
    if held is None:
        held = [Held(word, "", row["grade"], "") for word in row.listed("role")]
    if not held and user in lookups.family:
        return
    shared: dict[str, Any] = {
        "source_id": logins.id(user),
        "first_name": row["givenName"],
        "last_name": row["familyName"],
        "email": logins.email(row["email"], row["username"]),
        "phone": row["phone"] or row["sms"],
    }
    for kind, word in kinds_of([role.word for role in held if role.word]):
        of_kind = [role for role in held if (kind, word) in kinds_of([role.word])] or held
        orgs = [role.org for role in of_kind if role.org] or row.listed("orgSourcedIds")
        values = shared | {"segment_keys": {"site_code": orgs}}
        if kind == "person":
            yield Raw(kind, values | {"role": word}, row.place)
            continue
        values["birth_date"] = lookups.birth_dates.get(user, "")
        values["left_on"] = _last_day([role.ends for role in of_kind])
        if kind == "learner":
            tutors = [lookups.family[each] for each in lookups.tutors.get(user, ()) if each in lookups.family]
            name, email = min(tutors, key=lambda each: not each[1], default=("", ""))
            grades = ", ".join(dict.fromkeys(role.grade for role in of_kind if role.grade))
            yield Raw(kind, values | {"training": grades, "tutor_name": name, "tutor_email": email}, row.place)
        else:
            yield Raw("instructor", values | {"teaching": kind == "instructor"}, row.place)


def _class(row: Row, lookups: _Lookups) -> dict[str, object]:
    terms = [lookups.terms[term] for term in row.listed("sessionSourcedIds") if term in lookups.terms]
    code, subject = lookups.courses.get(row["courseSourcedId"], ("", ""))
    return {
        "source_id": row["sourcedId"],
        "name": row["title"],
        "code": code,
        "subject": subject,
        "segment_keys": {"site_code": [row["orgSourcedId"]]},
        "starts_on": outermost([start for start, _ in terms], min),
        "ends_on": outermost([end for _, end in terms], max),
    }


def _subject(subject: str, title: str) -> str:
    """The subject, unless it is only a number of the vendor's list, which says nothing to a reader."""
    return subject if any(letter.isalpha() for letter in subject) else title


def _last_day(ends: list[Day]) -> Day:
    """The day the last role ends; nothing when one has no end."""
    return outermost(ends, max) if all(ends) else ""
