"""Why an issue was closed, where what is known proves it; a fix is never claimed that was not one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from engine.analysis.reads import reads_clock, relations_read
from engine.matching.classifier import Classifier
from engine.matching.examples import ExampleSituation
from engine.matching.projection import Sight
from engine.model.decisions import Decision, Facts
from engine.model.moments import Moment
from engine.model.rulebook import Rule
from engine.records.decode import Invalid, read_mapping
from engine.records.fields import COMPUTED
from engine.records.kinds import Record
from runs.issues.corrections import Arrived, corrections
from runs.model.corrections import Correction
from store.base.enums import Resolution
from store.lookup.arrivals import DID_NOT_ARRIVE


class Closing(Struct, frozen=True):
    """An issue that a run closes: what it was, and what is there now."""

    rule: str
    written_by: str
    """Version of the rulebook under which it last matched."""
    facts: Facts
    """What the rule read then."""
    decision: Decision | None
    record: Record | Invalid


class ClosingContext(Struct, frozen=True):
    """What a run knows beside the issue."""

    classifier: Classifier
    sight: Sight
    before: Moment | None
    """The moment of the run before it in this direction."""
    arrived: Arrived = {}


class Cause(Struct, frozen=True):
    """Why an issue was closed."""

    resolution: Resolution
    by: str | None = None
    """The skip rule that decides, where it is `left_out`."""
    corrected: tuple[Correction, ...] = ()
    """What was corrected, where it is `fixed`; of a finding of the engine's own nothing, for it can be read now."""


def cause(issue: Closing, around: ClosingContext) -> Cause:
    """Why a rule no longer makes an issue of a record that was received."""
    rulebook = around.classifier.rulebook
    rule = next((rule for rule in rulebook.rules if rule.id == issue.rule), None)
    decision = issue.decision
    if issue.rule == "record.invalid" and not isinstance(issue.record, Invalid):
        # Read without it is not read: other rules do without the value.
        return Cause(
            "rule_changed" if {repr(one) for one in issue.record.unread} & {*map(repr, issue.facts.errors)} else "fixed"
        )
    if decision is None or rule is None or (rule.then != "flag" and rule.kind):
        return Cause("rule_changed")
    if rule.id in around.classifier.not_followed:
        if decision.verdict == "skip":
            return _left_out(decision, issue.record, around)
        taken = getattr(issue.record, "outcome", None) not in (None, "refused")
        return Cause("arrived" if taken and rule.id != DID_NOT_ARRIVE else "unclear")
    if decision.verdict == "skip" and any(match.rule == rule.id for match in decision.matches):
        return _left_out(decision, issue.record, around)
    if rule.id in around.classifier.dormant:
        return Cause("not_checked")
    if rule.id == "record.unexpected_error" or isinstance(issue.record, Invalid):
        # A retry that went well looks just like a correction; and what cannot be read was not judged by this rule.
        return Cause("unclear")
    if not rule.kind:
        return Cause("fixed")
    corrected = tuple(corrections(rule, issue.facts, issue.record, around.sight, around.arrived))
    if reads_clock(rule.when) and _would_have_matched(rule, issue.record, around):
        # As things are now it would still have been wrong then: only days went by.
        return Cause("time_passed")
    if not corrected:
        # Nothing that it reads has changed: the rule or its settings have, or what is known does not tell.
        return Cause("rule_changed" if issue.written_by != rulebook.version else "unclear")
    if issue.written_by == rulebook.version:
        return Cause("fixed", corrected=corrected)
    if relations_read(rule.when):
        return Cause("unclear")
    # Both changed. Would today's rule have found anything on yesterday's record?
    return Cause("fixed", corrected=corrected) if _still_matches(rule, issue, around) else Cause("rule_changed")


def _left_out(decision: Decision, record: Record | Invalid, around: ClosingContext) -> Cause:
    """On purpose; or because its time is over, and nobody put it right before."""
    moment = around.sight.clock.moment
    ends = getattr(record, "ends_at", None) or getattr(record, "starts_at", None)
    deciding = next((rule for rule in around.classifier.rulebook.rules if rule.id == decision.rule), None)
    passed = ends is not None and ends < moment.as_of and deciding is not None and reads_clock(deciding.when)
    return Cause("left_window" if passed else "left_out", decision.rule)


def _would_have_matched(rule: Rule, record: Record, around: ClosingContext) -> bool:
    """Whether the record as it is now would have matched at the moment of the run before; taken for so if unknown."""
    if around.before is None:
        return True
    return rule.id in around.classifier.fulfilled(record, around.sight.situation, around.before)


def _still_matches(rule: Rule, issue: Closing, around: ClosingContext) -> bool:
    """Whether the rule as it is now matches the record as it was; only for rules that look at nothing else."""
    fields: Mapping[str, object] = {name: value for name, value in issue.facts.record.items() if name not in COMPUTED}
    then = read_mapping(issue.facts.kind, fields, "then", default_id=issue.facts.source_id)
    if isinstance(then, Invalid):
        return False
    alone: Any = ExampleSituation({}, {id(then): {"segments": tuple(issue.facts.record.get("segments", ()))}})
    return rule.id in around.classifier.fulfilled(then, alone, around.sight.clock.moment)
