"""Guard words: what guards found, as sentences in the reader's language, from `templates/<language>/guards.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Template
from msgspec import Struct

from engine.language.filters import Language
from engine.language.languages import languages
from engine.language.renderer import Messages
from engine.language.wording import wording
from engine.model.guards import GUARDS
from engine.model.moments import zone
from engine.model.rulebook import Rulebook
from engine.records.kinds import OF_PLATFORM
from engine.rulefiles.folders import BASE
from runs.model.answers import GuardSaid
from runs.model.guard_findings import Edit, Trip


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """One language's file."""

    effect: dict[str, str]
    nothing_received: dict[str, str]
    removals: dict[str, str]
    verdict_jump: dict[str, str]
    field_gone: dict[str, str]
    stale_source: dict[str, str]
    not_arrived: dict[str, str]
    edits: dict[str, str]
    rule: str


def said(trip: Trip, rulebook: Rulebook, messages: Messages, language: str, *, held: bool) -> GuardSaid:
    """One finding of a guard in words; ``held`` says whether the run was, by this guard or another."""
    spoken = messages.language(language)
    words = _words(spoken.name)
    values = _values(trip, rulebook, messages, spoken, words) | {"effect": words.effect["held" if held else "warned"]}
    texts = {name: _rendered(_template(spoken, text), values) for name, text in getattr(words, trip.guard).items()}
    # Of a run that went on there is nothing to approve.
    return GuardSaid(trip.guard, trip.then == "hold", texts["problem"], texts["fix"] if held else "")


def _values(trip: Trip, rulebook: Rulebook, messages: Messages, spoken: Language, words: Words) -> dict[str, Any]:
    sentences = wording(spoken.name)
    noun = sentences.kind(trip.kind)
    forms = {"one": noun.one, "other": noun.many}
    called = {name: messages.title(rulebook, name, spoken.name) for name in trip.rules}
    rules = [
        words.rule.format(name=called[name], number=number) if number else called[name]
        for name, number in trip.rules.items()
    ]
    upward = trip.guard == "not_arrived" or trip.kind in OF_PLATFORM
    return {
        **{name: getattr(trip, name) for name in ("number", "total", "limit", "field", "since_run", "hop")},
        "system": messages.place(rulebook, "platform", spoken.name)
        if upward
        else messages.sender(rulebook, spoken.name),
        "kinds": noun.many,
        "counted": sentences.plural(forms, trip.number),
        "counted_all": sentences.plural(forms, trip.total),
        "field_name": sentences.field(trip.kind, trip.field).text,
        "nothing_at_all": trip.nothing_at_all,
        "at": datetime.fromisoformat(trip.at).astimezone(zone(rulebook.customer.zone)) if trip.at else None,
        "rules": rules,
        "edits": [_edit(edit, words) for edit in trip.edits],
    }


def _edit(edit: Edit, words: Words) -> str:
    form = edit.what if edit.what == "customer" or edit.file else f"{edit.what}_gone"
    if edit.layer == BASE:
        # Edited there or, more often, no longer given by the customer's own file.
        form = f"{edit.what}_base"
    return words.edits[form].format(name=edit.name, number=edit.number, file=edit.file, line=edit.line)


def _rendered(template: Template, values: Mapping[str, Any]) -> str:
    return " ".join(template.render(values).split(" ")).strip()


@cache
def _template(spoken: Language, text: str) -> Template:
    return spoken.environment.from_string(text)


@cache
def _words(language: str) -> Words:
    words = languages().part(language, "guards", Words)
    assert all(set(getattr(words, name)) == {"problem", "fix"} for name in GUARDS), language
    return words
