"""French as it is written: every text of the language's files and of layers, and what sentences make of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from connectors.registry import catalogue
from engine.language.languages import languages
from engine.language.sentences import rule_sentence
from engine.language.wording import wording
from engine.model.decisions import Facts, RelatedFacts
from engine.model.package_files import RULES, TEMPLATES
from engine.model.rulebook import Rule, Rulebook
from engine.rulefiles.library import load_base
from tests.engine.language.test_every_message import BOOKS, by_examples, everything
from tests.engine.language.test_renderer import MESSAGES

LAYERS = sorted((RULES / "connectors").glob("*.yaml")) + sorted((RULES / "customers").glob("*.yaml"))
FILES = sorted((TEMPLATES / "fr").glob("*.yaml"))

_CODE = re.compile(r"{%.*?%}|--\w+|{{.*?}}|`[^`]*`|<[^>]*>|{\w*}", re.DOTALL)
_VOWEL = r"(?=[aeiouyàâéèêëîïôûœ])(?!y[aeiou]|oui\b|onz)"
_FAULTS = {
    "no no-break space before : ; ? ! »": re.compile(r"(?:[ \n]|[\w)»])[:;?!»](?=\s|$|\))|(?<![\u00a0\u202f])»"),
    "no no-break space after «": re.compile(r"«(?![\u00a0\u202f])"),
    "brackets left over": re.compile(r"\w\((?:e|s|es|ne|rice|trice|x)\)"),
    "a straight apostrophe": re.compile(r"\w'\w"),
    "no elision": re.compile(
        rf"(?<![-’\w])(?:de|le|la|que|ne|se|je|me|lorsque|puisque|jusque) {_VOWEL}", re.IGNORECASE
    ),
    "no contraction": re.compile(r"(?<![-’\w])(?:de les?|à les?) (?!(?:[\w’]+(?:er|ir|re))\b)"),
    "another word than « fiche »": re.compile(r"\benregistrements?\b", re.IGNORECASE),
    "English": re.compile(r"\b(?:the|of|and|with|which|this|that|from|record|email|learner|school)\b"),
}


def texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, f"{at}[{number}]")


def french(path: Path) -> Iterator[tuple[str, str]]:
    loaded = yaml.load(path.read_text("utf-8"), yaml.CBaseLoader)  # noqa: S506 - all is text, as the files are read
    if path.parent.name == "fr":
        # Patterns of dates are no text.
        yield from ((at, text) for at, text in texts(loaded) if not at.endswith(("day", "when")))
        return
    for rule, written in (loaded.get("rules") or {}).items():
        if isinstance(written, dict):
            yield from texts((written.get("messages") or {}).get("fr", {}), rule)
    for part in ("places", "spreadsheet"):
        for name, said in (loaded.get(part) or {}).items():
            yield from texts(said.get("fr", {}) if isinstance(said, dict) else {}, f"{part}.{name}")


_SYSTEMS = re.compile(r"(?<!{){(?:platform|source|system|sender|who|file|kinds|call)}")


def faults(text: str) -> list[str]:
    # Names may begin with any letter: one with a vowel shows what is joined to them wrong.
    bare = _CODE.sub("X", _SYSTEMS.sub("Edusign", text))
    return [name for name, pattern in _FAULTS.items() if pattern.search(bare)]


@pytest.mark.parametrize("path", [*FILES, *LAYERS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_french_text_is_written_as_french_is(path: Path) -> None:
    found = [f"{at}: {', '.join(wrong)}: {text}" for at, text in french(path) if (wrong := faults(text))]

    assert not found, "\n".join(found)


NAMES = (
    "Elia Vasserot",
    "Hélène Norvane",
    "Ysée Quist",
    "Éloi D.",
    "Orla",
    "Yanis Arouka",
    "Hassan Okparo",
    "B. Niakaté",
    "Le Goff",
    "Les Aulnes",
    "Anglais",
)
SAID = [pytest.param(book, rule, id=f"{book.customer.id}-{rule.id}") for book in BOOKS for rule in book.rules]


def called(facts: Facts, name: str) -> Facts:
    """The same of what and who is called so, itself and all that is named beside it."""
    record = {
        field: name if isinstance(value, str) and value.startswith("any ") else value
        for field, value in facts.record.items()
    }
    record |= {field: [name] for field in ("families", "changed_names") if field in record}

    def renamed(items: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        return tuple(item | {"name": name} for item in items)

    other = {"kind": "class", "source_id": "id_near", "name": name, "why": "unread"}
    return msgspec.structs.replace(
        facts,
        name=name,
        record=record,
        related={at: RelatedFacts(held.count, renamed(held.items)) for at, held in facts.related.items()},
        named=renamed(facts.named),
        near=(other,),
        alike=(other | {"kind": "learner"},),
        waits=(other,),
        named_by=RelatedFacts(1, (other,)),
    )


_JOINTS = {"no elision", "no contraction"}
"""What is joined wrong is so whatever was read; of examples all else may be the source's own."""


@pytest.mark.parametrize(("book", "rule"), SAID)
def test_every_sentence_made_of_french_texts_is_written_as_french_is(book: Rulebook, rule: Rule) -> None:
    full = everything(rule, book)
    alone = msgspec.structs.replace(full, related={}, record=full.record | {"segment_keys": {}})
    for name in NAMES:
        for facts in (full, alone, *by_examples(rule)):
            said = MESSAGES.render(book, rule.id, called(facts, name), "fr")
            for text in (said.problem, said.fix):
                # Ids, and what the source itself says, are no French.
                found = faults(re.sub(r"\b(?:any|other|id|stale)[ _]\w+|two", "X", text))
                assert not (found if facts in (full, alone) else _JOINTS.intersection(found)), text
    # What a rule looks for, in guillemets, is in whatever language it comes.
    sentence = re.sub(r"«[^»]*»", "X", rule_sentence(rule, "fr", book))
    assert not faults(sentence), sentence


@pytest.mark.parametrize(
    ("name", "joined"),
    [
        ("Elia", "d’Elia"),
        ("Élodie", "d’Élodie"),
        ("Œdipe", "d’Œdipe"),
        ("Hélène", "d’Hélène"),
        ("Hugo", "d’Hugo"),
        ("Hortense", "d’Hortense"),
        ("Hassan", "de Hassan"),
        ("Hicham", "de Hicham"),
        ("Yves", "d’Yves"),
        ("Yanis", "de Yanis"),
        ("H. Quist", "de H. Quist"),
        ("E. Quist", "d’E. Quist"),
        ("Y. Quist", "de Y. Quist"),
        ("le support", "du support"),
        ("la source", "de la source"),
        ("les réglages", "des réglages"),
        ("Le Goff", "de Le Goff"),
        ("votre SIS", "de votre SIS"),
        ("l’apprenant", "de l’apprenant"),
    ],
)
def test_of_joins_a_name_as_french_does(name: str, joined: str) -> None:
    french_filters = MESSAGES.language("fr").environment.filters

    assert french_filters["of"](name) == joined


def test_what_a_setting_is_for_is_said_in_every_language_but_that_of_the_rules() -> None:
    named = {entry.name for entry in load_base(RULES, catalogue()).settings.values()}
    for language in languages().names:
        assert set(wording(language).settings) == (set() if language == "en" else named)
