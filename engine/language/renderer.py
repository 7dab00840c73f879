"""Messages: what a matching rule says to its reader, rendered when read, from the stored facts, in their language.

The packaged messages and those of connector layers are Jinja2 in a sandbox. A customer's own are names and filters
only; ``engine.rulefiles.check.messages`` says so in `muster check`, and here such a text is not rendered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec
from jinja2 import Template, TemplateError, meta
from msgspec import Struct

from engine.language.context import context
from engine.language.filters import Choice, Language, Phrases
from engine.language.languages import Languages, languages
from engine.language.safe_subset import is_plain
from engine.language.wholeness import FALLBACK
from engine.model.decisions import Facts
from engine.model.problems import Place
from engine.model.rulebook import MessageText, Reaction, Rule, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import KINDS

WORDS = "words"
"""The key of a language's file that is no rule: its phrases."""

MOST_SHOWN = 2000
"""Characters of a rendered text; a record's own text may be of any length."""

_MOST_SAID = 10_000
_UNCHANGING = frozenset({str, Choice, int, bool, type(None), date, datetime})

_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
_ALL_FIELDS = frozenset(name for kind in KINDS for name in fields_of(kind))


_Texts = tuple[Reaction, tuple[tuple[str, MessageText], ...]]
"""A rule's reaction, and its texts with the language of each."""


class Rendered(Struct, frozen=True):
    """A message in words. Plain text: a page escapes it."""

    problem: str
    fix: str


class Packaged(Struct, frozen=True):
    """One message of a language's file."""

    text: MessageText
    place: Place


class _Compiled(Struct, frozen=True):
    template: Template
    names: frozenset[str]


