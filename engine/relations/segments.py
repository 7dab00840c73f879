"""Segments: which platform accounts a record belongs to, by its segment keys and the customer's `segments:`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from engine.records.fields import SEGMENTED
from engine.records.kinds import Record
from engine.relations.definitions import RELATIONS, TAUGHT, Relation
from engine.relations.joins import KIND_OF, Probe

LEARNERS = RELATIONS["session"]["learners"]
SESSIONS = RELATIONS["instructor"]["sessions"]
OF_CONTRACT = RELATIONS["contract"]["learners"]


class RelationLookup(Protocol):
    """What segments ask of the situation."""

    def follow(self, relation: Relation, record: Record) -> tuple[Record, ...]:
        """What the relation leads to among the records there are."""
        ...

    def first_probes(self, relation: Relation, records: Iterable[Record]) -> set[Probe]:
        """What to look up for the relation."""
        ...

    def second_probes(self, relation: Relation, records: Iterable[Record]) -> set[Probe]:
        """What to look up then."""
        ...

    def fetch(self, probes: set[Probe]) -> None:
        """Look up."""
        ...

    def unprepared(self, record: Record) -> Collection[Record]:
        """Nothing for a record whose surroundings were looked up, else all that lack it."""
        ...


class Segmentation:
    """A customer's segments, applied to the records of one situation."""

    def __init__(self, segments: Mapping[str, Mapping[str, tuple[str, ...]]], around: RelationLookup) -> None:
        self._segments = [
            (name, [(key, frozenset(value.strip() for value in values)) for key, values in keys.items()])
            for name, keys in sorted(segments.items())
        ]
        self._names = tuple(sorted({key for keys in segments.values() for key in keys}))
        self._around = around
        self._fitting: dict[tuple[tuple[str, ...] | None, ...], tuple[str, ...]] = {}
        self._through_learners: dict[str, tuple[str, ...]] = {}

    def of(self, record: Record) -> tuple[str, ...]:
        """The segments of a record, in order of name; none for a kind without."""
        kind = KIND_OF[type(record)]
        if not self._segments or kind not in SEGMENTED:
            return ()
        if kind in ("learner", "class"):
            return self._own(record)
        if late := self._around.unprepared(record):
            self.prepare(late)
        if kind == "session":
            return self._of_session(record)
        if kind == "instructor":
            return self._of_instructor(record)
        # A contract.
        if self._has_keys(record):
            return self._own(record)
        return self._of_people(self._around.follow(OF_CONTRACT, record))

    def prepare(self, records: Iterable[Record]) -> None:
        """Look up what the segments of these records depend on, in two calls at most."""
        if not self._segments:
            return
        by_kind: dict[str, list[Record]] = {}
        for record in records:
            by_kind.setdefault(KIND_OF[type(record)], []).append(record)
        instructors = by_kind.get("instructor", [])
        sessions = [session for session in by_kind.get("session", ()) if not self._has_keys(session)]
        contracts = [contract for contract in by_kind.get("contract", ()) if not self._has_keys(contract)]
        around = self._around
        around.fetch(
            around.first_probes(LEARNERS, sessions)
            | around.first_probes(OF_CONTRACT, contracts)
            | around.first_probes(SESSIONS, instructors)
            | around.first_probes(TAUGHT, instructors)
        )
        taught = {
            session.source_id: session
            for instructor in instructors
            for session in around.follow(SESSIONS, instructor)
            if not self._has_keys(session)
        }
        around.fetch(around.first_probes(LEARNERS, taught.values()) | around.second_probes(TAUGHT, instructors))

    def _has_keys(self, record: Any) -> bool:
        """Whether it has a value of a key that some segment names; others do not count."""
        keys = record.segment_keys
        return bool(keys) and any(keys.get(name) for name in self._names)

    def _own(self, record: Any) -> tuple[str, ...]:
        get = record.segment_keys.get
        return self._fit(tuple([get(name) for name in self._names]))

    def _of_people(self, people: Iterable[Any]) -> tuple[str, ...]:
        """Together the segments of records that have only their own; alike ones are looked at once."""
        names = self._names
        if len(names) == 1:
            (name,) = names
            alike = {(person.segment_keys.get(name),) for person in people}
        else:
            alike = {tuple([person.segment_keys.get(name) for name in names]) for person in people}
        return _together(self._fit(held) for held in alike)

    def _fit(self, held: tuple[tuple[str, ...] | None, ...]) -> tuple[str, ...]:
        """The segments that fit values held, in the order of the names of keys. Few differ: remembered."""
        found = self._fitting.get(held)
        if found is None:
            values = {
                name: frozenset(value.strip() for value in some or ())
                for name, some in zip(self._names, held, strict=True)
            }
            found = self._fitting[held] = tuple(
                segment
                for segment, keys in self._segments
                if all(not values[key].isdisjoint(wanted) for key, wanted in keys)
            )
        return found

    def _of_session(self, session: Record) -> tuple[str, ...]:
        if self._has_keys(session):
            return self._own(session)
        found = self._through_learners.get(session.source_id)
        if found is None:
            # Remembered: each of its instructors asks again.
            found = self._of_people(self._around.follow(LEARNERS, session))
            self._through_learners[session.source_id] = found
        return found

    def _of_instructor(self, instructor: Record) -> tuple[str, ...]:
        parts = {self._own(instructor)}
        parts.update(self._of_session(session) for session in self._around.follow(SESSIONS, instructor))
        parts.update(self._own(taught) for taught in self._around.follow(TAUGHT, instructor))
        return _together(parts)


def _together(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    different = set(parts)
    if len(different) == 1:
        return different.pop()
    return tuple(sorted({segment for part in different for segment in part}))
