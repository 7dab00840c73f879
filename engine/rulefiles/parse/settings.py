"""Settings: reading what `settings:` of a layer introduces, and the values that later layers give."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from typing import cast, get_args

from msgspec import Struct

from engine.model.rulebook import SettingEntry, SettingType, SettingValue
from engine.records.folding import normal
from engine.records.suggest import did_you_mean
from engine.rulefiles.parse.operands import read_day
from engine.rulefiles.reader import ShapeReader, found, shown
from engine.rulefiles.yaml_tree import KeyValue, Mapping, Node, RefusedNode, Scalar, Sequence

SETTING_TYPES: tuple[SettingType, ...] = get_args(SettingType)
_KEYS = ("type", "default", "description")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MOST = 10**9
"""Greater whole numbers are a slip of the finger, and no count or number of days."""

_EXAMPLES: dict[SettingType, str] = {
    "integer": "14",
    "number": "0.5",
    "boolean": "true",
    "text": "some text",
    "texts": "[one, two]",
    "date": "2026-12-20",
    "mapping": "{one: two}",
}


class GivenValue(Struct, frozen=True):
    """A value that was read; it may be None for unset."""

    value: SettingValue


def read_settings(
    node: Node, layer: str, known: Dict[str, SettingEntry], broken: frozenset[str], reading: ShapeReader
) -> tuple[dict[str, SettingEntry], frozenset[str]]:
    """What one `settings:` adds or changes, and the names whose definition is wrong."""
    made: dict[str, SettingEntry] = {}
    wrong: set[str] = set()
    mapping = reading.mapping(node, "`settings`") if not _nothing(node) else None
    for entry in mapping.entries if mapping is not None else ():
        name = entry.name
        if name in known:
            changed = _changed(entry, known[name], layer, reading)
            if changed is not None:
                made[name] = changed
        elif name in broken:
            continue
        elif isinstance(entry.value, Mapping) and entry.value.get("type") is not None:
            introduced = _introduced(entry, entry.value, layer, reading)
            if introduced is None:
                wrong.add(name)
            else:
                made[name] = introduced
        elif not isinstance(entry.value, RefusedNode):
            hint = did_you_mean(name, tuple(known), "settings") + (
                "; a new setting is written {type: texts, default: [], description: What it is for.}"
            )
            reading.problem(entry.key.place, "unknown-setting", f"unknown setting ‘{shown(name)}’", hint)
            wrong.add(name)
    return made, frozenset(wrong)


def _nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.empty


def _introduced(entry: KeyValue, given: Mapping, layer: str, reading: ShapeReader) -> SettingEntry | None:
    before = len(reading.problems)
    if not _NAME.fullmatch(entry.name) or entry.name == "this":
        message = f"‘{shown(entry.name)}’ cannot be the name of a setting"
        hint = "small letters, digits and underscores, a letter first, and not ‘this’"
        reading.problem(entry.key.place, "bad-setting-name", message, hint)
    parts = {part.name: part for part in reading.known(given, _KEYS, "a setting")}
    for missing in (key for key in _KEYS if key not in parts):
        hint = "write {type: texts, default: [], description: What it is for.}"
        reading.problem(entry.key.place, "missing-key", f"the setting ‘{entry.name}’ has no `{missing}`", hint)
    type_ = reading.one_of(parts["type"].value, SETTING_TYPES, "type of setting") if "type" in parts else None
    description = reading.text(parts["description"].value, "`description`") if "description" in parts else None
    value = None
    if type_ is not None and "default" in parts:
        value = read_value(parts["default"].value, cast("SettingType", type_), "`default`", reading)
    if value is None or type_ is None or description is None or len(reading.problems) > before:
        return None
    return SettingEntry(
        name=entry.name,
        type=cast("SettingType", type_),
        value=value.value,
        description=description,
        layer=layer,
        place=entry.key.place,
    )


def _changed(entry: KeyValue, known: SettingEntry, layer: str, reading: ShapeReader) -> SettingEntry | None:
    given = entry.value
    if isinstance(given, Mapping) and known.type != "mapping" and any(given.get(key) for key in _KEYS):
        message = f"the setting ‘{entry.name}’ is already introduced by {known.layer}"
        hint = f"write only its value: `{entry.name}: {_EXAMPLES[known.type]}`"
        reading.problem(entry.key.place, "setting-known", message, hint)
        return None
    value = read_value(given, known.type, f"‘{entry.name}’", reading)
    if value is None:
        return None
    return SettingEntry(
        name=entry.name,
        type=known.type,
        value=value.value,
        description=known.description,
        layer=layer,
        place=entry.key.place,
    )


def read_value(node: Node, type_: SettingType, what: str, reading: ShapeReader) -> GivenValue | None:
    """A setting's value of that type; None when it is wrong and the problem noted. Nothing written is unset."""
    if isinstance(node, RefusedNode):
        return None
    if _nothing(node):
        return GivenValue(None)
    match type_:
        case "texts" if isinstance(node, Sequence):
            items = [_word(item, f"an item of {what}", reading) for item in node.items]
            return GivenValue(tuple(cast("list[str]", items))) if None not in items else None
        case "mapping" if isinstance(node, Mapping):
            pairs = {
                normal("NFC", entry.name): _word(entry.value, f"‘{entry.name}’ of {what}", reading)
                for entry in node.entries
            }
            return GivenValue(cast("dict[str, str]", pairs)) if None not in pairs.values() else None
        case "texts" | "mapping":
            _wrong(node, type_, what, reading)
            return None
    if not isinstance(node, Scalar):
        _wrong(node, type_, what, reading)
        return None
    value = node.value
    match type_:
        case "text":
            return GivenValue(normal("NFC", node.text.strip()))
        case "date" if (day := read_day(node.text)) is not None:
            return GivenValue(day)
        case "boolean" if isinstance(value, bool):
            return GivenValue(value)
        case "integer" if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) <= _MOST:
                return GivenValue(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) <= _MOST:
                return GivenValue(value)
    _wrong(node, type_, what, reading)
    return None


def _word(node: Node, what: str, reading: ShapeReader) -> str | None:
    text = reading.text(node, what)
    return None if text is None else normal("NFC", text.strip())


def _wrong(node: Node, type_: SettingType, what: str, reading: ShapeReader) -> None:
    article = {"integer": "a whole number", "texts": "a list of texts", "text": "a text"}.get(type_, f"a {type_}")
    message = f"{what} is {article}, not {found(node)}"
    reading.problem(node.place, "wrong-type", message, f"write it like `{_EXAMPLES[type_]}`")
