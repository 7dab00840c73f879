"""The rulebook in words: each rule as a sentence of the reader's language, with the layers that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from engine.language.renderer import Messages
from engine.language.sentences import rule_sentence
from engine.language.wording import wording
from engine.model.rulebook import FixIn, Reaction, Rule, Rulebook, SettingType


class LayerTouch(Struct, frozen=True):
    """One layer's word on a rule or setting."""

    layer: str
    """`base`, the connector's name, or the customer's id."""
    what: list[str]
    """`rule` where the layer wrote it whole; else what it changed: `then`, `fix_in`, `messages`."""
    file: str
    line: int


class RuleInForce(Struct, frozen=True):
    """One rule, as all layers together have it."""

    id: str
    kind: str
    """The kind it is for; empty for the engine's own findings."""
    title: str
    """What it is called."""
    sentence: str
    then: Reaction
    fix_in: FixIn | None
    layer: str
    """The layer its condition comes from."""
    written: list[LayerTouch]
    """Every layer that said something of it, in order."""
    dormant: list[str]
    """Why it can match nothing here; empty when it is evaluated, or off."""


class SettingInForce(Struct, frozen=True):
    """One setting that rules read."""

    name: str
    type: SettingType
    value: Any
    description: str
    layer: str
    """The layer whose value is in force."""


class RulebookAnswer(Struct, frozen=True):
    """The effective rules of one customer, in the order in which they decide."""

    customer: str
    version: str
    language: str
    rules: list[RuleInForce]
    settings: list[SettingInForce]


def in_words(
    messages: Messages, rulebook: Rulebook, dormant: Mapping[str, tuple[str, ...]], language: str
) -> RulebookAnswer:
    """The rulebook as the API answers it; ``dormant`` names the rules that cannot match, with the reasons."""
    return RulebookAnswer(
        customer=rulebook.customer.id,
        version=rulebook.version,
        language=language,
        rules=[
            _rule(rule, messages.title(rulebook, rule.id, language), rulebook, dormant.get(rule.id, ()), language)
            for rule in rulebook.rules
        ],
        settings=[
            SettingInForce(
                entry.name,
                entry.type,
                _plain(entry.value),
                wording(language).settings.get(entry.name, entry.description),
                entry.layer,
            )
            for entry in rulebook.settings.values()
        ],
    )


def _rule(rule: Rule, title: str, rulebook: Rulebook, dormant: tuple[str, ...], language: str) -> RuleInForce:
    return RuleInForce(
        id=rule.id,
        kind=rule.kind,
        title=title,
        sentence=rule_sentence(rule, language, rulebook),
        then=rule.then,
        fix_in=rule.fix_in,
        layer=rule.layer,
        written=[
            LayerTouch(touch.layer, list(touch.what), touch.place.path, touch.place.line) for touch in rule.touched
        ],
        dormant=list(dormant),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
