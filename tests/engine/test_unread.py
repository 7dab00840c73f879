"""Every code of what could not be read has its words in every language, with the same values, and no other has."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.http.exchange import REFUSALS
from connectors.registry import catalogue
from engine.language.languages import languages
from engine.language.unread import Failed, failure_text, school_text, unread_text, unread_words
from engine.records.unread import Failure, unread
from engine.records.values import unknown

ROOT = Path(__file__).parents[2]
FINDINGS = {"unread": 0, "UnreadableValue": 0, "note": 0}
"""What makes a finding, and which of its arguments is the code."""
FAILURES = {
    "Refused": 2,
    "Unavailable": 2,
    "Garbled": 2,
    "SoapFault": 2,
    "kind": 2,
    "garbled": 1,
    "wrong": 0,
    "refused": 0,
    "RefusedSheet": 0,
    "NotXmlError": 0,
    "plain_failure": 0,
}

ENGLISH = re.compile(r"\b(the|is|it|not|and|of|there|with|cannot|no|has|was|wanted|found|nothing|row|again)\b")

Codes = dict[str, set[frozenset[str]]]
"""Code to the names of the values that it is given, place by place."""


def raised(makers: dict[str, int]) -> Codes:
    """All that the code raises. A code that is passed on under the name `code` is looked at where it begins."""
    found: Codes = {}
    for folder in ("engine", "connectors", "runs"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                at = makers.get(_called(call), -1) if isinstance(call, ast.Call) else -1
                if isinstance(call, ast.Call) and 0 <= at < len(call.args):
                    given = frozenset(word.arg for word in call.keywords if word.arg)
                    for code in _codes(call.args[at], path):
                        found.setdefault(code, set()).add(given)
    return found


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _codes(argument: ast.expr, path: Path) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _codes(argument.body, path)
        yield from _codes(argument.orelse, path)
    else:
        passed_on = ast.unparse(argument)
        assert passed_on == "code" or passed_on.endswith(".code"), (
            f"{path}:{argument.lineno}: the code is not written out"
        )


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def findings() -> Codes:
    found = raised(FINDINGS)
    for what in ("field", "kind", "segment_key"):
        for name, known in (("emial", ["email"]), ("x", ["email"]), ("mina@example.org", ["email"])):
            one = unknown(name, known, what)  # type: ignore[arg-type]
            found[one.code] = {frozenset(one.values)}
    return found


@pytest.mark.parametrize("language", languages().names)
def test_every_finding_has_its_words_with_its_values(language: str) -> None:
    words, codes = unread_words(language).unread, findings()
    assert words.keys() == codes.keys()
    for code, given in codes.items():
        written = words[code]
        for text in [written] if isinstance(written, str) else written.values():
            assert given == {frozenset(placeholders(text))}, code


@pytest.mark.parametrize("language", languages().names)
def test_every_failure_has_its_words_with_its_values(language: str) -> None:
    words, codes = unread_words(language).failed, raised(FAILURES)
    codes |= {code: {frozenset()} for code in REFUSALS.values()}
    # For connectors of other packages.
    codes["in_its_own_words"] = {frozenset({"said", "todo"})}
    assert words.keys() == codes.keys()
    for code, given in codes.items():
        written = words[code]
        texts = (written.found, written.todo) if isinstance(written, Failed) else (written,)
        assert given == {frozenset(set().union(*map(placeholders, texts)))}, code


@pytest.mark.parametrize("value", [{}, {"value": "7"}])
@pytest.mark.parametrize("language", languages().names)
def test_what_a_school_is_told_of_a_field_is_a_clause_with_its_subject(language: str, value: dict[str, str]) -> None:
    told = school_text(unread("not_text", "email", **value), language)
    assert (
        told
        == {
            ("en", False): "what is given as email address is no text",
            ("en", True): "email address: “7” is no text",
            ("fr", False): "ce qui figure pour l’adresse e-mail n’est pas du texte",
            ("fr", True): "l’adresse e-mail\u00a0: «\u00a07\u00a0» n’est pas du texte",
        }[language, bool(value)]
    )
    assert (
        school_text(unread("id_missing", "source_id", column="Code"), language)
        == {
            "en": "nothing is entered as Code",
            "fr": "rien n’est renseigné pour Code",
        }[language]
    )


@pytest.mark.parametrize("language", languages().names)
def test_a_system_without_a_name_is_called_in_the_readers_language(language: str) -> None:
    ours = {spec.title for spec in catalogue().values() if spec.title.startswith("the ")}
    assert ours <= unread_words(language).systems.keys()


def test_the_french_holds_no_english() -> None:
    written = (ROOT / "templates/fr/unread.yaml").read_text("utf-8")
    words = [
        re.sub(r"\{\w+\}|`[^`]*`", "", line.partition(":")[2])
        for line in written.splitlines()
        if not line.lstrip().startswith("#")
    ]
    systems = unread_words("fr").systems
    assert not [said for said in words if ENGLISH.search(said)]
    assert not [system for system, said in systems.items() if said == system]


def test_the_words_for_what_was_found_are_the_same_in_every_language() -> None:
    assert len({frozenset(unread_words(language).found) for language in languages().names}) == 1


def test_what_another_version_stored_is_shown_by_its_code() -> None:
    assert unread_text(unread("of_tomorrow", "email", most=3), "fr") == "email\u00a0: of_tomorrow"
    assert unread_text(unread("id_too_long", length=300), "fr") == "id_too_long"
    assert "of_tomorrow" in failure_text(Failure("of_tomorrow", "refused", "Ypareo", "planning"), "fr")
