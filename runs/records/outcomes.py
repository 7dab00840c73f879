"""What the systems that records go to said of them: remembered, and filled into the records that rules read.

It holds until something later is said, or until the record is another than the one that it was said of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from sqlmodel import Session

from engine.records.kinds import TOLD, Record, Told, kind_of
from runs.model.findings import Identity, Items
from store.lookup.outcomes import KnownOutcome, outcomes


def recall_outcomes(
    session: Session, customer: str, prints: Mapping[Identity, bytes]
) -> Mapping[Identity, KnownOutcome]:
    """What was said of what a run received, as far as it came as it was then."""
    asked = [identity for identity in prints if identity[0] in TOLD]
    known = outcomes(session, customer, asked)
    return {identity: one for identity, one in known.items() if one.fingerprint == prints[identity]}


def told_since(
    session: Session, customer: str, prints: Mapping[Identity, bytes], then: Mapping[Identity, KnownOutcome]
) -> Mapping[Identity, KnownOutcome | None]:
    """What was said otherwise since ``then``; None where what was said then holds no more."""
    now = recall_outcomes(session, customer, prints)
    return {name: now.get(name) for name in {*now, *then} if now.get(name) != then.get(name)}


def answered(items: Items, known: Mapping[Identity, KnownOutcome]) -> Items:
    """The items with what was said of them."""
    if not known:
        return items
    return [
        with_outcome(item, one)
        if isinstance(item, Told) and (one := known.get((kind_of(item), item.source_id))) is not None
        else item
        for item in items
    ]


def with_outcome(record: Any, one: KnownOutcome) -> Record:
    """A record with what was said of it."""
    return cast(
        "Record",
        msgspec.structs.replace(
            record, outcome=one.outcome, refusal_code=one.code, refusal_text=one.text, told_at=one.at
        ),
    )
