"""What could not be read, in words: the sentence of each code, from templates/<language>/unread.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from engine.language.languages import languages
from engine.language.wording import wording
from engine.records.unread import Failure, Recovery, Unread, Value


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
    failure: str
    systems: dict[str, str]
    no_call: str
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
    text = words.unread.get(unread.code, unread.code)
    if not isinstance(text, str):
        number = unread.values.get("number")
        text = wording(language).plural(text, number if isinstance(number, int) else 0)
    text = _filled(text, unread.code, unread.values, language)
    return words.of_field.format(field=unread.field, said=text) if unread.field else text


def failure_text(failure: Failure, language: str) -> str:
    """A failure as sentences: the system, the call, what was found, what to do."""
    words = unread_words(language)
    failed = words.failed.get(failure.code, failure.code)
    if isinstance(failed, Failed):
        found, todo = failed.found, failed.todo
    else:
        found, todo = failed, words.todo[failure.recovery] if failure.recovery else ""
    found, todo = (_filled(text, failure.code, failure.values, language) for text in (found, todo))
    if not todo:
        return found
    system, call = words.systems.get(failure.system, failure.system), failure.call or words.no_call
    return words.failure.format(system=system, call=call, found=found, todo=todo)


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
    return str(value)
