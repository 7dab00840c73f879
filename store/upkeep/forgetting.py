"""Forgetting a person: their records go with all that hangs on them, and they are taken out of what others' hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Table, and_, bindparam, delete, func, or_, select, tuple_, update
from sqlmodel import Session

from engine.model.decisions import Facts
from engine.records.kinds import Record
from store.base.run_tables import ArchiveRow, HeldEntryRow, HeldRow, OutcomeRow, RunRow, UploadRow
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.lookup import fingerprints
from store.lookup.join_keys import Keyed, write_keys
from store.lookup.known import chunks
from store.upkeep.person import OF_ONE, WHO, KnownPerson


class Forgotten(Struct, frozen=True):
    """What was taken away: numbers only, but for the records of others that a person must look at."""

    deleted: dict[str, int]
    """What to how many: records of theirs by kind, and the issues and changes of these."""
    cleared: dict[str, int]
    """What to how many of others' in which they stood and stand no more."""
    named_in: list[tuple[str, str]]
    """Kind and id of others' records that hold an address or the name of theirs as their own, such as a tutor's."""


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


RUN, RECORD, ISSUE, CHANGE, ARCHIVE, UPLOAD, HELD, ENTRY, OUTCOME = map(
    _table, (RunRow, RecordRow, IssueRow, ChangeRow, ArchiveRow, UploadRow, HeldRow, HeldEntryRow, OutcomeRow)
)
_PART = 2_000


def is_held(session: Session, customer: str) -> bool:
    """Whether what a held run received is kept for the customer: nobody can be taken out of that."""
    kept = select(HELD.c.run_id).join(RUN, RUN.c.id == HELD.c.run_id).where(RUN.c.customer == customer)
    return session.execute(kept.limit(1)).first() is not None


def forget(session: Session, customer: str, kind: str, source_id: str) -> Forgotten:
    """Take a person away from everything that is stored of a customer. No run may be at work, and none held."""
    person = KnownPerson(kind=kind, ids={source_id}, identities={(kind, source_id)})
    half_read = _half_read(session, customer)
    theirs = _theirs(session, customer, person, half_read)
    deleted: Counter[str] = Counter(identity[0] for identity in theirs.values())
    for what, table in (("issues", ISSUE), ("changes", CHANGE)):
        for chunk in chunks(theirs):
            counted = select(func.count()).select_from(table).where(table.c.record_id.in_(chunk))
            deleted[what] += session.execute(counted).scalar_one()
    cleared, named_in = _clear_records(session, customer, person, theirs)
    beside = (record for number, record in half_read.items() if number not in theirs)
    named_in += [fingerprints.identity(one) for one in beside if person.is_named(fingerprints.written(one))]
    for chunk in chunks(theirs):
        session.execute(delete(RECORD).where(RECORD.c.id.in_(chunk)))
    cleared["issues"] = _clear_issues(session, customer, person)
    cleared["changes"] = _clear_changes(session, customer, person)
    cleared["sheets"] = _clear_sheets(session, customer, person)
    cleared["outcomes"] = _clear_outcomes(session, customer, person)
    runs = select(RUN.c.id).where(RUN.c.customer == customer)
    # Of what was never stored nothing but the name tells whose it was.
    called = and_(ENTRY.c.kind.in_(OF_ONE), ENTRY.c.name.in_(person.names))
    for some in chunks(person.identities):
        of_them = or_(tuple_(ENTRY.c.kind, ENTRY.c.source_id).in_(some), called)
        held = delete(ENTRY).where(ENTRY.c.run_id.in_(runs), of_them)
        cleared["held"] += session.connection().execute(held).rowcount
    return Forgotten(dict(+deleted), dict(+cleared), named_in)


def _records(session: Session, customer: str, *kinds: str) -> Iterator[tuple[int, str, str, Record | None]]:
    wanted = select(RECORD.c.id, RECORD.c.kind, RECORD.c.source_id, RECORD.c.data).where(RECORD.c.customer == customer)
    if kinds:
        wanted = wanted.where(RECORD.c.kind.in_(kinds))
    for number, kind, source_id, data in session.execute(wanted.execution_options(yield_per=_PART)):
        yield number, kind, source_id, None if data is None else fingerprints.read(data)


