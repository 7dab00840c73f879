"""The explainer: why a record was decided as it was, rule by rule and test by test, and what was nearly so.

It walks the conditions as their authors wrote them (``engine.explaining.evaluator``), apart from the matcher, so that
the one proves the other. What comes out is ``engine.explaining.explanation``; ``engine.explaining.as_text`` prints
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any as Anything
from typing import Literal

from engine.analysis.availability import EVERYTHING, Provided
from engine.analysis.reads import walk
from engine.explaining.evaluator import EvaluationContext, Lack, Read, Trace, Tracer
from engine.explaining.explanation import (
    Block,
    Check,
    Explanation,
    Holds,
    Near,
    Node,
    Outcome,
    Overriding,
    RuleReport,
    ValueRead,
)
from engine.explaining.near_misses import About, Change, Way, about, still, together, ways
from engine.language.sentences import Speaker, is_choice, rule_sentence
from engine.language.unread import school_text
from engine.language.wording import Wording, wording
from engine.matching.classifier import Classifier, Decided
from engine.matching.examples import Posed
from engine.model.conditions import All, Any, Count, FieldTest, Instant, Not, Related, Unless
from engine.model.decisions import Decision
from engine.model.moments import Moment
from engine.model.rulebook import FINDINGS, Example, Rule, SettingValue
from engine.records.decode import Invalid
from engine.records.kinds import Record, Sheet, called, kind_of, name_of

__all__ = ["Explanation", "example_matches", "explain", "matches"]

_AFTER = {"session.instructor_without_email": "session.no_instructor"}
"""Checks that mean nothing where another one found a problem."""
_OF_ARCHIVED = frozenset({"sheet.archived_too_recently", "sheet.archived_again"})
"""Checks that mean nothing of a sheet that was never archived."""
_MOST_RECORDS = 20


def matches(
    rule: Rule,
    record: Record,
    situation: EvaluationContext,
    moment: Moment,
    settings: Mapping[str, SettingValue],
    provided: Provided,
) -> bool:
    """Whether one rule matches, by the explainer alone."""
    return Tracer(record, situation, moment, settings, provided).trace(rule.when).truth is True


def example_matches(rule: Rule, example: Example) -> bool:
    """Whether a rule matches its example, by the explainer. ValueError where the example holds no such record."""
    posed = Posed(rule, example)
    return matches(rule, posed.record, posed.situation, posed.moment, posed.settings, EVERYTHING)


def explain(classifier: Classifier, decided: Decided, position: int, language: str) -> Explanation:
    """Explain the decision at that position, in English or French."""
    return _Explainer(classifier, decided, position, language).explanation()


class _Explainer:
    def __init__(self, classifier: Classifier, decided: Decided, position: int, language: str) -> None:
        self._classifier = classifier
        self._rulebook = classifier.rulebook
        self._words: Wording = wording(language)
        self._moment = decided.moment
        self._record = decided.record(position)
        self._decision: Decision | None = decided.decisions[position]
        self._kind = self._record.kind if isinstance(self._record, Invalid) else kind_of(self._record)
        self._speaker = Speaker(self._words.language, self._kind, self._rulebook)
        self._tracer = None
        if not isinstance(self._record, Invalid):
            self._tracer = Tracer(self._record, decided.sight, decided.moment, classifier.settings, classifier.provided)
        self._traces: dict[str, Trace] = {}

    def explanation(self) -> Explanation:
        record, decision, moment = self._record, self._decision, self._moment
        rules = tuple(self._reports())
        return Explanation(
            kind=self._kind,
            source_id=record.source_id,
            name=called(record.read.get, record.source_id) if isinstance(record, Invalid) else name_of(record),
            verdict=None if decision is None else decision.verdict,
            rule=None if decision is None else decision.rule,
            language=self._words.language,
            as_of=moment.as_of.isoformat(),
            zone=moment.zone,
            rulebook=self._rulebook.version,
            last_sync=None if moment.last_sync is None else moment.last_sync.isoformat(),
            errors=tuple(school_text(one, self._words.language) for one in record.errors)
            if isinstance(record, Invalid)
            else (),
            checks=self._checks(rules),
            rules=rules,
            near=self._near(),
        )

    # Rules

    def _reports(self) -> list[RuleReport]:
        if self._decision is not None and self._decision.rule in FINDINGS:
            return [self._report(rule) for rule in self._rulebook.rules if rule.id == self._decision.rule]
        if self._decision is None:
            return []
        return [self._report(rule) for rule in self._rulebook.rules if rule.kind == self._kind]

    def _report(self, rule: Rule) -> RuleReport:
        tree = None
        why: tuple[str, ...] = ()
        if rule.id in FINDINGS:
            outcome: Outcome = "matched"
        elif rule.then == "off":
            outcome = "off"
        elif rule.id in self._classifier.dormant:
            outcome, why = "dormant", self._dormant(rule)
        else:
            trace = self._trace(rule)
            outcome = "matched" if trace.truth else "not_matched"
            tree = self._node(trace, None)
        first = next(index for index, touch in enumerate(rule.touched) if touch.place == rule.place)
        return RuleReport(
            id=rule.id,
            reaction=rule.then,
            outcome=outcome,
            sentence=rule_sentence(rule, self._words.language, self._rulebook),
            layer=rule.layer,
            place=f"{rule.place.path}:{rule.place.line}",
            fix_in=rule.fix_in,
            deciding=self._decision is not None and self._decision.rule == rule.id,
            overriding=tuple(
                Overriding(touch.layer, touch.what, f"{touch.place.path}:{touch.place.line}")
                for touch in rule.touched[first + 1 :]
            ),
            why=why,
            tree=tree,
        )

    def _trace(self, rule: Rule) -> Trace:
        assert self._tracer is not None
        if rule.id not in self._traces:
            self._traces[rule.id] = self._tracer.trace(rule.when)
        return self._traces[rule.id]

    def _dormant(self, rule: Rule) -> tuple[str, ...]:
        assert self._tracer is not None
        lacks = self._tracer.lacks(rule.when)
        return tuple(map(self._lack, lacks)) or self._classifier.dormant[rule.id]

    def _lack(self, lack: Lack) -> str:
        template: str = self._words.explain[lack.what]
        return template.format(name=lack.name)

    # Trees

    def _node(self, trace: Trace, relation: str | None) -> Node:
        condition = trace.condition
        holds: Holds = "unavailable" if trace.truth is None else "true" if trace.truth else "false"
        why = "" if trace.lack is None else self._lack(trace.lack)
        readings = tuple(self._reading(read) for read in trace.reads)
        sentence = self._speaker.say(condition, relation)
        match condition:
            case FieldTest():
                return Node("test", sentence, holds, condition.field, why, readings)
            case Related() | Count():
                shown = trace.children[:_MOST_RECORDS]
                return Node(
                    block="relation" if isinstance(condition, Related) else "count",
                    sentence=sentence,
                    holds=holds,
                    field=condition.relation,
                    why=why,
                    readings=readings,
                    children=tuple(self._record_node(part, condition.relation) for part in shown),
                    more=len(trace.children) - len(shown),
                )
            case All((_,)) | Any((_,)):
                return self._node(trace.children[0], relation)
            case Not() | Unless():
                block: Block = "not" if isinstance(condition, Not) else "unless"
            case All():
                block = "all"
            case Any():
                block = "any"
        if isinstance(condition, Unless):
            blocks: dict[str, str] = self._words.explain["blocks"]
            sentence = f"{blocks['unless']} {self._speaker.say(condition.item, relation)}"
        return Node(block, sentence, holds, children=tuple(self._node(part, relation) for part in trace.children))

    def _record_node(self, trace: Trace, relation: str) -> Node:
        assert trace.about is not None
        holds: Holds = "unavailable" if trace.truth is None else "true" if trace.truth else "false"
        inner = self._node(Trace(trace.condition, trace.truth, trace.children, trace.reads, None, trace.lack), relation)
        children = () if trace.condition == All(()) else inner.children if inner.block == "all" else (inner,)
        return Node("record", self._called(about(trace.about)), holds, children=children)

    def _reading(self, read: Read) -> ValueRead:
        if read.origin == "setting":
            entry = self._rulebook.settings.get(read.name)
            return ValueRead(read.name, self._value(read), "setting", "" if entry is None else entry.layer)
        if read.origin == "moment":
            return ValueRead(self._words.moments[read.name], self._value(read), "moment")
        assert read.record is not None
        kind = kind_of(read.record)
        own = isinstance(self._record, Record) and read.record is self._record
        return ValueRead(
            label=self._words.field(kind, read.name).text,
            value=self._value(read),
            origin="record" if own else "related",
            of=f"{self._words.kind(kind).one} {read.record.source_id}",
        )

    def _value(self, read: Read) -> str | None:
        value: Anything = read.value
        if value is None or value in ("", (), {}):
            return None
        if read.origin == "record" and isinstance(value, str) and is_choice(read.name, value):
            return self._words.values.get(value, value)
        return self._words.shown(value, self._moment.zone)

    def _called(self, of: About) -> str:
        name = "" if of.name == of.source_id else f" ({of.name})"
        return f"{self._words.kind(of.kind).one} {of.source_id}{name}"

    # Checks and near misses

    def _checks(self, rules: tuple[RuleReport, ...]) -> tuple[Check, ...]:
        told = {report.id: report for report in rules}
        found: list[Check] = []
        for rule, question in self._words.checks.items():
            if not rule.startswith(f"{self._kind}.") or not told:
                continue
            report = told.get(rule)
            if any(check.rule == _AFTER.get(rule) and check.answer == "problem" for check in found):
                found.append(Check(question, rule, "unknown"))
            elif rule in _OF_ARCHIVED and self._is_open:
                found.append(Check(question, rule, "unknown", str(self._words.explain["not_yet"])))
            elif self._moment.last_sync is None and report is not None and self._compares_with_sync(rule):
                found.append(Check(question, rule, "unknown", str(self._words.explain["no_sync"])))
            elif report is None or report.outcome in ("dormant", "off"):
                outcomes: dict[str, str] = self._words.explain["outcomes"]
                between: str = self._words.explain["between"]
                why = "" if report is None else between.join(report.why) or outcomes[report.outcome]
                found.append(Check(question, rule, "unknown", why))
            else:
                found.append(Check(question, rule, "problem" if report.outcome == "matched" else "ok"))
        return tuple(found)

    @property
    def _is_open(self) -> bool:
        sheet = self._record
        return isinstance(sheet, Sheet) and not (sheet.archived or sheet.first_archived_at or sheet.times_archived)

    def _compares_with_sync(self, rule_id: str) -> bool:
        """Whether a rule compares anything with the last sync, so that before the first one nothing is known."""
        whens = (rule.when for rule in self._rulebook.rules if rule.id == rule_id)
        tests = (part for when in whens for part in walk(when) if isinstance(part, FieldTest))
        return any(isinstance(one, Instant) and one.anchor == "last_sync" for test in tests for one in test.operands)

    def _near(self) -> tuple[Near, ...]:
        decision = self._decision
        if decision is None or self._tracer is None or decision.rule in FINDINGS or decision.rule is None:
            # Of what is synced there is nothing to mend.
            return ()
        matched = [self._rulebook.rule(match.rule) for match in decision.matches if match.reaction != "note"]
        each = [ways(self._trace(rule), want=False) for rule in matched]
        syncing = [way for way in together(each) if not self._kept_out(way)]
        near = [self._nearly(decision.rule, "sync", way) for way in syncing]
        if len(matched) > 1 or not near:
            near = [*(self._nearly(decision.rule, "not_matched", way) for way in each[0]), *near]
        return tuple(near)

    def _kept_out(self, way: Way) -> bool:
        """Whether, for all we know, some rule would still keep the record from syncing after the changes."""
        return any(still(self._trace(rule), way, self._kind) is True for rule in self._active())

    def _active(self) -> Iterator[Rule]:
        """Rules of the kind that can keep a record from syncing."""
        for rule in self._rulebook.rules:
            if rule.kind == self._kind and rule.then in ("skip", "flag") and rule.id not in self._classifier.dormant:
                yield rule

    def _nearly(self, rule: str, outcome: Literal["sync", "not_matched"], way: Way) -> Near:
        changes = tuple(self._change(change) for change in way)
        explain = self._words.explain
        template: str = explain["near_miss" if outcome == "not_matched" else f"near_{outcome}"]
        return Near(rule, outcome, changes, template.format(rule=rule, changes=self._words.listed([*changes], "and")))

    def _change(self, change: Change) -> str:
        clause = self._speaker.say(change.condition, change.relation, negated=not change.want)
        if change.about is None:
            return clause
        template: str = self._words.explain["change_on"]
        return template.format(clause=clause, record=self._called(change.about))
