"""Ranks: in which order the rules of a rulebook are decided, where some ask what was decided of related records.

Skips are settled first, and ask only for skips. Flags follow by rank: 0 asks for no flag of another record, 1 for
what a record comes to alone, by the skips and the flags of rank 0; one that asks for verdicts comes after all flags
of the kinds that it asks. Notes weigh nothing and come last. What asks for itself in a circle cannot be decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from engine.analysis.reads import asked, reads_answer
from engine.model.conditions import Condition, FieldTest, Value
from engine.model.rulebook import Rule
from engine.records.fields import REACHING
from engine.records.kinds import DOWNWARD, UPWARD
from engine.relations.definitions import RELATIONS

Question = Literal["skips", "alone", "verdict"]
"""What is asked of a related record: whether and by what it is left out, what it comes to alone, its whole verdict."""


class Reach(Struct, frozen=True):
    """One test of what was decided of the records of a relation, or of what the record itself comes to alone."""

    question: Question
    relation: str | None
    to: tuple[str, ...]
    test: FieldTest


class Circle(Struct, frozen=True):
    """Rules that ask for each other's outcome."""

    path: tuple[tuple[Rule, Reach], ...]
    """Each rule with the test that leads to the kind of the next; the last one leads to the first."""


class Order(Struct, frozen=True):
    """When each rule is decided."""

    ranks: Mapping[str, int]
    """Flag rules to their rank."""
    levels: Mapping[str, int]
    """Skip rules to the level at which they are settled."""
    steps: Mapping[str, int]
    """Every rule to its step: after all steps in which anything is decided that it asks for."""
    last: Mapping[tuple[str, Question], int]
    """Kind and question to the last step that answers it."""
    circles: tuple[Circle, ...] = ()


def asks_for_skips(test: FieldTest) -> bool:
    """Whether a test of a verdict comes out by the skips alone: `skip`, `{not: skip}`."""
    return all(isinstance(operand, Value) and operand.value == "skip" for operand in test.operands) and bool(
        test.operands
    )


def reaches(rule: Rule) -> tuple[Reach, ...]:
    """What a rule asks of the decisions on related records, in the order written."""
    return _reaches(rule.kind, rule.when)


@lru_cache(maxsize=4096)
def _reaches(kind: str, when: Condition) -> tuple[Reach, ...]:
    found = []
    for test, relation in asked(when):
        if isinstance(test, FieldTest) and test.field in REACHING:
            question: Question = "verdict" if test.field == "verdict" else "alone"
            if test.field == "skipped_by" or asks_for_skips(test):
                question = "skips"
            found.append(Reach(question, relation, (kind,) if relation is None else RELATIONS[kind][relation].to, test))
    return tuple(found)


def misplaced(rule: Rule) -> Iterable[tuple[Reach, Literal["skip", "direction"]]]:
    """What a rule asks for and cannot: a skip rule for flags, or any for records decided in the other direction."""
    for reach in reaches(rule):
        if rule.then == "skip" and reach.question != "skips":
            yield reach, "skip"
        if (rule.kind in UPWARD) != any(kind in UPWARD for kind in reach.to):
            yield reach, "direction"


def answers(rule: Rule, question: Question) -> bool:
    """Whether a rule is one of those by which the question is answered."""
    if rule.then == "skip":
        return True
    if rule.then != "flag" or question == "skips" or reads_answer(rule):
        # What the platform did not do of what was decided leaves the verdict as it is.
        return False
    return question == "verdict" or _is_plain(rule)


def _is_plain(rule: Rule) -> bool:
    """Whether a flag rule has rank 0."""
    return all(reach.question == "skips" for reach in reaches(rule))


def order_of(rules: Iterable[Rule]) -> Order:
    """The order of rules; of those in a circle nothing is said but the circle. Rules that are off count for nothing."""
    active = [rule for rule in rules if rule.then != "off" and rule.kind]
    circles = [*_circles(active, "skip"), *_circles(active, "flag")]
    if circles:
        return Order({}, {}, {}, {}, tuple(circles))
    return _Ordering(active).order()


class _Ordering:
    """Works ranks and steps out, each when first asked for. There must be no circle."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._ranks: dict[str, int] = {}
        self._steps: dict[str, int] = {}
        self._last: dict[tuple[str, Question], int] = {}
        self._by: dict[tuple[str, Question], list[Rule]] = {}
        questions: tuple[Question, ...] = ("skips", "alone", "verdict")
        for question in questions:
            for rule in rules:
                if answers(rule, question):
                    self._by.setdefault((rule.kind, question), []).append(rule)

    def order(self) -> Order:
        steps = {rule.id: self._step(rule) for rule in self._rules}
        for kind in (*DOWNWARD, *UPWARD):
            for question in ("skips", "alone", "verdict"):
                self._last_of(kind, question)
        return Order(
            ranks={rule.id: self._rank(rule) for rule in self._rules if rule.then == "flag"},
            levels={rule.id: steps[rule.id] for rule in self._rules if rule.then == "skip"},
            steps=steps,
            last=self._last,
        )

    def _rank(self, rule: Rule) -> int:
        known = self._ranks.get(rule.id)
        if known is None:
            ranks = [0]
            for reach in reaches(rule):
                if reach.question == "alone":
                    ranks.append(1)
                elif reach.question == "verdict":
                    flags = [one for kind in reach.to for one in self._by.get((kind, "verdict"), ())]
                    ranks.append(1 + max((self._rank(one) for one in flags if one.then == "flag"), default=0))
            known = self._ranks[rule.id] = max(ranks)
        return known

    def _step(self, rule: Rule) -> int:
        known = self._steps.get(rule.id)
        if known is None:
            before = [self._last_of(kind, reach.question) for reach in reaches(rule) for kind in reach.to]
            known = self._steps[rule.id] = 1 + max(before) if before else 0
        return known

    def _last_of(self, kind: str, question: Question) -> int:
        known = self._last.get((kind, question))
        if known is None:
            by = self._by.get((kind, question), ())
            known = self._last[kind, question] = max((self._step(rule) for rule in by), default=0)
        return known


def _circles(rules: Sequence[Rule], then: Literal["skip", "flag"]) -> list[Circle]:
    """Circles of kinds of which the skips, or the whole verdicts, ask for each other's; each is told once."""
    question = "skips" if then == "skip" else "verdict"
    edges: dict[str, dict[str, tuple[Rule, Reach]]] = {}
    for rule in rules:
        if rule.then == then:
            for reach in reaches(rule):
                if reach.question == question:
                    for kind in reach.to:
                        edges.setdefault(rule.kind, {}).setdefault(kind, (rule, reach))
    found: list[Circle] = []
    told: set[str] = set()
    for start in edges:
        path = None if start in told else _back_to(start, edges)
        if path is not None:
            told.update(rule.kind for rule, _ in path)
            found.append(Circle(path))
    return found


def _back_to(
    start: str, edges: Mapping[str, Mapping[str, tuple[Rule, Reach]]]
) -> tuple[tuple[Rule, Reach], ...] | None:
    """The shortest way from a kind to itself."""
    ways: list[tuple[str, tuple[tuple[Rule, Reach], ...]]] = [(start, ())]
    seen: set[str] = set()
    for kind, way in ways:
        for to, edge in edges.get(kind, {}).items():
            if to == start:
                return (*way, edge)
            if to not in seen:
                seen.add(to)
                ways.append((to, (*way, edge)))
    return None
