"""Versions: a short hash of what a rulebook says, whoever says it and wherever it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from engine.model.guards import Guards
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse, Customer, Names, Rule, Rulebook, SettingEntry


def version_of(
    customer: Customer, rules: Iterable[Rule], settings: Mapping[str, SettingEntry], guards: Guards, *names: Names
) -> str:
    """Twelve hexadecimal digits.

    Equal where customer, rules, settings and guards are: comments, places, examples, waivers, and layers that
    change nothing do not count.
    """
    said = [
        _plain(msgspec.structs.replace(customer, waivers=())),
        [[rule.id, rule.kind, _written(rule.when), rule.then, rule.fix_in, _written(rule.messages)] for rule in rules],
        {name: _plain(entry.value) for name, entry in settings.items()},
        _plain(guards),
        *(_plain(given) for given in names if given),
    ]
    encoded = msgspec.json.encode(said, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:12]


def parts_of(rulebook: Rulebook) -> dict[str, str]:
    """What a rulebook is made of, as `rule:<id>`, `setting:<name>` and `customer:<part>`, each with a short hash.

    Two rulebooks decide alike where these are equal; what differs says which rule or setting was edited.
    """
    said: dict[str, Any] = {f"rule:{rule.id}": [rule.kind, _written(rule.when), rule.then] for rule in rulebook.rules}
    said |= {f"setting:{name}": _plain(entry.value) for name, entry in rulebook.settings.items()}
    customer = rulebook.customer
    said |= {f"customer:{name}": _plain(getattr(customer, name)) for name in ("source", "platform", "zone", "segments")}
    return {
        name: hashlib.sha256(msgspec.json.encode(part, order="deterministic")).hexdigest()[:12]
        for name, part in said.items()
    }


_MOST_WRITTEN = 10_000
_known: dict[int, tuple[object, msgspec.Raw]] = {}


def _written(value: object) -> msgspec.Raw:
    """A condition or messages as JSON; most rulebooks share those of the base, and each is written once."""
    found = _known.get(id(value))
    if found is None or found[0] is not value:
        if len(_known) >= _MOST_WRITTEN:
            _known.clear()
        # Held beside it, so that no other comes to have its number.
        found = _known[id(value)] = value, msgspec.Raw(msgspec.json.encode(_plain(value), order="deterministic"))
    return found[1]


def _plain(value: Any) -> Any:
    """The value with its types and without its places."""
    match value:
        case ConnectorUse():
            # Not the spec itself: it holds a function, whose text is another in every process.
            return _plain([value.spec.name, value.title, value.options, value.gives, value.takes, value.spec.requires])
        case Struct():
            inside = [getattr(value, name) for name in value.__struct_fields__]
            return [type(value).__name__, *(_plain(item) for item in inside if not isinstance(item, Place))]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted(value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case bool() | int() | float() | str() | None:
            return value
        case _:
            return [type(value).__name__, str(value)]
