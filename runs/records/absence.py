"""Aging: a record that a complete fetch lacks is not received since then; only after several such runs does it leave.

Nothing ages in a run that could read only a part, nor does a session or sheet once its day is past: it left the
window, which says nothing of its being there, and a session's sheet still needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from sqlmodel import Session

from engine.matching.never_received import NEVER_RECEIVED, naming_kinds
from engine.model.rulebook import Rulebook
from runs.model.findings import Findings, Identity
from store.writing import writes
from store.writing.writes import KnownRecord

SETTING = "leaves_after_runs"
MARK = "mark"
"""Of them only those that could not be read are looked at: a sheet comes with all of its marks."""
_UNREADABLE = "record"
"""Kind of what could not even be told to be of a kind: its id is a place in a batch, and says nothing of another's."""


class Missing(Struct):
    """What is known and was not received."""

    aging: list[KnownRecord]
    """Not received, and may come back."""
    leaving: list[KnownRecord]
    """Not received by so many complete runs that they count as gone."""
    over: list[KnownRecord]
    """Sessions and sheets that still had a verdict, and whose day is past."""
    unnamed: list[KnownRecord]
    """Never received, and nobody names them any more; they are missed by nobody."""


def leaves_after(rulebook: Rulebook) -> int:
    """How many complete runs must lack a record until it counts as gone."""
    entry = rulebook.settings.get(SETTING)
    return max(1, entry.value) if entry is not None and isinstance(entry.value, int) else 1


def is_past(known: KnownRecord, today: datetime) -> bool:
    """Whether it is a session or sheet of an earlier day of the customer."""
    return known.starts_at is not None and known.starts_at < today


def is_there(known: KnownRecord, today: datetime) -> bool:
    """Whether it was received last time, and would be expected again today."""
    return known.not_received_since is None and known.rule != NEVER_RECEIVED and not is_past(known, today)


def accepted(asked: Collection[str], known: Mapping[Identity, KnownRecord], came: Collection[str]) -> frozenset[str]:
    """Kinds of which nothing came, as nothing did before: somebody has approved that, and what is left ages on."""
    there = {identity[0] for identity, one in known.items() if one.not_received_since is None}
    aging = {identity[0] for identity, one in known.items() if one.not_received_since and one.left_at is None}
    return frozenset(kind for kind in asked if kind in aging and kind not in there and kind not in came)


def missing(run: Findings, known: Mapping[Identity, KnownRecord], found: Collection[Identity]) -> Missing:
    """What of the known is missing in what was found, and what becomes of it."""
    result = Missing([], [], [], [])
    for identity, then in known.items():
        if identity in found or identity in run.absent or then.left_at is not None:
            continue
        kind = identity[0]
        if then.rule == NEVER_RECEIVED:
            # Where those who name it did not all come, somebody may name it still.
            if naming_kinds(run.decided, kind) <= run.complete:
                result.unnamed.append(then)
        elif is_past(then, run.today):
            if then.verdict is not None and kind in run.kinds:
                result.over.append(then)
        elif kind in run.complete or (kind == MARK and "sheet" in run.complete):
            leaves = kind == _UNREADABLE or then.not_received_runs + 1 >= run.leaves_after
            (result.leaving if leaves else result.aging).append(then)
    return result


def age(session: Session, run: Findings, absent: Missing) -> None:
    """Write what becomes of the missing."""
    # What never could be read has no name by which to come back.
    nameless = writes.never_readable(session, [one.id for one in absent.aging if one.rule == "record.invalid"])
    absent.leaving += [one for one in absent.aging if one.id in nameless]
    absent.aging = [one for one in absent.aging if one.id not in nameless]
    writes.settle_records(session, [_older(one, run) for one in absent.aging])
    leaving = [*absent.leaving, *absent.unnamed]
    writes.settle_records(session, [{**_older(one, run), "left_at": run.as_of} for one in leaving])
    # Since when it has no verdict is kept: by it the feed finds what was closed because it passed.
    over = {**writes.UNDECIDED, "verdict_at": run.as_of}
    writes.settle_records(session, [{"id": one.id, **over} for one in absent.over])


def newly(ones: Iterable[KnownRecord]) -> list[KnownRecord]:
    """Those of them that were still received by the run before."""
    return [one for one in ones if one.not_received_since is None]


def _older(one: KnownRecord, run: Findings) -> writes.Row:
    return {
        "id": one.id,
        "not_received_since": one.not_received_since or run.as_of,
        "not_received_runs": one.not_received_runs + 1,
    }
