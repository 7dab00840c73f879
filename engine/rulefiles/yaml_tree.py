"""Nodes: the text of one rule file as a tree in which every word knows its place.

Built from the events of the YAML parser, not from its objects: YAML would make a number of class `6E1` and of
`08:30`, a truth of `no`, and would let a key stand twice. Here only plain `true` and `false`, nothing, plain
integers and plain decimals have a type; everything else is text as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import yaml
from msgspec import Struct

from engine.model.problems import Place, Problem
from engine.records.limits import DEEPEST_RULE_FILE, LARGEST_RULE_FILE
from engine.rulefiles.yaml_errors import LINE_BREAK, QUOTED_MESSAGE, syntax_problem, too_deep

Plain = bool | int | float | str | None

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None, "~": None, "": None}
_NOT_TEXT = re.compile("[^\\t\\n\\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Scalar(Struct, frozen=True):
    """One word, number or text."""

    place: Place
    text: str
    """As written, without quotes."""
    plain: bool
    """Whether it stands without quotes."""

    @property
    def value(self) -> Plain:
        """The typed value: of plain words, true, false, None, a number; else the text."""
        if not self.plain:
            return self.text
        if self.text in _WORDS:
            return _WORDS[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        if _DECIMAL.fullmatch(self.text):
            return float(self.text)
        return self.text

    @property
    def empty(self) -> bool:
        """Whether nothing is written: plain `null`, `~`, or nothing at all."""
        return self.plain and self.value is None


class Sequence(Struct, frozen=True):
    """A list."""

    place: Place
    items: tuple[Node, ...]


class KeyValue(Struct, frozen=True):
    """One key of a mapping with its value."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        """The key as written."""
        return self.key.text


class Mapping(Struct, frozen=True):
    """Keys and values, in file order, each key once."""

    place: Place
    entries: tuple[KeyValue, ...]

    def get(self, name: str) -> KeyValue | None:
        """The entry of that key, or None."""
        for entry in self.entries:
            if entry.key.text == name:
                return entry
        return None


class RefusedNode(Struct, frozen=True):
    """Stands where something was refused and its problem told, so that readers stay silent about it."""

    place: Place


Node = Scalar | Sequence | Mapping | RefusedNode


class File(Struct, frozen=True):
    """One file as read. Its problems are those of YAML only, in file order."""

    root: Node
    problems: tuple[Problem, ...]


@lru_cache(maxsize=64)
def read_nodes(content: bytes, path: str) -> File:
    """Read one file; `path` is what its places shall call it. Never raises.

    Remembered: edited rules are tried beside those in force, and all customers share most of their files.
    """
    nothing = RefusedNode(Place(path))
    if len(content) > LARGEST_RULE_FILE:
        found = f"the file has more than {LARGEST_RULE_FILE:,} bytes"
        hint = "split the rules over files of rules/base, or take out what is not a rule"
        return File(nothing, (Problem(Place(path), "too-large", found, hint),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        lines = LINE_BREAK.split(before)
        place = Place(path, len(lines), len(lines[-1]) + 1)
        hint = "save the file as UTF-8 (in a Windows editor: “Save as”, encoding UTF-8)"
        return File(nothing, (Problem(place, "not-utf8", "this is not UTF-8 text", hint),))
    strange = tuple(_strange(text, path))
    if strange:
        return File(nothing, strange)
    return _Builder(text, path).file()


def _strange(text: str, path: str) -> Iterator[Problem]:
    """Characters that no text file holds, the first few."""
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        for found in list(_NOT_TEXT.finditer(line))[:3]:
            place = Place(path, number, found.start() + 1)
            message = f"the character U+{ord(found[0]):04X} is not text"
            yield Problem(place, "not-text", message, "delete it; it often comes with copied text")


class _TooDeep(Exception):
    """Nesting passed its bound; the rest of the file is not read."""


class _Builder:
    """Turns the parser's events into nodes, noting what it refuses and going on."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.lines = LINE_BREAK.split(text)
        self.problems: list[Problem] = []

    def file(self) -> File:
        root: Node = RefusedNode(Place(self.path))
        try:
            root = self._document(yaml.parse(self.text, Loader=yaml.CSafeLoader))
        except _TooDeep:
            pass
        except yaml.YAMLError as error:
            found = syntax_problem(error, self.lines, self.path)
            if (found.message, found.place.line) not in {(each.message, each.place.line) for each in self.problems}:
                self.problems.append(found)
        if any(problem.code == "bad-yaml" for problem in self.problems):
            root = RefusedNode(Place(self.path))
        self.problems.sort(key=lambda problem: (problem.place.line, problem.place.column))
        return File(root, tuple(self.problems))

    def _document(self, events: Iterator[yaml.Event]) -> Node:
        root: Node = Mapping(Place(self.path), ())
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._refuse(
                        self._place(event),
                        "several-documents",
                        "a second document starts here; a rule file is one document",
                        "take this `---` out, or move what follows to a file of its own",
                    )
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, events, 1)
                if documents == 1:
                    root = node
        if isinstance(root, Scalar) and root.empty:
            return Mapping(Place(self.path), ())
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        place = self._place(event)
        if depth > DEEPEST_RULE_FILE:
            self.problems.append(too_deep(place))
            raise _TooDeep
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                place,
                "no-alias",
                f"`*{event.anchor}` repeats something by reference; rule files have no aliases",
                "write it out here",
            )
            return RefusedNode(place)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            self._refuse(place, "no-anchor", f"`&{anchor}` names a place; rule files have no anchors", "take it out")
        if tag is not None:
            hint = 'take it out; write "quotes" around what must be text'
            self._refuse(place, "no-tag", f"`{tag}` is a YAML tag; rule files have none", hint)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(place, event.value, tag is None and bool(event.implicit[0]))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(place, tuple(self._items(events, depth)))
        return Mapping(place, tuple(self._entries(events, depth)))

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, events, depth + 1)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[KeyValue]:
        seen: dict[str, Place] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                if not isinstance(key, RefusedNode):
                    message, hint = "a list or mapping stands as a key", "a key is one word; quotes go around brackets"
                    line, column = self.lines[key.place.line - 1], key.place.column
                    if line[column - 2 : column] == "{{":
                        message, hint = "a text with {{ }} stands without quotes", QUOTED_MESSAGE
                    self._refuse(key.place, "bad-key", message, hint)
            elif key.plain and key.text == "<<":
                hint = "write the keys out here; what rules share belongs in a setting"
                self._refuse(key.place, "no-merge", "`<<` merges mappings; rule files do not", hint)
            elif not key.text:
                self._refuse(key.place, "bad-key", "a value without a key", "write the key before the colon")
            elif key.text in seen:
                self._refuse(
                    key.place,
                    "duplicate-key",
                    f"`{key.text}` stands twice; it was first written in line {seen[key.text].line}",
                    "keep one of them",
                )
            else:
                seen[key.text] = key.place
                yield KeyValue(key, value)

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        column = min(start.column, len(line))
        stop = end.column if end.line == start.line else len(line.rstrip())
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.DocumentStartEvent)):
            stop = column + 1
        return Place(self.path, start.line + 1, column + 1, max(1, stop - column))

    def _refuse(self, place: Place, code: str, message: str, hint: str) -> None:
        self.problems.append(Problem(place, code, message, hint))
