"""Languages: the one loader of words, `templates/<language>/`, and the one rule of which languages are offered.

A language is offered once it is whole: once it has words for all that English has words for. Until then it is known to
`muster check` alone, and who asks for it gets what an unknown language gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import msgspec
import yaml

from engine.language.wholeness import FALLBACK, Parts, lacking, place_of
from engine.model.package_files import RULES, TEMPLATES, called
from engine.model.problems import Place, Problem

T = TypeVar("T")

_MAX_DEPTH = 20
"""Of mappings and lists inside each other; ours have six."""


class Languages:
    """The languages of a templates folder, each read once. The parts of a language are the files that English has."""

    def __init__(self, folder: Path = TEMPLATES, layers: Path = RULES / "connectors") -> None:
        self.folder = folder
        self._parts: dict[str, Parts] = {}
        lacks: dict[str, list[Problem]] = {}
        for path in sorted(folder.iterdir()):
            if any(path.glob("*.yaml")):
                self._parts[path.name], lacks[path.name] = _read(path)
        if FALLBACK not in self._parts or lacks[FALLBACK]:
            what = lacks[FALLBACK][0] if FALLBACK in lacks else "missing"
            raise FileNotFoundError(f"{folder / FALLBACK}: the words every language begins from: {what}")
        beside = list(english_messages(layers))
        for name in self._parts.keys() - {FALLBACK}:
            wanted = dict(self._parts[FALLBACK])
            more = [(rule, messages[FALLBACK]) for rule, messages in beside if name not in messages]
            root = wanted["messages"]
            wanted["messages"] = yaml.MappingNode(root.tag, [*root.value, *more], root.start_mark, root.end_mark)
            lacks[name] += lacking(name, wanted, self._parts[name], folder / name)
        self.lacks = {name: tuple(problems) for name, problems in lacks.items()}
        """Of each language that was begun, what keeps it from being whole; nothing of those that are."""
        self.names = tuple(name for name, problems in lacks.items() if not problems)
        """The languages that are whole, in alphabetical order: those that are offered."""

    def spoken(self, language: str) -> str:
        """The language that somebody who asks for one is answered in."""
        return language if language in self.names else FALLBACK

    def part(self, language: str, part: str, into: type[T]) -> T:
        """One file of the language's words, as its user's type. All is text: no `no` of a file is a truth."""
        return msgspec.convert(_plain(self._parts[self.spoken(language)][part]), into)

    @cached_property
    def unwritten(self) -> tuple[str, ...]:
        """What frames say in each language, folded, for their authors to write over."""
        return tuple(
            self.part(name, "messages", dict[str, Any])["words"]["unwritten"].casefold() for name in self.names
        )

    def place(self, language: str, part: str, key: str) -> Place:
        """Where a key of a file stands."""
        root = self._parts[language][part]
        return next(place_of(name) for name, _ in root.value if name.value == key)

    def unfinished(self) -> list[Problem]:
        """A warning for each language that was begun and is not whole."""
        return [
            Problem(
                problems[0].place,
                "unfinished-language",
                f"‘{name}’ is begun and not whole, so it is offered to nobody",
                f"muster check --language {name} tells what is left to do: {len(problems)} in all",
                "warning",
            )
            for name, problems in self.lacks.items()
            if problems
        ]


@cache
def languages() -> Languages:
    """The packaged ones."""
    return Languages()


def english_messages(layers: Path = RULES / "connectors") -> Iterator[tuple[yaml.Node, dict[str, yaml.Node]]]:
    """Of each rule of a connector layer that has messages beside it: `layer/rule`, and its message by language."""
    for path in sorted(layers.glob("*.yaml")):
        root, _ = _composed(path)
        for rule, written in _under(root, "rules"):
            beside = {language.value: message for language, message in _under(written, "messages")}
            if FALLBACK in beside:
                name = f"{path.stem}/{rule.value}"
                yield yaml.ScalarNode(rule.tag, name, rule.start_mark, rule.end_mark), beside


def _read(folder: Path) -> tuple[Parts, list[Problem]]:
    """The files of a language that can be read, and what is wrong with the others."""
    parts: Parts = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        root, problem = _composed(path)
        if isinstance(root, yaml.MappingNode):
            parts[path.stem] = root
        else:
            problems.append(problem or Problem(Place(called(path)), "wrong-shape", "a mapping of words was wanted"))
    return parts, problems


def _composed(path: Path) -> tuple[yaml.Node | None, Problem | None]:
    with path.open("rb") as file:
        try:
            _refuse_references(file)
            return yaml.compose(file, Loader=yaml.CBaseLoader), None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = Place(called(path), mark.line + 1, mark.column + 1) if mark else Place(called(path))
            return None, Problem(place, "bad-yaml", str(getattr(error, "problem", None) or "this is not YAML in UTF-8"))


def _refuse_references(file: BinaryIO) -> None:
    """Raise where a text is another by reference, or stands too deep: either could have no end when it is walked."""
    depth = 0
    for event in yaml.parse(file, Loader=yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            problem = "words stand too deep here" if depth > _MAX_DEPTH else "words have no aliases; write them out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=cast("yaml.Mark", event.start_mark))
    file.seek(0)


def _under(node: yaml.Node | None, key: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """The entries of the mapping under a key."""
    found = [value for name, value in node.value if name.value == key] if isinstance(node, yaml.MappingNode) else []
    return found[0].value if found and isinstance(found[0], yaml.MappingNode) else []


def _plain(node: yaml.Node) -> Any:
    """Texts, and mappings and lists of them."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    return [_plain(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else node.value
