"""Phrases: what messages are written with. The names a message can use, the filters, and one language's own words."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Self

from babel.numbers import format_decimal
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.language.dates import Dates, timed
from engine.language.languages import Languages
from engine.language.wording import Wording, wording
from engine.model.rulebook import FixIn, MessageText
from engine.records.fields import fields_of
from engine.records.kinds import KINDS

NAMES: dict[str, str] = {
    "name": "What a person would call the record: somebody's name, the name of a session or class, else its id.",
    "effect": "What becomes of the record, to begin with: Not synced. It follows the reaction that is in force.",
    "reaction": "The rule's reaction in force: `skip`, `flag` or `note`.",
    "kind": "What kind of record it is, in words.",
    "source_id": "The record's id in the source or, of an account or a sheet, on the platform.",
    "id": "The id by which people find the record, with what kind of id it is: id 20881; MIS id 4711; Wonde id W3.",
    "called": "The record by name, with that id beside it: Elia Vasserot (id 20881).",
    "mis_id": "The id people see in the source, where it is another one.",
    "source": "What people call the place where records are corrected, such as Ypareo or your SIS.",
    "sender": "What the records come from, such as Wonde where it stands between source and platform; else the source.",
    "platform": "What people call the platform; `the platform` where there is none.",
    "customer": "The customer's name.",
    "settings": "Every setting of the customer: `settings.window_days`.",
    "related": "The records of a relation that the rule reads: `related.same_email.count`, `.items`.",
    "segment_values": "What the record has of the keys by which the customer tells its accounts on the platform apart.",
    "segment_names": "Those keys.",
    "errors": "What is wrong with a record that could not be read, a sentence each.",
    "of_platform": "Whether the record is the platform's own: an account, a sheet, a mark.",
    "waits": "What the record waits for that is there and cannot be used: `waits | names`.",
    "near": "What somebody may have meant by an id that nobody has: `near | ids`.",
    "alike": "Who has an id that nobody has in the role in which it is named: `alike | named`.",
    "named_by": "Who names an id under which nothing was ever received: `named_by | names`, `named_by.total`.",
    "hindered": "Whether something else is wrong with a record that is left out for now: it does not come by itself.",
    "misshapen": "Whether a record came in a form that support has to see to, and nobody at the school can mend.",
    "as_of": "The moment the decision speaks for.",
    "last_sync": "When the last downward run started; absent before the first.",
    "next_run": "When the next run starts; absent where none is planned or can be promised. See the filter `run`.",
    "since": "When a run synced what did not arrive; absent elsewhere.",
    "run": "The number of that run.",
    "expected_on": "When the run starts that will take it if nothing changes; absent where none is known.",
}
"""What every message can use, beside the fields of the record's kind."""

FILTERS: dict[str, str] = {
    "day": "A day: 24 November 2026.",
    "clock": "The time of day: 09:00.",
    "when": "Day and time: Tuesday 24 November 2026 at 09:00.",
    "run": "The next run as part of a sentence, also where none is planned, or exchanges fail: "
    "`picked up {{ next_run | run }}`.",
    "names": "Related records by name, the first three: Mina Okparo, Jon Quist, Ana Reyes and 2 others.",
    "named": "Related records, or those whose ids a field holds, by name and id: Orla Quist (id 318) and 2 more.",
    "ids": "Related records by the id people see: 20881 and 20882.",
    "words": "A list as part of a sentence: Rennes and Nantes.",
    "term": "A word of ours, such as `pending`, in the reader's language.",
    "of": "A name after `of`, as the language joins them: of Elia, d’Elia.",
    "made": "How something was made, from who made it: by hand (administrator), by a connector.",
    "number": "A number as the language writes it: 1,200.",
    "days": "A number of days: 1 day, 14 days.",
    "hours": "A number of hours: 1 hour, 24 hours.",
}
"""The filters of every message. They take no arguments and say that a value is absent where there is none."""

_MORE_FILTERS = ("first", "hidden", "ahead", "beside", "coming", "days_before", "hours_after", "keys", "keyed")
"""Filters for the packaged messages only: they give a record, or take an argument."""

_OF_JINJA = (
    *("count", "default", "length", "list", "lower", "map", "reject", "rejectattr", "select", "selectattr", "sort"),
    *("trim", "unique", "upper"),
)
"""Those of Jinja2's own that packaged messages may use: what they give is no larger than what they are given."""

_UNSEEN = ("Cf", "Cc")
"""Categories of letters without a shape: joiners, marks of direction, a byte order mark."""
_VOWELS = frozenset("aeiouœæ")
_SOUNDED = frozenset({"ei", "ic", "oa", "oi", "ol", "ou", "ow", "us", "uy"})
"""What stands behind an h that is sounded, beside an a: de Heidi, de Hicham, de Houda; d’Hélène, d’Hugo."""
_MOST_NAMES = 3
_MOST_WORDS = 10


