"""Conditions for tests, written as rule files write them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.conditions import Condition
from engine.model.problems import Place
from engine.model.rulebook import SettingEntry, SettingType, SettingValue
from engine.rulefiles.parse.operands import Scope
from engine.rulefiles.parse.when import parse_when
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import read_nodes

TYPES: dict[str, SettingType] = {
    "window_days": "integer",
    "lookback_days": "integer",
    "archived_for_hours": "integer",
    "families": "texts",
    "email_domains": "texts",
    "absence_reasons": "mapping",
    "most": "integer",
    "word": "text",
}


def settings(values: Mapping[str, SettingValue] | None = None) -> dict[str, SettingEntry]:
    """Every setting that tests name; unset where no value is given."""
    given = values or {}
    return {
        name: SettingEntry(name, of, given.get(name), "For tests.", "base", Place("settings.yaml"))
        for name, of in TYPES.items()
    }


def when(kind: str, text: str) -> Condition:
    """The condition of a rule on that kind."""
    reading = ShapeReader()
    condition = parse_when(read_nodes(text.encode(), "rule.yaml").root, Scope(kind, (kind,), settings()), reading)
    assert not reading.problems, reading.problems
    return condition
