"""The catalogue of fields: what each kind's struct says of its fields, in the form the rest of the engine asks for."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from msgspec import Meta, Struct

from engine.records.kinds import DOWNWARD, KINDS, UPWARD, field_names

FieldType = Literal["text", "id", "email", "phone", "boolean", "integer", "instant", "date", "keys"]


class Field(Struct, frozen=True):
    """One field of one kind."""

    kind: str
    name: str
    type: FieldType
    description: str
    is_set: bool = False
    """Whether it holds a set of values of `type`."""
    choices: tuple[str, ...] = ()
    """The only values it takes; empty means any."""
    computed: bool = False
    """Whether the engine computes it, so that no connector gives it."""
    noted: bool = False
    """Whether a system or a run notes it by itself, so that nobody can enter it otherwise."""
    of_related: bool = False
    """Whether it is what is decided of the record: related ones are asked for it, of its own a record only `alone`."""

    @property
    def title(self) -> str:
        """The name as the glossary writes it: `families[]` for a set."""
        return f"{self.name}[]" if self.is_set else self.name


_PYTHON: dict[type, FieldType] = {bool: "boolean", int: "integer", datetime: "instant", date: "date", str: "text"}

SEGMENTED = ("learner", "instructor", "session", "class", "contract")

_SEGMENTS = "Platform accounts the record belongs to, computed from its segment keys and the customer's `segments:`."

REACHING: dict[str, tuple[str, tuple[str, ...]]] = {
    "verdict": ("What is decided of the related record: sync, skip or flag.", ("sync", "skip", "flag")),
    "alone": (
        "What the record comes to by itself: by the skips, and by the flags that ask for no verdict of others.",
        ("sync", "skip", "flag"),
    ),
    "skipped_by": ("The rule that leaves the related record out on purpose; missing where none does.", ()),
}
"""What rules can ask of the decision on a related record: with its description, and the values it takes."""
COMPUTED = frozenset(("segments", "skips", *REACHING))
"""Fields that no record holds; `skips` is a verdict of which only the skips were asked for."""


def asked_of(record: Any, field: str, computed: Callable[[Any, str], Any]) -> Any:
    """What a rule asks of a record: what no source gives is ``computed``, and nothing in it is None."""
    value = computed(record, field) if field in COMPUTED else getattr(record, field, None)
    return None if value in ((), {}) else value


_DECIDED = frozenset((*DOWNWARD, *UPWARD)) - {"person"}


def _read(annotation: Any) -> dict[str, Any]:
    """Unwrap ``Annotated``, ``| None`` and ``tuple[..., ...]`` into what a Field says."""
    found: dict[str, Any] = {}
    todo = [annotation]
    while todo:
        part = todo.pop()
        origin = typing.get_origin(part)
        if origin is typing.Annotated:
            inner, *metas = typing.get_args(part)
            for meta in metas:
                if isinstance(meta, Meta):
                    if meta.description:
                        found["description"] = meta.description
                    for name, value in (meta.extra or {}).items():
                        found.setdefault(name, value)
            todo.append(inner)
        elif origin in (types.UnionType, typing.Union):
            todo.extend(arg for arg in typing.get_args(part) if arg is not type(None))
        elif origin is tuple:
            found["is_set"] = True
            todo.append(typing.get_args(part)[0])
        elif origin is dict:
            found["type"] = "keys"
        elif origin is Literal:
            found["choices"] = typing.get_args(part)
            found.setdefault("type", "text")
        else:
            found.setdefault("type", _PYTHON[part])
    return found


@cache
def fields_of(kind: str) -> dict[str, Field]:
    """Every field of a kind by name, the computed ones last."""
    hints = typing.get_type_hints(KINDS[kind], include_extras=True)
    found = {name: Field(kind=kind, name=name, **_read(hints[name])) for name in field_names(kind)}
    if kind in SEGMENTED:
        found["segments"] = Field(
            kind=kind, name="segments", type="id", description=_SEGMENTS, is_set=True, computed=True
        )
    return found


@cache
def fields_for_rules(kind: str, *, of_related: bool) -> dict[str, Field]:
    """What rules can test on records of a kind: their fields, and of related ones also what is decided of them.

    A rule that waits for others may ask what its own record comes to `alone`, so as not to wait for what waits for it.
    """
    found = dict(fields_of(kind))
    if kind in _DECIDED:
        for name, (description, choices) in REACHING.items():
            if not (of_related or name == "alone"):
                continue
            found[name] = Field(
                kind=kind,
                name=name,
                type="text" if choices else "id",
                description=description,
                choices=choices,
                computed=True,
                of_related=True,
            )
    return found
