"""Holding: keeping what a run received and would have done, until somebody approves or rejects it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.model.decisions import Decision
from engine.records.decode import Invalid
from engine.records.folding import fold_name
from engine.records.kinds import AnyRecord, Record, name_of
from engine.records.unread import Failure, Unread, plain_failure
from runs.model.findings import Findings, Found, Identity
from runs.model.received import Received
from runs.records.absence import missing, newly
from store.queries.holds import WouldDo
from store.writing import writes
from store.writing.writes import KnownRecord

_FAST = 1
"""Compression level: records are alike, so that more effort gains little."""


class _Packed(Struct, frozen=True):
    """What a run received."""

    records: list[AnyRecord]
    invalid: list[Invalid]
    asked: frozenset[str]
    complete: frozenset[str]
    requests: int
    freshness: dict[str, datetime]
    notes: list[Unread | str]
    failures: tuple[Failure, ...] = ()
    read: frozenset[str] = frozenset()
    error: str | None = None
    """What failed, in English, as older versions packed it."""


def packed(received: Received) -> bytes:
    """What a run received, small."""
    return zlib.compress(
        msgspec.json.encode(
            {
                "records": [item for item in received.items if not isinstance(item, Invalid)],
                "invalid": [item for item in received.items if isinstance(item, Invalid)],
                "asked": received.asked,
                "complete": received.complete,
                "read": received.read,
                "requests": received.requests,
                "freshness": received.freshness,
                "notes": received.notes,
                "failures": received.failures,
            }
        ),
        _FAST,
    )


def unpacked(kept: bytes, into: Received) -> None:
    """Receive again what was kept."""
    held = msgspec.json.decode(zlib.decompress(kept), type=_Packed)
    into.items = [*held.records, *held.invalid]
    into.asked = held.asked
    into.complete = held.complete
    into.read = held.read
    into.requests = held.requests
    into.freshness = held.freshness
    into.notes = held.notes
    into.failed_before = held.failures or ((plain_failure("said", said=held.error),) if held.error else ())


def would_do(session: Session, run: Findings, known: Mapping[Identity, KnownRecord]) -> list[WouldDo]:
    """What a run would do to each record, by name: first what would be lost, last what is new."""
    found = run.found
    absent = missing(run, known, found.keys())
    identities = {one.id: identity for identity, one in known.items()}
    names = writes.names(session, [one.id for one in (*absent.leaving, *absent.aging)])

    def lacking(ones: Iterable[KnownRecord], what: str) -> list[WouldDo]:
        """By kind and name: the database gives them in any order."""
        named = [WouldDo(what, *identities[one.id], names[one.id]) for one in ones]
        return sorted(named, key=lambda entry: (entry.kind, fold_name(entry.name), entry.source_id))

    entries = [*lacking(absent.leaving, "leaves"), *lacking(newly(absent.aging), "not_received")]
    new: list[WouldDo] = []
    turned: list[WouldDo] = []
    for (kind, source_id), one in found.items():
        then = known.get((kind, source_id))
        if then is None or then.left_at is not None:
            new.append(WouldDo("new", kind, source_id, _name(run, one), None, _verdict(one.decision)))
        elif one.own and (before := _known_verdict(then)) != (after := _verdict(one.decision)):
            turned.append(WouldDo("verdict", kind, source_id, _name(run, one), before, after))
    # What was synced and would not be any more comes before the rest.
    turned.sort(key=lambda entry: (entry.before or "").partition(" ")[0] != "sync")
    return entries + turned + new


def _name(run: Findings, one: Found) -> str:
    item: Record | Invalid = run.items[one.position]
    return item.source_id if isinstance(item, Invalid) else name_of(item)


def _known_verdict(then: KnownRecord) -> str | None:
    return " ".join(part for part in (then.verdict, then.rule) if part) or None


def _verdict(decision: Decision | None) -> str | None:
    return None if decision is None else " ".join(part for part in (decision.verdict, decision.rule) if part)
