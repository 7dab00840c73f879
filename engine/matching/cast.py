"""The cast: all records whose decisions a batch hangs on, found in bulk before anything is decided, rank by rank."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from engine.analysis.ranks import Question, answers, reaches
from engine.analysis.reads import references_read, relations_read
from engine.model.rulebook import Rule
from engine.records.kinds import KINDS, Record, kind_of
from engine.relations.definitions import RELATIONS, Probe, ids_in, named_by_id
from engine.relations.neighbourhood import Situation

_Asked = tuple[str, Question | None]
"""A kind, and what is asked of its records; None for everything that rules find."""


class Cast:
    """What answering each question about records of each kind looks at."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._reaching: dict[_Asked, dict[tuple[str, Question], None]] = {}
        self._follows: dict[_Asked, dict[str, None]] = {}
        for kind in KINDS:
            for question in (None, "skips", "alone", "verdict"):
                mine = [rule for rule in rules if rule.kind == kind and (question is None or answers(rule, question))]
                self._reaching[kind, question] = {
                    (reach.relation, reach.question): None
                    for rule in mine
                    for reach in reaches(rule)
                    if reach.relation is not None
                }
                self._follows[kind, question] = {name: None for rule in mine for name in relations_read(rule.when)}
        self._named = {
            (rule.kind, relation, of, field): None
            for rule in rules
            for of, field in sorted(references_read(rule))
            for relation in (None, *relations_read(rule.when))
            if of in ((rule.kind,) if relation is None else RELATIONS[rule.kind][relation].to)
        }

    def look_up(self, situation: Situation, kinds: Collection[str]) -> None:
        """Look up what deciding the batch asks of known records of these kinds, and what that asks for in turn."""
        known = frozenset(kinds)
        if not known:
            return
        self._look_up_named(situation)
        asked: dict[_Asked, list[Record]] = {
            (kind, None): list(records) for kind, records in situation.batch.items() if records
        }
        seen: set[tuple[Question, str, str]] = set()
        while asked:
            following: dict[_Asked, list[Record]] = {}
            for name, records in asked.items():
                for relation, question in self._reaching[name]:
                    if not known.isdisjoint(RELATIONS[name[0]][relation].to):
                        for other in _among_known(situation, records, relation):
                            kind = kind_of(other)
                            key = (question, kind, other.source_id)
                            if key not in seen:
                                seen.add(key)
                                following.setdefault((kind, question), []).append(other)
            situation.widen(
                {
                    (kind, relation): records
                    for (kind, question), records in following.items()
                    for relation in self._follows[kind, question]
                }
            )
            asked = following

    def _look_up_named(self, situation: Situation) -> None:
        """Look up whose ids messages will say by name, so that what they say hangs on nothing else in the batch."""
        probes: set[Probe] = set()
        for kind, relation, of, field in self._named:
            for record in situation.batch[kind]:
                for holder in (record,) if relation is None else situation.related(record, relation):
                    if kind_of(holder) == of:
                        probes.update(
                            (to, "id", one) for to in named_by_id(holder, field) for one in ids_in(holder, field)
                        )
        situation.fetch(probes)


def _among_known(situation: Situation, records: Iterable[Record], relation: str) -> Iterable[Record]:
    """The related records that are not of the batch."""
    for record in records:
        for other in situation.related(record, relation):
            if not situation.in_batch(other):
                yield other
