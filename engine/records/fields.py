"""The catalogue of fields: what each kind's struct says of its fields, in the form the rest of the engine asks for."""

from __future__ import annotations

import types
import typing
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from msgspec import Meta, Struct

from engine.records.kinds import KINDS

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

    @property
    def title(self) -> str:
        """The name as the glossary writes it: `families[]` for a set."""
        return f"{self.name}[]" if self.is_set else self.name


_PYTHON: dict[type, FieldType] = {bool: "boolean", int: "integer", datetime: "instant", date: "date", str: "text"}

SEGMENTED = ("learner", "instructor", "session", "class", "contract")

_SEGMENTS = "Platform accounts the record belongs to, computed from its segment keys and the customer's `segments:`."


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
                    if meta.extra:
                        found.setdefault("type", meta.extra["type"])
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
    names = KINDS[kind].__struct_fields__
    found = {name: Field(kind=kind, name=name, **_read(hints[name])) for name in names}
    if kind in SEGMENTED:
        found["segments"] = Field(
            kind=kind, name="segments", type="id", description=_SEGMENTS, is_set=True, computed=True
        )
    return found
