"""What could not be read, in words: the sentence of each code, from templates/<language>/unread.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from engine.language.languages import languages
from engine.language.wording import wording
from engine.records.unread import Failure, Recovery, Unread, Value, unread

_MOST_NAMED = 5
_COUNTS = frozenset({"most", "number", "size", "total"})
"""Values that are written as numbers are in a language; any other number is a name: a line, a page, a status."""

_PLACES = {
    "item": re.compile(r"item (?P<number>\d+)"),
    "item_of": re.compile(r"(?P<file>.+): item (?P<number>\d+)"),
    "row": re.compile(r"(?P<file>.+\.\w+):(?P<number>\d+)"),
}


class Failed(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a failure."""

    found: str
    todo: str
    """Empty where what was found is the whole sentence."""


class UnreadWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One language. Every group of words is explained in its file."""

    of_field: str
    found: dict[str, str]
    unread: dict[str, str | dict[str, str]]
    told: str
    told_without: str
    not_used: dict[str, str]
    nobody_has: str
    faults: dict[str, str]
    school: dict[str, str]
    places: dict[str, str]
    failure: str
    systems: dict[str, str]
    no_call: str
    call: str
    """A call with what was asked for by it."""
    recovery: dict[Recovery, str]
    todo: dict[Recovery, str]
    failed: dict[str, str | Failed]


@cache
def unread_words(language: str) -> UnreadWords:
    """The words of a language; English where it is not offered."""
    return languages().part(language, "unread", UnreadWords)


def unread_text(unread: Unread | str, language: str) -> str:
    """A finding of reading as a sentence; a text is one that an older version stored, and stays as it is."""
    if isinstance(unread, str):
        return unread
    words = unread_words(language)
    if unread.code == "not_used":
        return _not_used(unread, language)
    if unread.code == "nobody_has":
        return _nobody_has(unread, language)
    text = words.unread.get(unread.code, unread.code)
    if not isinstance(text, str):
        number = unread.values.get("number")
        text = wording(language).plural(text, number if isinstance(number, int) else 0)
    text = _filled(text, unread.code, unread.values, language)
    return words.of_field.format(field=unread.field, said=text) if unread.field else text


def school_text(unread: Unread | str, language: str) -> str:
    """The same for people who know nothing of forms and fields: the column, what is written in it, what is wrong."""
    if isinstance(unread, str):
        return unread
    words = unread_words(language)
    fault = words.faults.get(unread.code)
    field = _column(unread, language)
    if not unread.field or fault is None:
        said = words.school.get(unread.code)
        values = {**unread.values, "field": field}
        return unread_text(unread, language) if said is None else _filled(said, unread.code, values, language)
    told = words.told if "value" in unread.values else words.told_without
    return told.format(
        field=field,
        value=unread.values.get("value", ""),
        fault=_filled(fault, unread.code, unread.values, language),
    )


def place_text(place: str, language: str) -> str:
    """Where something stands that has no id, such as `users.csv:12`, in words."""
    for name, form in _PLACES.items():
        if found := form.fullmatch(place):
            return unread_words(language).places[name].format(**found.groupdict())
    return place


def _not_used(unread: Unread, language: str) -> str:
    words, code = unread_words(language), str(unread.values.get("fault", ""))
    number = unread.values.get("number")
    form = wording(language).plural(words.not_used, number if isinstance(number, int) else 0)
    fault = _filled(words.faults.get(code, code), code, unread.values, language)
    column = _column(unread, language)
    return form.format(field=f"`{column}`" if "column" in unread.values else column, number=number, fault=fault)


def _nobody_has(unread: Unread, language: str) -> str:
    sentences, kind = wording(language), str(unread.values.get("kind", ""))
    return unread_words(language).nobody_has.format(
        field=sentences.field(kind, unread.field).text,
        kinds=sentences.kind(kind).many,
        number=unread.values.get("number"),
    )


def _column(unread: Unread, language: str) -> str:
    """The column it stands in; else what the field is called."""
    return str(unread.values.get("column") or wording(language).field("", unread.field).text)


def failure_text(failure: Failure, language: str) -> str:
    """A failure as sentences: the system, the call, what was found, what to do."""
    system, call, found, todo = failure_parts(failure, language)
    if not failure.system or not todo:
        # No system did it: what was found is a sentence of its own.
        return f"{found} {todo}".strip()
    return unread_words(language).failure.format(system=system, call=call, found=found, todo=todo)


def failure_parts(failure: Failure, language: str) -> tuple[str, str, str, str]:
    """The system, the call, what was found, and what to do: empty where what was found is the whole sentence."""
    words = unread_words(language)
    failed = words.failed.get(failure.code, failure.code)
    if isinstance(failed, Failed):
        found, todo = failed.found, failed.todo
    else:
        found, todo = failed, words.todo[failure.recovery] if failure.recovery else ""
    found, todo = (_filled(text, failure.code, failure.values, language) for text in (found, todo))
    call = failure.call or words.no_call
    if about := [one for one in failure.about if one != call]:
        names = ", ".join(about[:_MOST_NAMED])
        if len(about) > _MOST_NAMED:
            names += f", {unread_text(unread('more', number=len(about) - _MOST_NAMED), language)}"
        call = words.call.format(call=call, names=names)
    return words.systems.get(failure.system, failure.system), call, found, todo


def recovery_text(failure: Failure, language: str) -> str | None:
    """What a failure asks for; None where no system failed."""
    return None if failure.recovery is None else unread_words(language).recovery[failure.recovery]


def _filled(text: str, code: str, values: Mapping[str, Value], language: str) -> str:
    """A text with its values; the code where another version stored other values."""
    try:
        return text.format_map({name: _value(name, value, language) for name, value in values.items()})
    except KeyError:
        return code


def _value(name: str, value: Value, language: str) -> str:
    if name == "found":
        return unread_words(language).found.get(str(value), str(value))
    if isinstance(value, tuple):
        return wording(language).listed(list(value), "or") if name == "choices" else ", ".join(value)
    if name in _COUNTS and isinstance(value, int):
        return wording(language).number(value)
    return str(value)
