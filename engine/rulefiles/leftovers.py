"""Leftovers: what `muster new` wrote for its author to write over, and nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.languages import languages
from engine.model.problems import Place, Problem
from engine.rulefiles.yaml_tree import Mapping, Node, Scalar, Sequence

PLACEHOLDER = "to be written"
"""What a frame has in place of a name or a value."""


def leftovers(node: Node) -> Iterator[Problem]:
    """The texts of a file that are a frame's still, keys too."""
    match node:
        case Scalar():
            yield from left_in(node.text, node.place)
        case Sequence(items=items):
            for item in items:
                yield from leftovers(item)
        case Mapping(entries=entries):
            for entry in entries:
                yield from left_in(entry.name, entry.key.place)
                yield from leftovers(entry.value)


def left_in(text: str, place: Place) -> Iterator[Problem]:
    """What a text has kept of a frame."""
    folded = text.casefold()
    # A placeholder is all of a value; what a frame says in sentences begins with a bracket, as nobody writes them.
    mark = PLACEHOLDER if folded.strip() == PLACEHOLDER else next((m for m in languages().unwritten if m in folded), "")
    if mark:
        hint = "write over it what is meant, or take it out"
        yield Problem(place, "left-of-frame", f"“{mark}” is what the frame said, for its author to write over", hint)
