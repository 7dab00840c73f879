"""Options: what a customer file writes beside a connector's name, checked against the connector's own struct.

The wall around secrets is here: a file that support edits holds none, and names only those of its own customer.
No value of an option is ever repeated in a problem, for it may be one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec import inspect as types

from engine.addresses import url_fault
from engine.catalogue import Catalogue, ConnectorSpec, Side
from engine.fields import fields_of
from engine.nodes import Entry, Node, Refused, Scalar, Sequence
from engine.nodes import Mapping as MappingNode
from engine.reading import Reading, did_you_mean, shown
from engine.records import DOWNWARD, KINDS
from engine.rulebook import ConnectorUse

_REFERENCE = re.compile(r"\$\{(?P<name>MUSTER_[A-Z0-9_]+)\}")
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:")


class _Wrong:
    """Stands for a value whose problem is noted."""


_WRONG = _Wrong()


class Surroundings(Struct, frozen=True):
    """What options are checked against beside the connector itself."""

    customer: str
    customers: Collection[str]
    """Ids of all customers: a secret belongs to the one whose id its name begins with, the longest of them."""
    catalogue: Catalogue
    layers: Collection[str]
    """Names of the connector layers there are."""
    allow_private_hosts: bool = False


def secret_prefix(customer: str) -> str:
    """How the names of a customer's secrets begin: `MUSTER_CAMPUS_NORVANE_`."""
    return f"MUSTER_{customer.upper().replace('-', '_')}_"


def owner(name: str, customers: Collection[str]) -> str | None:
    """The customer to whom the secret of that name belongs; None when it is nobody's."""
    owners = [customer for customer in customers if name.startswith(secret_prefix(customer))]
    return max(owners, key=len, default=None)


