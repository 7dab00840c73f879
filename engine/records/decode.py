"""The door: raw objects become records here, or are told apart as invalid with their errors.

A value of a known field that cannot be read is left out and told on the record (``Record.unread``): whether the record
can do without it is for the rulebook to say (``engine.analysis.needs``).

Behind it a blank, `null`, `N/A` are absent, texts are trimmed and NFC, times are UTC, and sets hold nothing twice.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct, to_builtins

from engine.records.fields import fields_of
from engine.records.folding import is_crowded
from engine.records.kinds import KINDS, AnyRecord, Record
from engine.records.suggest import closest
from engine.records.unread import Unread, shown, unread
from engine.records.values import Errors, UnreadableValue, absent, made, unknown

__all__ = ["Invalid", "NeverReceived", "absent", "faults_of", "read_json", "read_mapping"]


class Invalid(Struct, frozen=True):
    """One thing that could not be made a record; it is decided as `record.invalid` and spoils nothing else."""

    kind: str
    """The kind it was to be; `record` when not even that is known."""
    source_id: str
    """Its id when that could be read, else its place, such as `users.csv:12` or `item 3`."""
    errors: tuple[Unread | str, ...]
    """What is wrong; a text is one that an older version has stored."""
    read: dict[str, Any] = {}
    """What of its fields could be read, as plain values; nothing of what has no id: nobody could take it away again."""


class NeverReceived(Invalid, frozen=True):
    """An id without a record, decided as `record.never_received`."""

    number: int = 0
    """How many others wait for it."""
    named_by: tuple[Record, ...] = ()
    """The first of them; of an enrolment the person and the class, whichever is there."""
    near: Record | None = None
    """Whose id somebody may have meant."""
    alike: tuple[Record, ...] = ()
    """Who has that id in another role."""


def read_json(raws: Iterable[bytes | msgspec.Raw]) -> list[Record | Invalid]:
    """One record or Invalid for each JSON object, in order. Never raises for what they hold.

    An object has its `kind`, a `source_id`, and fields of that kind as ``engine.records.kinds`` describes them. Whole
    numbers are read as ids, one value as a set of one. An object without an id is called `item 1`, `item 2` …
    """
    decode = msgspec.json.Decoder(AnyRecord).decode
    found: list[Record | Invalid] = []
    for position, raw in enumerate(raws, 1):
        try:
            record: Record = decode(raw)
        except (ValueError, RecursionError):
            found.append(_loosely(raw, f"item {position}"))
        else:
            found.append(record if _is_clean(record) else _loosely(raw, f"item {position}"))
    return found


def read_mapping(kind: str, values: Mapping[str, Any], place: str, default_id: str | None = None) -> Record | Invalid:
    """A record of values by field name, text or typed: a connector's row, a CSV row, an example in YAML.

    Text is read by the field's type: whole numbers, `true`, `false`, `1`, `0`, ISO days, ISO times with their
    offset, and `a|b` for a set. A set may also be a list, and `segment_keys` a mapping or columns named
    `segment_keys.site_code`. Without an id the record takes `default_id`, or is an Invalid named by its `place`.
    """
    return _read(kind, values, place, default_id=default_id, lenient=True)


def _fields_getter(names: list[str]) -> Callable[[Record], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda record: (getattr(record, names[0]),)) if names else (lambda _: ())


class _Cleanliness(Struct, frozen=True):
    """Where a kind holds what the door may have to change."""

    texts: Callable[[Record], tuple[str | None, ...]]
    sets: Callable[[Record], tuple[tuple[str, ...], ...]]
    instants: Callable[[Record], tuple[datetime | None, ...]]
    has_keys: bool


def _cleanliness(kind: str) -> _Cleanliness:
    fields = [field for field in fields_of(kind).values() if not field.computed]
    worded = ("text", "id", "email", "phone")
    return _Cleanliness(
        texts=_fields_getter(
            [field.name for field in fields if field.type in worded and not field.is_set and not field.choices]
        ),
        sets=_fields_getter([field.name for field in fields if field.is_set]),
        instants=_fields_getter([field.name for field in fields if field.type == "instant"]),
        has_keys=any(field.type == "keys" for field in fields),
    )


_CLEAN = {struct: _cleanliness(kind) for kind, struct in KINDS.items()}


def _is_clean(record: Any) -> bool:
    """Whether a record just decoded can stay as it is: nothing blank, untrimmed, out of NFC, out of UTC or twice.

    In doubt false: the slow way then finds nothing to change. All its texts are looked at as one, by a few
    searches in C: about a tenth of the price of looking at each.
    """
    where = _CLEAN[type(record)]
    if record.unread:
        return False
    texts = where.texts(record)
    for items in where.sets(record):
        if items:
            if len(items) > 1 and len(set(items)) != len(items):
                return False
            texts += items
    if where.has_keys and record.segment_keys:
        for items in record.segment_keys.values():
            if not items or len(set(items)) != len(items):
                return False
            texts += items
    for instant in where.instants(record):
        if instant is not None and instant.tzinfo is not UTC:
            return False
    if "" in texts:
        return False
    joined = f"|{'|'.join(filter(None, texts))}|"
    # Printable knows neither NUL nor any white space but the space.
    if not joined.isprintable() or " |" in joined or "| " in joined:
        return False
    folded = joined.lower()
    if "|n/a|" in folded or "|null|" in folded:
        return False
    return joined.isascii() or (not is_crowded(joined) and unicodedata.is_normalized("NFC", joined))


def _loosely(raw: bytes | msgspec.Raw, place: str) -> Record | Invalid:
    """A record of an object that is not quite one, or all that is wrong with it."""
    try:
        values = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        try:
            # More patient: a byte order mark, half characters that belong to one field only.
            values = json.loads(bytes(raw))
        except (ValueError, RecursionError):
            return Invalid("record", place, (unread("not_json"),))
    if not isinstance(values, dict):
        return Invalid("record", place, (unread("not_an_object"),))
    kind = values.pop("kind", None)
    return _read(kind, values, place)


def _read(
    kind: Any, values: Mapping[str, Any], place: str, default_id: str | None = None, lenient: bool = False
) -> Record | Invalid:
    """Field by field, so that every error is told."""
    errors = Errors([])
    if isinstance(kind, str):
        kind = kind.strip()
    known_kind = isinstance(kind, str) and kind in KINDS
    fields = fields_of(kind) if known_kind else {}
    typed: dict[str, Any] = {}
    lost: list[Unread] = []
    source_id = _source_id(values, default_id, errors)
    if not known_kind:
        errors.said.insert(0, _kind_error(kind))
        return Invalid("record", source_id or place, errors.all())
    for name, value in (_columns_joined(values) if lenient else values).items():
        field = fields.get(name) if isinstance(name, str) else None
        if name == "source_id" or (name == "kind" and value == kind):
            continue
        if field is None:
            errors.add(None if errors.full else unknown(name, fields, "field"))
        elif field.computed:
            errors.add(unread("computed", name))
        else:
            try:
                read = made(field, value, lenient)
            except UnreadableValue as wrong:
                fault = Unread(wrong.code, name, shown(value) | wrong.values)
                errors.add(fault)
                if not wrong.code.startswith("unknown_segment_key"):
                    lost.append(fault)
            else:
                if read is not None:
                    typed[name] = read
    if source_id is not None and errors.number == len(lost):
        return KINDS[kind](source_id=source_id, unread=tuple(lost), **typed)
    if source_id is not None:
        return Invalid(kind, source_id, errors.all(), to_builtins(typed))
    # Only which sheet a mark is of: the attendance of that sheet has a hole.
    known = {name: value for name, value in typed.items() if kind == "mark" and name == "sheet_id"}
    return Invalid(kind, place, tuple(_unshown(one) for one in errors.all()), known)


def faults_of(found: Record | Invalid) -> tuple[Unread | str, ...]:
    """All that could not be read of it."""
    return found.errors if isinstance(found, Invalid) else found.unread


def _unshown(fault: Unread) -> Unread:
    """Of what has no id nobody could be found by whom it is to be forgotten."""
    return Unread(fault.code, fault.field, {name: value for name, value in fault.values.items() if name != "value"})


def _source_id(values: Mapping[str, Any], default_id: str | None, errors: Errors) -> str | None:
    value = values.get("source_id")
    if absent(value, "source_id"):
        if default_id is None:
            errors.add(unread("id_missing", "source_id"))
        return default_id
    try:
        return str(made(fields_of("learner")["source_id"], value, lenient=False))
    except UnreadableValue as wrong:
        errors.add(Unread(wrong.code, "source_id", wrong.values))
        return None


def _kind_error(kind: Any) -> Unread:
    kinds = tuple(KINDS)
    if absent(kind):
        return unread("kind_missing", "kind", kinds=kinds)
    if not isinstance(kind, str):
        return unread("kind_not_text", "kind", kinds=kinds)
    near = closest(kind, KINDS)
    if near is None:
        return unread("kind_unknown", "kind", kinds=kinds)
    return unread("kind_unknown_near", "kind", kinds=kinds, near=near)


def _columns_joined(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Columns such as `segment_keys.site_code` gathered under `segment_keys`."""
    dotted = [name for name in values if isinstance(name, str) and name.startswith("segment_keys.")]
    if not dotted:
        return values
    joined = {name: value for name, value in values.items() if name not in dotted}
    whole = joined.get("segment_keys")
    keys = dict(whole) if isinstance(whole, Mapping) else {}
    keys |= {name.removeprefix("segment_keys."): values[name] for name in dotted}
    return joined | {"segment_keys": keys}
