"""Options: what a customer file writes beside a connector's name, checked against the connector's own struct.

What each value must be is ``engine.rulefiles.parse.option_values``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect as types

from engine.model.connector_spec import Catalogue, ConnectorSpec, Side
from engine.model.rulebook import ConnectorUse
from engine.records.fields import fields_of
from engine.records.kinds import DOWNWARD, KINDS
from engine.records.suggest import did_you_mean
from engine.rulefiles.parse.option_values import OptionContext, OptionValues, WrongOption, secret_prefix
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Node, RefusedNode, Scalar, Sequence
from engine.rulefiles.yaml_tree import Mapping as MappingNode


def read_use(entry: KeyValue, side: Side, around: OptionContext, reading: ShapeReader) -> ConnectorUse | None:
    """A customer's `source:` or `platform:`; None when it is wrong and the problems noted."""
    mapping = reading.mapping(entry.value, f"`{side}`", entry.key.place)
    if mapping is None:
        return None
    named = mapping.get("connector")
    if named is None:
        hint = f"write `{side}: {{connector: ...}}`; there are {_names(around.catalogue, side)}"
        reading.problem(entry.key.place, "missing-key", f"`{side}` names no `connector`", hint)
        return None
    name = reading.text(named.value, "`connector`")
    if name is None:
        return None
    spec = around.catalogue.get(name)
    if spec is None:
        known = [spec.name for spec in around.catalogue.values() if spec.side == side]
        hint = did_you_mean(name, known, f"{side}s")
        reading.problem(named.value.place, "unknown-connector", f"unknown connector ‘{shown(name)}’", hint)
        return None
    if spec.side != side:
        message = f"{spec.title} is a {spec.side}, and stands as `{side}`"
        hint = f"there are {_names(around.catalogue, side)}"
        reading.problem(named.value.place, "wrong-side", message, hint)
        return None
    before = len(reading.problems)
    use = _Options(spec, around, reading).read(entry, mapping)
    return use if len(reading.problems) == before else None


def _names(catalogue: Catalogue, side: Side) -> str:
    return ", ".join(spec.name for spec in catalogue.values() if spec.side == side) or "none"


class _Options:
    def __init__(self, spec: ConnectorSpec, around: OptionContext, reading: ShapeReader) -> None:
        self._spec = spec
        self._around = around
        self._reading = reading

    def read(self, entry: KeyValue, mapping: MappingNode) -> ConnectorUse | None:
        spec, reading = self._spec, self._reading
        info = types.type_info(spec.options)
        assert isinstance(info, types.StructType)
        fields = {field.encode_name: field for field in info.fields}
        values = OptionValues(self._around, reading)
        options: dict[str, Any] = {}
        at: dict[str, Node] = {}
        what = f"the connector {spec.name}"
        for item in reading.known(mapping, ("connector", *fields), what, "unknown-option"):
            if item.name == "connector":
                continue
            at[item.name] = item.value
            if not isinstance(item.value, RefusedNode):
                value = values.read(item.value, fields[item.name].type, {}, f"‘{item.name}’")
                if not isinstance(value, WrongOption):
                    options[item.name] = value
        for field in fields.values():
            if field.required and field.encode_name not in at:
                message = f"{spec.title} cannot be reached without ‘{field.encode_name}’"
                if "url" not in fields and "path" not in fields:
                    message = f"the connector {spec.name} wants ‘{field.encode_name}’"
                reading.problem(entry.key.place, "missing-option", message, self._how(field))
        provides = self._provides(at["provides"]) if "provides" in options else None
        if "takes" in options:
            self._takes(at["takes"])
        layer = options.get("layer")
        if isinstance(layer, str):
            spec = self._layered(layer, at["layer"])
        if len(options) == len(at):
            self._convert(options, at, entry)
        return ConnectorUse(spec=spec, options=options, place=entry.key.place, provides=provides)

    def _how(self, field: types.Field) -> str:
        """How to write an option that is missing, with its description."""
        parts, described, secret = [field.type], "", False
        for part in parts:
            if isinstance(part, types.Metadata):
                described = described or str((part.extra_json_schema or {}).get("description", ""))
                secret = secret or bool((part.extra or {}).get("secret"))
                parts.append(part.type)
            elif isinstance(part, types.UnionType):
                parts.extend(part.types)
        if secret:
            prefix = secret_prefix(self._around.customer)
            return f'write {field.encode_name}: "${{{prefix}...}}"'
        return f"write `{field.encode_name}: ...`" + (f" ({described})" if described else "")

    def _convert(self, options: dict[str, Any], at: dict[str, Node], entry: KeyValue) -> None:
        """What only the struct itself knows: lengths, ranges, patterns, its own checks."""
        try:
            msgspec.convert(options, self._spec.options)
        except msgspec.ValidationError as error:
            said, _, path = str(error).partition(" - at ")
            named = re.match(r"`\$\.(\w+)", path)
            node = at.get(named[1]) if named else None
            place = node.place if node is not None else entry.key.place
            if not named and "missing required field" in said:
                return  # told already
            self._reading.problem(place, "wrong-option", f"the connector {self._spec.name} refuses this: {said}")

    # Options with a meaning of their own, for records that are pushed.

    def _provides(self, node: Node) -> dict[str, frozenset[str]] | None:
        if not isinstance(node, MappingNode):
            return None
        made: dict[str, frozenset[str]] = {}
        for entry in self._reading.known(node, tuple(KINDS), "`provides`", "unknown-kind"):
            fields = [field.name for field in fields_of(entry.name).values() if not field.computed]
            for item in entry.value.items if isinstance(entry.value, Sequence) else ():
                if isinstance(item, Scalar) and item.text not in fields:
                    message = f"{entry.name} has no field ‘{shown(item.text)}’ that can be given"
                    self._reading.problem(
                        item.place, "unknown-field", message, did_you_mean(item.text, fields, "fields")
                    )
            items = entry.value.items if isinstance(entry.value, Sequence) else ()
            given = frozenset(item.text for item in items if isinstance(item, Scalar))
            made[entry.name] = given | {"source_id"}
        return made

    def _takes(self, node: Node) -> None:
        for item in node.items if isinstance(node, Sequence) else ():
            self._reading.one_of(item, DOWNWARD, "kind that a platform can take", "unknown-kind")

    def _layered(self, layer: str, node: Node) -> ConnectorSpec:
        if layer not in self._around.layers:
            message = f"there is no connector layer ‘{shown(layer)}’"
            hint = did_you_mean(layer, tuple(self._around.layers), "layers")
            self._reading.problem(node.place, "unknown-layer", message, hint)
            return self._spec
        return msgspec.structs.replace(self._spec, layer=layer)
