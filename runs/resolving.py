"""Why an issue was closed, where what is known proves it; a fix is never claimed that was not one."""

from __future__ import annotations

from engine.classify import Classifier
from engine.conditions import All, Any, Condition, Count, Day, FieldTest, Instant, Not, Related, Unless
from engine.decisions import Decision
from engine.prepare import relations_read
from store.tables import Resolution


def cause(
    rule_id: str, written_by: str, decision: Decision | None, classifier: Classifier, *, changed: bool
) -> tuple[Resolution, str | None]:
    """Why a rule no longer makes an issue of a record that was received, and the skip rule that decides if one does.

    ``written_by`` is the version of the rulebook under which it last matched, ``changed`` whether the record
    differs from then.
    """
    rulebook = classifier.rulebook
    rule = next((rule for rule in rulebook.rules if rule.id == rule_id), None)
    if decision is None or rule is None or (rule.then != "flag" and rule.kind):
        return "rule_changed", None
    if decision.verdict == "skip" and any(match.rule == rule_id for match in decision.matches):
        return "left_out", decision.rule
    if rule_id in classifier.dormant:
        return "not_checked", None
    if rule_id == "record.unexpected_error" or reads_clock(rule.when):
        # A retry that went well, or time that passed, looks just like a correction.
        return "unclear", None
    if written_by == rulebook.version:
        # The same rule under the same settings says nothing now: what it reads is what changed.
        return "fixed", None
    if not changed and not relations_read(rule.when):
        # The record is as it was and nothing else is read: only the rule or its settings can have changed.
        return "rule_changed", None
    return "unclear", None


def reads_clock(condition: Condition) -> bool:
    """Whether a condition can come out otherwise merely because time passes."""
    match condition:
        case FieldTest(operands=operands):
            return any(isinstance(operand, Instant | Day) for operand in operands)
        case All(items) | Any(items):
            return any(reads_clock(item) for item in items)
        case Not(item) | Unless(item):
            return reads_clock(item)
        case Related(where=where) | Count(where=where):
            return reads_clock(where)