def _half_read(session: Session, customer: str) -> dict[int, Record]:
    """Records that did not come in a form that can be used, as far as they could be read: their issues tell it."""
    wanted = (
        select(RECORD.c.id, RECORD.c.kind, RECORD.c.source_id, ISSUE.c.facts)
        .join(ISSUE, ISSUE.c.record_id == RECORD.c.id)
        .where(RECORD.c.customer == customer, RECORD.c.data.is_(None))
    )
    found: dict[int, Record] = {}
    for number, kind, source_id, facts in session.execute(wanted):
        read = msgspec.json.decode(facts, type=Facts).record
        record = fingerprints.read(msgspec.json.encode({**read, "kind": kind, "source_id": source_id}))
        if record is not None:
            found[number] = record
    return found


def _theirs(
    session: Session, customer: str, person: KnownPerson, half_read: Mapping[int, Record]
) -> dict[int, tuple[str, str]]:
    """Number to kind and id of every record that is about the person: of their accounts first, which tell more ids."""
    found: dict[int, tuple[str, str]] = {}
    ((kind, source_id),) = person.identities
    own = select(RECORD.c.id, RECORD.c.data, RECORD.c.name).where(
        RECORD.c.customer == customer, RECORD.c.kind == kind, RECORD.c.source_id == source_id
    )
    for number, data, name in session.execute(own):
        found[number] = (kind, source_id)
        if name != source_id:
            person.names.add(name)
        record = half_read.get(number) if data is None else fingerprints.read(data)
        if record is not None:
            person.know(record)
        addresses = select(CHANGE.c.before, CHANGE.c.after).where(
            CHANGE.c.record_id == number, CHANGE.c.what == "field", CHANGE.c.subject.in_(("email", "secondary_email"))
        )
        for values in session.execute(addresses):
            for value in values:
                person.meet(None if value is None else fingerprints.value(value))
    held = select(ENTRY.c.name).join(RUN, RUN.c.id == ENTRY.c.run_id).where(RUN.c.customer == customer)
    names = session.execute(held.where(ENTRY.c.kind == kind, ENTRY.c.source_id == source_id)).scalars()
    person.names |= {*names} - {source_id}
    others = select(RECORD.c.id).where(
        RECORD.c.customer == customer, RECORD.c.kind.in_({*WHO} - {kind}), RECORD.c.source_id == source_id
    )
    person.shared = session.execute(others.limit(1)).first() is not None
    for kinds in (OF_ONE[:1], OF_ONE[1:]):
        for number, of, its_id, readable in _records(session, customer, *kinds):
            record = readable or half_read.get(number)
            if record is not None and person.owns(record):
                found[number] = (of, its_id)
                person.know(record)
        person.ids -= _of_others(session, customer, kind, person.ids - {source_id})
    return found


def _of_others(session: Session, customer: str, kind: str, ids: Collection[str]) -> set[str]:
    """Those of some ids of accounts that are another person's in the source: sheets mean that one by them."""
    wanted = select(RECORD.c.source_id).where(
        RECORD.c.customer == customer, RECORD.c.kind == kind, RECORD.c.source_id.in_(ids)
    )
    return set(session.execute(wanted).scalars())


def _clear_records(
    session: Session, customer: str, person: KnownPerson, theirs: dict[int, tuple[str, str]]
) -> tuple[Counter[str], list[tuple[str, str]]]:
    """Take the person out of others' sets, and their records out of the keys."""
    keyed: list[Keyed] = []
    rows: list[dict[str, Any]] = []
    named_in: list[tuple[str, str]] = []
    for number, kind, source_id, record in _records(session, customer):
        if number in theirs:
            keyed.append(Keyed(number, record, None))
            continue
        if record is None:
            continue
        left = person.without(record)
        data = fingerprints.written(left)
        if left is not record:
            keyed.append(Keyed(number, record, left))
            rows.append({"of": number, "data": data, "fingerprint": fingerprints.of_item(left)})
        if person.is_named(data):
            named_in.append((kind, source_id))
    _update(session, RECORD, RECORD.c.id, rows, "data", "fingerprint")
    write_keys(session, customer, keyed)
    return Counter({"records": len(rows)}), named_in


