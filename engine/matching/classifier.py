"""Classifies: a batch of records and a moment in, one decision for each out. A pure function of what it is given."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import Any, Literal, cast

from msgspec.structs import replace

from engine.analysis.availability import EVERYTHING, Provided, provided_by, taken_by
from engine.analysis.causes import WAITS, Waits, asked_for, waits_of
from engine.analysis.needs import asked_to_be_there, needs_of
from engine.analysis.ranks import misplaced, order_of, reaches
from engine.analysis.reads import reads_answer, reads_clock, relations_read
from engine.matching.binding import FALSE, Preparation, Ready, inverse
from engine.matching.cast import Cast
from engine.matching.comparisons import Clock
from engine.matching.durable_engine import EngineError
from engine.matching.facts import MOST_NAMED, Evidence, Reads, fields_of_record, item_of, reads_of
from engine.matching.matcher import Matcher, TooNested
from engine.matching.projection import Sight
from engine.matching.standing import Standing, Steps
from engine.matching.turning import NEVER, Moments, Turning
from engine.model.decisions import Decision, Facts, Match, RelatedFacts, Verdict, mended_in
from engine.model.moments import Moment
from engine.model.rulebook import FINDINGS, NOT_FOLLOWED, FixIn, Rule, Rulebook
from engine.records.decode import Invalid, NeverReceived
from engine.records.kinds import KINDS, Mark, Record, Sheet, called, kind_of, name_of
from engine.records.needs import blocking
from engine.records.unread import Unread, unread
from engine.relations.neighbourhood import NOTHING_KNOWN, KnownRecords, Situation, Unusable

__all__ = ["Classifier", "Decided", "TooNested", "fits"]

log = logging.getLogger("muster.engine")

_RANK = {"skip": 0, "flag": 1, "note": 2}

_ISSUE_OF: Mapping[str, str] = {
    "unread": "record.invalid",
    "either": "record.invalid",
    "conflict": "record.id_conflict",
    "role": "record.role_unknown",
}
"""Why something cannot be used, to the finding on it."""


class Classifier:
    """A rulebook made ready to decide. Safe from several threads; built once per version of a rulebook."""

    def __init__(self, rulebook: Rulebook, provided: Provided | None = None) -> None:
        self.rulebook = rulebook
        self.provided = provided_by(rulebook) if provided is None else provided
        self.settings = {name: entry.value for name, entry in rulebook.settings.items()}
        self.taken = taken_by(rulebook)
        dormant: dict[str, tuple[str, ...]] = {}
        self._rules: dict[str, list[Rule]] = {}
        ready: dict[str, Ready] = {}
        for rule in rulebook.rules:
            if rule.then == "off" or not rule.kind:
                continue
            preparation = Preparation(rule.kind, self.settings, self.provided)
            if not self.provided.kind(rule.kind):
                dormant[rule.id] = (f"`{rule.kind}` is not provided",)
                continue
            condition = preparation.ready(rule.when)
            if condition == FALSE:
                dormant[rule.id] = tuple(preparation.unavailable) or ("its condition can never hold",)
                continue
            self._rules.setdefault(rule.kind, []).append(rule)
            ready[rule.id] = condition
        self.dormant: Mapping[str, tuple[str, ...]] = dormant
        """Rules that are not evaluated, with the reasons."""
        self.needs = needs_of(rule for rules in self._rules.values() for rule in rules)
        """Kind to the fields without which its records are not decided."""
        self.asked = asked_to_be_there(rule for rules in self._rules.values() for rule in rules)
        """Kind to the fields that its records are asked to have."""
        self.ready: Mapping[str, Ready] = ready
        """The prepared condition of each rule that is evaluated."""
        self.missing = {
            rule.id: asked_for(rule) for rules in self._rules.values() for rule in rules if rule.then != "skip"
        }
        """Rule to the relations over which it finds nobody where somebody should be."""
        self.asked_for = {
            rule.id: self.missing[rule.id] for rules in self._rules.values() for rule in rules if rule.then == "flag"
        }
        """Flag rule to the relations over which it finds nobody where somebody should be."""
        self.clocked = frozenset(rule.id for rule in rulebook.rules if rule.id in self.ready and reads_clock(rule.when))
        """Rules that can match, or stop matching, merely because time passes."""
        self._by_id = {rule.id: rule for rule in rulebook.rules}
        self._reads: dict[str, Reads] = {}
        evaluated = [rule for rules in self._rules.values() for rule in rules]
        self.order = order_of(evaluated)
        if self.order.circles or any(any(misplaced(rule)) for rule in evaluated):
            raise ValueError("rules that ask for each other's outcome cannot be decided: see engine.analysis.ranks")
        self.steps = Steps(self._rules, ready, self.order)
        self.cast = Cast(evaluated)
        self.relations = frozenset((rule.kind, name) for rule in evaluated for name in relations_read(rule.when))
        """Kind and name of every relation that rules and their messages follow."""
        self.asking = frozenset(
            (rule.kind, reach.relation) for rule in evaluated for reach in reaches(rule) if reach.relation is not None
        )
        """Kind and relation over which rules ask what is decided of others."""
        self._findings = {
            rule.id: Match(rule.id, "flag", rule.fix_in) for rule in rulebook.rules if rule.id in FINDINGS
        }
        self.not_followed = frozenset(NOT_FOLLOWED) | {
            rule.id for rule in rulebook.rules if rule.then == "flag" and reads_answer(rule)
        }
        """Flag rules that tell what the platform did not do of what was decided: they leave the verdict as it is."""
        self._verdicts: dict[tuple[str, tuple[int, ...]], tuple[Verdict, tuple[Match, ...]]] = {}

    @cached_property
    def symptoms(self) -> Mapping[str, tuple[Waits, ...]]:
        """Flag rules that may be symptoms, each with what it waits for."""
        return waits_of(self.rulebook)

    def decide(
        self,
        items: Sequence[Record | Invalid],
        moment: Moment,
        known: KnownRecords = NOTHING_KNOWN,
        kinds: Collection[str] | None = None,
        beside: Iterable[Record] = (),
    ) -> Decided:
        """Decide every item, in order.

        ``known`` gives the related records that the batch lacks, ``beside`` those that were looked up before. Only
        ``kinds`` are decided, and never those that the platform does not take: they are related records, and their
        decision is None.
        """
        deciding = self.taken if kinds is None else self.taken.intersection(kinds)
        items = self.seen(items)
        sight = self._sight(self.situation(items, known, beside=beside, today=moment.today), moment)
        decisions = [self._decide(item, sight, deciding) for item in items]
        return Decided(self, items, decisions, sight)

    def situation(
        self,
        items: Sequence[Record | Invalid],
        known: KnownRecords = NOTHING_KNOWN,
        *,
        relations: Collection[tuple[str, str]] = (),
        beside: Iterable[Record] = (),
        today: date | None = None,
    ) -> Situation:
        """The items with all around them that deciding looks at, and with ``relations`` beside."""
        situation = Situation(
            items,
            known,
            segments=self.rulebook.customer.segments,
            relations=self.relations.union(relations),
            beside=beside,
            needs=self.needs,
            today=today,
        )
        self.cast.look_up(situation, known.kinds)
        return situation

    def _sight(self, situation: Situation, moment: Moment) -> Sight:
        return Sight(Clock(moment), situation, Standing(self.steps, self.taken))

    def fulfilled(self, record: Record, situation: Situation, moment: Moment) -> frozenset[str]:
        """Ids of all rules that a record fulfils, whatever the verdict: at another moment, or as it once was.

        Raises EngineError.
        """
        rules = self._rules.get(kind_of(record), [])
        return frozenset(rules[position].id for position in self.fired([record], situation, moment)[0])

    def fired(self, records: Iterable[Record], situation: Situation, moment: Moment) -> list[tuple[int, ...]]:
        """Of each record the places, among the evaluated rules of its kind, of those it fulfils. Raises EngineError."""
        sight = self._sight(situation, moment)
        return [sight.standing.fired(record, sight) for record in records]

    def reads(self, rule_id: str) -> Reads | None:
        """What a rule reads; None for the engine's findings, and for a rule that there is not."""
        found = self._reads.get(rule_id)
        if found is None:
            rule = self._by_id.get(rule_id)
            if rule is None or not rule.kind:
                return None
            found = self._reads[rule_id] = reads_of(
                rule, self.ready.get(rule_id), self.steps.of[rule_id].matcher if rule_id in self.steps.of else None
            )
        return found

    def seen(self, items: Sequence[Record | Invalid]) -> Sequence[Record | Invalid]:
        """The items as they can be decided: a record without what is needed is one that could not be read.

        So is a sheet of which a mark could not be read: its attendance would be listed with a hole.
        """
        found = [self._admitted(item) for item in items]
        spoiled = [item for item in found if isinstance(item, Invalid) and item.kind == "mark"]
        return _without_holes(found, spoiled) if spoiled else found

    def _admitted(self, item: Record | Invalid) -> Record | Invalid:
        if isinstance(item, Invalid) or not (faults := blocking(item, self.needs)):
            return item
        return _unread(item, faults)

    def _decide(self, item: Record | Invalid, sight: Sight, deciding: Collection[str]) -> Decision | None:
        if isinstance(item, Invalid):
            return self.finding("record.invalid", item.kind, item.source_id, mended_in(item.kind, item.errors))
        kind = kind_of(item)
        if kind not in deciding:
            return None
        situation = sight.situation
        if situation.conflicts and (kind, item.source_id) in situation.conflicts:
            return self.finding("record.id_conflict", kind, item.source_id, mended_in(kind))
        if kind == "person":
            return self.finding("record.role_unknown", kind, item.source_id)
        record = situation.record(kind, item.source_id) or item
        try:
            fired = sight.standing.fired(record, sight)
        except EngineError as error:
            log.warning("a record could not be matched: %s", error)
            return self.finding("record.unexpected_error", kind, item.source_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not spoil the other records
            log.error("a record could not be decided: %s", type(error).__name__)  # noqa: TRY400 - its text may hold values
            return self.finding("record.unexpected_error", kind, item.source_id)
        refused = getattr(record, "outcome", None) == "refused"
        if not fired and not refused:
            return Decision(kind, item.source_id, "sync")
        untrue = self._untrue(kind, fired, record, situation) if situation.holds_unusable else {}
        if untrue:
            rest = tuple(place for place in fired if place not in untrue)
            first = next(one for waits in untrue.values() for one in waits)
            # Beside it stands the place of the issue that it waits for.
            place = mended_in(first.kind) or self._match(_ISSUE_OF[first.why]).fix_in
            return Decision(kind, item.source_id, *self._weigh(kind, rest, self._match(WAITS, place)))
        key = (kind, fired)
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._weigh(kind, fired)
        verdict, matches = found
        if refused and verdict == "sync" and not any(match.reaction == "flag" for match in matches):
            # No rule has words of its own for this refusal.
            matches = (self._refused(kind), *matches)
        return Decision(kind, item.source_id, verdict, matches)

    def waits(self, rule_id: str, record: Record, situation: Situation) -> list[Unusable]:
        """What is there and cannot be used, where a flag rule finds nobody over a relation."""
        return [
            one
            for relation in self.asked_for.get(rule_id, ())
            if not situation.related(record, relation)
            for one in situation.unusable(record, relation)
        ]

    def _untrue(
        self, kind: str, fired: Iterable[int], record: Record, situation: Situation
    ) -> dict[int, list[Unusable]]:
        """Places of rules that find nobody where somebody is who cannot be used, with those."""
        rules = self._rules[kind]
        return {place: waits for place in fired if (waits := self.waits(rules[place].id, record, situation))}

    def waited_for(self, record: Record, situation: Situation) -> list[Unusable]:
        """All that `record.waits` is about."""
        rules = self._rules.get(kind_of(record), ())
        every = (one for rule in rules for one in self.waits(rule.id, record, situation))
        return list({(one.kind, one.source_id): one for one in every}.values())

    def _weigh(
        self, kind: str, fired: tuple[int, ...], finding: Match | None = None
    ) -> tuple[Verdict, tuple[Match, ...]]:
        rules = [self._rules[kind][position] for position in fired]
        matches = [Match(rule.id, rule.then, rule.fix_in) for rule in rules]
        if finding is not None:
            matches.insert(0, finding)
        # Sorted stably: within one reaction the rulebook's order stands.
        matches.sort(key=lambda match: (_RANK[match.reaction], match.rule in self.not_followed))
        verdict: Verdict = "sync"
        if matches and matches[0].rule not in self.not_followed and matches[0].reaction in ("skip", "flag"):
            verdict = cast("Verdict", matches[0].reaction)
        return verdict, tuple(matches)

    def finding(self, rule: str, kind: str, source_id: str, fix_in: FixIn | None = None) -> Decision:
        """One of the engine's own findings, alone."""
        return Decision(kind, source_id, "flag", (self._match(rule, fix_in),))

    def _match(self, rule: str, fix_in: FixIn | None = None) -> Match:
        found = self._findings.get(rule)
        return Match(rule, "flag", fix_in or "support") if found is None or fix_in else found

    def _refused(self, kind: str) -> Match:
        # It is the source that takes the attendance of a sheet, and refuses it.
        known = "record.refused" in self._findings
        return self._match("record.refused", "source" if kind == "sheet" else None if known else "platform")


class Decided:
    """The decisions on a batch, and the facts behind them."""

    def __init__(
        self,
        classifier: Classifier,
        items: Sequence[Record | Invalid],
        decisions: list[Decision | None],
        sight: Sight,
    ) -> None:
        self.classifier = classifier
        self.items = items
        self.decisions = decisions
        """One for each item, in order; None for a record that is only a related one."""
        self.moment = sight.clock.moment
        self.situation = sight.situation
        self.sight = sight
        self._evidence = Evidence(sight, classifier.settings)
        self._turning = Turning(sight, partial(_skips, classifier, sight))

    def record(self, position: int) -> Record | Invalid:
        """The item as it was decided: the duplicates of a batch united."""
        item = self.items[position]
        if isinstance(item, Invalid):
            return item
        return self.situation.record(kind_of(item), item.source_id) or item

    def once(self) -> list[int]:
        """Positions of the items, of those that are one record, such as a person of two schools, the first only."""
        first: dict[tuple[str, str], int] = {}
        for position, item in enumerate(self.items):
            first.setdefault((item.kind if isinstance(item, Invalid) else kind_of(item), item.source_id), position)
        return [*first.values()]

    def turns(self, position: int) -> Moments:
        """The coming moments at which time alone may end what keeps the record out; none where something else must.

        Of a skip its skips are asked, of a flag its flags: whatever is beneath shows itself by deciding then.
        """
        decision = self.decisions[position]
        record = self.record(position)
        if decision is None or isinstance(record, Invalid):
            return NEVER
        found = NEVER
        for match in decision.matches:
            if match.reaction != decision.verdict:
                continue
            clocked = match.rule in self.classifier.clocked
            ends = self._turning.ends(self.classifier.ready[match.rule], record) if clocked else None
            if not ends:
                return NEVER
            found |= ends
        return found

    def later(self, position: int) -> bool:
        """Whether the record is left out for now only: by rules that time will end."""
        decision = self.decisions[position]
        return decision is not None and decision.verdict == "skip" and bool(self.turns(position))

    def segments(self, position: int) -> tuple[str, ...]:
        """The platform accounts that the record belongs to, in the order of their names."""
        record = self.record(position)
        return () if isinstance(record, Invalid) else self.situation.segments(record)

    def facts(self, position: int, rule_id: str) -> Facts:
        """What the message of a rule that matched needs."""
        record = self.record(position)
        found = self._evidence.facts(record, self.classifier.reads(rule_id))
        decision = self.decisions[position]
        if decision is not None and decision.verdict == "skip" and rule_id == decision.rule:
            flags = [match for match in decision.also if match.reaction == "flag"]
            # What the platform did not do of it is no more than told.
            found = replace(found, hindered=any(match.rule not in self.classifier.not_followed for match in flags))
        if isinstance(record, NeverReceived):
            namers = RelatedFacts(record.number, tuple(map(item_of, record.named_by)))
            meant = () if record.near is None else (item_of(record.near),)
            return replace(found, named_by=namers, near=meant, alike=tuple(map(item_of, record.alike)))
        if isinstance(record, Invalid):
            return found
        if rule_id == WAITS:
            return self._waiting(found, record)
        asked = self.classifier.missing.get(rule_id, ())
        near = [other for name in asked for other in self.situation.near(record, name)]
        alike = [other for name in asked for other in self.situation.alike(record, name)]
        found = _told(found, "near", [item_of(other) for other in near[:MOST_NAMED]], len(near))
        return _told(found, "alike", [item_of(other) for other in alike[:MOST_NAMED]], len(alike))

    def _waiting(self, found: Facts, record: Record) -> Facts:
        """With what it waits for; an enrolment is called by those it has."""
        waited = self.classifier.waited_for(record, self.situation)
        names = [name_of(other) for relation in ("people", "classes") for other in self._of(record, relation)]
        found = replace(found, name=", ".join(names) or found.name)
        return _told(found, "waits", [_unusable(one) for one in waited[:MOST_NAMED]], len(waited))

    def _of(self, record: Record, relation: str) -> Sequence[Record]:
        known = kind_of(record) == "enrolment"
        return self.situation.related(record, relation) if known else ()


def _told(facts: Facts, name: Literal["waits", "near", "alike"], items: list[dict[str, Any]], total: int) -> Facts:
    """The facts with what a message only names, and with how many there are where some are left out."""
    totals = facts.totals | ({name: total} if total > len(items) else {})
    return replace(facts, totals=totals, **{name: tuple(items)}) if items else facts


def _unusable(one: Unusable) -> dict[str, Any]:
    item = one.item
    read = item.read if isinstance(item, Invalid) else fields_of_record(item)
    return {"kind": one.kind, "source_id": one.source_id, "name": called(read.get, one.source_id), "why": one.why}


def _unread(item: Record, faults: tuple[Unread | str, ...]) -> Invalid:
    return Invalid(kind_of(item), item.source_id, faults, fields_of_record(item))


def _without_holes(items: list[Record | Invalid], spoiled: Sequence[Invalid]) -> list[Record | Invalid]:
    """The items, no sheet among them of which a mark could not be read.

    Where nothing tells of which sheet one is, it may be of any that came without marks.
    """
    holes = Counter(mark.read.get("sheet_id") for mark in spoiled)
    whole = {item.sheet_id for item in items if isinstance(item, Mark)} if holes[None] else set()

    def hole(item: Sheet) -> int:
        return holes[item.source_id] or (holes[None] if holes[None] and item.source_id not in whole else 0)

    return [
        _unread(item, (unread("marks_unread", number=number),))
        if isinstance(item, Sheet) and (number := hole(item))
        else item
        for item in items
    ]


def _skips(classifier: Classifier, sight: Sight, record: Record) -> Iterator[Ready | None]:
    """The conditions of the skip rules that a record fulfils, None for those that time does not end."""
    for rule_id in sight.standing.skips(record, sight):
        yield classifier.ready[rule_id] if rule_id in classifier.clocked else None


def decide_one(
    rule: Rule, record: Record, situation: Any, moment: Moment, settings: Mapping[str, Any], provided: Provided
) -> bool:
    """Whether one rule alone matches, by the matcher; for examples and laws."""
    ready = Preparation(rule.kind, settings, provided).ready(rule.when)
    if ready == FALSE:
        return False
    sight = Sight(Clock(moment), situation, situation.standing)
    return bool(Matcher({rule.kind: [ready]}).matching(record, sight))


def fits(rule: Rule) -> bool:
    """Whether a ruleset takes the rule's condition, whatever the settings: not too many nested any and all."""
    if rule.kind not in KINDS:
        return True
    ready = Preparation(rule.kind, rule.example_settings, EVERYTHING).ready(rule.when)
    try:
        Matcher({rule.kind: [ready, inverse(ready)]})
    except TooNested:
        return False
    return True
