"""Relations: every named way from a record to others; rule authors use the names and need not know the joins.

A record offers *join keys* (``join_keys``): its id, its folded email, the groups it is in. A relation probes for
records of a kind by a key's value, and may look twice at what it found (`keeps`). ``engine.relations.neighbourhood``
answers the probes from a batch and from the last known records; of a record its join keys are stored for that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

from msgspec import Struct

from engine.records.fields import fields_of
from engine.records.kinds import KINDS, PEOPLE, Record
from engine.relations.crowds import Likeness
from engine.relations.joins import (
    KIND_OF,
    Probe,
    Values,
    email,
    enrolled_as,
    enrolled_otherwise,
    full_name,
    if_by_hand,
    in_force,
    join_keys,
    made_from_a,
    many,
    one,
    origin_of,
    own_id,
    slots,
)

__all__ = [
    "REFERENCES",
    "RELATIONS",
    "TAUGHT",
    "Existing",
    "Needs",
    "Probe",
    "Relation",
    "Way",
    "ids_in",
    "join_keys",
    "named_by_id",
]

Needs = frozenset[tuple[str, str]]
"""Kind and field, all of which must be provided; `source_id` stands for the kind alone."""


class Existing(Protocol):
    """What a relation may ask of the records around it, beside its own probes."""

    today: date | None
    """The customer's day at the moment of deciding; None where nothing is decided, and every way is gone."""

    def has(self, kind: str, source_id: str) -> bool:
        """Whether the source still has that record."""
        ...

    def record(self, kind: str, source_id: str) -> Record | None:
        """That record, where the source has it and it can be read."""
        ...


Keeps = Callable[[Any, Any, Existing], bool]
"""Asked with (record, found one, what exists) after the probe."""


class Way(Struct, frozen=True):
    """One way of a relation: from a record, over values it holds, to the records that offer them as a key."""

    to: str
    key: str
    values: Values
    needs: tuple[Needs, ...]
    """Alternatives, any of which makes this way provided."""
    keeps: Keeps | None = None
    """Whether a found one is kept; absent: all are."""
    sifts: Callable[[Any, Existing], bool] | None = None
    """Whether a found one may be kept at all, whoever asks; `keeps` is asked after it."""
    looks: Callable[[Any], tuple[Any, ...]] | None = None
    """All that `keeps` then holds against each other, of either side: of two records alike, the same are kept."""
    likeness: Likeness | None = None
    """Where a record is none of its own related ones: what spares asking `keeps` of each pair of many."""
    asks: Callable[[Any], tuple[Probe, ...]] | None = None
    """What `keeps` will ask about a found one."""
    via: Way | None = None
    """Where the values are not the record's own: the way to the records that hold them, as far as it keeps them."""


class Relation(Struct, frozen=True):
    """A named way from the records of one kind to others."""

    name: str
    kind: str
    description: str
    ways: tuple[Way, ...]
    names: bool = False
    """Whether it leads to what the source says belongs to the record: an id of which nothing comes is a mistake."""

    @property
    def to(self) -> tuple[str, ...]:
        """Kinds it leads to, in order."""
        return tuple(sorted({way.to for way in self.ways}))

    @property
    def joins(self) -> tuple[Needs, ...]:
        """Alternatives: the relation is provided where all (kind, field) of one of them are."""
        return tuple(dict.fromkeys(needs for way in self.ways for needs in way.needs))


# What a relation looks at a second time: (record, found one, what exists).


def _of_another_name(record: Any, other: Any, _: Existing) -> bool:
    name = full_name(record)
    return not name or name != full_name(other)


def _one_person_twice(record: Any, other: Any, _: Existing) -> bool:
    if other.source_id == record.source_id:
        return False
    if record.birth_date and other.birth_date:
        return bool(record.birth_date == other.birth_date)
    address = email(record)
    return bool(address) and address == email(other)


def _goes_on(_: Any, enrolment: Any, existing: Existing) -> bool:
    """Not over by its last day; an end before the start is a typing error, and no end."""
    ends, begins = enrolment.ends_on, enrolment.begins_on
    return not (ends and existing.today and ends < existing.today and not (begins and ends < begins))


def _of_birth_and_address(one: Any) -> tuple[Any, ...]:
    return (*((one.birth_date,) if one.birth_date else ()), *email(one))


def _somebody_else(record: Any, other: Any, existing: Existing) -> bool:
    if other.source_id == record.source_id:
        return False
    # One person under two ids is that, and not two people who share an address: the two ask for opposite things.
    return _of_another_name(record, other, existing) or not _one_person_twice(record, other, existing)


