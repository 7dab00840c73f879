"""Option values: plain values of the types that a connector's struct declares, and the wall around secrets.

A file that support edits holds no secret, and names only those of its own customer. No value of an option is ever
repeated in a problem, for it may be one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct
from msgspec import inspect as types

from engine.model.connector_spec import Catalogue
from engine.rulefiles.parse.urls import url_fault
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import Mapping as MappingNode
from engine.rulefiles.yaml_tree import Node, RefusedNode, Scalar, Sequence

_REFERENCE = re.compile(r"\$\{(?P<name>MUSTER_[A-Z0-9_]+)\}")
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:")


class WrongOption:
    """Stands for a value whose problem is noted."""


WRONG = WrongOption()


class OptionContext(Struct, frozen=True):
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


class OptionValues:
    """Reads the values of one connector's options."""

    def __init__(self, around: OptionContext, reading: ShapeReader) -> None:
        self._around = around
        self._reading = reading

    def read(self, node: Node, wanted: types.Type, extra: Mapping[str, Any], what: str) -> Any:
        """The plain value for an option of that type; ``WRONG`` where its problem is noted."""
        match wanted:
            case types.Metadata():
                return self.read(node, wanted.type, {**(wanted.extra or {}), **extra}, what)
            case types.UnionType():
                return self._union(node, wanted, extra, what)
            case types.StrType():
                return self._text(node, extra, what)
            case types.LiteralType() | types.EnumType():
                words = [str(value) for value in self._words(wanted)]
                word = self._reading.one_of(node, words, f"value of {what}", "wrong-option")
                return WRONG if word is None else next(v for v in self._words(wanted) if str(v) == word)
            case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
                sequence = self._reading.sequence(node, what)
                if sequence is None:
                    return WRONG
                items = [self.read(item, wanted.item_type, extra, f"an item of {what}") for item in sequence.items]
                return WRONG if any(isinstance(item, WrongOption) for item in items) else items
            case types.DictType():
                return self._dictionary(node, lambda _: wanted.value_type, extra, what)
            case types.StructType():
                inner = {field.encode_name: field.type for field in wanted.fields}
                mapping = self._reading.mapping(node, what)
                if mapping is None:
                    return WRONG
                known = tuple(self._reading.known(mapping, inner, what, "unknown-option"))
                if len(known) < len(mapping.entries):
                    return WRONG
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
        return self.read(node, (fitting or rest)[0], extra, what)

    @staticmethod
    def _words(wanted: types.LiteralType | types.EnumType) -> tuple[Any, ...]:
        if isinstance(wanted, types.LiteralType):
            return tuple(wanted.values)
        return tuple(member.value for member in wanted.cls)

    def _dictionary(self, node: Node, of: Any, extra: Mapping[str, Any], what: str) -> Any:
        mapping = self._reading.mapping(node, what)
        if mapping is None:
            return WRONG
        made = {
            entry.name: self.read(entry.value, of(entry.name), extra, f"‘{shown(entry.name)}’ of {what}")
            for entry in mapping.entries
        }
        return WRONG if any(isinstance(value, WrongOption) for value in made.values()) else made

    def _other(self, node: Node, wanted: types.Type, what: str) -> Any:
        if not isinstance(node, Scalar) or node.empty:
            if not isinstance(node, RefusedNode):
                self._reading.problem(node.place, "wrong-option", f"{what} is one word, number or text")
            return WRONG
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
            return WRONG
        return value

    # Texts, and what some of them must not be.

    def _text(self, node: Node, extra: Mapping[str, Any], what: str) -> str | WrongOption:
        if extra.get("secret"):
            return self._secret(node, what)
        if not isinstance(node, Scalar) or node.empty or not node.text.strip():
            if not isinstance(node, RefusedNode):
                self._reading.problem(node.place, "wrong-option", f"{what} is a text")
            return WRONG
        text = node.text.strip()
        if "${" in text:
            message = f"{what} is no secret, and only secrets are written ${{...}}"
            self._reading.problem(node.place, "misplaced-secret", message, "write the value itself")
            return WRONG
        if extra.get("url"):
            fault = url_fault(text, allow_private_hosts=self._around.allow_private_hosts)
            if fault is not None:
                code = "literal-secret" if fault.secret else "bad-url"
                self._reading.problem(node.place, code, f"{what} {fault.message}", fault.hint)
                return WRONG
        if extra.get("path"):
            parts = re.split(r"[/\\]", text)
            if _ABSOLUTE.match(text) or ".." in parts or "\0" in text:
                message = f"{what} leaves the customer's data folder"
                hint = "name a file or folder inside it: exports/learners.csv"
                self._reading.problem(node.place, "bad-path", message, hint)
                return WRONG
        return text

    def _secret(self, node: Node, what: str) -> str | WrongOption:
        if isinstance(node, RefusedNode):
            return WRONG
        prefix = secret_prefix(self._around.customer)
        how = f'write "${{{prefix}...}}" and give that environment variable to Muster'
        if not isinstance(node, Scalar) or node.empty:
            self._reading.problem(node.place, "wrong-option", f"{what} is a secret", how)
            return WRONG
        match = _REFERENCE.fullmatch(node.text.strip())
        if match is None:
            message = f"{what} is a secret, and stands in the file itself or is not written as one"
            how += "; if it is a real one, take it as known and have a new one made"
            self._reading.problem(node.place, "literal-secret", message, how)
            return WRONG
        name = match["name"]
        everybody = {*self._around.customers, self._around.customer}
        if owner(name, everybody) != self._around.customer or name == prefix:
            message = f"{name} is not a secret of this customer's"
            self._reading.problem(node.place, "foreign-secret", message, f"its name begins with {prefix}")
            return WRONG
        return node.text.strip()


def _bare(wanted: types.Type) -> types.Type:
    while isinstance(wanted, types.Metadata):
        wanted = wanted.type
    return wanted
