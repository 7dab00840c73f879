"""Wholeness: what keeps a language from being whole, each thing at its place: all that English says, it says too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from babel import Locale, UnknownLocaleError

from engine.model.package_files import called
from engine.model.problems import Place, Problem

FALLBACK = "en"
UNTRANSLATED = f"!{FALLBACK}"
"""The YAML tag on what `muster new language` copied from English."""

Parts = dict[str, yaml.MappingNode]
"""The files of a language by their names."""

_FORMS = ("zero", "one", "two", "few", "many", "other")
_NOUNS = ("kinds", "relations", "fields")
_OF_A_NOUN = frozenset({"tag", "a", "of"})
"""What a noun may have in one language and not in another."""
_GAP = re.compile(r"{(\w+)}")


def forms_of(language: str) -> tuple[str, ...]:
    """The forms in which a language counts things. Raises UnknownLocaleError or ValueError where there is none such."""
    used = {"other", *map(Locale.parse(language).plural_form, range(200))}
    return tuple(form for form in _FORMS if form in used)


def place_of(node: yaml.Node) -> Place:
    """Where a node stands; its file was opened for the parser, which so knows its name."""
    start, length = node.start_mark, len(node.value) if isinstance(node, yaml.ScalarNode) else 1
    return Place(called(Path(start.name)), start.line + 1, start.column + 1, max(1, length))


def is_counted(node: yaml.Node) -> bool:
    """Whether it is one text in the forms of a count."""
    names = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
    return "other" in names and names.issubset(_FORMS)


def scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """The texts below a node, in file order."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    for below in node.value if not isinstance(node, yaml.ScalarNode) else ():
        yield from scalars(below[1] if isinstance(below, tuple) else below)


def lacking(language: str, english: Parts, own: Parts, folder: Path) -> Iterator[Problem]:
    """What is missing, left over, still English, or filled with what nobody gives, file by file."""
    try:
        forms = forms_of(language)
    except (UnknownLocaleError, ValueError):
        place = Place(called(folder / "messages.yaml"))
        yield Problem(place, "unknown-language", f"‘{language}’ is no language's code", "name the folder by one: de")
        return
    for part, wanted in english.items():
        path = folder / f"{part}.yaml"
        if part not in own:
            if not path.exists():  # else it cannot be read, and that is told
                yield Problem(Place(called(path)), "missing-words", f"there is no {part}.yaml", "English has one")
            continue
        for text in scalars(own[part]):
            if text.tag == UNTRANSLATED:
                hint = f"translate it, and take `{UNTRANSLATED}` away"
                yield Problem(place_of(text), "untranslated", "this is English still", hint)
        yield from _Comparison(part, forms, wanted, own[part]).problems()
    for part in own.keys() - english.keys():
        yield Problem(place_of(own[part]), "left-over-words", f"nothing reads {part}.yaml", "delete it")


