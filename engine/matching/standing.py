"""Standing: what is decided of any record of a situation, worked out when a rule or a reader asks for it.

The rules of a kind are decided in steps (``engine.analysis.ranks``), and a question is answered by the first of them
as far as it needs: nobody is asked for flags who only asks for skips. So no record ever waits for itself.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from engine.analysis.ranks import Order, Question, answers, reaches
from engine.matching.binding import Ready
from engine.matching.durable_engine import EngineError
from engine.matching.matcher import Matcher
from engine.matching.projection import Sight
from engine.model.rulebook import Rule
from engine.records.kinds import Record, kind_of

log = logging.getLogger("muster.engine")

_QUESTIONS: Mapping[str, Question] = {"skips": "skips", "skipped_by": "skips", "alone": "alone", "verdict": "verdict"}


class Part(Struct, frozen=True, eq=False):
    """The rules of one kind that are decided in one step."""

    step: int
    matcher: Matcher
    positions: tuple[int, ...]
    """Place among the kind's rules, of each."""


class Steps:
    """The rules of all kinds, made ready step by step."""

    def __init__(self, rules: Mapping[str, Sequence[Rule]], ready: Mapping[str, Ready], order: Order) -> None:
        self.rules = rules
        every = [rule for of_kind in rules.values() for rule in of_kind]
        self.parts: dict[str, tuple[Part, ...]] = dict.fromkeys(rules, ())
        """Of each kind, the earliest first."""
        self.of: dict[str, Part] = {}
        """Rule to where it is decided."""
        for step in sorted(set(order.steps.values())):
            mine = {kind: [rule for rule in of_kind if order.steps[rule.id] == step] for kind, of_kind in rules.items()}
            matcher = Matcher({kind: [ready[rule.id] for rule in some] for kind, some in mine.items() if some})
            for kind, some in mine.items():
                if some:
                    part = Part(step, matcher, tuple(rules[kind].index(rule) for rule in some))
                    self.parts[kind] += (part,)
                    self.of |= dict.fromkeys([rule.id for rule in some], part)
        self.asked = frozenset(kind for rule in every for reach in reaches(rule) for kind in reach.to)
        """Kinds of which some rule asks what is decided."""
        self._needed = {
            (kind, question): tuple(part for part in self.parts.get(kind, ()) if part.step <= last)
            for (kind, question), last in order.last.items()
        }
        self._weighing = {
            (rule.kind, question): frozenset(
                place for place, one in enumerate(rules[rule.kind]) if answers(one, question)
            )
            for rule in every
            for question in set(_QUESTIONS.values())
        }

    def needed(self, kind: str, question: Question) -> tuple[Part, ...]:
        """The parts by which a question about records of the kind is answered."""
        return self._needed.get((kind, question), ())

    def weighing(self, kind: str, question: Question) -> frozenset[int]:
        """Places of the rules that answer a question."""
        return self._weighing.get((kind, question), frozenset())


class Standing:
    """What is decided of the records of one pass; each part of each record is matched once."""

    def __init__(self, steps: Steps, taken: frozenset[str]) -> None:
        self._steps = steps
        self._taken = taken
        self._fired: defaultdict[Part, dict[int, tuple[int, ...]]] = defaultdict(dict)
        self._said: dict[tuple[str, int], str | None] = {}

    def fired(self, record: Record, sight: Sight) -> tuple[int, ...]:
        """Places, in order, of all rules of the record's kind that it fulfils. Raises EngineError."""
        kind = kind_of(record)
        parts = self._steps.parts.get(kind, ())
        if len(parts) == 1 and kind not in self._steps.asked:
            return parts[0].matcher.matching(record, sight)
        return self._in(parts, record, sight)

    def __call__(self, record: Record, field: str, sight: Sight) -> str | None:
        """What a rule asks of a related record: `verdict`, `alone`, `skipped_by`; or `skips`, its verdict if skip."""
        key = (field, id(record))
        try:
            return self._said[key]
        except KeyError:
            said = self._said[key] = self._say(record, field, sight)
            return said

    def skips(self, record: Record, sight: Sight) -> list[str]:
        """Ids of the skip rules that a record fulfils, in order. Raises EngineError."""
        return [rule.id for rule in self._weighed(record, "skips", sight)]

    def _weighed(self, record: Record, question: Question, sight: Sight) -> list[Rule]:
        """The rules that a record fulfils, of those that answer a question."""
        kind = kind_of(record)
        rules = self._steps.rules.get(kind, ())
        weighing = self._steps.weighing(kind, question)
        places = self._in(self._steps.needed(kind, question), record, sight)
        return [rules[place] for place in places if place in weighing]

    def _say(self, record: Record, field: str, sight: Sight) -> str | None:
        if kind_of(record) not in self._taken:
            return None
        try:
            fired = self._weighed(record, _QUESTIONS[field], sight)
        except EngineError as error:
            log.warning("a related record could not be matched: %s", error)
            return None if field == "skipped_by" else "flag"
        skip = next((rule.id for rule in fired if rule.then == "skip"), None)
        if field == "skipped_by":
            return skip
        return "skip" if skip else "flag" if fired else "sync"

    def _in(self, parts: Sequence[Part], record: Record, sight: Sight) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        for part in parts:
            known = self._fired[part]
            fired = known.get(id(record))
            if fired is None:
                local = part.matcher.matching(record, sight)
                fired = known[id(record)] = tuple([part.positions[place] for place in local])
            found += fired
        return found if len(parts) < 2 else tuple(sorted(found))
