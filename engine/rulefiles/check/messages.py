"""Checks of messages: names that do not exist, texts that cannot be rendered, and what a customer's may not hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from msgspec.structs import replace

from engine.analysis.reads import relations_read
from engine.language.filters import names_for
from engine.language.renderer import UNRENDERABLE, Messages, is_customers
from engine.language.safe_subset import PARTS, every_node, forbidden, is_one_of, parsed, unbounded, unreadable
from engine.matching.facts import plain
from engine.model.decisions import UNUSABLE, Facts, RelatedFacts
from engine.model.problems import Place, Problem
from engine.model.rulebook import MessageText, Rule, Rulebook
from engine.records.fields import Field, fields_for_rules, fields_of
from engine.records.kinds import KINDS
from engine.records.suggest import did_you_mean
from engine.records.unread import unread
from engine.relations.definitions import RELATIONS
from engine.rulefiles.check.places import literal, misplaced
from engine.rulefiles.folders import BASE
from engine.rulefiles.leftovers import left_in

_MISSHAPEN = unread("not_an_object")
_SAMPLE_TIME = datetime(2026, 11, 24, 9, tzinfo=UTC)


def problems_of(messages: Messages, rulebook: Rulebook) -> tuple[Problem, ...]:
    """Everything wrong with the messages of a rulebook's rules, rule by rule."""
    found: list[Problem] = []
    for rule in rulebook.rules:
        found.extend(_missing(messages, rule, rulebook))
        found.extend(_untitled(messages, rule, rulebook))
        for language in messages.languages:
            own = rule.messages.get(language)
            if own is not None:
                found.extend(_wrong(messages, language, own, rule, rulebook, _beside(rule), packaged=False))
            else:
                packaged = messages.packaged_for(rule, language)
                if packaged is not None:
                    found.extend(_wrong(messages, language, packaged.text, rule, rulebook, packaged.place))
    return tuple(found)


def customer_text_problems(text: str, place: Place, kind: str, rulebook_settings: frozenset[str]) -> list[Problem]:
    """What a customer's text may not hold, whatever is around it."""
    return [*forbidden(text, place)] or [*_unknown(text, place, kind, rulebook_settings)]


def unshown(rulebook: Rulebook) -> tuple[Problem, ...]:
    """What is wrong with messages of a customer's own, so that they are not shown."""
    settings = frozenset(rulebook.settings)
    return tuple(
        problem
        for rule in rulebook.rules
        if rule.messages and is_customers(rule, rulebook)
        for message in rule.messages.values()
        for text in (message.problem, message.fix)
        for problem in customer_text_problems(text, _beside(rule), told_kind(rule), settings)
    )


def _missing(messages: Messages, rule: Rule, rulebook: Rulebook) -> Iterator[Problem]:
    if rule.touched[0].layer == rulebook.customer.id != BASE:
        return  # a customer's own rule speaks the customer's language at least, and loading has seen to that
    for language in messages.languages:
        if language not in rule.messages and messages.packaged_for(rule, language) is None:
            found = f"{rule.id} has no message in ‘{language}’"
            yield Problem(rule.place, "missing-message", found, f"write it in templates/{language}/messages.yaml")


def _untitled(messages: Messages, rule: Rule, rulebook: Rulebook) -> Iterator[Problem]:
    """Rules that lists can only call by their id: an error in ours, a warning in a customer's own."""
    own = rule.touched[0].layer == rulebook.customer.id != BASE
    for language in (rulebook.customer.language,) if own else messages.languages:
        if (rule.then == "off" and own) or messages.has_title(rule, language):
            continue
        if language not in rule.messages and messages.packaged_for(rule, language) is None:
            continue  # it has no message at all, and that is told
        called = messages.title(rulebook, rule.id, language)
        found = f"{rule.id} has no title in ‘{language}’; lists, filters and the spreadsheet call it “{called}”"
        hint = f"add `title:` to its messages in ‘{language}’: what is the matter, in a few words"
        yield Problem(rule.place, "missing-title", found, hint, "warning" if own else "error")


