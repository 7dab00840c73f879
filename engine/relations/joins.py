"""Joins: what a record can be found by, and what it holds that others are found by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from engine.records.folding import fold_email, fold_name
from engine.records.kinds import KINDS, Record

Probe = tuple[str, str, str]
"""Kind, key and value: which records are looked for."""
Values = Callable[[Any], tuple[str, ...]]
"""The values of a key that one record gives; empty where it has nothing of it."""

_WIDER: dict[Values, Values] = {}

KIND_OF: dict[type[Record], str] = {struct: kind for kind, struct in KINDS.items()}
"""As `kind_of`, at the price of one dict look-up."""


def own_id(record: Record) -> tuple[str, ...]:
    """Its id."""
    return (record.source_id,)


@cache
def one(field: str) -> Values:
    """The value of a field."""

    def values(record: Record) -> tuple[str, ...]:
        value = getattr(record, field)
        return (value,) if value else ()

    return values


@cache
def many(field: str) -> Values:
    """The values of a set."""

    def values(record: Record) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(record, field)
        return found

    return values


def email(record: Any) -> tuple[str, ...]:
    """Its email, folded."""
    return (folded,) if (written := record.email) and (folded := fold_email(written)) else ()


def username(record: Any) -> tuple[str, ...]:
    """Its username, folded as an email."""
    return (folded,) if (written := record.username) and (folded := fold_email(written)) else ()


def full_name(record: Any) -> tuple[str, ...]:
    """Last and first name, folded; nothing where one of them is absent."""
    if not (record.last_name and record.first_name):
        return ()
    last, first = fold_name(record.last_name), fold_name(record.first_name)
    return (f"{last}|{first}",) if last and first else ()


def made_from(record: Any) -> tuple[str, ...]:
    """Kind and id of the source's record an account was made from, as `learner:12`."""
    kind, ref = record.source_kind, record.source_ref
    return (f"{kind}:{ref}",) if kind and ref else ()


def origin_of(kind: str) -> Values:
    """What `made_from` says of the accounts made from this record."""
    return lambda record: (f"{kind}:{record.source_id}",)


def made_from_a(kind: str) -> Values:
    """Id of the source's record an account was made from, if it is of that kind."""

    def values(record: Any) -> tuple[str, ...]:
        return (record.source_ref,) if record.source_kind == kind and record.source_ref else ()

    return values


def slots(record: Any) -> tuple[str, ...]:
    """Start, end and instructor, for each instructor: at nine on a Monday a school has hundreds of sessions."""
    start, end = record.starts_at, record.ends_at
    if start is None or end is None or not record.instructor_ids:
        return ()
    slot = f"{_written(start)}|{_written(end)}|"
    return tuple([slot + instructor for instructor in record.instructor_ids])


@lru_cache(maxsize=65_536)
def _written(at: datetime) -> str:
    # A timetable has few times of day.
    return str(at.timestamp())


def if_by_hand(inner: Values) -> Values:
    """The same, of what is made by hand alone."""
    return lambda record: () if record.source_ref else inner(record)


@cache
def enrolled_as(kind: str) -> Values:
    """The person enrolled, if in that role."""

    def values(record: Any) -> tuple[str, ...]:
        return (record.person_id,) if record.role == kind and record.person_id else ()

    _WIDER[values] = one("person_id")
    return values


@cache
def enrolled_otherwise(kind: str) -> Values:
    """The person enrolled, if in another role, or in none that is known; nobody who neither learns nor teaches."""

    def values(record: Any) -> tuple[str, ...]:
        return (record.person_id,) if record.role not in (kind, "other") and record.person_id else ()

    _WIDER[values] = one("person_id")
    return values


@cache
def in_force(inner: Values) -> Values:
    """The same, nothing once an enrolment has ended."""

    def values(record: Any) -> tuple[str, ...]:
        return () if record.status == "ended" else inner(record)

    _WIDER[values] = inner
    return values


def wider(values: Values) -> Values | None:
    """What gives at least the same values, of those that leave some out."""
    return _WIDER.get(values)


KEYS: dict[str, dict[str, Values]] = {
    "learner": {"email": email, "name": full_name, "group": many("groups")},
    "instructor": {"email": email, "name": full_name},
    "session": {
        "slot": slots,
        "instructor": many("instructor_ids"),
        "learner": many("learner_ids"),
        "group": many("group_ids"),
    },
    "enrolment": {
        "class": one("class_id"),
        "teacher": enrolled_as("instructor"),
        "person": one("person_id"),
    },
    "contract": {"learner": one("learner_id")},
    "account": {"ref": made_from, "email": email, "username": username, "name": full_name},
    "sheet": {"session": one("source_ref")},
    "mark": {"sheet": one("sheet_id")},
}
"""The keys that a kind offers beside `id`, which every kind does. Folded as probes are."""


def join_keys(record: Record) -> tuple[tuple[str, str], ...]:
    """Every (key, value) that the record can be found by, its id first, none twice."""
    offered = [("id", record.source_id)]
    for key, values in KEYS.get(KIND_OF[type(record)], {}).items():
        offered += [(key, value) for value in values(record)]
    return tuple(dict.fromkeys(offered))
