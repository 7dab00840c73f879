"""Uniting: records of one batch with the same kind and id become one, or are told to contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from engine.records.fields import fields_of
from engine.records.kinds import KINDS, Record
from engine.relations.joins import KIND_OF

_CHANGED = "modified_at"

Batch = dict[str, dict[str, Record]]
"""Kind to id to record."""


def unify(records: Iterable[Record]) -> tuple[Batch, dict[tuple[str, str], Record]]:
    """Each record of a batch once, and the (kind, source_id) that contradict themselves and are not among them, each
    with one of its records, whatever their order.

    Equal ones are one. Those that differ only in sets or segment keys, such as a learner read once per group, in when
    they were last changed, or in what of them could not be read, are one with these united, in order of text so that
    the order of the batch does not show. Any other difference is a contradiction: nobody can tell which is right.
    """
    batch: Batch = {kind: {} for kind in KINDS}
    of_type = {struct: batch[kind] for struct, kind in KIND_OF.items()}
    repeated: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        first = of_type[type(record)].setdefault(record.source_id, record)
        if first is not record and first != record:
            repeated.setdefault((KIND_OF[type(record)], record.source_id), [first]).append(record)
    conflicts: dict[tuple[str, str], Record] = {}
    for (kind, source_id), parts in repeated.items():
        united = _united(kind, parts)
        if united is None:
            del batch[kind][source_id]
            conflicts[kind, source_id] = min(parts, key=repr)
        else:
            batch[kind][source_id] = united
    return batch, conflicts


def _united(kind: str, parts: list[Any]) -> Record | None:
    single, sets, has_keys = _PARTS[kind]
    first, *others = parts
    said = single(first)
    if any(single(other) != said for other in others):
        return None
    changes: dict[str, Any] = {}
    for name in sets:
        written = getattr(first, name)
        if any(getattr(other, name) != written for other in others):
            changes[name] = tuple(sorted({item for part in parts for item in getattr(part, name)}))
    if has_keys and any(other.segment_keys != first.segment_keys for other in others):
        keys: dict[str, set[str]] = {}
        for part in parts:
            for key, values in part.segment_keys.items():
                keys.setdefault(key, set()).update(values)
        changes["segment_keys"] = {key: tuple(sorted(keys[key])) for key in sorted(keys)}
    if any(other.unread != first.unread for other in others):
        changes["unread"] = tuple({repr(one): one for part in parts for one in part.unread}.values())
    if hasattr(first, _CHANGED):
        changes[_CHANGED] = max((at for part in parts if (at := part.modified_at) is not None), default=None)
    united: Record = replace(first, **changes)
    return united


def _parts(kind: str) -> tuple[Callable[[Record], Any], tuple[str, ...], bool]:
    """How to read what must be equal, the names of the sets, and whether there are segment keys."""
    fields = [field for field in fields_of(kind).values() if not field.computed]
    single = [field.name for field in fields if not field.is_set and field.type != "keys" and field.name != _CHANGED]
    sets = tuple(field.name for field in fields if field.is_set)
    return attrgetter(*single), sets, any(field.type == "keys" for field in fields)


_PARTS = {kind: _parts(kind) for kind in KINDS}
