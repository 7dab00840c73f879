"""Messages: what a matching rule says to its reader, rendered when read, from the stored facts, in their language.

The packaged messages and those of connector layers are Jinja2 in a sandbox. A customer's own are names and filters
only; ``engine.message_checks`` says so in `muster check`, and here such a text is not rendered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Template, TemplateError, meta
from msgspec import Struct

from engine.decisions import Facts, RelatedFacts
from engine.fields import fields_of
from engine.folders import called
from engine.moments import zone
from engine.phrases import NAMES, Choice, Items, Language, local, read_back, read_phrases
from engine.places import TEMPLATES
from engine.problems import Place, Problem
from engine.records import KINDS
from engine.relations import RELATIONS
from engine.rulebook import ConnectorUse, MessageText, Rule, Rulebook, SettingValue

FALLBACK = "en"
WORDS = "words"
"""The key of a language's file that is no rule: its phrases."""

MOST_SHOWN = 2000
"""Characters of a rendered text; a record's own text may be of any length."""

_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
_ALL_FIELDS = frozenset(name for kind in KINDS for name in fields_of(kind))


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


class _Related:
    """The records of one relation."""

    __slots__ = ("count", "items")

    def __init__(self, count: int, items: Items) -> None:
        self.count = count
        self.items = items


_NOBODY = _Related(0, Items((), 0))


class _Item(dict[str, Any]):
    """A related record: its own fields, and None for those it does not have."""

    def __missing__(self, key: str) -> None:
        if key not in _ALL_FIELDS:
            raise KeyError(key)


class _Relations(dict[str, Any]):
    def __init__(self, kind: str, related: dict[str, RelatedFacts], where: Any) -> None:
        super().__init__()
        self._known = RELATIONS.get(kind, {})
        for name, facts in related.items():
            items = Items((_item(item, where) for item in facts.items), facts.count)
            self[name] = _Related(facts.count, items)

    def __missing__(self, key: str) -> _Related:
        if key in self._known:
            return _NOBODY
        raise KeyError(key)


class _Settings(dict[str, Any]):
    """The values that the rule read, else those in force."""

    def __init__(self, read: dict[str, Any], rulebook: Rulebook) -> None:
        super().__init__(read)
        self._rulebook = rulebook

    def __missing__(self, key: str) -> SettingValue:
        return self._rulebook.settings[key].value


class Messages:
    """Every language's messages. Safe from several threads; each text is compiled once, when first needed."""

    def __init__(self, folder: Path = TEMPLATES / "messages") -> None:
        self._languages: dict[str, Language] = {}
        self._packaged: dict[str, dict[str, Packaged]] = {}
        for path in sorted(folder.glob("*.yaml")):
            words, texts = _read(path)
            self._languages[path.stem] = Language(path.stem, read_phrases(words))
            self._packaged[path.stem] = texts
        if FALLBACK not in self._languages:
            raise FileNotFoundError(f"{folder / FALLBACK}.yaml: the messages every other language falls back to")
        self._books: dict[str, tuple[Rulebook, dict[tuple[str, str], tuple[tuple[str, MessageText], ...]]]] = {}
        # Of the rulebook last seen of each customer: rule and language to the texts to try.
        self._compiled = lru_cache(maxsize=8192)(self._compile)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are, `en` and `fr`."""
        return tuple(self._languages)

    def language(self, name: str) -> Language:
        """The words and filters of a language; English for one there is not."""
        return self._languages.get(name) or self._languages[FALLBACK]

    def packaged(self, language: str) -> dict[str, Packaged]:
        """Rule to message, as a language's file has them."""
        return self._packaged.get(language, {})

    def render(self, rulebook: Rulebook, rule_id: str, facts: Facts, language: str) -> Rendered:
        """The message of a rule that matched, in the reader's language as far as there is one in it.

        Never raises for what a rule file or a record says: a text that cannot be rendered gives a sentence that
        says so, and `muster check` finds it.
        """
        for spoken, text in self._texts(rulebook, rule_id, language):
            try:
                return Rendered(
                    problem=self.rendered(text.problem, spoken, facts, rulebook),
                    fix=self.rendered(text.fix, spoken, facts, rulebook),
                )
            except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                continue
        phrases = self.language(language).phrases
        return Rendered(phrases.failed_problem.format(rule=rule_id), phrases.failed_fix.format(rule=rule_id))

    def problems(self, rulebook: Rulebook) -> tuple[Problem, ...]:
        """Everything wrong with the messages of a rulebook's rules: missing, misspelt, or more than is allowed."""
        from engine.message_checks import problems_of  # noqa: PLC0415 - it reads this module; only checks pay for it

        return problems_of(self, rulebook)

    def _texts(self, rulebook: Rulebook, rule_id: str, language: str) -> tuple[tuple[str, MessageText], ...]:
        """The texts to try, best first: the reader's language, then English, then whatever there is."""
        kept = self._books.get(rulebook.customer.id)
        if kept is None or kept[0] is not rulebook:
            kept = self._books[rulebook.customer.id] = (rulebook, {})
        found = kept[1].get((rule_id, language))
        if found is None:
            found = kept[1][rule_id, language] = tuple(self._found(rulebook, rule_id, language))
        return found

    def _found(self, rulebook: Rulebook, rule_id: str, language: str) -> Iterator[tuple[str, MessageText]]:
        rule = next((rule for rule in rulebook.rules if rule.id == rule_id), None)
        own = usable_messages(rule, rulebook) if rule is not None else {}
        wanted = language if language in self._languages else FALLBACK
        for spoken in dict.fromkeys((wanted, FALLBACK, rulebook.customer.language, *own)):
            if spoken not in self._languages:
                continue
            if spoken in own:
                yield spoken, own[spoken]
            if rule_id in self._packaged[spoken]:
                yield spoken, self._packaged[spoken][rule_id].text

    def rendered(self, text: str, language: str, facts: Facts, rulebook: Rulebook) -> str:
        """One text, rendered. Raises what Jinja2 and the filters raise; ``render`` catches it."""
        words = self.language(language)
        compiled = self._compiled(words, text)
        said = compiled.template.render(_context(compiled.names, facts, rulebook, words))
        said = _SPACES.sub(" ", said).strip(" ")
        return said if len(said) <= MOST_SHOWN else f"{said[: MOST_SHOWN - 1]}…"

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
    from engine.message_checks import is_plain  # noqa: PLC0415 - it reads this module

    if not is_customers(rule, rulebook):
        return dict(rule.messages)
    return {spoken: text for spoken, text in rule.messages.items() if is_plain(text.problem) and is_plain(text.fix)}


