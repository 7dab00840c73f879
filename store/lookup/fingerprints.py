"""Fingerprints: short digests by which what is received is compared with what is known, without reading it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b
from itertools import pairwise

import msgspec

from engine.model.decisions import Decision, Facts
from engine.records.decode import Invalid, read_json
from engine.records.fields import fields_of
from engine.records.kinds import KINDS, AnyRecord, Record, kind_of

SIZE = 16
"""Bytes: two of a billion different records meet with a chance of 1 in 10²⁰."""

_encoder = msgspec.json.Encoder(order="deterministic")
_records: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_SETS = {
    struct: tuple(field.name for field in fields_of(kind).values() if field.is_set and not field.computed)
    for kind, struct in KINDS.items()
}


def written(record: Record) -> bytes:
    """A record as JSON; its sets are in order, for a source may give them in any."""
    unsorted = {
        name: tuple(sorted(values))
        for name in _SETS[type(record)]
        if len(values := getattr(record, name)) > 1 and any(a > b for a, b in pairwise(values))
    }
    return _encoder.encode(msgspec.structs.replace(record, **unsorted) if unsorted else record)


def read(written_record: bytes) -> Record | None:
    """The record again; None when an older program wrote it in a form that is no longer known. What is longer than is
    taken now is left out of it as the door would."""
    try:
        return _records.decode(written_record)
    except msgspec.ValidationError:
        (again,) = read_json([written_record])
        return None if isinstance(again, Invalid) else again


def value(written_value: bytes) -> object:
    """A field's value as it stands in a change."""
    return msgspec.json.decode(written_value)


def of_item(item: Record | Invalid) -> bytes:
    """Of one thing received."""
    if isinstance(item, Invalid):
        return blake2b(_encoder.encode(item.errors), digest_size=SIZE, person=b"invalid").digest()
    return blake2b(written(item), digest_size=SIZE).digest()


def of_several(items: Collection[bytes]) -> bytes:
    """Of all that was received under one kind and id, in any order and however often."""
    distinct = sorted(set(items))
    if len(distinct) == 1:
        return distinct[0]
    return blake2b(b"".join(distinct), digest_size=SIZE, person=b"several").digest()


def of_decision(decision: Decision | None, *, later: bool = False, segments: Sequence[str] = ()) -> bytes:
    """Of a verdict, what matched, and what else stands on the record beside it; fixed for one that is not decided."""
    if decision is None and not segments:
        return bytes(SIZE)
    said = None if decision is None else (decision.verdict, decision.matches)
    more = (later, segments) if later or segments else ()
    return blake2b(_encoder.encode((*(said or ()), *more)), digest_size=SIZE).digest()


def of_facts(facts: bytes) -> bytes:
    """Of facts as `facts_written` gives them."""
    return blake2b(facts, digest_size=SIZE).digest()


def facts_written(facts: Facts) -> bytes:
    """Facts as JSON without their moment: it differs every day, and the reader is told by the one that holds then."""
    return _encoder.encode(msgspec.structs.replace(facts, as_of="", last_sync=None, next_run=None, expected_on=None))


def of_key(customer: str, kind: str, key: str, value: str) -> bytes:
    """Of a join key of one customer's records."""
    return blake2b("\0".join((customer, kind, key, value)).encode(), digest_size=SIZE).digest()


def identity(item: Record | Invalid) -> tuple[str, str]:
    """Kind and id."""
    return (item.kind if isinstance(item, Invalid) else kind_of(item)), item.source_id


def of_batch(items: Sequence[Record | Invalid]) -> dict[tuple[str, str], bytes]:
    """Kind and id to the fingerprint of all that a batch holds under them."""
    found: dict[tuple[str, str], list[bytes]] = {}
    for item in items:
        found.setdefault(identity(item), []).append(of_item(item))
    return {key: prints[0] if len(prints) == 1 else of_several(prints) for key, prints in found.items()}
