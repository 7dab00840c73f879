"""The last known records, as the engine asks for them: by join key, some thousands at a time, never one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, func, or_
from sqlalchemy import select as _select
from sqlmodel import Session, col, select

from engine.matching.never_received import NEVER_RECEIVED
from engine.records.decode import Invalid
from engine.records.kinds import KINDS, PEOPLE, Record
from store.base.tables import RecordKeyRow, RecordRow
from store.lookup import fingerprints

CHUNK = 5_000
"""Values per statement: both databases take some 32,000, and plans stop gaining well before."""

_LOOKED_UP: list[Any] = [
    RecordRow.kind,
    RecordRow.source_id,
    RecordRow.data,
    RecordRow.modified_at,
    RecordRow.verdict,
    RecordRow.name,
]

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """The items in lists of at most that many."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


class StoredRecords:
    """What a customer's runs last received; implements ``engine.relations.neighbourhood.Known``."""

    def __init__(self, session: Session, customer: str) -> None:
        self._session = session
        self._customer = customer
        self._own = col(RecordRow.customer) == customer
        self._without: frozenset[str] = frozenset()
        self.verdicts: dict[tuple[str, str], str | None] = {}
        """Kind and id to the verdict that stands on the record, of the people that were looked up."""

    def without(self, kinds: Collection[str]) -> StoredRecords:
        """All but these kinds, which a batch holds completely: what it lacks of them is no longer there."""
        rest = StoredRecords(self._session, self._customer)
        rest._without = frozenset(kinds)
        rest.kinds = self.kinds - rest._without
        return rest

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of which anything is stored; looked up once."""
        return kinds_of(self._session, self._customer)

    def lookup(self, keys: Collection[tuple[str, str, str]]) -> Iterable[Record | Invalid]:
        """Every record that is still there and offers one of the (kind, key, value), each once, and perhaps others.

        Of those asked for by their ids also what is there and could not be read, by name.
        """
        wanted: dict[str, set[tuple[str, str]]] = {}
        for kind, key, value in keys:
            if kind not in self._without:
                wanted.setdefault(kind, set()).add((key, value))
        found: dict[tuple[str, str], Record | Invalid] = {}
        if len(keys) > CHUNK:
            for kind, number in self._sizes(wanted).items():
                if number < len(wanted[kind]):
                    # Fewer records than questions: reading them all is the shorter way.
                    del wanted[kind]
                    if number:
                        self._read(found, self._own, col(RecordRow.kind) == kind)
        digests: list[bytes] = []
        for kind, asked in sorted(wanted.items()):
            for ids in chunks(value for key, value in asked if key == "id"):
                self._read(found, self._own, col(RecordRow.kind) == kind, col(RecordRow.source_id).in_(ids))
            digests += [fingerprints.of_key(self._customer, kind, key, value) for key, value in asked if key != "id"]
        for some in chunks(digests):
            keyed: Any = select(RecordKeyRow.record_id).where(col(RecordKeyRow.digest).in_(some))
            if self._session.get_bind().dialect.name == "postgresql":
                # Before it has counted the rows of a first run, PostgreSQL would else look all keys through once for
                # every record: minutes instead of a moment.
                keyed = select(keyed.distinct().cte("keyed").prefix_with("MATERIALIZED").c.record_id)
            # A digest holds the customer. Naming it too would let SQLite begin at the customer's records, which are
            # many, in place of the keys, which are few.
            self._read(found, col(RecordRow.id).in_(keyed))
        return found.values()

    def _sizes(self, kinds: Iterable[str]) -> dict[str, int]:
        """How many records there are of each kind."""
        sizes = dict.fromkeys(kinds, 0)
        rows = self._session.exec(
            select(RecordRow.kind, func.count())
            .where(col(RecordRow.customer) == self._customer, col(RecordRow.kind).in_(sizes))
            .group_by(col(RecordRow.kind))
        )
        return sizes | dict(rows.all())

    def _read(self, found: dict[tuple[str, str], Record | Invalid], *terms: ColumnElement[bool]) -> None:
        rows = self._session.execute(
            _select(*_LOOKED_UP).where(
                *terms,
                # Without data: what came and could not be used, but not what others name and nobody ever sent.
                or_(
                    col(RecordRow.data).is_not(None),
                    and_(col(RecordRow.verdict) == "flag", col(RecordRow.rule) != NEVER_RECEIVED),
                ),
                col(RecordRow.not_received_since).is_(None),
            )
        )
        for kind, source_id, data, modified_at, verdict, name in rows:
            if data is None:
                found[kind, source_id] = Invalid(kind, source_id, (), {"name": name})
                continue
            record = fingerprints.read(data)
            if record is not None and kind not in self._without:
                found[kind, source_id] = dated(record, modified_at)
                if kind in PEOPLE:
                    self.verdicts[kind, source_id] = verdict


_STORED = _select(
    *(
        select(RecordRow.kind)
        .where(RecordRow.customer == bindparam("customer"), RecordRow.kind == kind)
        .limit(1)
        .scalar_subquery()
        .label(kind)
        for kind in KINDS
    )
)


def kinds_of(session: Session, customer: str) -> frozenset[str]:
    """Kinds of which anything of the customer is stored. One look into the index for each, however many there are."""
    return frozenset(kind for kind in session.execute(_STORED, {"customer": customer}).one() if kind is not None)


def dated(record: Record, modified_at: object) -> Record:
    """The record with the time its change was seen, where its source tells none itself."""
    if modified_at is None or getattr(record, "modified_at", modified_at) is not None:
        return record
    return msgspec.structs.replace(record, modified_at=modified_at)


def record_of(row: RecordRow) -> Record | None:
    """The record that a row holds, None when it was never received in a form that can be read."""
    record = None if row.data is None else fingerprints.read(row.data)
    return None if record is None else dated(record, row.modified_at)


def by_identity(session: Session, customer: str, identities: Collection[tuple[str, str]]) -> Sequence[RecordRow]:
    """Rows of the given kinds and ids."""
    ids: dict[str, list[str]] = {}
    for kind, source_id in identities:
        ids.setdefault(kind, []).append(source_id)
    return [
        row
        for kind in sorted(ids)
        for chunk in chunks(ids[kind])
        for row in session.exec(
            select(RecordRow).where(
                RecordRow.customer == customer, RecordRow.kind == kind, col(RecordRow.source_id).in_(chunk)
            )
        )
    ]
