"""Reading: the checks of shape that every part of a rule file shares, and the problems met on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.model.problems import Place, Problem, Severity
from engine.records.suggest import did_you_mean
from engine.rulefiles.problem_codes import CODES
from engine.rulefiles.yaml_tree import KeyValue, Mapping, Node, RefusedNode, Scalar, Sequence


def found(node: Node) -> str:
    """What stands there, in words."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(text=text, plain=plain):
            if node.empty:
                return "nothing"
            if plain and not isinstance(node.value, str):
                return f"`{shown(text)}`"
            return f"the text ‘{shown(text)}’"
        case _:
            return "something"


def shown(text: str) -> str:
    """A text of the file as a message repeats it: one short line."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


class ShapeReader:
    """Collects the problems of one file, or of a layer, and holds the checks of shape."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: Place, code: str, message: str, hint: str = "", severity: Severity = "error") -> None:
        """Note one problem and go on."""
        assert code in CODES, code
        self.problems.append(Problem(place, code, message, hint, severity))

    def mapping(self, node: Node, what: str, place: Place | None = None) -> Mapping | None:
        """The node as a mapping; else None, and the problem is noted."""
        if isinstance(node, Mapping):
            return node
        if not isinstance(node, RefusedNode):
            message = f"{what} is a mapping of keys and values, not {found(node)}"
            hint = "write what belongs to it as `key: value`, below it and indented further"
            self.problem(place or node.place, "wrong-shape", message, hint)
        return None

    def sequence(self, node: Node, what: str, hint: str = "") -> Sequence | None:
        """The node as a list; else None, and the problem is noted."""
        if isinstance(node, Sequence):
            return node
        if not isinstance(node, RefusedNode):
            hint = hint or "write it in brackets: [one, two], or below each other with `- `"
            self.problem(node.place, "wrong-shape", f"{what} is a list, not {found(node)}", hint)
        return None

    def scalar(self, node: Node, what: str) -> Scalar | None:
        """The node as one word or text that is not empty; else None, and the problem is noted."""
        if isinstance(node, Scalar) and not node.empty:
            return node
        if not isinstance(node, RefusedNode):
            self.problem(node.place, "wrong-shape", f"{what} is one word or text, not {found(node)}")
        return None

    def text(self, node: Node, what: str) -> str | None:
        """A text of at least one visible character, as written."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        if not scalar.text.strip():
            self.problem(scalar.place, "empty", f"{what} is an empty text")
            return None
        return scalar.text

    def texts(self, node: Node, what: str) -> tuple[str, ...] | None:
        """A list of texts, as written; None when any of it is wrong."""
        sequence = self.sequence(node, what)
        if sequence is None:
            return None
        items = [self.text(item, f"an item of {what}") for item in sequence.items]
        return tuple(item for item in items if item is not None) if None not in items else None

    def boolean(self, node: Node, what: str) -> bool | None:
        """Plain true or false."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        if isinstance(scalar.value, bool):
            return scalar.value
        self.problem(scalar.place, "wrong-type", f"{what} is true or false, not {found(scalar)}", boolean_hint(scalar))
        return None

    def one_of(self, node: Node, words: Collection[str], what: str, code: str = "unknown-word") -> str | None:
        """One of a few words."""
        scalar = self.scalar(node, f"a {what}")
        if scalar is None:
            return None
        if scalar.text in words:
            return scalar.text
        message = f"unknown {what} ‘{shown(scalar.text)}’"
        self.problem(scalar.place, code, message, did_you_mean(scalar.text, words))
        return None

    def known(
        self, mapping: Mapping, keys: Collection[str], what: str, code: str = "unknown-key"
    ) -> Iterator[KeyValue]:
        """The entries whose key is one of these; the others become problems."""
        for entry in mapping.entries:
            if entry.name in keys:
                yield entry
            else:
                message = f"{what} has no ‘{shown(entry.name)}’"
                self.problem(entry.key.place, code, message, did_you_mean(entry.name, keys))


def boolean_hint(scalar: Scalar) -> str:
    """What to write in place of another way of saying yes or no."""
    folded = scalar.text.casefold()
    if folded in ("yes", "on", "true", "oui", "vrai", "1", "y"):
        return "write true, without quotes"
    if folded in ("no", "off", "false", "non", "faux", "0", "n"):
        return "write false, without quotes"
    return ""
