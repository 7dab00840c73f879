"""Crowds: many records under one value of a key, such as one address, sifted without asking of each pair of them.

Who is alike to a relation is asked about once for all; what each record is left with is the whole group, shared, and
the few that are not its own. Hundreds at one address then cost hundreds of questions, and not tens of thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from engine.records.kinds import Record

MANY = 16
"""From so many on a group is sifted as a crowd."""
_MOST_WHOLES = 64
"""Of one relation that leads to two kinds."""


class Part(tuple[Record, ...]):
    """Most of a group: its records in order, with the `whole` and those `without` which it is this."""

    whole: tuple[Record, ...]
    without: tuple[Record, ...]


Wholes = dict[tuple[int, int], tuple[tuple[Record, ...], tuple[Record, ...], tuple[Record, ...]]]
"""Two groups, by their numbers, and both as one."""


class Likeness(Struct, frozen=True):
    """What spares a relation questions about pairs."""

    alike: Callable[[Any], Hashable]
    """Records that are equal in this are kept or not kept alike, whichever side they stand on, but for one and the same
    record."""
    apart: Callable[[Any], Hashable] = lambda _: None
    """Records that are not equal in this are kept."""
    shares: Callable[[Any], Iterable[Hashable]] | None = None
    """Records that have none of this in common are not kept; everything that is alike has the same of it."""


class Ordered(Struct, frozen=True):
    """Records in some order, with the place of each."""

    records: tuple[Record, ...]
    places: Mapping[int, int]
    of: object
    """What it was made of: held, so that nothing else comes to have its number."""


def ordered(records: Iterable[Record], of: object) -> Ordered:
    """The records in this order."""
    held = tuple(records)
    return Ordered(held, {id(record): place for place, record in enumerate(held)}, of)


def rest(among: Ordered, without: Iterable[Record]) -> tuple[Record, ...]:
    """Those of a group that are left without some."""
    places = sorted(place for record in without if (place := among.places.get(id(record))) is not None)
    return _left(among.records, places)


def _left(whole: tuple[Record, ...], places: Sequence[int]) -> tuple[Record, ...]:
    if not places:
        return whole
    if 2 * len(places) > len(whole):
        gone = frozenset(places)
        return tuple([record for place, record in enumerate(whole) if place not in gone])
    pieces: list[Record] = []
    begin = 0
    for place in places:
        pieces += whole[begin:place]
        begin = place + 1
    pieces += whole[begin:]
    part = Part(pieces)
    part.whole, part.without = whole, tuple([whole[place] for place in places])
    return part


def joined(some: tuple[Record, ...], others: tuple[Record, ...], known: Wholes) -> tuple[Record, ...]:
    """Two groups, or parts of them, as one; the whole of it is made once and kept in ``known``."""
    if not some or not others:
        return some or others
    if len(some) + len(others) < MANY or len(known) >= _MOST_WHOLES:
        return some + others
    first, second = (part.whole if isinstance(part, Part) else part for part in (some, others))
    part = Part(some + others)
    part.whole = known.setdefault((id(first), id(second)), (first, second, first + second))[2]
    part.without = tuple([one for each in (some, others) if isinstance(each, Part) for one in each.without])
    return part


class _Crowd(Struct):
    """One group."""

    group: tuple[Record, ...]
    """Held, so that nothing else comes to have its number."""
    own: Mapping[str, int]
    """Id to place."""
    classes: dict[Hashable, dict[Hashable, list[int]]]
    """Who may not be kept, to who is alike, to their places."""
    sharing: dict[Hashable, dict[Hashable, None]]
    """What is shared, to who is alike and has it."""
    answers: dict[tuple[Hashable, Hashable], bool]
    """Who asks, and who of the same kind of record it is asked about: whether these are kept."""


class Sieve:
    """Sifts the groups of one way of a relation."""

    def __init__(self, keeps: Callable[[Any, Any], bool], likeness: Likeness | None) -> None:
        self._keeps = keeps
        self._likeness = likeness
        self._crowds: dict[int, _Crowd] = {}

    def __call__(self, record: Record, _value: str, group: tuple[Record, ...]) -> tuple[Record, ...]:
        """The records of the group that are kept beside this one, in order."""
        if len(group) == 1 and group[0] is record and self._likeness is not None:
            return ()
        if self._likeness is None or len(group) < MANY:
            few = tuple([other for other in group if self._keeps(record, other)])
            return group if len(few) == len(group) else few
        crowd, likeness = self._crowd(group, self._likeness), self._likeness
        name = likeness.apart(record)
        mine = name, likeness.alike(record)
        own = crowd.own.get(record.source_id)
        classes = crowd.classes.get(name, {})
        asked: Collection[Hashable] = classes
        if likeness.shares is not None:
            asked = dict.fromkeys(theirs for seen in likeness.shares(record) for theirs in crowd.sharing.get(seen, ()))
        kept: list[int] = []
        gone: list[int] = []
        for theirs in asked:
            some = [place for place in classes[theirs] if place != own]
            if some:
                if (known := crowd.answers.get((mine, theirs))) is None:
                    known = crowd.answers[mine, theirs] = self._keeps(record, group[some[0]])
                (kept if known else gone).extend(some)
        if own is not None:
            (kept if self._keeps(record, group[own]) else gone).append(own)
        if likeness.shares is not None:
            if 2 * len(kept) <= len(group):
                return tuple([group[place] for place in sorted(kept)])
            gone += [place for theirs in classes if theirs not in asked for place in classes[theirs] if place != own]
        return () if len(gone) == len(group) else _left(group, sorted(gone))

    def _crowd(self, group: tuple[Record, ...], likeness: Likeness) -> _Crowd:
        known = self._crowds.get(id(group))
        if known is None:
            known = _Crowd(group, {record.source_id: place for place, record in enumerate(group)}, {}, {}, {})
            for place, record in enumerate(group):
                alike = likeness.alike(record)
                known.classes.setdefault(likeness.apart(record), {}).setdefault(alike, []).append(place)
                for seen in () if likeness.shares is None else likeness.shares(record):
                    known.sharing.setdefault(seen, {})[alike] = None
            self._crowds[id(group)] = known
        return known