def _wrong(
    messages: Messages,
    language: str,
    message: MessageText,
    rule: Rule,
    rulebook: Rulebook,
    place: Place,
    *,
    packaged: bool = True,
) -> Iterator[Problem]:
    """The problems of both texts of one message, each said once."""
    said: dict[str, Problem] = {}
    if packaged:  # what stands in rule files is told as they are read
        for text in (message.title, message.problem, message.fix):
            said.update((problem.message, problem) for problem in left_in(text, place))
    for which, text in (("problem", message.problem), ("fix", message.fix)):
        judged = forbidden if not packaged and is_customers(rule, rulebook) else unbounded
        found = list(judged(text, place))
        found = found or [
            *_unknown(text, place, told_kind(rule), frozenset(rulebook.settings)),
            *_unread(text, place, rule),
        ]
        for problem in found:
            worded = f"the {which} of {rule.id} in ‘{language}’: {problem.message}"
            said.setdefault(problem.message, Problem(place, problem.code, worded, problem.hint))
    tried = [] if said else _tried(rule, rulebook)  # what may not be rendered is not, here either: it may have no end
    if not said:
        said.update(_failing(messages, language, message, rule, rulebook, tried[:2], place))
    yield from said.values()
    if not said:
        yield from misplaced(messages, language, message, rule, rulebook, tried, place)
    for which, text in (("problem", message.problem), ("fix", message.fix)):
        yield from literal(text, rule, rulebook, language, place, which)


def _tried(rule: Rule, rulebook: Rulebook) -> list[Facts]:
    """Scarce and full facts; of what cannot be used also of what is the platform's own, and of what came misshapen."""
    tried = [sample_facts(rule, rulebook, full=full) for full in (False, True)]
    if rule.id in UNUSABLE:
        tried += [replace(facts, kind="account") for facts in tried]
    if rule.id == UNUSABLE[0]:
        tried += [replace(facts, errors=(_MISSHAPEN,)) for facts in tried]
    return tried


def _unknown(text: str, place: Place, kind: str, settings: frozenset[str]) -> Iterator[Problem]:
    """Names, settings and relations that there are not."""
    used = _used(text)
    if isinstance(used, TemplateSyntaxError):
        yield unreadable(used, place)
        return
    names = names_for(kind)
    bound = {node.name for node in used if isinstance(node, nodes.Name) and node.ctx != "load"}
    for node in used:
        if isinstance(node, nodes.Name) and node.name not in names and node.name not in bound | {"loop"}:
            yield Problem(place, "bad-message", f"no name ‘{node.name}’", did_you_mean(node.name, tuple(names)))
        if not isinstance(node, nodes.Getattr):
            continue
        if is_one_of(node.node, "settings") and node.attr not in settings:
            hint = did_you_mean(node.attr, tuple(sorted(settings)))
            yield Problem(place, "bad-message", f"no setting ‘{node.attr}’", hint)
        if is_one_of(node.node, "related") and node.attr not in RELATIONS.get(kind, {}):
            hint = did_you_mean(node.attr, tuple(RELATIONS.get(kind, {})))
            yield Problem(place, "bad-message", f"no relation ‘{node.attr}’", hint)
        inner = node.node
        if isinstance(inner, nodes.Getattr) and is_one_of(inner.node, "related") and node.attr not in PARTS:
            yield Problem(place, "bad-message", f"‘.{node.attr}’ of a relation", did_you_mean(node.attr, PARTS))


@lru_cache(maxsize=4096)
def _used(text: str) -> tuple[nodes.Name | nodes.Getattr, ...] | TemplateSyntaxError:
    """The names and parts in a text, or why it cannot be read. Customers share most texts: each is read once."""
    try:
        tree = parsed(text)
    except TemplateSyntaxError as error:
        return error
    return tuple(node for node in every_node(tree) if isinstance(node, nodes.Name | nodes.Getattr))


