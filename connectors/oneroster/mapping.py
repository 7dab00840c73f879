"""What OneRoster's users, classes and enrolments become, whether they came as CSV or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from connectors.oneroster.lookups import Cells, Lookups, left
from connectors.reading.admit import Raw
from connectors.reading.ids import fit
from connectors.reading.roles import enrolment_role, kinds_of, role_of
from connectors.reading.states import truth_of
from connectors.reading.times import Day, day_before, iso_day, local, outermost
from engine.records.kinds import KINDS
from engine.records.unread import Unread

_PERSON = frozenset(
    {"source_id", "mis_id", "first_name", "last_name", "email", "phone", "segment_keys", "status", "modified_at"}
)
PROVIDES = {
    "learner": _PERSON | {"birth_date", "training", "tutor_name", "tutor_email", "left_on"},
    "instructor": _PERSON | {"birth_date", "teaching", "left_on"},
    "person": _PERSON | {"role"},
    "class": frozenset(
        {
            *("source_id", "name", "code", "subject", "segment_keys", "starts_on", "ends_on", "status"),
            "modified_at",
        }
    ),
    "enrolment": frozenset(
        {"source_id", "class_id", "person_id", "role", "begins_on", "ends_on", "status", "modified_at"}
    ),
}
"""What the standard can tell, by kind."""

_COLUMNS = {
    "modified_at": "dateLastModified",
    "birth_date": "birthDate",
    "begins_on": "beginDate",
    "left_on": "endDate",
    "starts_on": "startDate",
    "ends_on": "endDate",
    "status": "status",
    "role": "role",
}
COLUMNS_OF = dict.fromkeys(KINDS, _COLUMNS)
"""Where each field that may not be readable stands."""


class Role(NamedTuple):
    """A role that somebody has."""

    word: str
    org: str = ""
    ends: Day = ""
    """The first day it is no longer had."""
    state: str | Unread = "active"

    @property
    def is_gone(self) -> bool:
        """Whether the role is no longer had; one of which that cannot be told is."""
        return self.state == "left"


def person(row: Cells, roles: Sequence[Role], lookups: Lookups, key: bytes) -> Iterator[Raw]:
    """One record per role that concerns us: none for family, two for a learner who also teaches."""
    user = row["sourcedId"]
    held = roles or [Role(word) for word in row.listed("role") or [""]]
    state = left(row["status"], "left")
    gone = state == "left" or all(role.is_gone for role in held)
    live = held if gone else [role for role in held if not role.is_gone]
    shared: dict[str, Any] = {
        "source_id": fit(key, user),
        "mis_id": _shown_id(row, user),
        "first_name": row["preferredGivenName"] or row["givenName"],
        "last_name": row["preferredFamilyName"] or row["familyName"],
        "email": row["email"],
        "phone": row["phone"] or row["sms"],
        "status": "left" if gone else _status(row, [state, *(role.state for role in live)]),
        "modified_at": local(row["dateLastModified"], "UTC"),
    }
    for kind, word in kinds_of([role.word for role in live if role.word]):
        of_kind = [role for role in live if (kind, word) in kinds_of([role.word] if role.word else [])] or live
        orgs = [role.org for role in of_kind if role.org] or row.listed("orgSourcedIds")
        orgs = orgs or row.listed("primaryOrgSourcedId")
        values = shared | {"segment_keys": {"site_code": lookups.codes(orgs)}}
        if kind == "person":
            yield Raw(kind, values | {"role": word}, row.place)
            continue
        values["birth_date"] = lookups.birth_dates.get(user, "")
        values["left_on"] = _last_day([role.ends for role in of_kind])
        if kind == "learner":
            tutor_name, tutor_email = lookups.guardian(row.listed("agentSourcedIds"))
            values["training"] = ", ".join(row.listed("grades"))
            yield Raw(kind, values | {"tutor_name": tutor_name, "tutor_email": tutor_email}, row.place)
        else:
            yield Raw("instructor", values | {"teaching": kind == "instructor"}, row.place)


def guardian(row: Cells, roles: Sequence[Role]) -> tuple[str, str] | None:
    """Name and email of somebody who is family of learners; None of anybody else."""
    words = [role.word for role in roles] or row.listed("role")
    if not any(role_of(word) == "family" for word in words):
        return None
    first = row["preferredGivenName"] or row["givenName"]
    last = row["preferredFamilyName"] or row["familyName"]
    return f"{first} {last}".strip(), row["email"]


def class_(row: Cells, lookups: Lookups) -> Raw:
    """A class, with the days of all its terms together."""
    starts, ends = lookups.period(row.listed("termSourcedIds"))
    values = {
        "source_id": row["sourcedId"],
        "name": row["title"],
        "code": row["classCode"],
        "subject": ", ".join(row.listed("subjects")) or lookups.subjects.get(row["courseSourcedId"], ""),
        "segment_keys": {"site_code": lookups.codes([row["schoolSourcedId"]])},
        "starts_on": starts,
        "ends_on": ends,
        "status": left(row["status"], "ended"),
        "modified_at": local(row["dateLastModified"], "UTC"),
    }
    return Raw("class", values, row.place)


def enrolment(row: Cells, key: bytes, day: Callable[[str], Day] = iso_day) -> Raw:
    """An enrolment; its end is the day before the one the standard writes."""
    role = enrolment_role(row["role"])
    user = fit(key, row["userSourcedId"])
    ids = (row["classSourcedId"], user, role if isinstance(role, str) and role else "other")
    values = {
        "source_id": row["sourcedId"] or (":".join(ids) if all(ids) else ""),
        "class_id": row["classSourcedId"],
        "person_id": user,
        "role": role,
        "begins_on": day(row["beginDate"]),
        "ends_on": day_before(day(row["endDate"])),
        "status": left(row["status"], "ended"),
        "modified_at": local(row["dateLastModified"], "UTC"),
    }
    return Raw("enrolment", values, row.place)


def _status(row: Cells, states: list[str | Unread]) -> str | Unread:
    """Of somebody who is there, as far as these states tell."""
    enabled = truth_of(row["enabledUser"])
    if isinstance(enabled, Unread):
        return Unread(enabled.code, values={**enabled.values, "column": "enabledUser"})
    unread = [state for state in states if isinstance(state, Unread)]
    return unread[0] if unread else "suspended" if enabled is False else "active"


def _shown_id(row: Cells, user: str) -> str:
    """The number people see in the source, where it is another than the id."""
    shown = row["identifier"] or row["userMasterIdentifier"]
    return "" if shown == user or "@" in shown else shown


def _last_day(ends: list[Day]) -> Any:
    """The last day of the last role to end; nothing when one has no end."""
    return day_before(outermost(ends, max)) if all(ends) else ""
