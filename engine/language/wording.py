"""Wording: the words of each language for conditions and explanations, from templates/<language>/sentences.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from msgspec import Struct

from engine.language.languages import Languages, languages
from engine.model.moments import zone

Pair = tuple[str, str]
"""What a test says, and what `not` of it says."""


class Noun(Struct, frozen=True):
    """What a kind, or the records of a relation, are called."""

    one: str
    many: str
    the: str
    a: str = ""
    of: str = ""
    """Before or after a field's name: `the session's`, `de la séance`."""
    tag: str = ""
    """Picks the line of `agreement` for one of it; with `p` after it, for several."""


class Label(Struct, frozen=True):
    """What a field is called."""

    text: str
    tag: str = ""


class Wording(Struct, frozen=True, forbid_unknown_fields=True):
    """One language. Every group of words is explained in its file."""

    name: str
    agreement: dict[str, dict[str, str]]
    kinds: dict[str, Noun]
    relations: dict[str, Noun]
    fields: dict[str, Label | str]
    booleans: dict[str, dict[str, str]]
    boolean: dict[str, str]
    values: dict[str, str]
    choice: str
    text: str
    tests: dict[str, Pair]
    sets: dict[str, Pair]
    times: dict[str, Pair]
    ahead: dict[str, Pair]
    ago: dict[str, Pair]
    moments: dict[str, str]
    spans: dict[str, dict[str, str]]
    setting: str
    unset_setting: str
    bare_setting: str
    own_field: str
    blocks: dict[str, str]
    count: dict[str, str]
    rules: dict[str, str]
    explain: dict[str, Any]
    checks: dict[str, str]
    settings: dict[str, str]
    language: str = ""

    def fill(self, template: str, tag: str = "", **words: str) -> str:
        """A template with its words, and those that agree with the tag."""
        return template.format(**self.agreement.get(tag, {}), **words)

    def kind(self, kind: str) -> Noun:
        """A kind's noun; that of any record for an unknown one."""
        return self.kinds.get(kind) or self.kinds["record"]

    def relation(self, kind: str, name: str) -> Noun:
        """A relation's noun, from the records of a kind."""
        written = name.replace("_", " ")
        return self.relations.get(f"{kind}.{name}") or self.relations.get(name) or Noun(written, written, written)

    def field(self, kind: str, name: str) -> Label:
        """A field's label; its name in words where the language has none."""
        found = self.fields.get(f"{kind}.{name}") or self.fields.get(name) or name.replace("_", " ")
        return Label(found) if isinstance(found, str) else found

    def listed(self, words: list[str], last: str = "or") -> str:
        """`A, B or C`, or with `and`."""
        if len(words) < 2:
            return "".join(words)
        return self.blocks["comma"].join(words[:-1]) + self.blocks[last] + words[-1]

    def number(self, value: float) -> str:
        """As the language groups digits and writes fractions."""
        return str(format_decimal(value, locale=self.language))

    def plural(self, forms: Mapping[str, str], number: int) -> str:
        """The form for a number, by the language's own rule."""
        form: str = Locale.parse(self.language).plural_form(abs(number))
        return forms.get(form) or forms["other"]

    def shown(self, value: Any, zone_name: str = "UTC") -> str:
        """A value as a reader of the language writes it; times in the zone."""
        if isinstance(value, bool):
            return self.values["true" if value else "false"]
        if isinstance(value, datetime):
            return format_datetime(value, "d MMM y HH:mm", tzinfo=zone(zone_name), locale=self.language)
        if isinstance(value, date):
            return format_date(value, "d MMM y", locale=self.language)
        if isinstance(value, Mapping):
            return self.blocks["comma"].join(f"{key}: {self.shown(item, zone_name)}" for key, item in value.items())
        if isinstance(value, tuple | list):
            return self.blocks["comma"].join(self.shown(item, zone_name) for item in value)
        return str(value)


def wording(language: str, known: Languages | None = None) -> Wording:
    """The words of a language; English where it is not offered."""
    known = known or languages()
    return _wording(known, known.spoken(language))


@cache
def _wording(known: Languages, language: str) -> Wording:
    return msgspec.structs.replace(known.part(language, "sentences", Wording), language=language)