def _clear_issues(session: Session, customer: str, person: KnownPerson) -> int:
    wanted = select(ISSUE.c.id, ISSUE.c.facts, ISSUE.c.correction, ISSUE.c.reason).where(ISSUE.c.customer == customer)
    rows: list[dict[str, Any]] = []
    for number, facts, correction, reason in session.execute(wanted.execution_options(yield_per=_PART)):
        left = _left(person, facts)
        corrected = _left(person, correction)
        told = None if reason is not None and person.is_named(reason) else reason
        if (left, corrected, told) != (facts, correction, reason):
            row = {"of": number, "facts": left, "correction": corrected, "reason": told}
            rows.append(row | {"facts_fingerprint": fingerprints.of_facts(left or b"")})
    _update(session, ISSUE, ISSUE.c.id, rows, "facts", "correction", "reason", "facts_fingerprint")
    return len(rows)


def _clear_changes(session: Session, customer: str, person: KnownPerson) -> int:
    wanted = select(CHANGE.c.id, CHANGE.c.subject, CHANGE.c.before, CHANGE.c.after).where(
        CHANGE.c.customer == customer, CHANGE.c.what.in_(("field", "issue"))
    )
    rows: list[dict[str, Any]] = []
    for number, subject, before, after in session.execute(wanted.execution_options(yield_per=_PART)):
        left = [_left(person, value, subject) for value in (before, after)]
        if left != [before, after]:
            rows.append({"of": number, "before": left[0], "after": left[1]})
    _update(session, CHANGE, CHANGE.c.id, rows, "before", "after")
    return len(rows)


def _clear_sheets(session: Session, customer: str, person: KnownPerson) -> int:
    """Out of what is remembered of sheets, and of the list of what goes up."""
    number = 0
    for table, key, names in (
        (ARCHIVE, ARCHIVE.c.sheet_id, ("attendance",)),
        (UPLOAD, UPLOAD.c.sheet_id, ("sheet", "marks")),
    ):
        wanted = select(key, *(table.c[name] for name in names)).where(table.c.customer == customer)
        rows = []
        for sheet_id, *values in session.execute(wanted.execution_options(yield_per=_PART)):
            left = [_left(person, value) for value in values]
            if left != values:
                rows.append({"of": sheet_id, **dict(zip(names, left, strict=True))})
        _update(session, table, key, rows, *names, customer=customer)
        number += len(rows)
    return number


def _clear_outcomes(session: Session, customer: str, person: KnownPerson) -> int:
    """What was said of their records goes; what was said of others' loses the words that name them."""
    number = 0
    of_customer = OUTCOME.c.customer == customer
    for chunk in chunks(person.identities):
        theirs = delete(OUTCOME).where(of_customer, tuple_(OUTCOME.c.kind, OUTCOME.c.source_id).in_(chunk))
        number += session.connection().execute(theirs).rowcount
    told = select(OUTCOME.c.kind, OUTCOME.c.source_id, OUTCOME.c.code, OUTCOME.c.text).where(of_customer)
    named: dict[str, list[tuple[str, str]]] = {"code": [], "text": []}
    for kind, source_id, *words in session.execute(told.execution_options(yield_per=_PART)):
        for name, said in zip(named, words, strict=True):
            if said is not None and person.is_named(said):
                named[name].append((kind, source_id))
    for name, naming in named.items():
        for chunk in chunks(naming):
            terms = (of_customer, tuple_(OUTCOME.c.kind, OUTCOME.c.source_id).in_(chunk))
            session.execute(update(OUTCOME).where(*terms).values({name: None}))
    return number + len({*named["code"], *named["text"]})


def _left(person: KnownPerson, written: bytes | None, subject: str = "") -> bytes | None:
    if not written or not person.may_stand_in(written):
        return written
    left = person.taken_out(written, subject)
    return written if left is None else left


def _update(
    session: Session, table: Table, key: Any, rows: list[dict[str, Any]], *names: str, customer: str | None = None
) -> None:
    terms = [key == bindparam("of")] if customer is None else [key == bindparam("of"), table.c.customer == customer]
    statement = update(table).where(*terms).values({name: bindparam(f"new_{name}") for name in names})
    for chunk in chunks(rows):
        told = [{"of": row["of"], **{f"new_{name}": row[name] for name in names}} for row in chunk]
        session.connection().execute(statement, told)