def _who(person: Any) -> tuple[object, ...]:
    return person.birth_date, email(person)


_NAMED = Likeness(_who, apart=full_name)


def _own(kind: str, record: Any, account: Any) -> bool:
    return bool(account.source_ref == record.source_id and account.source_kind == kind)


def _free(kind: str) -> Keeps:
    """Neither its own nor made for another record that the source still has."""

    def keeps(record: Any, account: Any, existing: Existing) -> bool:
        return not _own(kind, record, account) and _is_free(account, existing)

    return keeps


def _is_free(account: Any, existing: Existing) -> bool:
    """Made for nobody whom the source still has."""
    return not (account.source_kind and account.source_ref and existing.has(account.source_kind, account.source_ref))


def _is_former(kind: str) -> Callable[[Any, Existing], bool]:
    """Made for a record of the kind that the source no longer has, or that has left."""

    def sifts(account: Any, existing: Existing) -> bool:
        ref = account.source_ref
        if account.source_kind != kind or not ref:
            return False
        if not existing.has(kind, ref):
            return True
        origin: Any = existing.record(kind, ref)
        return origin is not None and origin.status == "left"

    return sifts


def _formerly_anothers(record: Any, account: Any, _: Existing) -> bool:
    """Not its own; two birth dates are two people."""
    return account.source_ref != record.source_id and not _two_dates(record, account)


def _namesake(kind: str) -> Keeps:
    """With another address; two birth dates are two people."""

    def keeps(record: Any, account: Any, _: Existing) -> bool:
        address = email(account)
        return not (
            _two_dates(record, account) or _own(kind, record, account) or (address and address == email(record))
        )

    return keeps


def _seen_by_namesakes(one: Any) -> tuple[Any, ...]:
    """Date of birth, address, and the id of which the one is and for which the other was made."""
    return one.birth_date, *email(one), getattr(one, "source_ref", one.source_id)


def _two_dates(record: Any, account: Any) -> bool:
    return bool(record.birth_date and account.birth_date and record.birth_date != account.birth_date)


def _overlaps(sheet: Any, session: Any, _: Existing) -> bool:
    times = (sheet.starts_at, sheet.ends_at, session.starts_at, session.ends_at)
    if None in times or session.status == "cancelled":
        return False
    return bool(sheet.starts_at < session.ends_at and session.starts_at < sheet.ends_at)


def _origin(account: Any) -> tuple[Probe, ...]:
    kind, ref = account.source_kind, account.source_ref
    return ((kind, "id", ref),) if kind and ref else ()


def _login_of_another(kind: str) -> Keeps:
    """Not its own, and with another email."""

    def keeps(record: Any, account: Any, _: Existing) -> bool:
        address = email(account)
        return bool(address) and address != email(record) and not _own(kind, record, account)

    return keeps


def _twin(record: Any, other: Any, _: Existing) -> bool:
    if other.source_id == record.source_id:
        return False
    return _meet(record.group_ids, other.group_ids) or _meet(record.learner_ids, other.learner_ids)


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return bool(some and others) and (some == others or not set(some).isdisjoint(others))


def _way(
    to: str,
    key: str,
    values: Values,
    *needs: str,
    keeps: Keeps | None = None,
    sifts: Callable[[Any, Existing], bool] | None = None,
    looks: Callable[[Any], tuple[Any, ...]] | None = None,
    likeness: Likeness | None = None,
    asks: Callable[[Any], tuple[Probe, ...]] | None = None,
    via: Way | None = None,
) -> Way:
    """A way whose needs are written `kind.field kind.field`, one text for each alternative."""
    pairs = [[written.split(".", 1) for written in alternative.split()] for alternative in needs]
    alternatives = tuple(frozenset((kind, field) for kind, field in alternative) for alternative in pairs)
    return Way(
        to=to,
        key=key,
        values=values,
        needs=alternatives,
        keeps=keeps,
        sifts=sifts,
        looks=looks,
        likeness=likeness,
        asks=asks,
        via=via,
    )


