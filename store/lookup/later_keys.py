"""Later keys, which a migration gives to records stored before there were such: an unchanged one would get none."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from engine.relations.joins import join_keys
from store.lookup import fingerprints

_RECORD = sa.table("record", *(sa.column(name) for name in ("id", "customer", "kind", "data")))
_KEY = sa.table("record_key", sa.column("digest", sa.LargeBinary()), sa.column("record_id"))
_AT_ONCE = 2_000


def write_later_keys(connection: sa.Connection, keys: Mapping[str, str]) -> None:
    """Write one key of each kind's records: kind to the key's name."""
    _change(connection, keys, sa.insert(_KEY).values(digest=sa.bindparam("of"), record_id=sa.bindparam("by")))


def delete_later_keys(connection: sa.Connection, keys: Mapping[str, str]) -> None:
    """Take them away."""
    same = (_KEY.c.digest == sa.bindparam("of"), _KEY.c.record_id == sa.bindparam("by"))
    _change(connection, keys, sa.delete(_KEY).where(*same))


def _change(connection: sa.Connection, keys: Mapping[str, str], statement: sa.Insert | sa.Delete) -> None:
    last = 0
    wanted = sa.select(_RECORD.c.id, _RECORD.c.customer, _RECORD.c.kind, _RECORD.c.data).order_by(_RECORD.c.id)
    wanted = wanted.where(_RECORD.c.kind.in_(keys), _RECORD.c.data.is_not(None)).limit(_AT_ONCE)
    while rows := connection.execute(wanted.where(_RECORD.c.id > last)).all():
        pairs = {
            (fingerprints.of_key(customer, kind, key, value), number)
            for number, customer, kind, data in rows
            if (record := fingerprints.read(data)) is not None
            for key, value in join_keys(record)
            if key == keys[kind]
        }
        if pairs:
            connection.execute(statement, [{"of": digest, "by": number} for digest, number in sorted(pairs)])
        last = rows[-1].id
