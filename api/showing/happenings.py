"""What happened to records and issues, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.showing.reader import NOTHING, Reader
from engine.language.wording import wording
from engine.records.kinds import KINDS
from runs.model.answers import Happening
from runs.model.asked import PAUSED
from runs.model.corrections import Correction
from runs.model.waivers import RULES


def settled_by_whom(reader: Reader, reason: str | None, by: str | None) -> list[str]:
    """Why somebody did it, and who."""
    parts = [reader.say("paused.reason", reason=reason)] if reason else []
    if by == RULES:
        parts.append(reader.say("paused.by_rules"))
    elif by:
        parts.append(reader.say("paused.by", by=reader.actor(by)))
    return parts


def history_of(
    reader: Reader, kind: str, happenings: Sequence[Happening]
) -> tuple[tuple[datetime, tuple[str, ...]], ...]:
    """Each moment with what happened: a sentence, and what belongs to it."""
    return tuple((happening.at, told(reader, kind, happening)) for happening in happenings)


def told(reader: Reader, kind: str, one: Happening) -> tuple[str, ...]:
    """What happened, and what belongs to it: what was corrected, until when, why, by whom."""
    more = [corrected(reader, correction) for correction in one.corrected]
    by_rule = _rule_of(one.after) if one.what == "verdict" else one.resolved_by
    if by_rule:
        more.append(reader.say("happened.by_rule", rule=reader.rule(by_rule)))
    if one.until is not None and one.after in PAUSED:
        more.append(reader.say(f"paused.{one.after}_until", day=reader.day(one.until, last=one.after == "waived")))
    more += settled_by_whom(reader, one.reason, one.by)
    return (happened(reader, kind, one), *more)


def corrected(reader: Reader, one: Correction) -> str:
    """What was corrected, and of which record."""
    who = f"{reader.say(f'kind.{one.kind}')} {one.source_id}"
    if not one.field:
        return reader.say("happened.of_record", record=who, said=reader.say(f"happened.now_{one.after}"))
    if one.field in ("verdict", "alone"):
        said = reader.say("happened.verdict", before=_verdict(reader, one.before), after=_verdict(reader, one.after))
    else:
        before, after = (
            reader.rule(str(value)) if one.field == "skipped_by" and value not in NOTHING else value
            for value in (one.before, one.after)
        )
        said = _field(reader, one.kind, one.field, before, after)
    return reader.say("happened.of_record", record=who, said=said)


def happened(reader: Reader, kind: str, one: Happening) -> str:
    """What happened, in one sentence."""
    match one.what:
        case "received":
            return reader.say("happened.received")
        case "presence":
            return reader.say(f"happened.now_{one.after}")
        case "verdict":
            after = _verdict(reader, one.after)
            if one.after is None:
                return reader.say("happened.verdict_over", before=_verdict(reader, one.before))
            if one.before is None:
                return reader.say("happened.verdict_first", after=after)
            if after == _verdict(reader, one.before):
                return reader.say("happened.verdict_again", after=after)
            return reader.say("happened.verdict", before=_verdict(reader, one.before), after=after)
        case "issue":
            said = reader.say(f"happened.issue_{one.after}")
            if one.why:
                said = reader.say(f"awakened.{one.why}")
            if one.resolution:
                said += f", {reader.say(f'resolution.{one.resolution}')}"
            return reader.say("happened.of_rule", said=said, rule=reader.rule(one.subject))
        case "field":
            return _field(reader, kind, one.subject, one.before, one.after)


def _field(reader: Reader, kind: str, name: str, old: Any, new: Any) -> str:
    if kind not in KINDS:
        return name
    label = wording(reader.language).field(kind, name).text
    label = label[:1].upper() + label[1:]
    if old in NOTHING:
        return reader.say("happened.field_set", label=label, after=reader.value(kind, name, new))
    if new in NOTHING:
        return reader.say("happened.field_gone", label=label, before=reader.value(kind, name, old))
    return reader.say(
        "happened.field", label=label, before=reader.value(kind, name, old), after=reader.value(kind, name, new)
    )


def _rule_of(value: object) -> str | None:
    return value.get("rule") if isinstance(value, Mapping) else None


def _verdict(reader: Reader, value: object) -> str:
    value = value.get("verdict") if isinstance(value, Mapping) else value
    return reader.words.known(reader.language, f"verdict.{value}", str(value))
