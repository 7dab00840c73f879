"""Messages: what a matching rule says to its reader, rendered when read, from the stored facts, in their language.

The packaged messages and those of connector layers are Jinja2 in a sandbox. A customer's own are names and filters
only; ``engine.rulefiles.check.messages`` says so in `muster check`, and here such a text is not rendered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

import msgspec
from jinja2 import Template, TemplateAssertionError, TemplateError, meta
from msgspec import Struct

from engine.language.context import Context
from engine.language.filters import Choice, Language, Phrases
from engine.language.languages import Languages, languages
from engine.language.places import place_name, sender_name
from engine.language.safe_subset import is_plain, unbounded
from engine.language.wholeness import FALLBACK
from engine.model.decisions import Facts
from engine.model.problems import Place
from engine.model.rulebook import FixIn, MessageText, Reaction, Rule, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import KINDS
from engine.records.limits import LONGEST_SAID

WORDS = "words"
"""The key of a language's file that is no rule: its phrases."""

UNRENDERABLE = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError, SyntaxError),
)
"""What rendering a text raises, whatever a rule file or a record holds."""

_MOST_SAID = 10_000
_UNCHANGING = frozenset({str, Choice, int, bool, type(None), date, datetime})

_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
_ALL_FIELDS = frozenset(name for kind in KINDS for name in fields_of(kind))


class _Texts(Struct, frozen=True):
    """What a rulebook makes of a rule, for readers of one language."""

    reaction: Reaction
    texts: tuple[tuple[str, MessageText], ...]
    """Its texts with the language of each, best first."""
    passed_on: bool
    """Whether it asks for something in the source: how that is passed on is then told behind it."""


class Rendered(Struct, frozen=True):
    """A message in words. Plain text: a page escapes it."""

    problem: str
    fix: str
    title: str = ""


class Packaged(Struct, frozen=True):
    """One message of a language's file."""

    text: MessageText
    place: Place


class _Compiled(Struct, frozen=True):
    template: Template
    names: frozenset[str]


class Messages:
    """Every language's messages. Safe from several threads; each text is compiled once a process, when first needed."""

    def __init__(self, known: Languages | None = None) -> None:
        known = known or languages()
        self._languages: dict[str, Language] = {}
        self._packaged: dict[str, dict[str, Packaged]] = {}
        for name in known.names:
            self._languages[name], self._packaged[name] = _of_language(known, name)
        self._books: dict[str, tuple[Rulebook, dict[tuple[str, str], _Texts]]] = {}
        # Of the rulebook last seen of each customer: rule and language to the texts to try.
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
        found = self._texts(rulebook, rule_id, language)
        title = self.title(rulebook, rule_id, language)
        known: dict[str, Context] = {}
        for spoken, text in found.texts:
            about = known.get(spoken)
            if about is None:
                about = known[spoken] = Context(facts, rulebook, self.language(spoken), found.reaction)
            # How what is mended in the source gets to the platform, where something stands in between.
            behind = rulebook.places.get("passes_on", {}).get(spoken) if found.passed_on else None
            try:
                fix = self._rendered(text.fix, spoken, about)
                return Rendered(
                    problem=self._rendered(text.problem, spoken, about),
                    fix=f"{fix} {behind}" if behind else fix,
                    title=title,
                )
            except UNRENDERABLE:
                continue
        phrases = self.language(language).phrases
        return Rendered(phrases.failed_problem.format(rule=rule_id), phrases.failed_fix.format(rule=rule_id), title)

    def title(self, rulebook: Rulebook, rule_id: str, language: str) -> str:
        """What a rule is called, in the reader's language as far as it is there; of one without, its id in words."""
        texts = self._texts(rulebook, rule_id, language).texts
        name = rule_id.partition(".")[2].replace("_", " ") or rule_id
        return next((text.title for _, text in texts if text.title), name[:1].upper() + name[1:])

    def place(self, rulebook: Rulebook, place: FixIn, language: str) -> str:
        """What a place where things are mended is called."""
        spoken = self.language(language)
        return place_name(rulebook, place, spoken.name, spoken.phrases.places)

    def sender(self, rulebook: Rulebook, language: str) -> str:
        """What the records come from."""
        spoken = self.language(language)
        return sender_name(rulebook, spoken.name, spoken.phrases.places)

    def has_title(self, rule: Rule, language: str) -> bool:
        """Whether a rule has a title of its own in a language, from whichever layer."""
        packaged = (each.text for each in self._of_layers(rule, rule.id, language))
        return any(text.title for text in (*(own for own in (rule.messages.get(language),) if own), *packaged))

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
            found = kept[1][rule_id, language] = _Texts(
                reaction,
                tuple(self._found(rulebook, rule, rule_id, language)),
                rule is not None and rule.then in ("flag", "note") and rule.fix_in == "source",
            )
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
        return self._rendered(text, language, Context(facts, rulebook, self.language(language), reaction))

    def _rendered(self, text: str, language: str, about: Context) -> str:
        compiled = _compiled(self.language(language), text)
        values = about.values(compiled.names)
        # Many texts, most of what to do above all, say the same of many records. Only what cannot change is a key.
        key = (text, language, *values.values()) if _UNCHANGING.issuperset(map(type, values.values())) else None
        said = None if key is None else self._said.get(key)
        if said is None:
            said = compiled.template.render(values)
            if _SPACES.search(said):
                said = _SPACES.sub(" ", said)
            said = said.strip(" ")
            said = said if len(said) <= LONGEST_SAID else f"{said[: LONGEST_SAID - 1]}…"
            if key is not None:
                if len(self._said) >= _MOST_SAID:
                    self._said.clear()
                self._said[key] = said
        return said


@cache
def _of_language(known: Languages, name: str) -> tuple[Language, dict[str, Packaged]]:
    """The words of a language, and its messages by rule."""
    texts = known.part(name, "messages", dict[str, dict[str, Any]])
    language = Language(name, msgspec.convert(texts.pop(WORDS), Phrases), known)
    return language, {
        rule: Packaged(msgspec.convert(text, MessageText), known.place(name, "messages", rule))
        for rule, text in texts.items()
    }


@lru_cache(maxsize=8192)
def _compiled(language: Language, text: str) -> _Compiled:
    for problem in unbounded(text, Place("")):
        raise TemplateAssertionError(problem.message, 1)
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
