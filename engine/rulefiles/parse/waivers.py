"""Waivers: what a customer's file accepts as it is: some records' issues of one rule, why, and until when."""

from __future__ import annotations

from engine.model.rulebook import FINDINGS, Waiver
from engine.records.kinds import KINDS
from engine.rulefiles.parse.operands import read_day
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Mapping

_KEYS = ("rule", "records", "kind", "reason", "until")
_MISSING = {
    "rule": "write `rule:` and the id of a rule that flags",
    "records": "write `records: [318, 319]`, the ids in the source",
    "reason": "write `reason:` and why it is accepted, for whoever asks in half a year",
    "until": "write `until: 2027-06-30`, the last day it is accepted",
}


def read_waivers(entry: KeyValue | None, reading: ShapeReader) -> tuple[Waiver, ...]:
    """The waivers of a file; what is wrong with one is noted, and it is left out."""
    sequence = reading.sequence(entry.value, "`waivers`") if entry is not None else None
    found = [_waiver(item, reading) for item in (sequence.items if sequence is not None else ())]
    return tuple(waiver for waiver in found if waiver is not None)


def _waiver(node: object, reading: ShapeReader) -> Waiver | None:
    mapping = reading.mapping(node, "a waiver")  # type: ignore[arg-type] # any node
    if mapping is None:
        return None
    parts = {entry.name: entry for entry in reading.known(mapping, _KEYS, "a waiver")}
    for key in (key for key in _MISSING if key not in parts):
        reading.problem(mapping.place, "missing-key", f"a waiver has no `{key}`", _MISSING[key])
    rule = reading.text(parts["rule"].value, "`rule`") if "rule" in parts else None
    records = reading.texts(parts["records"].value, "`records`") if "records" in parts else None
    reason = reading.text(parts["reason"].value, "`reason`") if "reason" in parts else None
    written = reading.scalar(parts["until"].value, "`until`") if "until" in parts else None
    until = None
    if written is not None:
        until = read_day(written.text)
        if until is None:
            message = f"‘{shown(written.text)}’ is no day"
            reading.problem(written.place, "bad-time", message, "write it as 2027-06-30")
    if records is not None and not records:
        reading.problem(parts["records"].value.place, "empty", "`records` lists nothing", "write at least one id")
    kind = _kind(mapping, parts.get("kind"), rule, reading)
    if rule is None or kind is None or not records or reason is None or until is None:
        return None
    return Waiver(rule, kind, records, reason, until, parts["rule"].value.place)


def _kind(mapping: Mapping, entry: KeyValue | None, rule: str | None, reading: ShapeReader) -> str | None:
    """The kind of the records: a rule tells it, a finding of the engine's own does not."""
    if entry is not None:
        return reading.one_of(entry.value, tuple(KINDS), "kind", "unknown-kind")
    if rule in FINDINGS:
        hint = "write `kind:` and one of " + ", ".join(KINDS)
        reading.problem(mapping.place, "missing-key", f"‘{rule}’ is for records of any kind", hint)
        return None
    return None if rule is None else rule.partition(".")[0]
