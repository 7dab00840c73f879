"""Syntax: what the YAML parser stumbled over, in the words of somebody who edits rule files."""

from __future__ import annotations

import re
from typing import Any

from engine.model.problems import Place, Problem
from engine.records.limits import DEEPEST_RULE_FILE

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What the YAML parser counts as the end of a line."""

_QUOTE = "a quote is opened here and never closed"
_QUOTE_HINT = "close it; inside '…' write '' for an apostrophe"
_INDENT_HINT = "indent by spaces, keys of one block exactly under each other"

QUOTED_MESSAGE = 'put the whole text in "quotes", as every message'

_SENTENCES: dict[str, tuple[str, str]] = {
    "mapping values are not allowed in this context": (
        "a colon where none can stand",
        'put the text in "quotes" if the colon belongs to it; else check the line above and the indentation',
    ),
    "could not find expected ':'": ("the colon after this key is missing", "write `key: value`"),
    "did not find expected key": ("this line does not stand where a key can", _INDENT_HINT),
    "did not find expected '-' indicator": (
        "a list is followed by something that is not a list item",
        "start the line with `- `, or indent it less to end the list",
    ),
    "block sequence entries are not allowed in this context": (
        "a list item cannot stand here",
        "start the list on a line of its own, below the key",
    ),
    "did not find expected node content": ("a value is missing here", "write one, or take the comma out"),
    "found unknown escape character": (
        'a backslash that means nothing inside "…"',
        "write \\\\ for a backslash, or use 'single quotes'",
    ),
    "did not find expected <document start>": (
        "the file should end here",
        "a bracket is closed twice, or this line is not indented like the others",
    ),
}


def too_deep(place: Place) -> Problem:
    """What is nested deeper than any rule needs, at the place where that begins."""
    found = f"this is nested more than {DEEPEST_RULE_FILE} deep"
    return Problem(place, "too-deep", found, "a rule reads aloud: split it into several rules")


def syntax_problem(error: Any, lines: list[str], path: str) -> Problem:
    """The located problem of one error of the YAML parser."""
    said = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if "quoted scalar" in context and "end of stream" in said and opened is not None:
        return Problem(_place(opened, lines, path), "bad-yaml", _QUOTE, _QUOTE_HINT)
    place = _place(mark or opened, lines, path)
    if said == "exceeded maximum nesting depth":
        # Within one line the parser looks ahead, and meets its own bound before anybody is told of the first bracket.
        return too_deep(place)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    here = line[place.column - 1 : place.column]
    if "\t" in line[: place.column] and not line[: place.column].strip():
        hint = "replace every tab at the start of a line by two spaces"
        return Problem(place, "bad-yaml", "a tab stands where YAML wants spaces", hint)
    if re.search(r"""(?<!["'])\$\{""", line) and re.search(r"[{\[]\s*[\w-]+\s*:", line):
        return Problem(place, "bad-yaml", "braces stand inside braces", 'put "${...}" in quotes')
    if re.search(r":\s+\{\{", line):
        return Problem(place, "bad-yaml", "a text with {{ }} stands without quotes", QUOTED_MESSAGE)
    if said == "found character that cannot start any token":
        return Problem(place, "bad-yaml", f"a text cannot start with `{here}`", 'put it in "quotes"')
    if "flow mapping" in context and here == ":":
        return Problem(place, "bad-yaml", *_SENTENCES["mapping values are not allowed in this context"])
    if "flow sequence" in context or "flow mapping" in context:
        sign, closing = ("[", "]") if "sequence" in context else ("{", "}")
        began = f" opened in line {opened.line + 1}" if opened is not None else ""
        found = f"the `{sign}`{began} is not closed, or a comma is missing before this"
        return Problem(place, "bad-yaml", found, f"write `{closing}` at its end, and a comma between its items")
    if here and here in "]}":
        return Problem(place, "bad-yaml", f"this `{here}` closes nothing that is open", "take it out")
    blamed = _line_above(lines, place)
    if blamed is not None:
        return blamed
    found, hint = _SENTENCES.get(said, (f"this cannot be read as YAML ({said or 'no reason given'})", _INDENT_HINT))
    if said == "could not find expected ':'" and opened is not None:
        place = _place(opened, lines, path)
    return Problem(place, "bad-yaml", found, hint)


def _line_above(lines: list[str], place: Place) -> Problem | None:
    """What is wrong with the written line above, where the parser only stumbles over the one after it."""
    row = next((row for row in range(place.line - 2, -1, -1) if lines[row].strip()), None)
    if row is None:
        return None
    line = lines[row]
    indent = line[: len(line) - len(line.lstrip())]
    if "\xa0" in indent:
        found = "the line starts with a non-breaking space, which YAML reads as text"
        hint = "type the spaces at the start of this line anew; such ones come with copied text"
        return Problem(Place(place.path, row + 1, indent.index("\xa0") + 1), "bad-yaml", found, hint)
    glued = re.match(r"\s*(?:- )?[\w.-]+(:)[^\s:/\\]", line)
    if glued is not None and ": " not in line:
        found = "the space after this colon is missing"
        return Problem(Place(place.path, row + 1, glued.start(1) + 1), "bad-yaml", found, "write `key: value`")
    return None


def _place(mark: Any, lines: list[str], path: str) -> Place:
    """The place of a mark; at the end of the file, the end of its last written line."""
    if mark is None:
        return Place(path)
    row, column = mark.line, mark.column
    if row >= len(lines) or (row == len(lines) - 1 and not lines[row].strip()):
        written = [number for number, line in enumerate(lines) if line.strip()]
        row = written[-1] if written else 0
        return Place(path, row + 1, len(lines[row].rstrip()) + 1)
    return Place(path, row + 1, min(column, len(lines[row])) + 1)
