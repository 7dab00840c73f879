"""Classifies: a batch of records and a moment in, one decision for each out. A pure function of what it is given."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.analysis.availability import EVERYTHING, Provided, provided_by, taken_by
from engine.analysis.reads import relations_read
from engine.matching.binding import FALSE, Preparation, Ready, inverse
from engine.matching.comparisons import Clock
from engine.matching.durable_engine import EngineError
from engine.matching.facts import Evidence, Reads, reads_of
from engine.matching.matcher import Matcher, Pass, TooNested
from engine.matching.projection import Sight
from engine.model.decisions import Decision, Facts, Match, Verdict
from engine.model.moments import Moment
from engine.model.rulebook import FINDINGS, Rule, Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import KINDS, Record, kind_of
from engine.relations.neighbourhood import NOTHING_KNOWN, KnownRecords, Situation

__all__ = ["Classifier", "Decided", "TooNested", "fits"]

log = logging.getLogger("muster.engine")

_RANK = {"skip": 0, "flag": 1, "note": 2}


class Classifier:
    """A rulebook made ready to decide. Safe from several threads; built once per version of a rulebook."""

    def __init__(self, rulebook: Rulebook, provided: Provided | None = None) -> None:
        self.rulebook = rulebook
        self.provided = provided_by(rulebook) if provided is None else provided
        self.settings = {name: entry.value for name, entry in rulebook.settings.items()}
        self.taken = taken_by(rulebook)
        dormant: dict[str, tuple[str, ...]] = {}
        self._rules: dict[str, list[Rule]] = {}
        ready: dict[str, list[Ready]] = {}
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
            ready.setdefault(rule.kind, []).append(condition)
        self.dormant: Mapping[str, tuple[str, ...]] = dormant
        """Rules that are not evaluated, with the reasons."""
        self.ready: Mapping[str, Ready] = {
            rule.id: condition
            for kind, rules in self._rules.items()
            for rule, condition in zip(rules, ready[kind], strict=True)
        }
        """The prepared condition of each rule that is evaluated."""
        self._by_id = {rule.id: rule for rule in rulebook.rules}
        self._reads: dict[str, Reads] = {}
        self.matcher = Matcher(ready)
        self.relations = self.matcher.relations | {
            (rule.kind, name) for rules in self._rules.values() for rule in rules for name in relations_read(rule.when)
        }
        """Kind and name of every relation that rules and their messages follow."""
        self._findings = {
            rule.id: Match(rule.id, "flag", rule.fix_in) for rule in rulebook.rules if rule.id in FINDINGS
        }
        self._verdicts: dict[tuple[str, tuple[int, ...]], tuple[Verdict, tuple[Match, ...]]] = {}

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
        situation = Situation(
            items,
            known,
            segments=self.rulebook.customer.segments,
            relations=self.relations,
            beside=beside,
        )
        one = Pass(Sight(Clock(moment), situation))
        decisions = [self._decide(item, one, deciding) for item in items]
        return Decided(self, items, decisions, one, moment)

    def fulfilled(self, record: Record, situation: Situation, moment: Moment) -> frozenset[str]:
        """Ids of all rules that a record fulfils, whatever the verdict: at another moment, or as it once was.

        Raises EngineError.
        """
        rules = self._rules.get(kind_of(record), [])
        fired = self.matcher.matching(record, Pass(Sight(Clock(moment), situation)))
        return frozenset(rules[position].id for position in fired)

    def reads(self, rule_id: str) -> Reads | None:
        """What a rule reads; None for the engine's findings, and for a rule that there is not."""
        found = self._reads.get(rule_id)
        if found is None:
            rule = self._by_id.get(rule_id)
            if rule is None or not rule.kind:
                return None
            found = self._reads[rule_id] = reads_of(rule, self.ready.get(rule_id), self.matcher)
        return found

    def _decide(self, item: Record | Invalid, one: Pass, deciding: Collection[str]) -> Decision | None:
        if isinstance(item, Invalid):
            return self._finding("record.invalid", item.kind, item.source_id)
        kind = kind_of(item)
        if kind not in deciding:
            return None
        situation = one.sight.situation
        if (kind, item.source_id) in situation.conflicts:
            return self._finding("record.id_conflict", kind, item.source_id)
        if kind == "person":
            return self._finding("record.role_unknown", kind, item.source_id)
        record = situation.record(kind, item.source_id) or item
        try:
            fired = self.matcher.matching(record, one)
        except EngineError as error:
            log.warning("a record could not be matched: %s", error)
            return self._finding("record.unexpected_error", kind, item.source_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not spoil the other records
            log.error("a record could not be decided: %s", type(error).__name__)  # noqa: TRY400 - its text may hold values
            return self._finding("record.unexpected_error", kind, item.source_id)
        if not fired:
            return Decision(kind, item.source_id, "sync")
        key = (kind, fired)
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._weigh(kind, fired)
        return Decision(kind, item.source_id, *found)

    def _weigh(self, kind: str, fired: tuple[int, ...]) -> tuple[Verdict, tuple[Match, ...]]:
        rules = [self._rules[kind][position] for position in fired]
        # Sorted stably: within one reaction the rulebook's order stands.
        rules.sort(key=lambda rule: _RANK[rule.then])
        verdict: Verdict = "sync"
        if rules[0].then == "skip" or rules[0].then == "flag":
            verdict = rules[0].then
        return verdict, tuple(Match(rule.id, rule.then, rule.fix_in) for rule in rules)

    def _finding(self, rule: str, kind: str, source_id: str) -> Decision:
        return Decision(kind, source_id, "flag", (self._findings.get(rule) or Match(rule, "flag", "support"),))


class Decided:
    """The decisions on a batch, and the facts behind them."""

    def __init__(
        self,
        classifier: Classifier,
        items: Sequence[Record | Invalid],
        decisions: list[Decision | None],
        one: Pass,
        moment: Moment,
    ) -> None:
        self.classifier = classifier
        self.items = items
        self.decisions = decisions
        """One for each item, in order; None for a record that is only a related one."""
        self.moment = moment
        self.situation = one.sight.situation
        self._evidence = Evidence(one, classifier.matcher, classifier.settings)

    def record(self, position: int) -> Record | Invalid:
        """The item as it was decided: the duplicates of a batch united."""
        item = self.items[position]
        if isinstance(item, Invalid):
            return item
        return self.situation.record(kind_of(item), item.source_id) or item

    def facts(self, position: int, rule_id: str) -> Facts:
        """What the message of a rule that matched needs."""
        return self._evidence.facts(self.record(position), self.classifier.reads(rule_id))


def decide_one(
    rule: Rule, record: Record, situation: Situation, moment: Moment, settings: Mapping[str, Any], provided: Provided
) -> bool:
    """Whether one rule alone matches, by the matcher; for examples and laws."""
    ready = Preparation(rule.kind, settings, provided).ready(rule.when)
    if ready == FALSE:
        return False
    return bool(Matcher({rule.kind: [ready]}).matching(record, Pass(Sight(Clock(moment), situation))))


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
