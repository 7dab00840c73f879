"""Never received: ids that records name and under which nothing ever came, each told once with those that wait for it.

Only what is said of a record that is not left out counts, and only of kinds that the source gives: a session of last
year may well name who has gone since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence

from msgspec import Struct

from engine.matching.classifier import Decided
from engine.model.decisions import Decision
from engine.records.decode import Invalid, NeverReceived
from engine.records.kinds import KINDS, PEOPLE, Record, kind_of
from engine.records.unread import Unread, unread
from engine.relations.definitions import RELATIONS, Way
from engine.relations.neighbourhood import Situation

NEVER_RECEIVED = "record.never_received"

_FEW = 20
"""So many ids of a kind are told one by one, however many were named."""
_MOST_NAMERS = 20

Identity = tuple[str, str]


class Unsent(Struct, frozen=True):
    """What was never received of one batch."""

    ids: Sequence[NeverReceived]
    remarks: Sequence[Unread]
    """Of kinds of which most of what was named never came; these are not told one by one."""


def naming_kinds(decided: Decided, kind: str) -> frozenset[str]:
    """The kinds whose records may name one of that kind."""
    return frozenset(holder for holder, ways in _ways(decided).items() if any(way.to == kind for way, _ in ways))


def never_received(decided: Decided, once: Container[Identity] = (), kinds: Container[str] | None = None) -> Unsent:
    """What the decided records name and nobody has; ``once`` are those that came once, and may be out of sight.

    Only of ``kinds``, where some are given.
    """
    situation = decided.situation
    named: dict[str, set[str]] = {}
    waiting: dict[Identity, dict[Identity, Record]] = {}
    for record, to, source_id, alike in _named(decided):
        if kinds is not None and to not in kinds:
            continue
        named.setdefault(to, set()).add(source_id)
        if not any((kind, source_id) in once or situation.has(kind, source_id) for kind in alike):
            others = waiting.setdefault((to, source_id), {})
            others.update(((kind_of(one), one.source_id), one) for one in _called(record, situation))
    numbers = Counter(kind for kind, _ in waiting)
    mostly = {kind for kind, number in numbers.items() if number > _FEW and 2 * number > len(named[kind])}
    ids = [
        NeverReceived(
            kind=kind,
            source_id=source_id,
            errors=(),
            number=len(others),
            named_by=tuple(list(others.values())[:_MOST_NAMERS]),
            near=situation.meant(kind, source_id),
            alike=tuple(situation.in_another_role(kind, source_id)),
        )
        for (kind, source_id), others in sorted(waiting.items())
        if kind not in mostly
    ]
    return Unsent(ids, [_mostly(kind, numbers[kind], len(named[kind])) for kind in sorted(mostly)])


def not_in_sight(decided: Decided) -> set[Identity]:
    """Kind and id of all that the decided records name and that is neither among them nor known: it may have come
    once."""
    has = decided.situation.has
    return {
        (kind, source_id)
        for _, _, source_id, alike in _named(decided)
        if not any(has(kind, source_id) for kind in alike)
        for kind in alike
    }


def _named(decided: Decided) -> Iterator[tuple[Record, str, str, tuple[str, ...]]]:
    """Every id that a record which is not left out names, with the record, the kind that it is named as, and those of
    which one under it did come."""
    ways = _ways(decided)
    for position, decision in enumerate(decided.decisions):
        if decision is None or decision.verdict == "skip" or decision.kind not in ways:
            continue
        record = decided.record(position)
        if isinstance(record, Invalid):
            continue
        for way, alike in ways[decision.kind]:
            for source_id in way.values(record):
                yield record, way.to, source_id, alike


def _mostly(kind: str, number: int, total: int) -> Unread:
    if kind == "learner":
        return unread("learners_mostly_unsent", number=number, total=total)
    if kind == "instructor":
        return unread("instructors_mostly_unsent", number=number, total=total)
    return unread("classes_mostly_unsent", number=number, total=total)


def tell(decided: Decided, ids: Sequence[NeverReceived]) -> None:
    """Let them be decided beside the items, as findings."""
    decisions: list[Decision] = [decided.classifier.finding(NEVER_RECEIVED, one.kind, one.source_id) for one in ids]
    decided.items = (*decided.items, *ids)
    decided.decisions = [*decided.decisions, *decisions]


def _ways(decided: Decided) -> dict[str, list[tuple[Way, tuple[str, ...]]]]:
    """Kind to the ways by which its records name others, of relations that were looked up, each with the kinds of
    which one under such an id did come.

    Who is enrolled in another role was sent all the same. Where a field names one kind only, another kind may well
    have given its number to somebody else.
    """
    classifier = decided.classifier
    found: dict[str, list[tuple[Way, tuple[str, ...]]]] = {}
    for kind in KINDS:
        for relation in RELATIONS[kind].values():
            if relation.names and (kind, relation.name) in classifier.relations:
                alike = (*relation.to, "person") if set(relation.to) <= set(PEOPLE) else relation.to
                ways = [way for way in relation.ways if way.key == "id" and classifier.provided.kind(way.to)]
                found.setdefault(kind, []).extend((way, alike) for way in ways)
    return found


def _called(record: Record, situation: Situation) -> list[Record]:
    """Whom people know by name: an enrolment has none of its own."""
    if kind_of(record) != "enrolment":
        return [record]
    ends = [one for name in ("people", "classes") for one in situation.related(record, name)]
    return ends or [record]
