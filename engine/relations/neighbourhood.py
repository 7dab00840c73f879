"""The situation: a batch, what is known beside it, and the related records and segments of each record in it.

The batch comes first: a known record of the same kind and id is out of sight. What is known is looked up for the
whole batch at once, in a few calls however large it is, and not at all where nothing is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from engine.records.decode import Invalid
from engine.records.kinds import KINDS, Record
from engine.relations.definitions import RELATIONS, Relation
from engine.relations.joins import KIND_OF, Probe
from engine.relations.merging import unify
from engine.relations.segments import Segmentation
from engine.relations.traversal import Follow, Index, enter, follower

__all__ = ["NOTHING_KNOWN", "KnownRecords", "Situation", "unify"]


class KnownRecords(Protocol):
    """The records of a customer as they were last seen."""

    @property
    def kinds(self) -> Collection[str]:
        """Kinds of which there may be any: of others nothing is asked."""
        ...

    def lookup(self, keys: Collection[Probe]) -> Iterable[Record]:
        """The records that offer any of these (kind, key, value), as `join_keys` makes them; `id` is a key too.

        Only those the source still has, in any order. One given twice, or not asked for, does no harm.
        """
        ...


class _NothingKnown:
    kinds: Collection[str] = ()

    def lookup(self, keys: Collection[Probe]) -> Iterable[Record]:  # noqa: ARG002 - as the protocol has it
        return ()


NOTHING_KNOWN: KnownRecords = _NothingKnown()
"""Only the batch itself is seen."""


class Situation:
    """A batch with its surroundings, for one pass in one thread.

    ``relations`` are the (kind, relation) that will be asked for. What is known is looked up for them at once, in
    two calls at most, and for ``segments`` in two more. Any other relation may be asked for all the same, and then
    costs two calls of its own. Relations are answered for the records of the batch only.
    ``beside`` is what another situation of this batch has ``found``: known already, and not to be asked for again.
    """

    def __init__(
        self,
        records: Iterable[Record | Invalid],
        known: KnownRecords = NOTHING_KNOWN,
        *,
        segments: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
        relations: Collection[tuple[str, str]] = (),
        beside: Iterable[Record] = (),
    ) -> None:
        unreadable: set[tuple[str, str]] = set()
        self._batch, self.conflicts = unify(_records_of(records, unreadable))
        self._unreadable = unreadable
        self._known = known
        self._kinds = frozenset(known.kinds)
        self._found: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self._prepared: set[tuple[str, str]] = set()
        self._asked: set[Probe] = set()
        self._indexes: dict[tuple[str, str], Index] = {}
        self._follows: dict[tuple[str, str], Follow] = {}
        self._related: dict[tuple[type[Record], str], Follow] = {}
        self._looked_up: set[tuple[str, str]] = set()
        self._segmentation = Segmentation(segments or {}, self)
        for record in beside:
            kind = KIND_OF[type(record)]
            if not self._seen(kind, record.source_id):
                self._found[kind][record.source_id] = record
        self._look_up([RELATIONS[kind][name] for kind, name in sorted(relations)])
        if self._kinds:
            self._segmentation.prepare(
                record for kind in ("session", "instructor", "contract") for record in self._batch[kind].values()
            )

    def related(self, record: Record, relation: str) -> tuple[Record, ...]:
        """The records that a relation leads to from one of the batch: each once, in the order of kind and id.

        KeyError when records of that kind have no such relation.
        """
        follow = self._related.get((type(record), relation))
        if follow is None:
            wanted = RELATIONS[KIND_OF[type(record)]][relation]
            self._look_up([wanted])
            follow = self._related[(type(record), relation)] = self._follower(wanted)
        return follow(record)

    def segments(self, record: Record) -> tuple[str, ...]:
        """The platform accounts that a record, of the batch or related, belongs to, in the order of their names."""
        return self._segmentation.of(record)

    def record(self, kind: str, source_id: str) -> Record | None:
        """The record of the batch, united where it came in parts; else the known one, if it was looked up.

        None also for records in conflict.
        """
        return self._batch[kind].get(source_id) or self._found[kind].get(source_id)

    def has(self, kind: str, source_id: str) -> bool:
        """Whether there is such a record, be it in conflict or unreadable; of the known ones, if looked up."""
        if self.record(kind, source_id) is not None:
            return True
        return (kind, source_id) in self.conflicts or (kind, source_id) in self._unreadable

    def found(self, *, segments: bool) -> list[Record]:
        """What is known beside the batch, as far as it was looked up; with what the ``segments`` of these hang on."""
        if segments and self._kinds:
            self._segmentation.prepare(
                record for kind in ("session", "instructor", "contract") for record in self._found[kind].values()
            )
        return [record for of_kind in self._found.values() for record in of_kind.values()]

    def follow(self, relation: Relation, record: Record) -> tuple[Record, ...]:
        """What a relation leads to from any record, among the batch and what was looked up so far."""
        return self._follower(relation)(record)

    def first_probes(self, relation: Relation, records: Iterable[Record]) -> set[Probe]:
        """What to look up for a relation from these records."""
        steps = [step for way in relation.ways if (step := way.via or way).to in self._kinds]
        if not steps:
            return set()
        return {(step.to, step.key, value) for record in records for step in steps for value in step.values(record)}

    def second_probes(self, relation: Relation, records: Iterable[Record]) -> set[Probe]:
        """What to look up next, once the first probes are answered: second steps, and what is asked of the found."""
        probes: set[Probe] = set()
        for way in relation.ways:
            if way.via is not None and way.to in self._kinds:
                index = self._index(way.via.to, way.via.key)
                probes.update(
                    (way.to, way.key, value)
                    for record in records
                    for held in way.via.values(record)
                    for holder in index.get(held, ())
                    for value in way.values(holder)
                )
            if way.asks is not None:
                index = self._index(way.to, way.key)
                probes.update(
                    probe
                    for record in records
                    for held in way.values(record)
                    for other in index.get(held, ())
                    for probe in way.asks(other)
                )
        return probes

    def fetch(self, probes: set[Probe]) -> None:
        """Look up in one call what was not asked before and is not in the batch by its id."""
        fresh = probes - self._asked
        self._asked |= fresh
        wanted = {
            probe
            for probe in fresh
            if probe[0] in self._kinds and (probe[1] != "id" or not self._seen(probe[0], probe[2]))
        }
        if not wanted:
            return
        found: dict[str, list[Record]] = {}
        for record in self._known.lookup(wanted):
            kind = KIND_OF[type(record)]
            if not self._seen(kind, record.source_id):
                self._found[kind][record.source_id] = record
                found.setdefault(kind, []).append(record)
        for (kind, key), index in self._indexes.items():
            enter(index, kind, key, found.get(kind, ()))

    def unprepared(self, record: Record) -> Collection[Record]:
        """Of segments: nothing for a record whose surroundings were looked up, else all found ones that lack it."""
        kind = KIND_OF[type(record)]
        name = (kind, record.source_id)
        if not self._kinds or record.source_id in self._batch[kind] or name in self._prepared:
            return ()
        late = [
            other
            for kind in ("session", "instructor", "contract")
            for other in self._found[kind].values()
            if (kind, other.source_id) not in self._prepared
        ]
        self._prepared.add(name)
        self._prepared.update((KIND_OF[type(other)], other.source_id) for other in late)
        return late

    def _look_up(self, relations: Iterable[Relation]) -> None:
        """Fetch what relations lead to from the whole batch, once for each relation."""
        fresh = [wanted for wanted in relations if (wanted.kind, wanted.name) not in self._looked_up]
        self._looked_up.update((wanted.kind, wanted.name) for wanted in fresh)
        if not self._kinds:
            return
        starts = [(wanted, self._batch[wanted.kind].values()) for wanted in fresh if self._batch[wanted.kind]]
        self.fetch({probe for start in starts for probe in self.first_probes(*start)})
        self.fetch({probe for start in starts for probe in self.second_probes(*start)})

    def _follower(self, relation: Relation) -> Follow:
        """Made when first asked for, so that no index is built in vain."""
        follow = self._follows.get((relation.kind, relation.name))
        if follow is None:
            follow = self._follows[(relation.kind, relation.name)] = follower(relation, self._index, self)
        return follow

    def _seen(self, kind: str, source_id: str) -> bool:
        """Whether a known record of that id would be out of sight, or is there already."""
        return self.record(kind, source_id) is not None or (kind, source_id) in self.conflicts

    def _index(self, kind: str, key: str) -> Index:
        index = self._indexes.get((kind, key))
        if index is None:
            index = self._indexes[(kind, key)] = {}
            enter(index, kind, key, self._batch[kind].values())
            enter(index, kind, key, self._found[kind].values())
        return index


def _records_of(items: Iterable[Record | Invalid], unreadable: set[tuple[str, str]]) -> Iterable[Record]:
    """The records; of what is none, kind and id are noted: the source still has it."""
    for item in items:
        if isinstance(item, Invalid):
            unreadable.add((item.kind, item.source_id))
        else:
            yield item
