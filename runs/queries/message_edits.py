"""Which rules may say something else after an edit though they match alike: only their messages are compared."""

from __future__ import annotations

import re

from engine.language.renderer import Messages
from engine.matching.classifier import Classifier
from engine.model.rulebook import Rule, Rulebook

_MENTIONED = re.compile(r"\bsettings\.(\w+)")


def reworded(old: Rulebook, edited: Classifier, messages: Messages) -> frozenset[str]:
    """Ids of rules of the edited rulebook: edited themselves, or what they read or their messages name was."""
    new = edited.rulebook
    if _named(old) != _named(new):
        return frozenset(rule.id for rule in new.rules)
    settings = {
        name
        for name in old.settings.keys() | new.settings.keys()
        if name not in old.settings or name not in new.settings or old.settings[name].value != new.settings[name].value
    }
    written = {rule.id: rule for rule in old.rules}
    return frozenset(
        rule.id
        for rule in new.rules
        if rule.id not in written
        or _content(written[rule.id]) != _content(rule)
        or not settings.isdisjoint(_settings_of(rule, edited, messages))
    )


def _named(rulebook: Rulebook) -> tuple[object, ...]:
    """What any message may name."""
    customer = rulebook.customer
    titles = [None if use is None else use.title for use in (customer.source, customer.platform)]
    places = {place: dict(names) for place, names in rulebook.places.items()}
    return (customer.name, customer.zone, customer.language, customer.schedule, places, *titles)


def _content(rule: Rule) -> tuple[object, ...]:
    return (rule.when, rule.then, rule.fix_in, rule.messages)


def _settings_of(rule: Rule, edited: Classifier, messages: Messages) -> set[str]:
    """Settings that a rule reads or its messages name."""
    reads = edited.reads(rule.id)
    packaged = [messages.packaged_for(rule, language) for language in messages.languages]
    written = [*rule.messages.values(), *(one.text for one in packaged if one is not None)]
    texts = [text for message in written for text in (message.problem, message.fix)]
    return {*(() if reads is None else reads.settings), *(name for text in texts for name in _MENTIONED.findall(text))}
