"""Guard entries: reading what `guards:` of a layer says, over what the layers below it say."""

from __future__ import annotations

import typing
from datetime import date
from functools import cache
from types import UnionType
from typing import Any

import msgspec
from msgspec import Meta, Struct

from engine.model.guards import ACTIONS, Guards
from engine.records.kinds import KINDS
from engine.records.suggest import did_you_mean
from engine.rulefiles.parse.operands import read_day
from engine.rulefiles.reader import ShapeReader, found, shown
from engine.rulefiles.yaml_tree import Mapping, Node, Scalar


class Parameter(Struct, frozen=True):
    """One figure of a guard: its type, and between which numbers it lies."""

    type: type
    least: int
    most: int
    description: str
    of: str
    """What it is told by, for a mapping: `kind` or `hop`; else empty."""


@cache
def parameters(guard: type[Struct]) -> dict[str, Parameter]:
    """The figures of a guard by name, in order."""
    hints = typing.get_type_hints(guard, include_extras=True)
    return {name: _parameter(hints[name]) for name in guard.__struct_fields__}


@cache
def guard_types() -> dict[str, type[Struct]]:
    """The guards by name, in order."""
    hints = typing.get_type_hints(Guards)
    return {name: hints[name] for name in Guards.__struct_fields__}


def _parameter(annotation: Any) -> Parameter:
    made = Parameter(str, 0, 100, "", "")
    todo = [annotation]
    for part in todo:
        if isinstance(part, Meta):
            made = msgspec.structs.replace(
                made,
                least=made.least if part.ge is None else int(part.ge),
                most=made.most if part.le is None else int(part.le),
                description=part.description or made.description,
                of=(part.extra or {}).get("of", made.of),
            )
        elif part in (int, date):
            made = msgspec.structs.replace(made, type=part)
        elif typing.get_origin(part) in (typing.Annotated, UnionType, typing.Union):
            todo.extend(typing.get_args(part))
            todo.extend(getattr(part, "__metadata__", ()))
    return made


def read_guards(node: Node, below: Guards, reading: ShapeReader) -> Guards:
    """The guards below with what a layer's `guards:` changes of them; each problem is noted and leaves its figure."""
    mapping = reading.mapping(node, "`guards`") if not (isinstance(node, Scalar) and node.empty) else None
    changed: dict[str, Struct] = {}
    for entry in reading.known(mapping, tuple(guard_types()), "`guards`") if mapping is not None else ():
        figures = reading.mapping(entry.value, f"the guard ‘{entry.name}’", entry.key.place)
        if figures is None:
            continue
        before = getattr(below, entry.name)
        guard = msgspec.structs.replace(before, **_figures(figures, entry.name, reading))
        starts_on, ends_on = getattr(guard, "starts_on", None), getattr(guard, "ends_on", None)
        if starts_on is not None and ends_on is not None and ends_on < starts_on:
            message = f"‘{entry.name}’ ends on {ends_on.isoformat()}, before it starts"
            reading.problem(entry.key.place, "bad-guard", message, "let `ends_on` be a later day than `starts_on`")
        changed[entry.name] = guard
    return msgspec.structs.replace(below, **changed) if changed else below


def _figures(mapping: Mapping, guard: str, reading: ShapeReader) -> dict[str, Any]:
    known = parameters(guard_types()[guard])
    given: dict[str, Any] = {}
    for entry in reading.known(mapping, tuple(known), f"the guard ‘{guard}’"):
        what = f"`{entry.name}` of ‘{guard}’"
        figure = known[entry.name]
        value: Any
        if entry.name == "then":
            value = reading.one_of(entry.value, ACTIONS, "word for what becomes of the run")
        elif figure.of:
            value = _each(entry.value, figure, what, reading)
        elif figure.type is date:
            value = _day(entry.value, what, reading)
        else:
            value = _number(entry.value, figure, what, reading)
        if value is not None:
            given[entry.name] = value
    return given


def _each(node: Node, figure: Parameter, what: str, reading: ShapeReader) -> dict[str, int] | None:
    mapping = reading.mapping(node, what)
    if mapping is None:
        return None
    made: dict[str, int] = {}
    for entry in mapping.entries:
        if figure.of == "kind" and entry.name not in KINDS:
            message = f"unknown kind ‘{shown(entry.name)}’"
            reading.problem(entry.key.place, "unknown-kind", message, did_you_mean(entry.name, tuple(KINDS)))
            continue
        limits = figure if figure.of == "kind" else msgspec.structs.replace(figure, least=1, most=24 * 366)
        number = _number(entry.value, limits, f"‘{shown(entry.name)}’ of {what}", reading)
        if number is not None:
            made[entry.name] = number
    return made


def _day(node: Node, what: str, reading: ShapeReader) -> date | None:
    scalar = reading.scalar(node, what)
    day = None if scalar is None else read_day(scalar.text)
    if scalar is not None and day is None:
        reading.problem(scalar.place, "wrong-type", f"{what} is a day, not {found(scalar)}", "write it 2027-08-31")
    return day


def _number(node: Node, figure: Parameter, what: str, reading: ShapeReader) -> int | None:
    scalar = reading.scalar(node, what)
    if scalar is None:
        return None
    value = scalar.value
    if not isinstance(value, int) or isinstance(value, bool):
        hint = f"write a number from {figure.least} to {figure.most}"
        if scalar.text.rstrip().endswith("%"):
            hint += ", without the sign"
        reading.problem(scalar.place, "wrong-type", f"{what} is a whole number, not {found(scalar)}", hint)
        return None
    if not figure.least <= value <= figure.most:
        hint = f"write a number from {figure.least} to {figure.most}"
        reading.problem(scalar.place, "bad-guard", f"{what} cannot be {value}", hint)
        return None
    return value
