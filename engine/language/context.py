"""Facts as messages use them: stored values read back, in the customer's zone, under the names a message can use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache, cached_property
from itertools import chain
from typing import Any

from engine.language.filters import NAMES, Choice, Items, Language, Reference, Stalled, TooLate
from engine.language.places import place_name, sender_name
from engine.language.unread import place_text, school_text
from engine.model.decisions import Facts, mended_in
from engine.model.moments import zone
from engine.model.rulebook import Reaction, Rulebook, SettingValue
from engine.records.fields import fields_for_rules, fields_of
from engine.records.kinds import KINDS, OF_PLATFORM
from engine.relations.definitions import REFERENCES, RELATIONS

_ALL_FIELDS = frozenset(name for kind in KINDS for name in fields_for_rules(kind, of_related=True))


class _Related:
    """The records of one relation."""

    __slots__ = ("count", "items")

    def __init__(self, count: int, items: Items) -> None:
        self.count = count
        self.items = items


_NOBODY = _Related(0, Items((), 0))


class _Item(dict[str, Any]):
    """A related record, read back when asked: its own fields, and None for those it does not have."""

    def __init__(self, item: Mapping[str, Any], naming: _Naming, where: Any) -> None:
        super().__init__()
        self._given, self._naming, self._where = item, naming, where

    def __bool__(self) -> bool:
        return True  # also before anything of it was asked

    def __missing__(self, key: str) -> Any:
        found = self[key] = self._read(key)
        return found

    def _read(self, key: str) -> Any:
        match key:
            case "kind":
                return Choice(self._given["kind"])
            case "said":
                return self._naming.said(self._given)
            case "id":
                return self._naming.id_of(self._given)
        if key not in self._given and key not in _ALL_FIELDS:
            raise KeyError(key)
        return _read_back(self._given["kind"], key, self._given, self._naming, self._where)


class _Relations(dict[str, Any]):
    """The related records of each relation, when it is asked for."""

    def __init__(self, facts: Facts, items: Callable[[Iterable[dict[str, Any]], int], Items]) -> None:
        super().__init__()
        self._facts, self._items = facts, items

    def __missing__(self, key: str) -> _Related:
        related = self._facts.related.get(key)
        if related is None:
            if key not in RELATIONS.get(self._facts.kind, {}):
                raise KeyError(key)
            return _NOBODY
        found = self[key] = _Related(related.count, self._items(related.items, related.count))
        return found


class _Settings(dict[str, Any]):
    """The values that the rule read, else those in force."""

    def __init__(self, read: dict[str, Any], rulebook: Rulebook) -> None:
        super().__init__(read)
        self._rulebook = rulebook

    def __missing__(self, key: str) -> SettingValue:
        return self._rulebook.settings[key].value


class Context:
    """What is known of one message: the values of the names its texts use, each worked out once."""

    def __init__(self, facts: Facts, rulebook: Rulebook, language: Language, reaction: Reaction) -> None:
        self._facts = facts
        self._rulebook = rulebook
        self._language = language
        self._reaction = reaction
        self._where = zone(rulebook.customer.zone)
        self._fields = fields_of(facts.kind) if facts.kind in KINDS else {}
        self._found: dict[str, Any] = {}

    @cached_property
    def _naming(self) -> _Naming:
        return _Naming(self._facts, self._rulebook, self._language)

    def values(self, names: frozenset[str]) -> dict[str, Any]:
        """Those of some names; a name that is none is left out, and so undefined."""
        for name in names.difference(self._found):
            if name in NAMES:
                self._found[name] = self._common(name)
            elif name in self._fields:
                kind, record = self._facts.kind, self._facts.record
                naming = self._naming if (kind, name) in REFERENCES else None
                self._found[name] = _read_back(kind, name, record, naming, self._where)
        return {name: self._found[name] for name in names if name in self._found}

    def _common(self, name: str) -> Any:
        facts, rulebook, language = self._facts, self._rulebook, self._language
        words = language.phrases
        match name:
            case "reaction":
                return self._reaction
            case "effect":
                return language.effect(self._reaction, facts.kind)
            case "name":
                placed = facts.errors and facts.name == facts.source_id
                return place_text(facts.name, language.name) if placed else facts.name
            case "kind":
                return Choice(facts.kind)
            case "source_id":
                # The place of what has no id is none, and stands in its name.
                placed = facts.errors and place_text(facts.source_id, language.name) != facts.source_id
                return None if placed else facts.source_id
            case "of_platform":
                return facts.kind in OF_PLATFORM
            case "mis_id":
                return facts.record.get("mis_id")
            case "id":
                return said_id(facts.kind, facts.source_id, facts.record.get("mis_id"), rulebook, language)
            case "called":
                mis_id = facts.record.get("mis_id")
                itself = {"kind": facts.kind, "source_id": facts.source_id, "name": facts.name, "mis_id": mis_id}
                return self._naming.said(itself)
            case "source" | "platform":
                return place_name(rulebook, "source" if name == "source" else "platform", language.name, words.places)
            case "sender":
                return sender_name(rulebook, language.name, words.places)
            case "customer":
                return rulebook.customer.name
            case "settings":
                return _Settings(facts.settings, rulebook)
            case "related":
                return _Relations(facts, self._items)
            case "segment_values":
                held = facts.record.get("segment_keys") or {}
                return {key: held[key] for key in _segment_names(rulebook) if held.get(key)}
            case "segment_names":
                return _segment_names(rulebook)
            case "errors":
                # Two fields, such as a first and a last day, may be wrong in one way and one place.
                return tuple(dict.fromkeys(school_text(error, language.name) for error in facts.errors))
            case "named_by":
                found = facts.named_by
                return self._items(() if found is None else found.items, 0 if found is None else found.count)
            case "waits" | "near" | "alike":
                items = getattr(facts, name)
                return self._items(items, facts.totals.get(name, len(items)))
            case "misshapen":
                return mended_in(facts.kind, facts.errors) == "support"
            case "hindered":
                return facts.hindered
            case "next_run" if facts.stalled:
                return Stalled()
            case "next_run" if facts.kind == "session" and facts.next_run and facts.record.get("starts_at"):
                now, starts_at, at = (
                    _local(moment, self._where) for moment in (facts.as_of, facts.record["starts_at"], facts.next_run)
                )
                late = now is not None and starts_at is not None and at is not None and now < starts_at < at
                return TooLate.fromtimestamp(at.timestamp(), at.tzinfo) if late and at is not None else at
            case "run":
                return facts.run
            case "as_of" | "last_sync" | "next_run" | "expected_on" | "since":
                return _local(getattr(facts, name), self._where)
            case _:
                raise KeyError(name)

    def _items(self, items: Iterable[dict[str, Any]], count: int) -> Items:
        return Items((_Item(item, self._naming, self._where) for item in items), count)


def _segment_names(rulebook: Rulebook) -> list[str]:
    return sorted({key for keys in rulebook.customer.segments.values() for key in keys})


def said_id(kind: str, source_id: str, mis_id: str | None, rulebook: Rulebook, language: Language) -> str:
    """The id by which people find a record. Where something stands in between, its ids are not those of the source."""
    words, shown = language.phrases, mis_id or source_id
    if kind in OF_PLATFORM or "aggregator" not in rulebook.places:
        return words.id.format(id=shown)
    sender = sender_name(rulebook, language.name, words.places)
    return words.mis_id.format(id=shown) if mis_id else words.sender_id.format(id=shown, sender=sender)


class _Naming:
    """How sentences call other records: by name, where a fact tells it, with the id beside it."""

    def __init__(self, facts: Facts, rulebook: Rulebook, language: Language) -> None:
        self._facts = facts
        self._rulebook = rulebook
        self._language = language

    @cached_property
    def _known(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        related = (item for found in self._facts.related.values() for item in found.items)
        return {(item["kind"], item["source_id"]): item for item in chain(self._facts.named, related)}

    def said(self, item: Mapping[str, Any]) -> str:
        """A record that is known."""
        name = item["name"]
        if name in (item["source_id"], item.get("mis_id")):
            name = self._language.noun(item["kind"])
        return self._language.phrases.named.format(name=name, id=self.id_of(item))

    def id_of(self, item: Mapping[str, Any]) -> str:
        """Its id, with what kind of id it is."""
        return said_id(item["kind"], item["source_id"], item.get("mis_id"), self._rulebook, self._language)

    def reference(self, kinds: tuple[str, ...], source_id: str) -> Reference:
        """A record whose id some field holds; of kinds that it may be."""
        for kind in (*kinds, "account"):
            if (kind, source_id) in self._known:
                return Reference(source_id, self.said(self._known[kind, source_id]), known=True)
        kind = kinds[0] if len(kinds) == 1 else "person"
        said = self.said({"kind": kind, "source_id": source_id, "name": source_id})
        return Reference(source_id, said, known=False)


@cache
def _dates(kind: str) -> dict[str, str]:
    """Fields of a kind that are not shown as they are stored: their type, or `choice`."""
    return {
        name: "choice" if field.choices else field.type
        for name, field in fields_for_rules(kind, of_related=True).items()
        if field.choices or field.type in ("instant", "date")
    }


def _local(value: str | datetime | None, zone: Any) -> datetime | None:
    """A stored instant in a zone."""
    if not value:
        return None
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(zone)


def _read_back(kind: str, name: str, record: Mapping[str, Any], naming: _Naming | None, zone: Any) -> Any:
    """A stored value as messages use it: instants in the zone, days, our own words, sets as tuples, ids with names."""
    value, kinds = record.get(name), REFERENCES.get((kind, name))
    if kinds is not None and naming is not None and value:
        if (told := record.get("source_kind")) in kinds:
            kinds = (told,)  # an account says of which kind that is for which it was made
        if isinstance(value, str):
            return naming.reference(kinds, value)
        return tuple([naming.reference(kinds, one) for one in value])
    form = _dates(kind).get(name) if kind in KINDS else None
    if form is None or value is None:
        return tuple(value) if isinstance(value, list) else value
    if form == "instant":
        return _local(value, zone)
    if form == "date":
        return date.fromisoformat(value) if isinstance(value, str) else value
    return Choice(value)