def _of_person(kind: str, other_kind: str, sessions: str, *session_ways: Way) -> tuple[Relation, ...]:
    """The relations of a learner or an instructor; `sessions` describes the one that is not alike."""
    own = _way("account", "ref", origin_of(kind), "account.source_kind account.source_ref")
    by_email = _way("account", "email", email, f"{kind}.email account.email", keeps=_free(kind), asks=_origin)
    names = f"{kind}.first_name {kind}.last_name"
    named = f"{names} account.first_name account.last_name"
    former: Any = {
        "keeps": _formerly_anothers,
        "sifts": _is_former(kind),
        "looks": _seen_by_namesakes,
        "asks": _origin,
    }
    return (
        Relation("own_accounts", kind, f"Accounts made from this {kind}: same kind and id in the source.", (own,)),
        Relation(
            "email_accounts",
            kind,
            f"Accounts with this {kind}'s email, neither its own nor made for another record that the source "
            "still has.",
            (by_email,),
        ),
        Relation(
            "accounts",
            kind,
            f"Accounts made from this {kind} or with its email: own_accounts and email_accounts together.",
            (own, by_email),
        ),
        Relation(
            "former_accounts",
            kind,
            f"Accounts with this {kind}'s email or name, made for another {kind} that the source no longer has or that "
            "has left.",
            (
                _way("account", "email", email, f"{kind}.email account.email", **former),
                _way("account", "name", full_name, named, **former),
            ),
        ),
        Relation(
            "namesake_accounts",
            kind,
            f"Accounts with this {kind}'s last and first name and another email or none, neither its own nor made for "
            "another record that the source still has; two birth dates are two people.",
            (
                _way(
                    "account",
                    "name",
                    full_name,
                    named,
                    keeps=_namesake(kind),
                    sifts=_is_free,
                    looks=_seen_by_namesakes,
                    asks=_origin,
                ),
            ),
        ),
        Relation(
            "same_email",
            kind,
            "Other learners and instructors with this email; the same last and first name is the same person, in the "
            "other kind and, with no other birth date, in this one.",
            (
                _way(kind, "email", email, f"{kind}.email", keeps=_somebody_else, likeness=_NAMED),
                _way(
                    other_kind,
                    "email",
                    email,
                    f"{kind}.email {other_kind}.email",
                    keeps=_of_another_name,
                    likeness=_NAMED,
                ),
            ),
        ),
        Relation(
            "same_person",
            kind,
            f"Other {kind}s with the same last and first name, and the same birth date or email; two birth dates "
            "are two people.",
            (
                _way(
                    kind,
                    "name",
                    full_name,
                    f"{names} {kind}.birth_date",
                    f"{names} {kind}.email",
                    keeps=_one_person_twice,
                    likeness=Likeness(_who, shares=_of_birth_and_address),
                ),
            ),
        ),
        Relation(
            "logins",
            kind,
            f"Accounts of others that sign in with this {kind}'s email and have another email.",
            (
                _way(
                    "account",
                    "username",
                    email,
                    f"{kind}.email account.username account.email",
                    keeps=_login_of_another(kind),
                ),
            ),
        ),
        Relation("sessions", kind, sessions, session_ways),
    )


