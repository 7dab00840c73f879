"""Names that a layer gives: what people call the places where things are mended, and what a spreadsheet calls kinds."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Dict

from engine.model.rulebook import Names
from engine.records.limits import LONGEST_NAME
from engine.records.suggest import did_you_mean
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import Mapping, Node


def read_names(
    node: Node, what: str, keys: Collection[str], below: Names, languages: tuple[str, ...], reading: ShapeReader
) -> Names:
    """The names of a layer over those below; each is a text, or a text by language."""
    mapping = reading.mapping(node, f"`{what}`")
    made = dict(below)
    for entry in reading.known(mapping, keys, f"`{what}`") if mapping is not None else ():
        name = _name(entry.value, f"the name of ‘{entry.name}’", languages, reading)
        if name:
            made[entry.name] = name
    return made


def _name(node: Node, what: str, languages: tuple[str, ...], reading: ShapeReader) -> Dict[str, str] | None:
    if not isinstance(node, Mapping):
        text = _text(node, what, reading)
        return None if text is None else dict.fromkeys(languages, text)
    made: dict[str, str] = {}
    for entry in node.entries:
        if languages and entry.name not in languages:
            hint = did_you_mean(entry.name, languages, "languages")
            reading.problem(entry.key.place, "unknown-language", f"unknown language ‘{shown(entry.name)}’", hint)
            continue
        text = _text(entry.value, what, reading)
        if text is not None:
            made[entry.name] = text
    return made


def _text(node: Node, what: str, reading: ShapeReader) -> str | None:
    text = reading.text(node, what)
    if text is not None and len(text) > LONGEST_NAME:
        message = f"{what} has {len(text)} characters; it stands in sentences and cells"
        reading.problem(node.place, "bad-message", message, f"at most {LONGEST_NAME}, such as: your SIS")
        return None
    return text