def _unread(text: str, place: Place, rule: Rule) -> Iterator[Problem]:
    """Relations that the rule does not read: a message knows nothing of them."""
    used = _used(text)
    if isinstance(used, TemplateSyntaxError):
        return
    read = frozenset(relations_read(rule.when)) if rule.kind else frozenset()
    for node in used:
        if not isinstance(node, nodes.Getattr) or not is_one_of(node.node, "related"):
            continue
        if node.attr in RELATIONS.get(rule.kind, {}) and node.attr not in read:
            found = f"the rule does not read the relation ‘{node.attr}’, so its message knows nothing of it"
            yield Problem(place, "bad-message", found, f"use one that it reads: {', '.join(sorted(read)) or 'none'}")


def _failing(
    messages: Messages,
    language: str,
    message: MessageText,
    rule: Rule,
    rulebook: Rulebook,
    tried: list[Facts],
    place: Place,
) -> Iterator[tuple[str, Problem]]:
    """What goes wrong when the texts are rendered with nothing known, and with everything."""
    for facts in tried:
        for text in (message.problem, message.fix):
            try:
                messages.rendered(text, language, facts, rulebook)
            except UNRENDERABLE as error:
                known = "everything" if facts.record else "nothing"
                found = f"the message of {rule.id} in ‘{language}’ fails where {known} is known: {error}"
                hint = "a fact may be absent: ask with {% if %}"
                yield found, Problem(place, "bad-message", found, hint)


def told_kind(rule: Rule) -> str:
    """The kind whose fields a message can use; empty where a finding may be on any."""
    return {"record.role_unknown": "person", "record.refused": "session"}.get(rule.id, rule.kind)


def sample_facts(rule: Rule, rulebook: Rulebook, *, full: bool) -> Facts:
    """Facts to try a message with: with nothing but what there always is, or with everything a rule can read."""
    kind = told_kind(rule) or "record"
    if not full:
        return Facts(kind=kind, source_id="1", name="1", record={}, as_of=plain(_SAMPLE_TIME))
    return Facts(
        kind=kind,
        source_id="1",
        name="Mina Okparo",
        record=_sample_record(kind),
        related=_sample_related(kind),
        settings={name: plain(entry.value) for name, entry in rulebook.settings.items()},
        errors=("starts_at: found text, wanted a time",),
        as_of=plain(_SAMPLE_TIME - timedelta(days=3)),
        last_sync=plain(_SAMPLE_TIME - timedelta(days=4)),
        next_run=plain(_SAMPLE_TIME - timedelta(days=2)),
        since=plain(_SAMPLE_TIME - timedelta(days=5)),
        run=7,
    )


@cache
def _sample_record(kind: str) -> dict[str, Any]:
    fields = fields_of(kind) if kind in KINDS else {}
    return {name: _sample(field) for name, field in fields.items() if name != "source_id"}


@cache
def _sample_related(kind: str) -> dict[str, RelatedFacts]:
    return {
        name: RelatedFacts(5, tuple(_sample_item(other) for other in relation.to for _ in range(2)))
        for name, relation in RELATIONS.get(kind, {}).items()
    }


def _sample_item(kind: str) -> dict[str, Any]:
    fields = {name: _sample(field) for name, field in fields_for_rules(kind, of_related=True).items()}
    return {"kind": kind, "source_id": "2", "name": "Jon Quist"} | {
        name: value for name, value in fields.items() if name not in ("source_id", "name")
    }


def _sample(field: Field) -> Any:
    values: dict[str, Any] = {
        "boolean": True,
        "integer": 2,
        "instant": plain(_SAMPLE_TIME),
        "date": "2026-12-01",
        "keys": {"site_code": ["S-1", "S-2"]},
    }
    value = field.choices[0] if field.choices else values.get(field.type, f"any {field.name}")
    return [value, f"other {field.name}"] if field.is_set else value


def _beside(rule: Rule) -> Place:
    """Where the messages beside a rule stand, as far as that is known."""
    touched = [touch.place for touch in rule.touched if "messages" in touch.what]
    return touched[-1] if touched else rule.place
