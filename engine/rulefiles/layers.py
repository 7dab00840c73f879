"""Layers: base ← source connector ← platform connector ← customer, each laid over the one before.

What a layer says is read against what the layers before it made, so that a rule only ever names settings that
its own layer knows, and a base rule means the same for every customer.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from engine.model.guards import Guards
from engine.model.problems import Problem
from engine.model.rulebook import FIX_IN, Names, Rule, SettingEntry
from engine.records.kinds import DOWNWARD, UPWARD
from engine.rulefiles.parse.guards import read_guards
from engine.rulefiles.parse.names import read_names
from engine.rulefiles.parse.rules import Entries
from engine.rulefiles.parse.settings import read_settings
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import Mapping, Node

LayerKind = Literal["base", "connector", "customer"]
KEYS = ("settings", "rules", "guards", "places", "spreadsheet")
"""What every layer's file can hold."""
PLACES = (*FIX_IN, "passes_on")
"""The places that have names; and how what stands in between passes on what is mended in the source."""
SPREADSHEET = ("kind", *DOWNWARD, *UPWARD)
"""What a platform's own list of issues may call otherwise: the column of the kind, and each kind."""


class Layer(Struct, frozen=True):
    """One layer: its files, in the order that decides the rules' order."""

    name: str
    """`base`, the connector layer's name, or the customer's id."""
    kind: LayerKind
    files: tuple[Mapping, ...]


class Laid(Struct, frozen=True):
    """What layers make together, so far. Shared by all customers above them, so that nothing in it may change."""

    rules: Dict[str, Rule] = {}
    """By id, in order; the engine's own findings among them."""
    settings: Dict[str, SettingEntry] = {}
    guards: Guards = Guards()
    places: Names = MappingProxyType({})
    spreadsheet: Names = MappingProxyType({})
    broken_rules: frozenset[str] = frozenset()
    """Ids that are written, but wrongly: naming them again is no mistake of its own."""
    broken_settings: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def lay(below: Laid, layer: Layer, languages: tuple[str, ...]) -> Laid:
    """One more layer over those below. Every problem is collected; nothing is raised."""
    reading = ShapeReader()
    settings = dict(below.settings)
    broken_settings = below.broken_settings
    given: dict[str, int] = {}
    for file in layer.files:
        node = _part(file, "settings")
        if node is None:
            continue
        made, broken = read_settings(node, layer.name, below.settings, broken_settings, reading)
        for name, entry in made.items():
            if name in given:
                message = f"the setting ‘{name}’ is given by two files of this layer"
                reading.problem(entry.place, "duplicate-setting", message, "keep one of them")
            given[name] = 1
            settings[name] = entry
        broken_settings |= broken
    guards = below.guards
    for file in layer.files:
        node = _part(file, "guards")
        if node is not None:
            guards = read_guards(node, guards, reading)
    names = {"places": below.places, "spreadsheet": below.spreadsheet}
    for file in layer.files:
        for part, keys in (("places", PLACES), ("spreadsheet", SPREADSHEET)):
            node = _part(file, part)
            if node is not None:
                names[part] = read_names(node, part, keys, names[part], languages, reading)
    entries = Entries(
        layer.name, layer.kind, below.rules, below.broken_rules, settings, broken_settings, languages, reading
    )
    for file in layer.files:
        node = _part(file, "rules")
        if node is not None:
            entries.read(node)
    return Laid(
        rules=MappingProxyType(entries.rules),
        settings=MappingProxyType(settings),
        guards=guards,
        **{part: MappingProxyType(dict(given)) for part, given in names.items()},
        broken_rules=entries.broken,
        # Not `-`: with a dict's keys that makes a plain set, which the next layer would change in place.
        broken_settings=broken_settings.difference(settings),
        problems=below.problems + tuple(reading.problems),
    )


def _part(file: Mapping, name: str) -> Node | None:
    entry = file.get(name)
    return None if entry is None else entry.value
