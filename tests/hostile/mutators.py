"""What chance does to a piece of input: to its bytes, its lines, its values, each by the form that it is in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from random import Random
from typing import Any

Mutator = Callable[[bytes, Random], bytes]
Pieces = Mapping[str, bytes]
"""What is put in, by name; the name's ending tells the form."""

_TYPED = (b'<?xml version="1.0" encoding="utf-8"?>', b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>')

TEXTS = (
    *("", " ", "\x00", "\x1f", "\u202e", "\ufeff", "\u0301" * 3_000, "ﷺ" * 500, "🙂" * 2_000, "a" * 100_000, "\ud800"),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30", "2026-13-01T25:61:61", "24:00", "-1"),
    *("9" * 400, "1e400", "-0", "NaN", "Infinity", "0x10", "1_000", "٣", "true", "null", "[]", "{}", "=1+1", "@"),
    "a@b",
    *("<script>", "&c;", "{{ 1 }}", "${MUSTER_X}", "../../etc", "%00", "%s", "a\nb", "a\r\n\r\nb", ";", '"', "'", "\\"),
    *("http://[::1", "https://127.0.0.1", "UTC+99", "Europe/Nowhere", "[" * 5_000, "&a *a", "!!python/object"),
    "<<: *a",
)
"""What somebody may write where a word or a number was wanted."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 10**400, 1e308, 1.5, [], {}, [[]], [None], {"a": None}, ["a"] * 2_000),
    *TEXTS,
)
_NESTED = "[" * 2_000 + "]" * 2_000

_TEMPLATE = (
    *("{{", "}}", "{%", "%}", "{#", "|", "(" * 120, "|upper" * 250, "{{ name }}" * 400, "[" * 120, "-" * 3_000),
    *("{{ 'a' * 10 ** 9 }}", "{{ 9 ** 9 ** 9 }}", "{% for a in range(10 ** 9) %}{% endfor %}", "{{ ''.__class__ }}"),
    *("{% if name %}" * 90, "{% raw %}", "{{ name | date }}", "{{ instructors | join }}", "{{ name.x.y }}"),
    "{{ nothing }}",
    *("{{ name | nothing }}", "{{ (name, ) * 10 ** 8 }}", "{{ name[::-1] }}", "{% set a = name %}"),
    "{{ '%1000000000d' % 1 }}",
)


def _span(body: bytes, chance: Random, most: int = 40) -> tuple[int, int]:
    at = chance.randrange(len(body) + 1)
    return at, min(len(body), at + chance.randrange(most))


def _cut_off(body: bytes, chance: Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _taken_out(body: bytes, chance: Random) -> bytes:
    at, to = _span(body, chance)
    return body[:at] + body[to:]


def _repeated(body: bytes, chance: Random) -> bytes:
    at, to = _span(body, chance)
    return body[:to] + body[at:to] * 3 + body[to:]


def _one_byte(body: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + bytes((chance.randrange(256),)) + body[at + 1 :]


def _nested(body: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + b"[" * 30_000 + body[at:]


ANSWERS: tuple[Mutator, ...] = (
    _cut_off,
    _taken_out,
    _repeated,
    _one_byte,
    _nested,
    lambda body, _: body.replace(b"a", b"\xe9"),
    lambda body, _: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body, _: re.sub(rb"[0-9]+", b"9" * 400, body),
    lambda body, _: re.sub(rb'"[^"]*"', b"null", body),
    lambda body, _: re.sub(rb":\s*\[", b": {", body),
    lambda body, _: re.sub(rb"(?i)utf-8", b"utf-9", body),
    lambda body, _: _TYPED[0] + b"<!--" + b" " * 5_000 + b"-->" + _TYPED[1] + re.sub(rb"^<\?[^>]*>", b"", body),
    lambda _, __: (_TYPED[0] + _TYPED[1]).decode().replace("utf-8", "utf-16").encode("utf-16"),
)
"""For whatever is text, in whatever form."""


def _text(chance: Random) -> bytes:
    return chance.choice(TEXTS).encode("utf-8", "surrogatepass")


def _word_replaced(body: bytes, chance: Random) -> bytes:
    """A word, a number or a quoted text is another one."""
    found = list(re.finditer(rb'"[^"\n]*"|[\w@.+:-]+', body[:1_000_000]))
    if not found:
        return _text(chance)
    one = chance.choice(found)
    new = _text(chance)
    return body[: one.start()] + (b'"' + new + b'"' if one[0][:1] == b'"' else new) + body[one.end() :]


def _lines_moved(body: bytes, chance: Random) -> bytes:
    """A line is gone, comes twice, comes a thousand times, or stands elsewhere."""
    lines = body.split(b"\n")
    at = chance.randrange(len(lines))
    times = chance.choice((0, 2, 2, 1_000))
    if times:
        return b"\n".join([*lines[:at], *lines[at : at + 1] * times, *lines[at + 1 :]])
    moved = lines.pop(at)
    if lines and chance.random() < 0.5:
        lines.insert(chance.randrange(len(lines) + 1), moved)
    return b"\n".join(lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key of it."""
    todo = [value]
    while todo:
        one = todo.pop()
        for key, inside in one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ():
            yield one, key
            todo.append(inside)


def _json(body: bytes, chance: Random) -> bytes:
    """A value of JSON is another one, is gone, is wrapped, stands under another name, or is that of its neighbour."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _word_replaced(body, chance)
    places = list(_places(value))
    if not places:
        return json.dumps(chance.choice(VALUES)).encode()
    for _ in range(chance.choice((1, 1, 3))):
        within, key = chance.choice(places)
        what = chance.randrange(6)
        if (isinstance(within, dict) and key not in within) or (isinstance(within, list) and key >= len(within)):
            continue
        if what == 0:
            del within[key]
        elif what == 1:
            within[key] = [within[key]] if chance.random() < 0.5 else {"a": within[key]}
        elif what == 2 and isinstance(within, dict):
            within[chance.choice(("", "kind", "source_id", "name", "a" * 9_000))] = within.pop(key)
        elif what == 3:
            other, at = chance.choice(places)
            with_it = other.get(at) if isinstance(other, dict) else None
            within[key] = None if with_it is within else json.loads(json.dumps(with_it, default=str))
        else:
            within[key] = chance.choice(VALUES)
    try:
        return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # it was put into itself
        return _NESTED.encode()


def _json_line(body: bytes, chance: Random) -> bytes:
    """One line of NDJSON is spoiled, or comes again and again under other ids."""
    lines = body.split(b"\n")
    at = chance.randrange(len(lines))
    if chance.random() < 0.2:
        again = [re.sub(rb'("source_id": ?")', rb"\g<1>%d-" % number, lines[at]) for number in range(400)]
        return b"\n".join([*lines, *again])
    lines[at] = _json(lines[at], chance)
    return b"\n".join(lines)


def _cell(body: bytes, chance: Random) -> bytes:
    """A cell of a table is another one."""
    cells = re.split(rb"([,;\t|\r\n])", body)
    at = chance.randrange(0, len(cells), 2)
    cells[at] = _text(chance)
    return b"".join(cells)


def _element(body: bytes, chance: Random) -> bytes:
    """A text, a name or an attribute of XML is another one, or an element is nested without an end."""
    found = list(re.finditer(rb">[^<>]*<|</?[\w:.-]+|\"[^\"<>]*\"", body[:1_000_000]))
    if not found:
        return _word_replaced(body, chance)
    one = chance.choice(found)
    new = _text(chance)
    if chance.random() < 0.1:
        new = b"<a>" * 3_000
    marks = (one[0][:1], one[0][-1:] if one[0][:1] != b"<" else b"")
    return body[: one.start()] + marks[0] + new + marks[1] + body[one.end() :]


def _template(body: bytes, chance: Random) -> bytes:
    """A word of the language of messages stands where it does not belong."""
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(_TEMPLATE).encode() + body[at:]


_ANY: tuple[Mutator, ...] = (*ANSWERS, _word_replaced, _word_replaced, _word_replaced, _lines_moved, _lines_moved)
_BY_ENDING: Mapping[str, tuple[Mutator, ...]] = {
    ".json": (_json,),
    ".ndjson": (_json_line,),
    ".csv": (_cell,),
    ".xml": (_element,),
    ".j2": (_template,),
    ".zip": (_one_byte, _taken_out, _cut_off),
}


def mutated(pieces: Pieces, chance: Random) -> dict[str, bytes]:
    """The pieces, one of them spoiled; by its form as often as by its bytes; now and then more than once."""
    found = dict(pieces)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        name = chance.choice(sorted(found))
        own = _BY_ENDING.get(PurePath(name).suffix, ())
        mutate = chance.choice(own if own and chance.random() < 0.5 else _ANY)
        found[name] = mutate(found[name], chance)
    return found
