"""Readers: the known records that relations lead from, to given ones. Relations gone backwards, in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.records.decode import Invalid
from engine.records.kinds import Record, kind_of
from engine.relations.definitions import RELATIONS, Way
from engine.relations.joins import KEYS, Probe, Values, own_id, wider
from engine.relations.neighbourhood import KnownRecords


def readers(relations: Collection[tuple[str, str]], found: Iterable[Record], known: KnownRecords) -> list[Record]:
    """Every known record from which one of the relations may lead to one of those, in two calls at most.

    Perhaps others: what a relation looks at a second time is not asked.
    """
    by_kind: dict[str, list[Record]] = {}
    for record in found:
        by_kind.setdefault(kind_of(record), []).append(record)
    ways = [(kind, way) for kind, name in sorted(relations) for way in RELATIONS[kind][name].ways]
    direct: set[Probe] = set()
    holders: set[Probe] = set()
    for kind, way in ways:
        to = by_kind.get(way.to, ())
        if way.via is None:
            direct.update(_back(kind, way.values, way, to))
        else:
            holders.update(_back(way.via.to, way.values, way, to))
    if holders:
        between: dict[str, list[Record]] = {}
        for record in _asked(known, holders):
            between.setdefault(kind_of(record), []).append(record)
        for kind, way in ways:
            if way.via is not None:
                direct.update(_back(kind, way.via.values, way.via, between.get(way.via.to, ())))
    kinds = {kind for kind, _ in ways}
    return [record for record in _asked(known, direct) if kind_of(record) in kinds]


def key_of(kind: str, values: Values) -> str | None:
    """The key under which records of a kind offer what a way looks for; None where they can not be found so."""
    if values is own_id:
        return "id"
    wanted: Values | None = values
    while wanted is not None:
        for name, offered in KEYS.get(kind, {}).items():
            if offered is wanted:
                return name
        wanted = wider(wanted)
    return None


def _back(kind: str, values: Values, way: Way, to: Iterable[Record]) -> Iterator[Probe]:
    """Probes for the records of a kind that hold what these offer."""
    key = key_of(kind, values)
    if key is not None:
        offered = own_id if way.key == "id" else KEYS[way.to][way.key]
        yield from ((kind, key, value) for record in to for value in offered(record))


def _asked(known: KnownRecords, probes: set[Probe]) -> Iterator[Record]:
    kinds = frozenset(known.kinds)
    wanted = {probe for probe in probes if probe[0] in kinds}
    if wanted:
        yield from (one for one in known.lookup(wanted) if not isinstance(one, Invalid))
