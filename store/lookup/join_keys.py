"""The keys by which records are found as somebody's related record: written for whole lists, and only what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, delete, exists
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from engine.records.kinds import Record
from engine.relations.joins import join_keys
from store.base.tables import RecordKeyRow, RecordRow
from store.lookup import fingerprints
from store.lookup.known import chunks

KEY: Any = RecordKeyRow.__table__  # type: ignore[attr-defined]
RECORD: Any = RecordRow.__table__  # type: ignore[attr-defined]

Pair = tuple[bytes, int]
"""A key's digest, and the number of a record that has it."""


class Keyed(Struct, frozen=True):
    """One record as it was stored and as it will be; None where there is, or was, nothing that can be read."""

    id: int
    before: Record | None
    after: Record | None
    new: bool = False
    """Whether it was never stored before."""


def write_keys(session: Session, customer: str, records: Iterable[Keyed]) -> int:
    """Bring the keys of these records up to date; how many rows were written or taken away."""
    digests = _Digests(customer)
    new: list[Pair] = []
    added: list[Pair] = []
    gone: list[Pair] = []
    for record in records:
        after = digests.of(record.after)
        if record.new:
            new += [(digest, record.id) for digest in after]
            continue
        before = digests.of(record.before)
        gone += [(digest, record.id) for digest in before - after]
        # Where the old one cannot be read any more, its keys may still be there.
        added += [(digest, record.id) for digest in (after if record.before is None else after - before)]
    delete_keys(session, gone)
    _insert_many(session, sorted(new))
    _insert(session, added)
    return len(new) + len(added) + len(gone)


def delete_keys(session: Session, pairs: Sequence[Pair]) -> None:
    """Take keys away."""
    statement = delete(KEY).where(KEY.c.digest == bindparam("of"), KEY.c.record_id == bindparam("by"))
    for chunk in chunks(pairs):
        session.connection().execute(statement, [{"of": digest, "by": record_id} for digest, record_id in chunk])


def delete_keys_of_none(session: Session) -> None:
    """Take away the keys of records that were deleted, in the same transaction: SQLite may give their numbers again."""
    session.connection().execute(delete(KEY).where(~exists().where(RECORD.c.id == KEY.c.record_id)))


class _Digests:
    """Digests of one customer's keys, each worked out once: a school's sessions share their people."""

    def __init__(self, customer: str) -> None:
        self._customer = customer
        self._made: dict[tuple[str, str], dict[str, bytes]] = {}

    def of(self, record: Record | None) -> set[bytes]:
        """Of all keys of a record but its id, by which its own row is found."""
        if record is None:
            return set()
        kind = fingerprints.identity(record)[0]
        found = set()
        for key, value in join_keys(record):
            if key == "id":
                continue
            made = self._made.get((kind, key))
            if made is None:
                made = self._made[kind, key] = {}
            digest = made.get(value)
            if digest is None:
                digest = made[value] = fingerprints.of_key(self._customer, kind, key, value)
            found.add(digest)
        return found


def _insert(session: Session, pairs: Sequence[Pair]) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(KEY)
    for chunk in chunks(pairs):
        rows = [{"digest": digest, "record_id": record_id} for digest, record_id in chunk]
        session.execute(statement.on_conflict_do_nothing(), rows)


def _insert_many(session: Session, pairs: Sequence[Pair]) -> None:
    """Keys of new records by the driver's quickest way: a first run has millions. In the order of the index."""
    if not pairs:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT OR IGNORE INTO record_key (digest, record_id) VALUES (?, ?)", list(pairs))
        return
    driver: Any = connection.connection.dbapi_connection
    with (
        driver.cursor() as cursor,
        cursor.copy("COPY record_key (digest, record_id) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["bytea", "int8"])
        for pair in pairs:
            copy.write_row(pair)
