"""Standing: what is decided of any record of a situation, worked out when a rule or a reader asks for it.

The rules of a kind are decided in steps (``engine.analysis.ranks``), and a question is answered by the first of them
as far as it needs: nobody is asked for flags who only asks for skips. So no record ever waits for itself.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from engine.analysis.ranks import Order, Question, answers, reaches
from engine.matching.binding import Ready
from engine.matching.durable_engine import EngineError
from engine.matching.matcher import Matcher, Shared
from engine.matching.projection import Sight
from engine.model.rulebook import Rule
from engine.records.kinds import Record, kind_of

log = logging.getLogger("muster.engine")

_QUESTIONS: Mapping[str, Question] = {"skips": "skips", "skipped_by": "skips", "alone": "alone", "verdict": "verdict"}


_WEIGHTY = ("skip", "flag")


class Part(Struct, frozen=True, eq=False):
    """The rules of one kind that are decided in one step."""

    step: int
    matcher: Matcher
    matching: Callable[[Record, Sight], tuple[int, ...]]
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
        shared: Shared = {}
        for step in sorted(set(order.steps.values())):
            mine = {kind: [rule for rule in of_kind if order.steps[rule.id] == step] for kind, of_kind in rules.items()}
            matcher = Matcher({kind: [ready[rule.id] for rule in some] for kind, some in mine.items() if some}, shared)
            for kind, some in mine.items():
                if some:
                    part = Part(step, matcher, matcher.of(kind), tuple(rules[kind].index(rule) for rule in some))
                    self.parts[kind] += (part,)
                    self.of |= dict.fromkeys([rule.id for rule in some], part)
        self.asked = frozenset(kind for rule in every for reach in reaches(rule) for kind in reach.to)
        """Kinds of which some rule asks what is decided."""
        self._needed = {
            (kind, question): tuple(part for part in self.parts.get(kind, ()) if part.step <= last)
            for (kind, question), last in order.last.items()
        }
        self._said: dict[tuple[str, str, frozenset[str] | None, int, tuple[int, ...]], str | None] = {}
        self._weighing = {
            (kind, question): frozenset(place for place, one in enumerate(of_kind) if answers(one, question))
            for kind, of_kind in rules.items()
            for question in set(_QUESTIONS.values())
        }

    def needed(self, kind: str, question: Question) -> tuple[Part, ...]:
        """The parts by which a question about records of the kind is answered."""
        return self._needed.get((kind, question), ())

    def weighed(self, kind: str, question: Question, places: Iterable[int]) -> list[Rule]:
        """The rules at these places, of those that answer a question."""
        rules, weighing = self.rules.get(kind, ()), self._weighing.get((kind, question), frozenset())
        return [rules[place] for place in places if place in weighing]

    def said(
        self, kind: str, field: str, wanted: frozenset[str] | None, number: int, places: tuple[int, ...]
    ) -> str | None:
        """What is said of a record that fulfils, of the rules of so many parts, those at these places; empty as long as
        the other parts may tell."""
        key = (kind, field, wanted, number, places)
        said = self._said.get(key, "?")
        if said == "?":
            said = self._said[key] = self._say(kind, field, wanted, number, places)
        return said

    def _say(
        self, kind: str, field: str, wanted: frozenset[str] | None, number: int, places: tuple[int, ...]
    ) -> str | None:
        question, rules = _QUESTIONS[field], self.rules[kind]
        weighing = self._weighing[kind, question]
        skips, flags = (
            [place for place in places if place in weighing and rules[place].then == then] for then in _WEIGHTY
        )
        ahead = [
            place for part in self.needed(kind, question)[number:] for place in part.positions if place in weighing
        ]
        found: str | None
        if field == "skipped_by":
            # The first of the rulebook decides.
            first = min(skips, default=len(rules))
            found = rules[first].id if skips else None
            others = {rules[place].id for place in ahead if rules[place].then == "skip" and place < first}
        else:
            found = "skip" if skips else "flag" if flags else "sync"
            others = (
                {then for place in ahead if (then := rules[place].then) == "skip" or not flags} if not skips else set()
            )
        if not others or (wanted is not None and wanted.isdisjoint({found, *others})):
            return found
        return ""


class Standing:
    """What is decided of the records of one pass; each part of each record is matched once."""

    def __init__(self, steps: Steps, taken: frozenset[str]) -> None:
        self._steps = steps
        self._taken = taken
        self._fired: defaultdict[Part, dict[int, tuple[int, ...]]] = defaultdict(dict)
        self._said: defaultdict[tuple[str, frozenset[str] | None], dict[int, str | None]] = defaultdict(dict)

    def fired(self, record: Record, sight: Sight) -> tuple[int, ...]:
        """Places, in order, of all rules of the record's kind that it fulfils. Raises EngineError."""
        kind = kind_of(record)
        parts = self._steps.parts.get(kind, ())
        if len(parts) == 1 and kind not in self._steps.asked:
            return parts[0].matcher.matching(record, sight)
        return self._in(parts, record, sight)

    def __call__(self, record: Record, field: str, sight: Sight, wanted: frozenset[str] | None = None) -> str | None:
        """What a rule asks of a related record: `verdict`, `alone`, `skipped_by`; or `skips`, its verdict if skip.

        Of one who asks whether it is one of those ``wanted``, no more is worked out than that takes: if it is none of
        them, another is said, or none.
        """
        known = self._said[field, wanted]
        said = known.get(id(record), "")
        if said == "":
            said = known[id(record)] = self._say(record, field, wanted, sight)
        return said

    def skips(self, record: Record, sight: Sight) -> list[str]:
        """Ids of the skip rules that a record fulfils, in order. Raises EngineError."""
        return [rule.id for rule in self._weighed(record, "skips", sight)]

    def _weighed(self, record: Record, question: Question, sight: Sight) -> list[Rule]:
        """The rules that a record fulfils, of those that answer a question."""
        kind = kind_of(record)
        return self._steps.weighed(kind, question, self._in(self._steps.needed(kind, question), record, sight))

    def _say(self, record: Record, field: str, wanted: frozenset[str] | None, sight: Sight) -> str | None:
        kind = kind_of(record)
        if kind not in self._taken:
            return None
        parts = self._steps.needed(kind, _QUESTIONS[field])
        places: tuple[int, ...] = ()
        try:
            for number, part in enumerate(parts, 1):
                places += self._of(part, record, sight)
                said = self._steps.said(kind, field, wanted, number, places)
                if said != "":
                    return said
        except EngineError as error:
            log.warning("a related record could not be matched: %s", error)
            return None if field == "skipped_by" else "flag"
        return None if field == "skipped_by" else "sync"

    def _in(self, parts: Sequence[Part], record: Record, sight: Sight) -> tuple[int, ...]:
        if len(parts) == 1:
            return self._of(parts[0], record, sight)
        found: tuple[int, ...] = ()
        for part in parts:
            found += self._of(part, record, sight)
        return tuple(sorted(found))

    def _of(self, part: Part, record: Record, sight: Sight) -> tuple[int, ...]:
        known = self._fired[part]
        fired = known.get(id(record))
        if fired is None:
            local = part.matching(record, sight)
            fired = known[id(record)] = tuple([part.positions[place] for place in local]) if local else ()
        return fired
