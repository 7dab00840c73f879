"""What could not be read and is needed; what is left out, and what nobody has: told once for a whole connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from engine.records.decode import Invalid
from engine.records.kinds import Record, kind_of
from engine.records.unread import Unread, Value

Needs = Mapping[str, frozenset[str]]
"""Kind to the fields without which its records are not decided."""
_MANY = 20
"""From so many on, a field that none of them has is taken for one that is not sent."""

OF_THE_CONNECTION = frozenset(
    {
        *("nobody_has", "learners_mostly_unsent", "instructors_mostly_unsent", "classes_mostly_unsent"),
        *("accounts_whose_unread", "sheets_whose_unread"),
    }
)
"""Remarks that say of a connection as a whole that something does not come through it, or cannot be told."""

_WRITTEN = ("value", "better")
"""What a source wrote, or should have written: it stays with the record."""


def blocking(record: Record, needs: Needs) -> tuple[Unread, ...]:
    """What could not be read of a record, and is needed."""
    if not record.unread:
        return ()
    needed = needs.get(kind_of(record), frozenset())
    return tuple(one for one in record.unread if one.field in needed)


def remarks(items: Sequence[Record | Invalid], needs: Needs, asked: Needs) -> list[Unread]:
    """What is told of these records as a whole."""
    return left_out(items, needs) + nobody_has(items, asked)


def left_out(items: Iterable[Record | Invalid], needs: Needs) -> list[Unread]:
    """What was left out of these records because nothing needs it: one remark for each field and kind of fault."""
    counts: Counter[tuple[str, str, tuple[tuple[str, Value], ...]]] = Counter()
    for item in items:
        if isinstance(item, Invalid) or not item.unread:
            continue
        needed = needs.get(kind_of(item), frozenset())
        for one in item.unread:
            if one.field not in needed:
                rest = {name: value for name, value in one.values.items() if name not in _WRITTEN}
                counts[one.field, one.code, tuple(rest.items())] += 1
    return [
        Unread("not_used", field, {"number": number, "fault": code, **dict(rest)})
        for (field, code, rest), number in sorted(counts.items(), key=repr)
    ]


def nobody_has(items: Iterable[Record | Invalid], asked: Needs) -> list[Unread]:
    """The asked fields that none of many records of a kind has: hardly one by one forgotten, but not sent at all."""
    of_kind: dict[str, list[Record]] = {kind: [] for kind in asked}
    for item in items:
        if not isinstance(item, Invalid) and kind_of(item) in of_kind:
            of_kind[kind_of(item)].append(item)
    return [
        Unread("nobody_has", field, {"kind": kind, "number": len(records)})
        for kind, records in of_kind.items()
        if len(records) >= _MANY
        for field in sorted(asked[kind])
        if not any(getattr(one, field) or any(fault.field == field for fault in one.unread) for one in records)
    ]