def _context(names: frozenset[str], facts: Facts, rulebook: Rulebook, language: Language) -> dict[str, Any]:
    """The values of the names a text uses; a name that is none is left out, and so undefined."""
    where = zone(rulebook.customer.zone)
    known = fields_of(facts.kind) if facts.kind in KINDS else {}
    found: dict[str, Any] = {}
    for name in names:
        if name in NAMES:
            found[name] = _common(name, facts, rulebook, language, where)
        elif name in known:
            found[name] = read_back(facts.kind, name, facts.record.get(name), where)
    return found


def _common(name: str, facts: Facts, rulebook: Rulebook, language: Language, where: Any) -> Any:
    match name:
        case "name":
            return facts.name
        case "kind":
            return Choice(facts.kind)
        case "source_id":
            return facts.source_id
        case "mis_id":
            return facts.record.get("mis_id")
        case "source":
            return _title(rulebook.customer.source, language.phrases.source)
        case "platform":
            return _title(rulebook.customer.platform, language.phrases.platform)
        case "customer":
            return rulebook.customer.name
        case "settings":
            return _Settings(facts.settings, rulebook)
        case "related":
            return _Relations(facts.kind, facts.related, where)
        case "errors":
            return facts.errors
        case "as_of" | "last_sync" | "next_run":
            return local(getattr(facts, name), where)
        case _:
            raise KeyError(name)


def _title(use: ConnectorUse | None, otherwise: str) -> str:
    """What people call a customer's source or platform; the language's own words where none is named."""
    return otherwise if use is None else use.title


def _item(item: dict[str, Any], where: Any) -> _Item:
    kind = item["kind"]
    made = _Item({name: read_back(kind, name, value, where) for name, value in item.items()})
    made["kind"] = Choice(kind)
    return made


def _read(path: Path) -> tuple[Any, dict[str, Packaged]]:
    """A language's phrases, and its messages by rule with the place of each."""
    # All text: YAML's own types would make a truth of the word `no`.
    tree = yaml.compose(path.read_bytes(), Loader=yaml.CBaseLoader)
    if not isinstance(tree, yaml.MappingNode):
        raise TypeError(f"{path}: a mapping of rule ids to messages was wanted")
    words: Any = {}
    texts: dict[str, Packaged] = {}
    for key, value in tree.value:
        fields = {part.value: text.value for part, text in value.value}
        if key.value == WORDS:
            words = fields
            continue
        if set(fields) != {"problem", "fix"} or key.value in texts:
            raise ValueError(f"{path}:{key.start_mark.line + 1}: {key.value}: one `problem` and one `fix` were wanted")
        place = Place(called(path), key.start_mark.line + 1, key.start_mark.column + 1, len(key.value))
        texts[key.value] = Packaged(MessageText(fields["problem"], fields["fix"]), place)
    return words, texts
