"""Values: what a source or a file writes for one field, made of the field's type or refused with the reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args

from msgspec import Struct, ValidationError, convert

from engine.records.fields import Field
from engine.records.kinds import Count, SegmentKey
from engine.records.suggest import closest

NAMES = frozenset({"first_name", "last_name", "name", "learner_name"})
"""Fields in which the text `null` is a name: people are called Null."""

BETWEEN = "|"
"""What separates the items of a set in one CSV cell. Not `;` or `,`: those separate cells."""

_SEGMENT_KEYS: tuple[str, ...] = get_args(SegmentKey)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_SHOWN = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)

A_TIME = "a time with its zone, e.g. 2026-11-24T09:00:00+01:00"
A_DAY = "a day, e.g. 2026-11-24"


class UnreadableValue(Exception):
    """A value that is refused. Its text says what was found and wanted, and never holds the value."""


def absent(value: Any, field: str = "") -> bool:
    """Whether a raw value stands for nothing: None, blank, `N/A`, and the text `null` where it can be no name or id."""
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    text = value.strip()
    if len(text) > 4:
        return False
    folded = text.casefold()
    return not folded or folded == "n/a" or (folded == "null" and field != "source_id" and field not in NAMES)


def shown(name: Any) -> str:
    """A field's name as an error may repeat it: only what looks like one, for it may be a person's address."""
    return f" `{name}`" if isinstance(name, str) and _SHOWN.fullmatch(name) else ""


def unknown(name: Any, known: Iterable[str], what: str) -> str:
    """The sentence for a name that is none of the known ones."""
    named = shown(name)
    near = closest(name, known) if named else None
    return f"unknown {what}{named}" + (f", did you mean `{near}`?" if near else "; leave it out")


def made(field: Field, value: Any, lenient: bool) -> Any:
    """The value as the field holds it, None or an empty set for nothing; Wrong when it is of another type.

    ``lenient`` reads text as numbers, booleans and `|`-separated sets, as CSV and YAML need; JSON has types.
    """
    if field.type == "keys":
        return _keys(value, lenient)
    if field.is_set:
        return _set(field.type, value, lenient, field.name)
    if absent(value, field.name):
        return None
    one = _READERS[field.type](value, lenient)
    if field.choices and one not in field.choices:
        *most, last = field.choices
        raise UnreadableValue(f"found another word, wanted {', '.join(most)} or {last}")
    return one


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    for types, word in _WORDS:
        if isinstance(value, types):
            return word
    return "something else"


_WORDS: tuple[tuple[Any, str], ...] = (
    (str, "text"),
    (int | float, "a number"),
    (datetime, "a time"),
    (date, "a day"),
    (list | tuple | set | frozenset, "a list"),
    (Mapping, "an object"),
)


def _sound(text: str) -> str:
    """The text, if a database can hold it."""
    if "\0" in text:
        raise UnreadableValue("found a NUL character, wanted text without one")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnreadableValue("found half a character (a lone surrogate), wanted whole text") from None
    return text


def _text(value: Any, lenient: bool) -> str:
    if lenient and isinstance(value, int | float) and not isinstance(value, bool):
        return _id(value, lenient) if isinstance(value, int) else repr(value)
    if not isinstance(value, str):
        raise UnreadableValue(f"found {_found(value)}, wanted text")
    return unicodedata.normalize("NFC", _sound(value)).strip()


def _id(value: Any, _lenient: bool) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**40:
            raise UnreadableValue("found a number of more than 40 digits, wanted an id")
        return str(value)
    if not isinstance(value, str):
        raise UnreadableValue(f"found {_found(value)}, wanted text or a whole number")
    return _sound(value)


def _boolean(value: Any, lenient: bool) -> bool:
    if isinstance(value, bool):
        return value
    if lenient:
        word = value.strip().casefold() if isinstance(value, str) else value
        if word in ("true", "1", 1):
            return True
        if word in ("false", "0", 0):
            return False
        raise UnreadableValue(f"found {_found(value)}, wanted true, false, 1 or 0")
    raise UnreadableValue(f"found {_found(value)}, wanted true or false")


def _integer(value: Any, lenient: bool) -> int:
    if lenient and isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise UnreadableValue("found text, wanted a whole number")
        value = int(text)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableValue(f"found {_found(value)}, wanted a whole number")
    try:
        return int(convert(value, Count))
    except ValidationError:
        raise UnreadableValue("found a number out of range, wanted a whole number from 0 to 2147483647") from None


def _instant(value: Any, _lenient: bool) -> datetime:
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value.strip()):
            raise UnreadableValue(f"found text that is no time, wanted {A_TIME}")
        try:
            value = datetime.fromisoformat(value.strip().upper())
        except ValueError:
            raise UnreadableValue(f"found text that is no time, wanted {A_TIME}") from None
    if not isinstance(value, datetime):
        raise UnreadableValue(f"found {_found(value)}, wanted {A_TIME}")
    if value.utcoffset() is None:
        raise UnreadableValue("a time without a zone; wanted e.g. 2026-11-24T09:00:00+01:00")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UnreadableValue("found a time outside the years 1 to 9999 in UTC, wanted one within") from None


def _day(value: Any, _lenient: bool) -> date:
    if isinstance(value, str):
        try:
            if _DAY.fullmatch(value.strip()):
                return date.fromisoformat(value.strip())
        except ValueError:
            pass
        raise UnreadableValue(f"found text that is no day, wanted {A_DAY}")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise UnreadableValue(f"found {_found(value)}, wanted {A_DAY}")


def _key(value: Any, lenient: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _id(value, lenient) if isinstance(value, int) else _text(value, lenient)


_READERS: dict[str, Callable[[Any, bool], Any]] = {
    "text": _text,
    "id": _id,
    "key": _key,
    "email": _text,
    "phone": _text,
    "boolean": _boolean,
    "integer": _integer,
    "instant": _instant,
    "date": _day,
}


def _set(item_type: str, value: Any, lenient: bool, name: str = "") -> tuple[Any, ...]:
    if lenient and isinstance(value, str):
        value = value.split(BETWEEN)
    elif isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    elif not isinstance(value, list | tuple):
        value = (value,)
    read = _READERS[item_type]
    # A dict: a set's size counts, so that the same item twice is one; the order written stays.
    return tuple(dict.fromkeys(read(item, lenient) for item in value if not absent(item, name)))


def _keys(value: Any, lenient: bool) -> dict[str, tuple[str, ...]]:
    if absent(value):
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableValue(f"found {_found(value)}, wanted an object of segment keys")
    keys = {}
    for name, values in value.items():
        if name not in _SEGMENT_KEYS:
            raise UnreadableValue(unknown(name, _SEGMENT_KEYS, "segment key"))
        if found := _set("key", values, lenient):
            keys[name] = found
    return keys


class Errors(Struct):
    """The sentences about one record, so many at most: a mapping gone wrong has thousands."""

    said: list[str]
    left_out: int = 0

    def add(self, sentence: str) -> None:
        """Say it, or count it."""
        if len(self.said) < 20:
            self.said.append(sentence)
        else:
            self.left_out += 1

    def all(self) -> tuple[str, ...]:
        """What was said, and how much was not."""
        more = (f"and {self.left_out} more",) if self.left_out else ()
        return (*self.said, *more)
