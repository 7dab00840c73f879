"""The part of the rule files' schema that is about guards, from their own structs."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct

from engine.model.guards import ACTIONS, Guards
from engine.records.kinds import KINDS
from engine.rulefiles.parse.guards import Parameter, guard_types, parameters

Schema = dict[str, Any]


def guards_schema() -> Schema:
    """What may stand under `guards:`."""
    described = parameters(Guards)
    return {
        "description": "What holds a run back before it does harm at scale; figures not named stay as below.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: _guard(guard, described[name].description) for name, guard in guard_types().items()},
    }


def _guard(guard: type[Struct], description: str) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _figure(name, figure) for name, figure in parameters(guard).items()},
    }


def _figure(name: str, figure: Parameter) -> Schema:
    described: Schema = {"description": figure.description}
    if name == "then":
        return {**described, "enum": list(ACTIONS), "markdownEnumDescriptions": list(ACTIONS.values())}
    if figure.type is date:
        return {**described, "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    if figure.of == "kind":
        number: Schema = {"type": "integer", "minimum": figure.least, "maximum": figure.most}
        return {
            **described,
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(KINDS, number),
        }
    if figure.of:
        return {**described, "type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
    return {**described, "type": "integer", "minimum": figure.least, "maximum": figure.most}
