"""Values: what a source or a file writes for one field, made of the field's type or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal, get_args

from msgspec import Struct, ValidationError, convert

from engine.records.fields import Field
from engine.records.folding import is_crowded, normal
from engine.records.kinds import Count, SegmentKey
from engine.records.limits import LONGEST, MOST_FAULTS, MOST_MARKS, MOST_VALUES
from engine.records.suggest import closest
from engine.records.unread import Unread, Value, unread

NAMES = frozenset({"first_name", "last_name", "name", "learner_name"})
"""Fields in which the text `null` is a name: people are called Null."""

BETWEEN = "|"
"""What separates the items of a set in one CSV cell. Not `;` or `,`: those separate cells."""

_SEGMENT_KEYS: tuple[str, ...] = get_args(SegmentKey)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_SHOWN = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)


class UnreadableValue(Exception):
    """A value that is refused: the code of what was found and wanted; its text never holds the value."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


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


def unknown(name: Any, known: Iterable[str], what: Literal["field", "kind", "segment_key"]) -> Unread:
    """A name that is none of the known ones. Only what looks like a name is told: it may be a person's address."""
    if not isinstance(name, str) or not _SHOWN.fullmatch(name):
        return Unread(f"unknown_{what}_unshown")
    near = closest(name, known)
    if near is None:
        return Unread(f"unknown_{what}", values={"name": name})
    return Unread(f"unknown_{what}_near", values={"name": name, "near": near})


def made(field: Field, value: Any, lenient: bool) -> Any:
    """The value as the field holds it, None or an empty set for nothing; UnreadableValue when it is of another type.

    A connector that knows better why it cannot be read gives an Unread for it. ``lenient`` reads text as numbers,
    booleans and `|`-separated sets, as CSV and YAML need; JSON has types.
    """
    if isinstance(value, Unread):
        raise UnreadableValue(value.code, **value.values)
    if field.type == "keys":
        return _keys(value, lenient)
    if field.is_set:
        return _set(field.type, value, lenient, field.name)
    if absent(value, field.name):
        return None
    one = _READERS[field.type](value, lenient)
    if field.choices and one not in field.choices:
        raise UnreadableValue("not_a_choice", choices=tuple(field.choices))
    return one


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for types, word in _WORDS:
        if isinstance(value, types):
            return word
    return "other"


_WORDS: tuple[tuple[Any, str], ...] = (
    (str, "text"),
    (int | float, "number"),
    (datetime, "instant"),
    (date, "date"),
    (list | tuple | set | frozenset, "list"),
    (Mapping, "object"),
)


def _sound(text: str, longest: int) -> str:
    """The text, if it is no longer than that, a database can hold it, and people can read it."""
    if len(text) > longest and len(text := text.strip()) > longest:
        raise UnreadableValue("too_long", most=longest)
    if "\0" in text:
        raise UnreadableValue("nul_character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnreadableValue("half_a_character") from None
        if is_crowded(text):
            raise UnreadableValue("too_many_marks", most=MOST_MARKS)
    return text


def _text(value: Any, lenient: bool, longest: int = LONGEST["text"]) -> str:
    if lenient and isinstance(value, int | float) and not isinstance(value, bool):
        return _id(value, lenient) if isinstance(value, int) else repr(value)
    if not isinstance(value, str):
        raise UnreadableValue("not_text", found=_found(value))
    return normal("NFC", _sound(value, longest)).strip()


def _id(value: Any, _lenient: bool) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**40:
            raise UnreadableValue("too_many_digits")
        return str(value)
    if not isinstance(value, str):
        raise UnreadableValue("not_an_id", found=_found(value))
    return _sound(value, LONGEST["id"])


def _boolean(value: Any, lenient: bool) -> bool:
    if isinstance(value, bool):
        return value
    if lenient:
        word = value.strip().casefold() if isinstance(value, str) else value
        if word in ("true", "1", 1):
            return True
        if word in ("false", "0", 0):
            return False
        raise UnreadableValue("not_a_boolean_cell", found=_found(value))
    raise UnreadableValue("not_a_boolean", found=_found(value))


def _integer(value: Any, lenient: bool) -> int:
    if lenient and isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise UnreadableValue("not_a_whole_number", found="text")
        value = int(text)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableValue("not_a_whole_number", found=_found(value))
    try:
        return int(convert(value, Count))
    except ValidationError:
        raise UnreadableValue("number_out_of_range") from None


def _instant(value: Any, _lenient: bool) -> datetime:
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value.strip()):
            raise UnreadableValue("not_a_time", found="text_no_time")
        try:
            value = datetime.fromisoformat(value.strip().upper())
        except ValueError:
            raise UnreadableValue("not_a_time", found="text_no_time") from None
    if not isinstance(value, datetime):
        raise UnreadableValue("not_a_time", found=_found(value))
    if value.utcoffset() is None:
        raise UnreadableValue("time_without_zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UnreadableValue("time_out_of_range") from None


def _day(value: Any, _lenient: bool) -> date:
    if isinstance(value, str):
        try:
            if _DAY.fullmatch(value.strip()):
                return date.fromisoformat(value.strip())
        except ValueError:
            pass
        raise UnreadableValue("not_a_day", found="text_no_day")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise UnreadableValue("not_a_day", found=_found(value))


def _key(value: Any, lenient: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _id(value, lenient) if isinstance(value, int) else _text(value, lenient, LONGEST["key"])


_READERS: dict[str, Callable[[Any, bool], Any]] = {
    "text": _text,
    "id": _id,
    "key": _key,
    "email": partial(_text, longest=LONGEST["email"]),
    "phone": partial(_text, longest=LONGEST["phone"]),
    "boolean": _boolean,
    "integer": _integer,
    "instant": _instant,
    "date": _day,
}


def _set(item_type: str, value: Any, lenient: bool, name: str = "") -> tuple[Any, ...]:
    if lenient and isinstance(value, str):
        value = value.split(BETWEEN, MOST_VALUES)
    elif isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    elif not isinstance(value, list | tuple):
        value = (value,)
    if len(value) > MOST_VALUES:
        raise UnreadableValue("too_many_values", most=MOST_VALUES)
    read = _READERS[item_type]
    # A dict: a set's size counts, so that the same item twice is one; the order written stays.
    return tuple(dict.fromkeys(read(item, lenient) for item in value if not absent(item, name)))


def _keys(value: Any, lenient: bool) -> dict[str, tuple[str, ...]]:
    if absent(value):
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableValue("not_segment_keys", found=_found(value))
    keys = {}
    for name, values in value.items():
        if name not in _SEGMENT_KEYS:
            wrong = unknown(name, _SEGMENT_KEYS, "segment_key")
            raise UnreadableValue(wrong.code, **wrong.values)
        if found := _set("key", values, lenient):
            keys[name] = found
    return keys


class Errors(Struct):
    """What is wrong with one record, so much at most: a mapping gone wrong has thousands."""

    said: list[Unread]
    left_out: int = 0

    @property
    def full(self) -> bool:
        """Whether more is only counted; what would be said of it need not be worked out."""
        return len(self.said) >= MOST_FAULTS

    def add(self, one: Unread | None) -> None:
        """Say it, or count it; None counts."""
        if one is not None and not self.full:
            self.said.append(one)
        else:
            self.left_out += 1

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.said) + self.left_out

    def all(self) -> tuple[Unread, ...]:
        """What was said, and how much was not."""
        more = (unread("more", number=self.left_out),) if self.left_out else ()
        return (*self.said, *more)