_ALL: tuple[Relation, ...] = (
    *_of_person(
        "learner",
        "instructor",
        "Sessions the learner is expected at, one by one or by group.",
        _way("session", "learner", own_id, "session.learner_ids"),
        _way("session", "group", many("groups"), "session.group_ids learner.groups"),
    ),
    *_of_person(
        "instructor",
        "learner",
        "Sessions the instructor is linked to.",
        _way("session", "instructor", own_id, "session.instructor_ids"),
    ),
    Relation(
        "instructors",
        "session",
        "Instructors linked to the session, as far as they were received.",
        (_way("instructor", "id", many("instructor_ids"), "session.instructor_ids instructor.source_id"),),
        names=True,
    ),
    Relation(
        "learners",
        "session",
        "Learners expected at the session, one by one or by group, as far as they were received.",
        (
            _way("learner", "id", many("learner_ids"), "session.learner_ids learner.source_id"),
            _way("learner", "group", many("group_ids"), "session.group_ids learner.groups"),
        ),
        names=True,
    ),
    Relation(
        "twins",
        "session",
        "Other sessions with the same start and end, a common instructor, and a common learner or group.",
        (
            _way(
                "session",
                "slot",
                slots,
                "session.starts_at session.ends_at session.instructor_ids session.learner_ids",
                "session.starts_at session.ends_at session.instructor_ids session.group_ids",
                keeps=_twin,
                likeness=Likeness(lambda session: (session.group_ids, session.learner_ids)),
            ),
        ),
    ),
    Relation(
        "sheets",
        "session",
        "Attendance sheets made from the session.",
        (_way("sheet", "session", own_id, "sheet.source_ref"),),
    ),
    Relation(
        "enrolments",
        "class",
        "Enrolments in the class, whatever their role, ended or not.",
        (_way("enrolment", "class", own_id, "enrolment.class_id"),),
    ),
    Relation(
        "teachers",
        "class",
        "Instructors whose enrolment in the class has the role instructor and has not ended, by its state or last day.",
        (
            _way(
                "instructor",
                "id",
                in_force(enrolled_as("instructor")),
                "enrolment.class_id enrolment.person_id enrolment.role instructor.source_id",
                via=_way("enrolment", "class", own_id, keeps=_goes_on),
            ),
        ),
    ),
    Relation(
        "people",
        "enrolment",
        "The person enrolled, of the kind that the role names; nobody for another role.",
        tuple(
            _way(kind, "id", enrolled_as(kind), f"enrolment.person_id enrolment.role {kind}.source_id")
            for kind in PEOPLE
        ),
        names=True,
    ),
    Relation(
        "other_people",
        "enrolment",
        "Whoever has the id of the person enrolled and is of another kind than the role names.",
        tuple(
            _way(kind, "id", enrolled_otherwise(kind), f"enrolment.person_id enrolment.role {kind}.source_id")
            for kind in PEOPLE
        ),
    ),
    Relation(
        "classes",
        "enrolment",
        "The class the person is enrolled in.",
        (_way("class", "id", one("class_id"), "enrolment.class_id class.source_id"),),
        names=True,
    ),
    Relation(
        "learners",
        "contract",
        "The learner the contract is for.",
        (_way("learner", "id", one("learner_id"), "contract.learner_id learner.source_id"),),
        names=True,
    ),
    Relation(
        "people",
        "account",
        "The learner or instructor the account was made from, where the source still has it.",
        tuple(
            _way(kind, "id", made_from_a(kind), f"account.source_kind account.source_ref {kind}.source_id")
            for kind in PEOPLE
        ),
    ),
    Relation(
        "sessions",
        "sheet",
        "The session the sheet was made from, where the source still has it.",
        (_way("session", "id", one("source_ref"), "sheet.source_ref session.source_id"),),
    ),
    Relation(
        "like_sessions",
        "sheet",
        "Of a sheet made by hand: sessions of the source that overlap with it and have an instructor or learners of "
        "its. Cancelled ones do not count.",
        tuple(
            _way(
                "session",
                person,
                if_by_hand(many(f"{person}_refs")),
                f"session.starts_at session.ends_at session.{person}_ids sheet.{person}_refs",
                keeps=_overlaps,
            )
            for person in ("instructor", "learner")
        ),
    ),
    Relation(
        "instructors",
        "sheet",
        "Instructors on the sheet, as far as the source has them.",
        (_way("instructor", "id", many("instructor_refs"), "sheet.instructor_refs instructor.source_id"),),
    ),
    Relation(
        "learners",
        "sheet",
        "Learners on the sheet, as far as the source has them.",
        (_way("learner", "id", many("learner_refs"), "sheet.learner_refs learner.source_id"),),
    ),
    Relation(
        "marks",
        "sheet",
        "Attendance of each person on the sheet.",
        (_way("mark", "sheet", own_id, "mark.sheet_id"),),
    ),
)

RELATIONS: dict[str, dict[str, Relation]] = {
    kind: {relation.name: relation for relation in _ALL if relation.kind == kind} for kind in KINDS
}
"""Every relation that a rule can name, by kind and name."""


def _references() -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], set[str]] = {}
    for relation in _ALL:
        for way in (way for way in relation.ways if way.key == "id" and way.via is None):
            for kind, field in frozenset().union(*way.needs):
                if kind == relation.kind and fields_of(kind)[field].type == "id" and field != "source_id":
                    found.setdefault((kind, field), set()).add(way.to)
    return {at: tuple(sorted(kinds)) for at, kinds in found.items()}


REFERENCES = _references()
"""Kind and field that holds ids of other records, to the kinds that these may be of."""


def named_by_id(record: Record, field: str) -> tuple[str, ...]:
    """The kinds that such an id of a record may be of.

    Who was put on a sheet by hand is there by the id of an account, and an account says of which kind it was made.
    """
    kind = KIND_OF[type(record)]
    if kind == "account":
        told = getattr(record, "source_kind", None)
        return (told,) if told else ()
    return (*REFERENCES[kind, field], *(("account",) if kind == "sheet" else ()))


def ids_in(record: Record, field: str) -> tuple[str, ...]:
    """The ids that such a field of a record holds."""
    held = getattr(record, field)
    return (held,) if isinstance(held, str) else held or ()


TAUGHT = Relation(
    "taught",
    "instructor",
    "Classes whose enrolment of the instructor has that role and has not ended. Only for `segments`, not for rules.",
    (_way("class", "id", in_force(one("class_id")), via=_way("enrolment", "teacher", own_id)),),
)
