"""Phrases: what messages are written with. The names a message can use, the filters, and one language's own words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from babel.numbers import format_decimal
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.language.dates import Dates, timed
from engine.language.languages import Languages
from engine.language.wording import Wording, wording
from engine.model.rulebook import MessageText
from engine.records.fields import fields_of
from engine.records.kinds import KINDS

NAMES: dict[str, str] = {
    "name": "What a person would call the record: somebody's name, the name of a session or class, else its id.",
    "effect": "What becomes of the record, to begin with: Not synced. It follows the reaction that is in force.",
    "reaction": "The rule's reaction in force: `skip`, `flag` or `note`.",
    "kind": "What kind of record it is, in words.",
    "source_id": "The record's id in the source or, of an account or a sheet, on the platform.",
    "mis_id": "The id people see in the source, where it is another one.",
    "source": "What people call the source system, such as Ypareo; `the source` where there is none.",
    "platform": "What people call the platform; `the platform` where there is none.",
    "customer": "The customer's name.",
    "settings": "Every setting of the customer: `settings.window_days`.",
    "related": "The records of a relation that the rule reads: `related.same_email.count`, `.items`.",
    "errors": "What is wrong with a record that could not be read, a sentence each.",
    "as_of": "The moment the decision speaks for.",
    "last_sync": "When the last downward run started; absent before the first.",
    "next_run": "When the next downward run starts; absent where none is planned. See the filter `run`.",
}
"""What every message can use, beside the fields of the record's kind."""

FILTERS: dict[str, str] = {
    "day": "A day: 24 November 2026.",
    "clock": "The time of day: 09:00.",
    "when": "Day and time: Tuesday 24 November 2026 at 09:00.",
    "run": "The next run as part of a sentence, also where none is planned: `picked up {{ next_run | run }}`.",
    "names": "Related records by name, the first three: Mina Okparo, Jon Quist, Ana Reyes and 2 others.",
    "ids": "Related records by the id people see: 20881 and 20882.",
    "words": "A list as part of a sentence: Rennes and Nantes.",
    "term": "A word of ours, such as `pending`, in the reader's language.",
    "of": "A name after `of`, as the language joins them: of Elia, d’Elia.",
    "number": "A number as the language writes it: 1,200.",
}
"""The filters of every message. They take no arguments and say that a value is absent where there is none."""

_MORE_FILTERS = ("first", "ahead", "days_before", "hours_after")
"""Filters for the packaged messages only: they give a record, or take an argument."""

_VOWELS = frozenset("aeiouœæ")
_MOST_NAMES = 3
_MOST_WORDS = 10


def names_for(kind: str) -> dict[str, str]:
    """Every name a message on a record of that kind can use, with its description; no kind has the common ones."""
    fields = {name: field.description for name, field in fields_of(kind).items()} if kind in KINDS else {}
    return fields | NAMES


class Choice(str):
    """One of our own words, such as `pending`: compares as it is, is shown in the reader's language."""

    __slots__ = ()


class Items(tuple[dict[str, Any], ...]):
    """The related records at hand, and how many there are in all."""

    total: int

    def __new__(cls, items: Iterable[dict[str, Any]], total: int) -> Self:
        made = super().__new__(cls, tuple(items))
        made.total = total
        return made


