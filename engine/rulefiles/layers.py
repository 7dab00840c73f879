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
from engine.model.rulebook import Rule, SettingEntry
from engine.rulefiles.parse.guards import read_guards
from engine.rulefiles.parse.rules import Entries
from engine.rulefiles.parse.settings import read_settings
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import Mapping, Node

LayerKind = Literal["base", "connector", "customer"]
KEYS = ("settings", "rules", "guards")
"""What every layer's file can hold."""


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
        broken_rules=entries.broken,
        # Not `-`: with a dict's keys that makes a plain set, which the next layer would change in place.
        broken_settings=broken_settings.difference(settings),
        problems=below.problems + tuple(reading.problems),
    )


def _part(file: Mapping, name: str) -> Node | None:
    entry = file.get(name)
    return None if entry is None else entry.value
