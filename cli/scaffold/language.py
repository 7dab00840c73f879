"""A new language: the words of English in a folder of its own, each text marked as English still."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from babel import Locale, UnknownLocaleError

from cli.terminal import Stopped
from engine.language.languages import english_messages
from engine.language.wholeness import FALLBACK, UNTRANSLATED, forms_of, is_counted

_CODE = re.compile(r"[a-z]{2,3}")

_Edit = tuple[int, int, str]
"""From where to where in the text, and what stands there instead."""


def add_language(templates: Path, code: str) -> list[Path]:
    """Write the language's files; gives them. What only the code decides is filled in."""
    folder = templates / code
    if folder.exists():
        raise Stopped(f"{folder} exists already. muster check --language {code} tells what it lacks.")
    if not (templates / FALLBACK).is_dir():
        raise Stopped(f"There is no folder {templates / FALLBACK}. Wanted the templates folder of a checkout.")
    try:
        forms = forms_of(code) if _CODE.fullmatch(code) else ()
    except (UnknownLocaleError, ValueError):
        forms = ()
    if not forms:
        raise Stopped(f"{code!r} is no language's code. Wanted two or three small letters, such as de.")
    known = {"words.locale": code, "name": (Locale.parse(code).get_language_name(code) or code).capitalize()}
    folder.mkdir()
    written = []
    for path in sorted((templates / FALLBACK).glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.CBaseLoader)
        edits = list(_edits(root, text, "", forms, known)) if root is not None else []
        for start, end, instead in reversed(edits):
            text = text[:start] + instead + text[end:]
        if path.stem == "messages":
            text += "".join(_message(rule, beside[FALLBACK]) for rule, beside in english_messages())
        written.append(folder / path.name)
        written[-1].write_text(text, encoding="utf-8")
    return written


def _edits(node: yaml.Node, text: str, at: str, forms: tuple[str, ...], known: dict[str, str]) -> Iterator[_Edit]:
    """What makes the language's text of the English one, in the order of the file."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        if at in known:
            yield start, end, known[at]
        elif node.value:
            yield start, start, f"{UNTRANSLATED} "
    elif isinstance(node, yaml.MappingNode) and is_counted(node) and {key.value for key, _ in node.value} != set(forms):
        texts = {key.value: text[value.start_mark.index : value.end_mark.index] for key, value in node.value}
        between = ", " if node.flow_style else "\n" + " " * node.start_mark.column
        counted = (f"{form}: {UNTRANSLATED} {texts.get(form, texts['other'])}" for form in forms)
        yield node.value[0][0].start_mark.index, node.value[-1][1].end_mark.index, between.join(counted)
    else:
        for below in node.value:
            key, value = below if isinstance(below, tuple) else (None, below)
            inside = at if key is None else f"{at}.{key.value}".removeprefix(".")
            yield from _edits(value, text, inside, forms, known)


def _message(rule: yaml.Node, message: yaml.Node) -> str:
    """A message that English has beside a connector layer's rule."""
    texts = (
        f"  {key.value}: {UNTRANSLATED} {json.dumps(text.value, ensure_ascii=False)}\n" for key, text in message.value
    )
    return f"\n{rule.value}:\n{''.join(texts)}"
