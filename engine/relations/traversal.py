"""Following: from a record over a relation to others, by indexes. Hot: it runs for each record and relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from engine.records.kinds import Record
from engine.relations.definitions import Existing, Keeps, Relation, Way
from engine.relations.joins import KEYS, Values, own_id

Index = dict[str, tuple[Record, ...]]
"""Value of one key of one kind to the records that offer it, each once, in the order of their ids."""

Follow = Callable[[Record], tuple[Record, ...]]


def enter(index: Index, kind: str, key: str, records: Iterable[Record]) -> None:
    """Enter records that are not yet in the index of their kind by a key."""
    values = own_id if key == "id" else KEYS[kind][key]
    crowded: dict[str, list[Record]] = {}
    for record in records:
        for value in values(record):
            alone = (record,)
            there = index.setdefault(value, alone)
            if there is not alone:
                crowded.setdefault(value, list(there)).append(record)
    for value, several in crowded.items():
        by_id = {record.source_id: record for record in several}
        index[value] = tuple([by_id[source_id] for source_id in sorted(by_id)])


def follower(relation: Relation, index_of: Callable[[str, str], Index], existing: Existing) -> Follow:
    """How to follow a relation. Indexes may grow afterwards."""
    by_kind = groupby(sorted(relation.ways, key=lambda way: way.to), key=lambda way: way.to)
    parts = [_to_one_kind([_step(way, index_of) for way in ways], existing) for _, ways in by_kind]
    if len(parts) == 1:
        return parts[0]
    first, second = parts  # no relation leads to three kinds
    return lambda record: first(record) + second(record)


Step = tuple[Values, Index, Keeps | None]


def _step(way: Way, index_of: Callable[[str, str], Index]) -> Step:
    values = way.values
    if way.via is not None:
        values = _through(way.via, index_of(way.via.to, way.via.key), way.values)
    return values, index_of(way.to, way.key), way.keeps


def _through(via: Way, holders: Index, held: Values) -> Values:
    def values(record: Record) -> tuple[str, ...]:
        return tuple([value for key in via.values(record) for holder in holders.get(key, ()) for value in held(holder)])

    return values


def _to_one_kind(steps: list[Step], existing: Existing) -> Follow:
    def follow(record: Record) -> tuple[Record, ...]:
        hits: list[tuple[Record, ...]] = []
        for values, index, keeps in steps:
            if not index:
                continue
            for value in values(record):
                found = index.get(value)
                if found is None:
                    continue
                if keeps is not None:
                    found = tuple([other for other in found if keeps(record, other, existing)])
                hits.append(found)
        if not hits:
            return ()
        if len(hits) == 1:
            # The index's own tuple, in order already: a group of thirty costs no more than one learner.
            return hits[0]
        by_id = {other.source_id: other for found in hits for other in found}
        return tuple([by_id[source_id] for source_id in sorted(by_id)])

    return follow
