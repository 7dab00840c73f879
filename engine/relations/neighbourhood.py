"""The situation: a batch, what is known beside it, and the related records and segments of each record in it.

The batch comes first: a known record of the same kind and id is out of sight. What is known is looked up for the
whole batch at once, in a few calls however large it is, and not at all where nothing is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from engine.records.decode import Invalid
from engine.records.kinds import KINDS, PEOPLE, Record
from engine.records.near_ids import Folds, folds, near_id
from engine.records.needs import Needs, blocking
from engine.relations.crowds import Part
from engine.relations.definitions import RELATIONS, Relation, Way
from engine.relations.joins import KIND_OF, Probe, Values
from engine.relations.merging import unify
from engine.relations.segments import Segmentation
from engine.relations.traversal import Follow, Index, enter, follower, held_by

__all__ = ["NOTHING_KNOWN", "KnownRecords", "Situation", "unify"]


class KnownRecords(Protocol):
    """The records of a customer as they were last seen."""

    @property
    def kinds(self) -> Collection[str]:
        """Kinds of which there may be any: of others nothing is asked."""
        ...

    def lookup(self, keys: Collection[Probe]) -> Iterable[Record | Invalid]:
        """The records that offer any of these (kind, key, value), as `join_keys` makes them; `id` is a key too.

        Only those the source still has, in any order. One given twice, or not asked for, does no harm.
        """
        ...


class Unusable(NamedTuple):
    """Something that is there by its id, and that no relation leads to."""

    kind: str
    source_id: str
    why: Literal["unread", "conflict", "either", "role"]
    """It could not be read; two different ones came under its id; one of these, of which the store does not tell;
    nobody says whether the person learns or teaches."""
    item: Record | Invalid
    """Of a conflict one of them."""


class Leading(NamedTuple):
    """A relation that leads somewhere."""

    name: str
    follow: Follow
    ids: Values | None
    """Where it leads to those whose ids a record holds: these ids."""
    beside: tuple[Values, ...] = ()
    """What a record holds by which it leads to others too."""


_MANY = 8
"""To so many it pays to remember the way."""


class _NothingKnown:
    kinds: Collection[str] = ()

    def lookup(self, keys: Collection[Probe]) -> Iterable[Record | Invalid]:  # noqa: ARG002 - as the protocol has it
        return ()


NOTHING_KNOWN: KnownRecords = _NothingKnown()
"""Only the batch itself is seen."""


class Situation:
    """A batch with its surroundings, for one pass in one thread.

    ``relations`` are the (kind, relation) that will be asked for. What is known is looked up for them at once, in
    two calls at most, and for ``segments`` in two more. Any other relation may be asked for all the same, and then
    costs two calls of its own. Relations are answered for the records of the batch, and for known ones of which the
    relation was looked up by ``widen``.
    ``beside`` is what another situation of this batch has ``found``: known already, and not to be asked for again.
    Relations that ask what is over ask it of ``today``.
    What could not be read of a record and ``needs`` name makes it one that is there, and that no relation leads to.
    """

    def __init__(
        self,
        records: Iterable[Record | Invalid],
        known: KnownRecords = NOTHING_KNOWN,
        *,
        segments: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
        relations: Collection[tuple[str, str]] = (),
        beside: Iterable[Record] = (),
        needs: Needs | None = None,
        today: date | None = None,
    ) -> None:
        self.today = today
        self._needs = needs or {}
        self._folds: dict[str, Folds] = {}
        self.unreadable: dict[tuple[str, str], Record | Invalid] = {}
        """What is there and cannot be used, by kind and id: of the batch, and of what was looked up."""
        self._batch, self.conflicts = unify(self._usable(records))
        self._known = known
        self._kinds = frozenset(known.kinds)
        self._found: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self._prepared: set[tuple[str, str]] = set()
        self._asked: set[Probe] = set()
        self._indexes: dict[tuple[str, str], Index] = {}
        self._follows: dict[tuple[str, str], Follow] = {}
        self._related: dict[tuple[type[Record], str], Follow] = {}
        self._many: dict[tuple[str, str], dict[int, tuple[Record, tuple[Record, ...]]]] = {}
        """Of a relation, where it led to many, these. The record is kept with them, so that its number stays its own.
        """
        self.growth = 0
        """How often something was looked up beside the batch, and found."""
        self._looked_up: set[tuple[str, str]] = set()
        self._segmentation = Segmentation(segments or {}, self)
        for record in self._usable(beside):
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
        name = (type(record), relation)
        follow = self._related.get(name)
        if follow is None:
            follow = self._related[name] = self._following(RELATIONS[KIND_OF[type(record)]][relation])
        return follow(record)

    def leading(self, kind: str, relations: Iterable[str]) -> list[Leading]:
        """How to follow each of these relations of a kind, but for those that lead nowhere until ``growth`` is more."""
        following = [(RELATIONS[kind][name], self._following(RELATIONS[kind][name])) for name in relations]
        found = []
        for relation, follow in following:
            ways = [way for way in relation.ways if self._leads(way)]
            plain = [way for way in ways if way.key == "id" and way.via is None and way.keeps is None]
            ids = plain[0].values if len(plain) == 1 else None
            beside = tuple([(way.via or way).values for way in ways if way not in plain])
            if ways:
                found.append(Leading(relation.name, follow, ids, beside))
        return found

    def _leads(self, way: Way) -> bool:
        return bool(self._index(way.to, way.key) and (way.via is None or self._index(way.via.to, way.via.key)))

    def _following(self, relation: Relation) -> Follow:
        """How rules follow a relation: what it leads to is looked up, and many are remembered, as several steps ask."""
        self._look_up([relation])
        follow, known = self._follower(relation), self._many.setdefault((relation.kind, relation.name), {})

        def following(record: Record) -> tuple[Record, ...]:
            if (many := known.get(id(record))) is not None:
                return many[1]
            found = follow(record)
            # A part is as large as its group, and so are those of all others of the group.
            if len(found) >= _MANY and not isinstance(found, Part):
                known[id(record)] = record, found
            return found

        return following

    @property
    def batch(self) -> Mapping[str, Collection[Record]]:
        """Kind to the records of the batch, but for those in conflict."""
        return {kind: records.values() for kind, records in self._batch.items()}

    def in_batch(self, record: Record) -> bool:
        """Whether a related record is of the batch."""
        return record.source_id in self._batch[KIND_OF[type(record)]]

    def widen(self, wanted: Mapping[tuple[str, str], Collection[Record]]) -> None:
        """Look up, in two calls at most, what relations lead to from known records: (kind, relation) to those."""
        if self._kinds:
            starts = [(RELATIONS[kind][name], records) for (kind, name), records in wanted.items()]
            self._fetch_for(starts)

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
        return (kind, source_id) in self.conflicts or (kind, source_id) in self.unreadable

    @property
    def holds_unusable(self) -> bool:
        """Whether there is anything that no relation leads to, of the batch or looked up."""
        return bool(self.unreadable or self.conflicts or self._batch["person"] or self._found["person"])

    def unusable(self, record: Record, relation: str) -> list[Unusable]:
        """What a relation would lead to by its id that is there and cannot be used, each with the reason."""
        found: dict[tuple[str, str], Unusable] = {}
        for way in RELATIONS[KIND_OF[type(record)]][relation].ways:
            if way.key != "id":
                continue
            holders: Iterable[Record] = (record,)
            if way.via is not None:
                holders = held_by(way.via, self._index(way.via.to, way.via.key), record, self)
            for name in dict.fromkeys((way.to, source_id) for one in holders for source_id in way.values(one)):
                if (one := self._unusable(*name)) is not None:
                    found[name] = one
        return list(found.values())

    def _unusable(self, kind: str, source_id: str) -> Unusable | None:
        if self.record(kind, source_id) is not None:
            return None
        if (there := self.unreadable.get((kind, source_id))) is not None:
            told = not isinstance(there, Invalid) or there.errors
            return Unusable(kind, source_id, "unread" if told else "either", there)
        if (first := self.conflicts.get((kind, source_id))) is not None:
            return Unusable(kind, source_id, "conflict", first)
        if kind in PEOPLE and (person := self.record("person", source_id)) is not None:
            return Unusable("person", source_id, "role", person)
        return None

    def near(self, record: Record, relation: str) -> list[Record]:
        """What a relation would lead to if an id that nobody has were written as one that there is."""
        missing = self._missing(record, relation)
        return [other for kind, each in missing if (other := self.meant(kind, each)) is not None]

    def alike(self, record: Record, relation: str) -> list[Record]:
        """Who has an id that nobody has of those to whom a relation leads: people in another role."""
        return [other for kind, each in self._missing(record, relation) for other in self.in_another_role(kind, each)]

    def in_another_role(self, kind: str, source_id: str) -> list[Record]:
        """Who has that id and is no such person: often the one that is meant."""
        others = [other for other in PEOPLE if other != kind] if kind in PEOPLE else []
        return [found for other in others if (found := self.record(other, source_id)) is not None]

    def _missing(self, record: Record, relation: str) -> list[tuple[str, str]]:
        """Kind and id of what a relation asks for and nobody has."""
        wanted: dict[str, list[str]] = {}
        for way in RELATIONS[KIND_OF[type(record)]][relation].ways:
            if way.key == "id" and way.via is None:
                wanted.setdefault(way.to, []).extend(way.values(record))
        return [(kind, each) for kind, ids in sorted(wanted.items()) for each in ids if self.record(kind, each) is None]

    def meant(self, kind: str, source_id: str) -> Record | None:
        """The one record whose id differs from one that nobody has only in case, in zeros before it, or in spaces."""
        if kind not in self._folds:
            self._folds[kind] = folds({**self._batch[kind], **self._found[kind]})
        meant = near_id(source_id, self._folds[kind])
        return None if meant is None else self.record(kind, meant)

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
        steps = [(kind, step) for way in relation.ways for step in (way.via or way,) for kind in self._under(step)]
        if not steps:
            return set()
        return {(kind, step.key, value) for record in records for kind, step in steps for value in step.values(record)}

    def second_probes(self, relation: Relation, records: Iterable[Record]) -> set[Probe]:
        """What to look up next, once the first probes are answered: second steps, and what is asked of the found."""
        probes: set[Probe] = set()
        for way in relation.ways:
            if way.via is not None and (kinds := self._under(way)):
                index = self._index(way.via.to, way.via.key)
                probes.update(
                    (kind, way.key, value)
                    for record in records
                    for held in way.via.values(record)
                    for holder in index.get(held, ())
                    for value in way.values(holder)
                    for kind in kinds
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

    def _under(self, way: Way) -> list[str]:
        """The known kinds to look under: by the id of somebody also others, and those of whom nobody says what they
        are."""
        kinds = (*PEOPLE, "person") if way.key == "id" and way.to in PEOPLE else (way.to,)
        return [kind for kind in kinds if kind in self._kinds]

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
        self.growth += 1
        for known in self._many.values():
            known.clear()
        found: dict[str, list[Record]] = {}
        for record in self._usable(self._known.lookup(wanted)):
            kind = KIND_OF[type(record)]
            if not self._seen(kind, record.source_id):
                self._found[kind][record.source_id] = record
                found.setdefault(kind, []).append(record)
        for (kind, key), index in self._indexes.items():
            enter(index, kind, key, found.get(kind, ()))

    def _usable(self, items: Iterable[Record | Invalid]) -> Iterable[Record]:
        """The records; of what is none, kind and id are noted: the source still has it."""
        for item in items:
            if isinstance(item, Invalid):
                self.unreadable[item.kind, item.source_id] = item
            elif blocking(item, self._needs):
                self.unreadable[KIND_OF[type(item)], item.source_id] = item
            else:
                yield item

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
        self._fetch_for([(wanted, self._batch[wanted.kind].values()) for wanted in fresh if self._batch[wanted.kind]])

    def _fetch_for(self, starts: Sequence[tuple[Relation, Collection[Record]]]) -> None:
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
