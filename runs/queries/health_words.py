"""Health words: what is the matter with a customer's exchanges and rules, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

import msgspec
from msgspec import Struct

from engine.language.languages import languages
from engine.language.renderer import Messages
from engine.language.unread import failure_parts, unread_text
from engine.language.wording import wording
from engine.model.moments import zone
from engine.model.rulebook import Rulebook
from runs.model.health import Exchange


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """One language's file."""

    problem: Mapping[str, str | Mapping[str, str]]
    last_good: str
    no_good: str
    found: str
    fix: Mapping[str, str]
    rules: Mapping[str, str]
    messages: Mapping[str, str]


_LAST = {status: status for status in ("failed", "cut_off", "held", "rejected", "partial")}
"""How a run may have ended that is told with its own sentence, also where others are overdue since."""


def said(one: Exchange, rulebook: Rulebook, messages: Messages, language: str) -> Exchange:
    """How one direction stands, with what is the matter and what to do."""
    if one.remarks:
        one = msgspec.structs.replace(one, noticed=[unread_text(remark, language) for remark in one.remarks])
    if one.state == "well":
        return one
    spoken = messages.language(language)
    words = _words(spoken.name)
    local = zone(rulebook.customer.zone)
    ends = messages.sender(rulebook, language), messages.place(rulebook, "platform", language)

    def when(moment: datetime | None) -> str:
        return "" if moment is None else spoken.phrases.said_when(moment.astimezone(local))

    forms = ["late"] if one.state == "late" else []
    if (last := _LAST.get(str(one.last_status), one.state)) not in forms:
        forms.append(last)
    told = []
    for form in forms:
        text = words.problem[form]
        if not isinstance(text, str):
            text = wording(spoken.name).plural(text, one.missed)
        told.append(
            text.format(
                way=_way(one, ends),
                when=when(one.last_try),
                since=when(one.late_since),
                number=spoken.environment.filters["number"](one.missed),
            )
        )
    parts = [failure_parts(failure, spoken.name) for failure in one.failures]
    told += [
        words.found.format(system=system, call=call, found=found) if todo and failure.system else found
        for failure, (system, call, found, todo) in zip(one.failures, parts, strict=True)
    ]
    if one.state != "never":
        told.append(words.last_good.format(when=when(one.last_good)) if one.last_good else words.no_good)
    return msgspec.structs.replace(
        one,
        problem=" ".join(told),
        fix=" ".join(_todo(one, parts, words, when(one.next_run), ends[0])),
    )


def _todo(one: Exchange, parts: list[tuple[str, str, str, str]], words: Words, planned: str, source: str) -> list[str]:
    """What to do, each thing once. What only had to be asked again is, if something will ask."""
    again = [words.fix["planned"].format(next=planned) if planned else words.fix["not_planned"]]
    match one.state:
        case "never":
            return []
        case "late":
            again = [words.fix["late"]]
        case "held" | "rejected" | "empty":
            return [words.fix[one.state].format(source=source)]
    todo = [
        text
        for failure, (*_, text) in zip(one.failures, parts, strict=True)
        if text and failure.recovery != "unavailable"
    ]
    if one.state == "failed" and not todo and not any(failure.recovery for failure in one.failures):
        todo.append(words.fix["ended"])
    if one.state == "late" or not todo:
        todo += again
    return list(dict.fromkeys(todo))


def rules_said(problems: int, unshown: int, language: str) -> str:
    """What is the matter with the rule files, and with the customer's own messages; empty where nothing is."""
    words = _words(language)
    told = [(words.rules, problems), (words.messages, unshown)]
    return " ".join(wording(language).plural(text, number).format(number=number) for text, number in told if number)


def _way(one: Exchange, ends: tuple[str, str]) -> str:
    return " → ".join(ends if one.direction == "downward" else reversed(ends))


@cache
def _words(language: str) -> Words:
    return languages().part(language, "health", Words)