class Phrases(Dates, frozen=True, forbid_unknown_fields=True):
    """The words of one language that stand beside its messages."""

    absent: str
    """In place of a value that there is not."""
    source: str
    """Where no source is named."""
    platform: str
    clock: str
    run: str
    """`{when}` is the next run."""
    no_run: str
    of: str
    """`{name}` after a consonant."""
    of_vowel: str
    one_more: str
    """Ends a list that goes on by one."""
    more: str
    """Ends a list that goes on by `{n}`."""
    effect: dict[str, str]
    """By reaction, what becomes of a record; `{e}` is the ending of a feminine noun."""
    sheet_effect: dict[str, str]
    """The same on the way up."""
    failed_problem: str
    """Where a message cannot be written; `{rule}` is its rule."""
    failed_fix: str
    new_rule: MessageText
    """What the frame of a rule says."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """A mapping has keys and no methods here, so that `related.sessions.items` is never Python's `items`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class Language:
    """One language: its phrases, and the environment its messages are compiled in."""

    def __init__(self, name: str, phrases: Phrases, known: Languages | None = None) -> None:
        self.name = name
        self.phrases = phrases
        self._wording: Wording = wording(name, known)
        self._terms = {kind: noun.one for kind, noun in self._wording.kinds.items()} | self._wording.values
        self.environment = _Sandbox(
            undefined=StrictUndefined,
            autoescape=False,  # plain text; pages escape it
            finalize=self.shown,
            keep_trailing_newline=False,
        )
        self.environment.globals.clear()
        own: dict[str, Callable[..., Any]] = {
            filter_name: getattr(self, f"_{filter_name}") for filter_name in (*FILTERS, *_MORE_FILTERS)
        }
        self.environment.filters.update(own)

    def effect(self, reaction: str, kind: str) -> str:
        """What a reaction means for a record of a kind."""
        effects = self.phrases.sheet_effect if kind == "sheet" else self.phrases.effect
        feminine = self._wording.kind(kind).tag.startswith("f")
        return effects.get(reaction, effects["flag"]).format(e="e" if feminine else "")

    def shown(self, value: Any) -> str:
        """Any value, as a message says it."""
        if type(value) is str:
            return value
        if value is None or value in ((), []):
            return self.phrases.absent
        if isinstance(value, Choice):
            return self._term(value)
        if isinstance(value, bool):
            return self._wording.values["true" if value else "false"]
        if isinstance(value, datetime):
            return self._when(value)
        if isinstance(value, date):
            return self._day(value)
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, Items):
            return self._names(value)
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            return self._words(value)
        return str(value)

    def _day(self, value: Any) -> str:
        if not isinstance(value, date):
            return self.shown(value)
        return self.phrases.said_day(value.date() if isinstance(value, datetime) else value)

    def _clock(self, value: Any) -> str:
        if not isinstance(value, datetime):
            return self.shown(value)
        return timed(value, self.phrases.clock, self.phrases.locale)

    def _when(self, value: Any) -> str:
        if not isinstance(value, datetime):
            return self._day(value)
        return self.phrases.said_when(value)

    def _run(self, value: Any) -> str:
        return self.phrases.run.format(when=self._when(value)) if value else self.phrases.no_run

    def _number(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.shown(value)
        return _counted(value, self.phrases.locale)

    def _term(self, value: Any) -> str:
        if isinstance(value, str):
            return self._terms.get(value, str(value))
        return self._words([self._term(item) for item in value]) if value else self.phrases.absent

    def _of(self, value: Any) -> str:
        said = self.shown(value)
        first, second = (unicodedata.normalize("NFD", said[at : at + 1])[:1].lower() for at in (0, 1))
        # A y before a vowel is a consonant: d’Yves, de Yanis.
        vowel = first in _VOWELS if first != "y" else second not in _VOWELS
        return (self.phrases.of_vowel if vowel and first else self.phrases.of).format(name=said)

    def _names(self, value: Any) -> str:
        return self._listed([item["name"] for item in value or ()], _MOST_NAMES, getattr(value, "total", 0))

    def _ids(self, value: Any) -> str:
        found = [item["mis_id"] or item["source_id"] for item in value or ()]
        return self._listed(found, _MOST_WORDS, getattr(value, "total", 0))

    def _words(self, value: Any) -> str:
        if isinstance(value, str) or value is None:
            return self.shown(value)
        if isinstance(value, Mapping):
            value = [f"{key}: {self._words(item)}" for key, item in value.items()]
        return self._listed([self.shown(item) for item in value], _MOST_WORDS, 0)

    def _listed(self, words: list[str], most: int, total: int) -> str:
        """The first words as part of a sentence, and how many more there are; each said once."""
        total = max(total, len(words))
        more = total - min(len(words), most)
        words = list(dict.fromkeys(words[:most]))
        if more:
            words.append(self.phrases.one_more if more == 1 else self.phrases.more.format(n=more))
        return self._wording.listed(words, "and") if words else self.phrases.absent

    def _first(self, value: Any) -> Any:
        """The first one; None where there is none, unlike Jinja2's own filter."""
        return next(iter(value), None)

    def _ahead(self, value: Any, moment: datetime | None) -> Any:
        """The first of related sessions that is still to come and takes place; None when there is none."""
        coming = [
            item
            for item in value
            if item["starts_at"] and item["status"] != "cancelled" and (not moment or item["starts_at"] > moment)
        ]
        return min(coming, key=lambda item: item["starts_at"], default=None)

    def _days_before(self, value: Any, days: int | None) -> Any:
        """The local day so many days before a moment; the value itself where either is absent."""
        if not isinstance(value, datetime) or days is None:
            return value
        return value.date() - timedelta(days=days)

    def _hours_after(self, value: Any, hours: int | None) -> Any:
        """The local time so many hours after a moment; the value itself where either is absent."""
        if not isinstance(value, datetime) or hours is None:
            return value
        # Counted in UTC: a local clock is set back and forth.
        return (value.astimezone(UTC) + timedelta(hours=hours)).astimezone(value.tzinfo)


@lru_cache(maxsize=1024)
def _counted(value: float, locale: str) -> str:
    return str(format_decimal(value, locale=locale))
