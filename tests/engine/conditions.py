"""Conditions for tests, written as rule files write them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.conditions import Condition
from engine.nodes import read_nodes
from engine.operands import Scope
from engine.parsing import parse_when
from engine.problems import Place
from engine.reading import Reading
from engine.rulebook import SettingEntry, SettingType, SettingValue

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
    reading = Reading()
    condition = parse_when(read_nodes(text.encode(), "rule.yaml").root, Scope(kind, (kind,), settings()), reading)
    assert not reading.problems, reading.problems
    return condition