def read_use(entry: Entry, side: Side, around: Surroundings, reading: Reading) -> ConnectorUse | None:
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
    def __init__(self, spec: ConnectorSpec, around: Surroundings, reading: Reading) -> None:
        self._spec = spec
        self._around = around
        self._reading = reading

    def read(self, entry: Entry, mapping: MappingNode) -> ConnectorUse | None:
        spec, reading = self._spec, self._reading
        info = types.type_info(spec.options)
        assert isinstance(info, types.StructType)
        fields = {field.encode_name: field for field in info.fields}
        options: dict[str, Any] = {}
        at: dict[str, Node] = {}
        what = f"the connector {spec.name}"
        for item in reading.known(mapping, ("connector", *fields), what, "unknown-option"):
            if item.name == "connector":
                continue
            at[item.name] = item.value
            if not isinstance(item.value, Refused):
                value = self._value(item.value, fields[item.name].type, {}, f"‘{item.name}’")
                if not isinstance(value, _Wrong):
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
        if isinstance(options.get("takes"), list | tuple):
            spec = msgspec.structs.replace(spec, takes=frozenset(options["takes"]))
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

    def _convert(self, options: dict[str, Any], at: dict[str, Node], entry: Entry) -> None:
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

    def _value(self, node: Node, wanted: types.Type, extra: Mapping[str, Any], what: str) -> Any:
        """The plain value for an option of that type, or ``_WRONG``."""
        match wanted:
            case types.Metadata():
                return self._value(node, wanted.type, {**(wanted.extra or {}), **extra}, what)
            case types.UnionType():
                return self._union(node, wanted, extra, what)
            case types.StrType():
                return self._text(node, extra, what)
            case types.LiteralType() | types.EnumType():
                words = [str(value) for value in self._words(wanted)]
                word = self._reading.one_of(node, words, f"value of {what}", "wrong-option")
                return _WRONG if word is None else next(v for v in self._words(wanted) if str(v) == word)
            case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
                sequence = self._reading.sequence(node, what)
                if sequence is None:
                    return _WRONG
                items = [self._value(item, wanted.item_type, extra, f"an item of {what}") for item in sequence.items]
                return _WRONG if any(isinstance(item, _Wrong) for item in items) else items
            case types.DictType():
                return self._dictionary(node, lambda _: wanted.value_type, extra, what)
            case types.StructType():
                inner = {field.encode_name: field.type for field in wanted.fields}
                mapping = self._reading.mapping(node, what)
                if mapping is None:
                    return _WRONG
                known = tuple(self._reading.known(mapping, inner, what, "unknown-option"))
                if len(known) < len(mapping.entries):
                    return _WRONG
                return self._dictionary(mapping, inner.__getitem__, extra, what)
            case _:
                return self._other(node, wanted, what)

    def _union(self, node: Node, wanted: types.UnionType, extra: Mapping[str, Any], what: str) -> Any:
        if isinstance(node, Scalar) and node.empty and any(isinstance(of, types.NoneType) for of in wanted.types):
            return None
        several = (types.ListType, types.VarTupleType, types.SetType, types.FrozenSetType)
        keyed = (types.DictType, types.StructType)
        rest = [of for of in wanted.types if not isinstance(of, types.NoneType)]
        if isinstance(node, Sequence):
            fitting = [of for of in rest if isinstance(_bare(of), several)]
        elif isinstance(node, MappingNode):
            fitting = [of for of in rest if isinstance(_bare(of), keyed)]
        else:
            fitting = [of for of in rest if not isinstance(_bare(of), several + keyed)]
        return self._value(node, (fitting or rest)[0], extra, what)

    @staticmethod
    def _words(wanted: types.LiteralType | types.EnumType) -> tuple[Any, ...]:
        if isinstance(wanted, types.LiteralType):
            return tuple(wanted.values)
        return tuple(member.value for member in wanted.cls)

    def _dictionary(self, node: Node, of: Any, extra: Mapping[str, Any], what: str) -> Any:
        mapping = self._reading.mapping(node, what)
        if mapping is None:
            return _WRONG
        made = {
            entry.name: self._value(entry.value, of(entry.name), extra, f"‘{shown(entry.name)}’ of {what}")
            for entry in mapping.entries
        }
        return _WRONG if any(isinstance(value, _Wrong) for value in made.values()) else made

    def _other(self, node: Node, wanted: types.Type, what: str) -> Any:
        if not isinstance(node, Scalar) or node.empty:
            if not isinstance(node, Refused):
                self._reading.problem(node.place, "wrong-option", f"{what} is one word, number or text")
            return _WRONG
        value = node.value
        flag = isinstance(value, bool)
        match wanted:
            case types.BoolType():
                fits, name = flag, "true or false"
            case types.IntType():
                fits, name = isinstance(value, int) and not flag, "a whole number, without quotes"
            case types.FloatType():
                fits, name = isinstance(value, int | float) and not flag, "a number, without quotes"
            case _:
                fits, name, value = True, "", node.text
        if not fits:
            self._reading.problem(node.place, "wrong-option", f"{what} is {name}")
            return _WRONG
        return value

    # Texts, and what some of them must not be.

    def _text(self, node: Node, extra: Mapping[str, Any], what: str) -> str | _Wrong:
        if extra.get("secret"):
            return self._secret(node, what)
        if not isinstance(node, Scalar) or node.empty or not node.text.strip():
            if not isinstance(node, Refused):
                self._reading.problem(node.place, "wrong-option", f"{what} is a text")
            return _WRONG
        text = node.text.strip()
        if "${" in text:
            message = f"{what} is no secret, and only secrets are written ${{...}}"
            self._reading.problem(node.place, "misplaced-secret", message, "write the value itself")
            return _WRONG
        if extra.get("url"):
            fault = url_fault(text, allow_private_hosts=self._around.allow_private_hosts)
            if fault is not None:
                code = "literal-secret" if fault.secret else "bad-url"
                self._reading.problem(node.place, code, f"{what} {fault.message}", fault.hint)
                return _WRONG
        if extra.get("path"):
            parts = re.split(r"[/\\]", text)
            if _ABSOLUTE.match(text) or ".." in parts or "\0" in text:
                message = f"{what} leaves the customer's data folder"
                hint = "name a file or folder inside it: exports/learners.csv"
                self._reading.problem(node.place, "bad-path", message, hint)
                return _WRONG
        return text

    def _secret(self, node: Node, what: str) -> str | _Wrong:
        if isinstance(node, Refused):
            return _WRONG
        prefix = secret_prefix(self._around.customer)
        how = f'write "${{{prefix}...}}" and give that environment variable to Muster'
        if not isinstance(node, Scalar) or node.empty:
            self._reading.problem(node.place, "wrong-option", f"{what} is a secret", how)
            return _WRONG
        match = _REFERENCE.fullmatch(node.text.strip())
        if match is None:
            message = f"{what} is a secret, and stands in the file itself or is not written as one"
            how += "; if it is a real one, take it as known and have a new one made"
            self._reading.problem(node.place, "literal-secret", message, how)
            return _WRONG
        name = match["name"]
        everybody = {*self._around.customers, self._around.customer}
        if owner(name, everybody) != self._around.customer or name == prefix:
            message = f"{name} is not a secret of this customer's"
            self._reading.problem(node.place, "foreign-secret", message, f"its name begins with {prefix}")
            return _WRONG
        return node.text.strip()

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


def _bare(wanted: types.Type) -> types.Type:
    while isinstance(wanted, types.Metadata):
        wanted = wanted.type
    return wanted