class Messages:
    """Every language's messages. Safe from several threads; each text is compiled once, when first needed."""

    def __init__(self, known: Languages | None = None) -> None:
        known = known or languages()
        self._languages: dict[str, Language] = {}
        self._packaged: dict[str, dict[str, Packaged]] = {}
        for name in known.names:
            texts = known.part(name, "messages", dict[str, dict[str, Any]])
            self._languages[name] = Language(name, msgspec.convert(texts.pop(WORDS), Phrases), known)
            self._packaged[name] = {
                rule: Packaged(msgspec.convert(text, MessageText), known.place(name, "messages", rule))
                for rule, text in texts.items()
            }
        self._books: dict[str, tuple[Rulebook, dict[tuple[str, str], _Texts]]] = {}
        # Of the rulebook last seen of each customer: rule and language to the texts to try.
        self._compiled = lru_cache(maxsize=8192)(self._compile)
        self._said: dict[tuple[Any, ...], str] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are offered."""
        return tuple(self._languages)

    def language(self, name: str) -> Language:
        """The words and filters of a language; English for one there is not."""
        return self._languages.get(name) or self._languages[FALLBACK]

    def packaged(self, language: str) -> dict[str, Packaged]:
        """Rule to message, as a language's file has them; `layer/rule` for what a connector layer says otherwise."""
        return self._packaged.get(language, {})

    def packaged_for(self, rule: Rule, language: str) -> Packaged | None:
        """The message that a language's file has for a rule as its layers left it."""
        return next(iter(self._of_layers(rule, rule.id, language)), None)

    def _of_layers(self, rule: Rule | None, rule_id: str, language: str) -> Iterator[Packaged]:
        """The messages of a language's file on a rule, that of the last layer which has its own first."""
        texts = self._packaged.get(language, {})
        touched = reversed(rule.touched if rule is not None else ())
        layers = [each.layer for each in touched if not {"rule", "messages"}.isdisjoint(each.what)]
        for name in (*(f"{layer}/{rule_id}" for layer in layers), rule_id):
            if name in texts:
                yield texts[name]

    def render(self, rulebook: Rulebook, rule_id: str, facts: Facts, language: str) -> Rendered:
        """The message of a rule that matched, in the reader's language as far as there is one in it.

        Never raises for what a rule file or a record says: a text that cannot be rendered gives a sentence that
        says so, and `muster check` finds it.
        """
        reaction, texts = self._texts(rulebook, rule_id, language)
        for spoken, text in texts:
            try:
                return Rendered(
                    problem=self.rendered(text.problem, spoken, facts, rulebook, reaction),
                    fix=self.rendered(text.fix, spoken, facts, rulebook, reaction),
                )
            except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                continue
        phrases = self.language(language).phrases
        return Rendered(phrases.failed_problem.format(rule=rule_id), phrases.failed_fix.format(rule=rule_id))

    def _texts(self, rulebook: Rulebook, rule_id: str, language: str) -> _Texts:
        """The rule's reaction, and the texts to try, best first: the reader's language, English, whatever there is."""
        kept = self._books.get(rulebook.customer.id)
        if kept is None or kept[0] is not rulebook:
            kept = self._books[rulebook.customer.id] = (rulebook, {})
        found = kept[1].get((rule_id, language))
        if found is None:
            rule = next((rule for rule in rulebook.rules if rule.id == rule_id), None)
            # What was flagged and is switched off since is still read as it was.
            reaction = "flag" if rule is None or rule.then == "off" else rule.then
            texts = tuple(self._found(rulebook, rule, rule_id, language))
            found = kept[1][rule_id, language] = (reaction, texts)
        return found

    def _found(
        self, rulebook: Rulebook, rule: Rule | None, rule_id: str, language: str
    ) -> Iterator[tuple[str, MessageText]]:
        own = usable_messages(rule, rulebook) if rule is not None else {}
        wanted = language if language in self._languages else FALLBACK
        for spoken in dict.fromkeys((wanted, FALLBACK, rulebook.customer.language, *own)):
            if spoken not in self._languages:
                continue
            if spoken in own:
                yield spoken, own[spoken]
            for packaged in self._of_layers(rule, rule_id, spoken):
                yield spoken, packaged.text

    def rendered(self, text: str, language: str, facts: Facts, rulebook: Rulebook, reaction: Reaction = "flag") -> str:
        """One text, rendered. Raises what Jinja2 and the filters raise; ``render`` catches it."""
        words = self.language(language)
        compiled = self._compiled(words, text)
        values = context(compiled.names, facts, rulebook, words, reaction)
        # Many texts, most of what to do above all, say the same of many records. Only what cannot change is a key.
        key = (text, language, *values.values()) if _UNCHANGING.issuperset(map(type, values.values())) else None
        said = None if key is None else self._said.get(key)
        if said is None:
            said = compiled.template.render(values)
            if _SPACES.search(said):
                said = _SPACES.sub(" ", said)
            said = said.strip(" ")
            said = said if len(said) <= MOST_SHOWN else f"{said[: MOST_SHOWN - 1]}…"
            if key is not None:
                if len(self._said) >= _MOST_SAID:
                    self._said.clear()
                self._said[key] = said
        return said

    def _compile(self, language: Language, text: str) -> _Compiled:
        tree = language.environment.parse(text)
        template = language.environment.from_string(tree)
        template.globals = {}  # there are none, and Jinja2 would copy its own mapping of them at every rendering
        return _Compiled(template, frozenset(meta.find_undeclared_variables(tree)))


def is_customers(rule: Rule, rulebook: Rulebook) -> bool:
    """Whether the messages beside a rule are, or may be, the customer's own."""
    return any(
        touch.layer == rulebook.customer.id and not {"rule", "messages"}.isdisjoint(touch.what)
        for touch in rule.touched
    )


def usable_messages(rule: Rule, rulebook: Rulebook) -> dict[str, MessageText]:
    """The messages beside a rule that may be rendered, by language."""
    if not is_customers(rule, rulebook):
        return dict(rule.messages)
    return {spoken: text for spoken, text in rule.messages.items() if is_plain(text.problem) and is_plain(text.fix)}