def names_for(kind: str) -> dict[str, str]:
    """Every name a message on a record of that kind can use, with its description; no kind has the common ones."""
    fields = {name: field.description for name, field in fields_of(kind).items()} if kind in KINDS else {}
    return fields | NAMES


class Stalled:
    """In place of the next run while exchanges fail or are not begun: no moment, and false as none is."""

    def __bool__(self) -> bool:
        return False


class TooLate(datetime):
    """In place of the next run where the session begins before it."""


class Choice(str):
    """One of our own words, such as `pending`: compares as it is, is shown in the reader's language."""

    __slots__ = ()


class Reference(str):
    """The id of another record, and how a sentence calls that record: by name, where it is known."""

    __slots__ = ("known", "said")
    said: str
    known: bool
    """Whether there is such a record in sight."""

    def __new__(cls, source_id: str, said: str, *, known: bool) -> Self:
        made = super().__new__(cls, source_id)
        made.said = said
        made.known = known
        return made


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
    places: dict[FixIn, str]
    """Where no layer and no connector names it."""
    named_by: dict[FixIn, str]
    """By which word a text says that something is mended in a place that is no system."""
    id: str
    """`{id}` as it is known to who reads."""
    mis_id: str
    """The same where something stands between source and platform: of an id that the source shows."""
    sender_id: str
    """Of one that `{sender}` gave."""
    named: str
    """A record by `{name}`, with its `{id}` beside it."""
    clock: str
    run: str
    """`{when}` is the next run."""
    no_run: str
    stalled_run: str
    late_run: str
    """Where planned runs do not take place, or fail: nothing may be promised."""
    of: str
    """`{name}` after a consonant."""
    of_vowel: str
    of_article: str
    """Article and what it becomes there, as `le=du`; empty where it stays."""
    keys: dict[str, str]
    """Segment keys, as people call them."""
    no_key: str
    """Where no key is known."""
    key_value: str
    """`{value}` of a segment key, `{key}`."""
    one_more: str
    """Ends a list that goes on by one."""
    more: str
    """Ends a list that goes on by `{n}`."""
    made: dict[Literal["hand", "hand_of", "connector"], str]
    """How something was made: by hand, by `{who}` so, or by a connector."""
    effect: dict[str, str]
    """By reaction, what becomes of a record; `{e}` is the ending of a feminine noun."""
    hidden: dict[str, str]
    """A character that nobody sees, by where it stands: `start`, `end` or `inside`, after `{before}`."""
    sheet_effect: dict[str, str]
    """The same on the way up."""
    settled_problem: str
    """What an issue said, `{problem}`, that was settled at `{when}`."""
    passed_problem: str
    """The same of what passed before it was put right."""
    passed_not_followed: str
    """The same of what was synced, and of which the platform showed nothing before it passed."""
    settled_fix: str
    failed_problem: str
    """Where a message cannot be written; `{rule}` is its rule."""
    failed_fix: str
    unwritten: str
    """What every text of a frame holds: found later, nobody has written over it."""
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
        self._articles = dict(pair.split("=") for pair in phrases.of_article.split())
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
        self.environment.filters = {name: self.environment.filters[name] for name in _OF_JINJA} | own

    def effect(self, reaction: str, kind: str) -> str:
        """What a reaction means for a record of a kind."""
        effects = self.phrases.sheet_effect if kind == "sheet" else self.phrases.effect
        feminine = self._wording.kind(kind).tag.startswith("f")
        return effects.get(reaction, effects["flag"]).format(e="e" if feminine else "")

    def noun(self, kind: str) -> str:
        """A record of a kind that has no name: the learner."""
        return self._wording.kind(kind).the

    def shown(self, value: Any) -> str:
        """Any value, as a message says it."""
        if type(value) is str:
            return value
        if value is None or isinstance(value, Stalled) or value in ((), []):
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
        if isinstance(value, Stalled):
            return self.phrases.stalled_run
        if not value:
            return self.phrases.no_run
        words = self.phrases.late_run if isinstance(value, TooLate) else self.phrases.run
        return words.format(when=self._when(value))

    def _number(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.shown(value)
        return _counted(value, self.phrases.locale)

    def _days(self, value: Any) -> str:
        return self._span("days", value)

    def _hours(self, value: Any) -> str:
        return self._span("hours", value)

    def _span(self, unit: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            return self.shown(value)
        return self._wording.plural(self._wording.spans[unit], value).format(n=self._number(value))

    def _term(self, value: Any) -> str:
        if isinstance(value, str):
            return self._terms.get(value, str(value))
        return self._words([self._term(item) for item in value]) if value else self.phrases.absent

    def _of(self, value: Any) -> str:
        said = self.shown(value)
        article, _, rest = said.partition(" ")
        if rest and article in self._articles:
            return f"{self._articles[article]} {rest}"
        first, second, third = (unicodedata.normalize("NFD", said[at : at + 1])[:1].lower() for at in (0, 1, 2))
        vowel = first in _VOWELS
        if first == "y":  # before a vowel it is a consonant: d’Yves, de Yanis
            vowel = second.isalpha() and second not in _VOWELS
        elif first == "h":  # most names that are French keep it silent, most that begin so have it sounded
            vowel = second in _VOWELS and f"{second}{third}" not in _SOUNDED and second != "a"
        return (self.phrases.of_vowel if vowel and first else self.phrases.of).format(name=said)

    def _key(self, name: str) -> str:
        return self.phrases.keys.get(name, name.replace("_", " "))

    def _keys(self, value: Any) -> str:
        """Names of segment keys as part of a sentence; of none, some value."""
        return self._wording.listed([*map(self._key, value)], "or") if value else self.phrases.no_key

    def _keyed(self, value: Any) -> str:
        """Segment keys with their values: the site code S-9."""
        found = [(self._key(key), one) for key, values in value.items() for one in values]
        return self._listed([self.phrases.key_value.format(key=key, value=one) for key, one in found], _MOST_NAMES, 0)

    def _names(self, value: Any) -> str:
        items = value or ()
        # A name that two people have says who is meant only with their ids beside it.
        whose = Counter(name for name, _ in {(item["name"], item["source_id"]) for item in items})
        said = [item["name"] if whose[item["name"]] == 1 else item["said"] for item in items]
        return self._listed(said, _MOST_NAMES, getattr(value, "total", 0))

    def _named(self, value: Any) -> str:
        if isinstance(value, Reference):
            return value.said
        found = value or ()
        said = [
            item.said if isinstance(item, Reference) else self.shown(item) if isinstance(item, str) else item["said"]
            for item in ((found,) if isinstance(found, str) else found)
        ]
        return self._listed(said, _MOST_WORDS, getattr(value, "total", 0))

    def _ids(self, value: Any) -> str:
        found = [item["mis_id"] or item["source_id"] for item in value or ()]
        return self._listed(found, _MOST_WORDS, getattr(value, "total", 0))

    def _words(self, value: Any) -> str:
        if isinstance(value, str) or value is None:
            return self.shown(value)
        if isinstance(value, Mapping):
            value = [f"{self._term(key)} {self._words(item)}" for key, item in value.items()]
        return self._listed([self.shown(item) for item in value], _MOST_WORDS, 0)

    def _listed(self, words: list[str], most: int, total: int) -> str:
        """The first words as part of a sentence, and how many more there are; each said once."""
        total = max(total, len(words))
        more = total - min(len(words), most)
        words = list(dict.fromkeys(words[:most]))
        if more:
            words.append(self.phrases.one_more if more == 1 else self.phrases.more.format(n=more))
        return self._wording.listed(words, "and") if words else self.phrases.absent

    def _hidden(self, value: Any) -> str:
        """The first character of a text that nobody sees, with its number and place; nothing where there is none."""
        text = value if isinstance(value, str) else ""
        at = next((place for place, letter in enumerate(text) if unicodedata.category(letter) in _UNSEEN), None)
        if at is None:
            return ""
        where = (
            "start"
            if at == 0
            else "end"
            if all(unicodedata.category(one) in _UNSEEN for one in text[at:])
            else "inside"
        )
        return self.phrases.hidden[where].format(code=f"U+{ord(text[at]):04X}", before=text[:at])

    def _made(self, value: Any) -> str:
        return self.phrases.made["connector" if value == "api" else "hand_of" if value else "hand"].format(
            who=self._term(value or "")
        )

    def _first(self, value: Any) -> Any:
        """The first one; None where there is none, unlike Jinja2's own filter."""
        return next(iter(value), None)

    def _beside(self, value: Any, others: Any) -> tuple[Any, ...]:
        """Those that are not among the others."""
        known = frozenset(others or ())
        return tuple(one for one in value or () if one not in known)

    def _ahead(self, value: Any, moment: datetime | None) -> Any:
        """The first of related sessions that is still to come and takes place; None when there is none."""
        coming = [
            item
            for item in value
            if item["starts_at"] and item["status"] != "cancelled" and (not moment or item["starts_at"] > moment)
        ]
        return min(coming, key=lambda item: item["starts_at"], default=None)

    def _coming(self, value: Any, moment: datetime | None) -> Any:
        """A day or a time that is still to come; None for what has passed: nothing is promised for it."""
        if value is None or moment is None:
            return value
        return value if value > (moment if isinstance(value, datetime) else moment.date()) else None

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