class _Comparison:
    """One file of a language beside that of English."""

    def __init__(self, part: str, forms: tuple[str, ...], english: yaml.MappingNode, own: yaml.MappingNode) -> None:
        self._english, self._own, self._forms = english, own, forms
        self._sentences = part == "sentences"
        self._agreeing = [_agreeing(root) if self._sentences else frozenset() for root in (english, own)]

    def problems(self) -> Iterator[Problem]:
        yield from self._of(self._english, self._own, "", self._own)
        if self._sentences:
            yield from self._disagreeing()

    def _of(self, english: yaml.Node, own: yaml.Node, at: str, key: yaml.Node) -> Iterator[Problem]:
        """`key` is what it stands under."""
        if isinstance(english, yaml.ScalarNode) and isinstance(own, yaml.MappingNode) and at.startswith("fields."):
            own = _entries(own).get("text", (own, own))[1]  # a label with its tag
        if type(english) is not type(own):
            yield Problem(
                place_of(key), "wrong-shape", f"‘{at}’ is written otherwise in English", "write it as English does"
            )
        elif isinstance(english, yaml.MappingNode) and isinstance(own, yaml.MappingNode):
            if at not in ("agreement", "settings"):  # each language's own; of settings, the rules have the English
                yield from self._keys(english, own, at, key)
        elif isinstance(english, yaml.SequenceNode):
            if len(english.value) != len(own.value):
                yield Problem(place_of(key), "wrong-shape", f"‘{at}’ has {len(english.value)} texts in English")
            for one, other in zip(english.value, own.value, strict=False):
                yield from self._of(one, other, at, other)
        elif english.value and not own.value:
            yield Problem(place_of(key), "empty", f"‘{at}’ says nothing")
        else:
            yield from self._gaps(_gaps(english.value), _gaps(english.value), own, at)

    def _keys(self, english: yaml.MappingNode, own: yaml.MappingNode, at: str, above: yaml.Node) -> Iterator[Problem]:
        theirs, mine, before = _entries(english), _entries(own), f"{at}." if at else ""
        if len(mine) < len(own.value):
            yield Problem(place_of(above), "duplicate-key", f"a key stands twice in ‘{at}’")
        counted = is_counted(english)
        wanted = dict.fromkeys(self._forms, theirs["other"]) | theirs if counted else theirs
        may = frozenset(_FORMS) if counted else _OF_A_NOUN if self._sentences and at.startswith(_NOUNS) else frozenset()
        for name, (_, value) in wanted.items():
            if name in mine:
                continue
            if not counted or name in self._forms:
                said = f"English: {value.value}" if isinstance(value, yaml.ScalarNode) else ""
                yield Problem(place_of(above), "missing-words", f"‘{before}{name}’ is missing", said)
        for name, (key, value) in mine.items():
            if name in wanted and not counted:
                yield from self._of(wanted[name][1], value, f"{before}{name}", key)
            elif name not in wanted | dict.fromkeys(may):
                yield Problem(place_of(key), "left-over-words", f"nothing reads ‘{before}{name}’", "take it out")
            elif not isinstance(value, yaml.ScalarNode):
                yield Problem(place_of(key), "wrong-shape", f"‘{before}{name}’ is a text")
            elif counted:
                texts = [_gaps(text.value) for _, text in theirs.values()]
                must = texts[list(theirs).index("other")] if name == "other" else frozenset.intersection(*texts)
                yield from self._gaps(must, frozenset.union(*texts), value, f"{before}{name}")

    def _gaps(self, must: frozenset[str], may: frozenset[str], own: yaml.Node, at: str) -> Iterator[Problem]:
        """Gaps that nobody fills, and facts that are left out. What agrees with a noun is each language's own."""
        english, mine = self._agreeing
        given = {"e"} if at.startswith(("words.effect.", "words.sheet_effect.")) else mine
        for name in sorted(_gaps(own.value) - may - given):
            yield Problem(place_of(own), "wrong-gap", f"nothing fills ‘{{{name}}}’ in ‘{at}’")
        for name in sorted(must - english - _gaps(own.value)):
            yield Problem(place_of(own), "wrong-gap", f"‘{at}’ does not say ‘{{{name}}}’, which English does")

    def _disagreeing(self) -> Iterator[Problem]:
        """Nouns whose tag has no line of `agreement`, and lines that leave a name out."""
        groups = _entries(self._own)
        lines = _entries(groups["agreement"][1]) if "agreement" in groups else {}
        for key, line in lines.values():
            if set(_entries(line)) != self._agreeing[1]:
                found = f"the lines of `agreement` have the same names, and ‘{key.value}’ lacks some"
                yield Problem(place_of(key), "missing-words", found)
        for group in _NOUNS:
            for key, noun in _entries(groups[group][1]).values() if group in groups else ():
                tag = _entries(noun)["tag"][1].value if "tag" in _entries(noun) else ""
                for name in {tag} if group == "fields" else {tag, f"{tag}p"}:
                    if name not in lines:
                        yield Problem(place_of(key), "missing-words", f"`agreement` has no line ‘{name}’")


def _entries(node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {key.value: (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _gaps(text: object) -> frozenset[str]:
    return frozenset(_GAP.findall(text)) if isinstance(text, str) else frozenset()


def _agreeing(root: yaml.Node) -> frozenset[str]:
    """The names of a language's own that its sentences may use."""
    lines: Mapping[str, tuple[yaml.Node, yaml.Node]] = _entries(_entries(root).get("agreement", (root, root))[1])
    return frozenset(name for _, line in lines.values() for name in _entries(line))
