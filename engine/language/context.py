"""Facts as messages use them: stored values read back, in the customer's zone, under the names a message can use."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from engine.language.filters import NAMES, Choice, Items, Language
from engine.language.unread import unread_text
from engine.model.decisions import Facts, RelatedFacts
from engine.model.moments import zone
from engine.model.rulebook import ConnectorUse, Reaction, Rulebook, SettingValue
from engine.records.fields import fields_of
from engine.records.kinds import KINDS
from engine.relations.definitions import RELATIONS

_ALL_FIELDS = frozenset(name for kind in KINDS for name in fields_of(kind))


class _Related:
    """The records of one relation."""

    __slots__ = ("count", "items")

    def __init__(self, count: int, items: Items) -> None:
        self.count = count
        self.items = items


_NOBODY = _Related(0, Items((), 0))


class _Item(dict[str, Any]):
    """A related record: its own fields, and None for those it does not have."""

    def __missing__(self, key: str) -> None:
        if key not in _ALL_FIELDS:
            raise KeyError(key)


class _Relations(dict[str, Any]):
    def __init__(self, kind: str, related: dict[str, RelatedFacts], where: Any) -> None:
        super().__init__()
        self._known = RELATIONS.get(kind, {})
        for name, facts in related.items():
            items = Items((_item(item, where) for item in facts.items), facts.count)
            self[name] = _Related(facts.count, items)

    def __missing__(self, key: str) -> _Related:
        if key in self._known:
            return _NOBODY
        raise KeyError(key)


class _Settings(dict[str, Any]):
    """The values that the rule read, else those in force."""

    def __init__(self, read: dict[str, Any], rulebook: Rulebook) -> None:
        super().__init__(read)
        self._rulebook = rulebook

    def __missing__(self, key: str) -> SettingValue:
        return self._rulebook.settings[key].value


def context(
    names: frozenset[str], facts: Facts, rulebook: Rulebook, language: Language, reaction: Reaction
) -> dict[str, Any]:
    """The values of the names a text uses; a name that is none is left out, and so undefined."""
    where = zone(rulebook.customer.zone)
    known = fields_of(facts.kind) if facts.kind in KINDS else {}
    found: dict[str, Any] = {}
    for name in names:
        if name == "reaction":
            found[name] = reaction
        elif name == "effect":
            found[name] = language.effect(reaction, facts.kind)
        elif name in NAMES:
            found[name] = _common(name, facts, rulebook, language, where)
        elif name in known:
            found[name] = _read_back(facts.kind, name, facts.record.get(name), where)
    return found


def _common(name: str, facts: Facts, rulebook: Rulebook, language: Language, where: Any) -> Any:
    match name:
        case "name":
            return facts.name
        case "kind":
            return Choice(facts.kind)
        case "source_id":
            return facts.source_id
        case "mis_id":
            return facts.record.get("mis_id")
        case "source":
            return _title(rulebook.customer.source, language.phrases.source)
        case "platform":
            return _title(rulebook.customer.platform, language.phrases.platform)
        case "customer":
            return rulebook.customer.name
        case "settings":
            return _Settings(facts.settings, rulebook)
        case "related":
            return _Relations(facts.kind, facts.related, where)
        case "errors":
            return tuple(unread_text(error, language.name) for error in facts.errors)
        case "as_of" | "last_sync" | "next_run":
            return _local(getattr(facts, name), where)
        case _:
            raise KeyError(name)


def _title(use: ConnectorUse | None, otherwise: str) -> str:
    """What people call a customer's source or platform; the language's own words where none is named."""
    return use.title if use is not None and use.is_named else otherwise


def _item(item: dict[str, Any], where: Any) -> _Item:
    kind = item["kind"]
    made = _Item({name: _read_back(kind, name, value, where) for name, value in item.items()})
    made["kind"] = Choice(kind)
    return made


@cache
def _dates(kind: str) -> dict[str, str]:
    """Fields of a kind that are not shown as they are stored: their type, or `choice`."""
    return {
        name: "choice" if field.choices else field.type
        for name, field in fields_of(kind).items()
        if field.choices or field.type in ("instant", "date")
    }


def _local(value: str | datetime | None, zone: Any) -> datetime | None:
    """A stored instant in a zone."""
    if not value:
        return None
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(zone)


def _read_back(kind: str, name: str, value: Any, zone: Any) -> Any:
    """A stored value as messages use it: instants in the zone, days, our own words, sets as tuples."""
    form = _dates(kind).get(name) if kind in KINDS else None
    if form is None or value is None:
        return tuple(value) if isinstance(value, list) else value
    if form == "instant":
        return _local(value, zone)
    if form == "date":
        return date.fromisoformat(value) if isinstance(value, str) else value
    return Choice(value)
