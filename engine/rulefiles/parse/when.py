"""Parsing: the `when:` of a rule, from nodes to the tree of ``engine.model.conditions``, typed by the fields it names.

Every problem is noted and reading goes on; a part that is wrong is left out of the tree, which is not used then.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict

import msgspec

from engine.model.conditions import All, Any, Condition, Count, FieldTest, Not, Related, Setting, Unless, Value
from engine.records.fields import REACHING
from engine.records.suggest import closest, did_you_mean
from engine.relations.definitions import RELATIONS, Relation
from engine.rulefiles.operators import BLOCKS, COUNTS, QUANTIFIERS, field_named, field_names, is_test
from engine.rulefiles.parse.operands import OperandReader, Scope
from engine.rulefiles.parse.tests import FieldTests
from engine.rulefiles.reader import ShapeReader, found, shown
from engine.rulefiles.yaml_tree import KeyValue, Node, Scalar, Sequence

_WORDS = (*BLOCKS, *QUANTIFIERS, "count")


def parse_when(node: Node, scope: Scope, reading: ShapeReader) -> All:
    """The condition of a rule; problems go to ``reading``."""
    return _Parser(scope, reading).block(node, "`when`", may_be_empty=True)


class _Parser:
    """Parses what stands in one scope; a relation opens another."""

    def __init__(self, scope: Scope, reading: ShapeReader) -> None:
        self._scope = scope
        self._reading = reading
        self._operands = OperandReader(reading, scope)
        self._tests = FieldTests(scope, reading, self._operands)

    def block(self, node: Node, what: str, *, may_be_empty: bool = False) -> All:
        """A mapping of which every entry must hold."""
        if isinstance(node, Sequence):
            hint = "write the entries below each other without `-`; for one of several write `any:`"
            self._reading.problem(node.place, "wrong-shape", f"{what} is a mapping, not a list", hint)
            return All(())
        mapping = self._reading.mapping(node, what)
        if mapping is None:
            return All(())
        if not mapping.entries and not may_be_empty:
            self._reading.problem(mapping.place, "empty", f"{what} says nothing", "write a condition in it")
        items = [item for entry in mapping.entries for item in self._entry(entry)]
        return All(tuple(items))

    def _entry(self, entry: KeyValue) -> list[Condition]:
        match entry.name:
            case "any" | "all":
                return self._several(entry)
            case "not":
                return [Not(self.block(entry.value, "`not`"))]
            case "unless":
                return [Unless(self.block(entry.value, "`unless`"))]
            case "some" | "no" | "every" | "count":
                return self._relations(entry)
            case _:
                return list(self._field(entry))

    def _several(self, entry: KeyValue) -> list[Condition]:
        hint = "start each condition with `- `"
        sequence = self._reading.sequence(entry.value, f"`{entry.name}`", hint)
        if sequence is None:
            return []
        if not sequence.items:
            self._reading.problem(sequence.place, "empty", f"`{entry.name}` lists nothing", hint)
        items = tuple(self.block(item, f"an item of `{entry.name}`") for item in sequence.items)
        return [Any(items) if entry.name == "any" else All(items)]

    # Relations.

    def _relations(self, entry: KeyValue) -> list[Condition]:
        if self._scope.relation is not None:
            message = f"`{entry.name}` stands inside the relation ‘{self._scope.relation}’"
            hint = "inside a relation stand fields, any, all, not and unless; split the rule"
            self._reading.problem(entry.key.place, "nested-relation", message, hint)
            return []
        mapping = self._reading.mapping(entry.value, f"`{entry.name}`", entry.key.place)
        if mapping is None:
            return []
        if not mapping.entries:
            hint = f"write the relation below it: `{entry.name}: {{{self._example_relation()}: {{}}}}`"
            self._reading.problem(mapping.place, "empty", f"`{entry.name}` names no relation", hint)
        conditions: list[Condition] = []
        for item in mapping.entries:
            relation = self._relation(item.key)
            if relation is None:
                continue
            if entry.name == "count":
                conditions += self._count(item, relation)
            else:
                where = self._inside(relation).block(item.value, f"‘{item.name}’", may_be_empty=True)
                quantifier = {"some": "some", "no": "no", "every": "every"}[entry.name]
                conditions.append(Related(quantifier, relation.name, where, item.key.place))  # type: ignore[arg-type]
        return conditions

    def _example_relation(self) -> str:
        return next(iter(RELATIONS.get(self._scope.kind, {})), "relation")

    def _relation(self, key: Scalar) -> Relation | None:
        known: Dict[str, Relation] = RELATIONS.get(self._scope.kind, {})
        if key.text in known:
            return known[key.text]
        message = f"{self._scope.kind} has no relation ‘{shown(key.text)}’"
        hint = did_you_mean(key.text, tuple(known), f"relations of {self._scope.kind}")
        if field_named(self._scope.kinds, key.text) is not None:
            hint = f"it is a field: write it without `some`, `no`, `every` or `count`. {hint}"
        self._reading.problem(key.place, "unknown-relation", message, hint)
        return None

    def _inside(self, relation: Relation) -> _Parser:
        scope = msgspec.structs.replace(self._scope, kinds=relation.to, relation=relation.name)
        return _Parser(scope, self._reading)

    def _count(self, item: KeyValue, relation: Relation) -> list[Condition]:
        if isinstance(item.value, Scalar) and not item.value.empty:
            number = self._number(item.value)
            return [] if number is None else [Count(relation.name, "equals", number, All(()), item.key.place)]
        mapping = self._reading.mapping(item.value, f"the count of ‘{item.name}’", item.key.place)
        if mapping is None:
            return []
        where, tests = All(()), []
        for entry in self._reading.known(mapping, (*COUNTS, "where"), "a count"):
            if entry.name == "where":
                where = self._inside(relation).block(entry.value, "`where`", may_be_empty=True)
            else:
                tests.append((entry, self._number(entry.value)))
        if not any(entry.name in COUNTS for entry in mapping.entries):
            hint = f"write `count: {{{item.name}: {{at_least: 2}}}}`; to ask for any at all use `some`"
            self._reading.problem(item.key.place, "missing-key", "a count compares with no number", hint)
        return [
            Count(relation.name, entry.name, number, where, item.key.place)  # type: ignore[arg-type]
            for entry, number in tests
            if number is not None
        ]

    def _number(self, node: Node) -> Value | Setting | None:
        scalar = self._reading.scalar(node, "the number of a count")
        if scalar is None:
            return None
        if scalar.text.startswith("$"):
            return self._operands.setting(scalar, ("integer",), "a count")
        number = scalar.value
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return Value(number)
        message = f"a count is compared with a whole number from 0, not {found(scalar)}"
        self._reading.problem(scalar.place, "wrong-type", message)
        return None

    # Fields.

    def _field(self, entry: KeyValue) -> list[FieldTest]:
        field = field_named(self._scope.kinds, entry.name, of_related=self._scope.relation is not None)
        if field is None:
            self._unknown(entry.key)
            return []
        if field.type == "keys":
            message = f"‘{entry.name}’ cannot be tested by rules"
            hint = "test ‘segments’, which is computed from it and the customer's `segments:`"
            self._reading.problem(entry.key.place, "field-not-testable", message, hint)
            return []
        return self._tests.read(entry, field)

    def _unknown(self, key: Scalar) -> None:
        kinds = self._scope.kinds
        message = f"{' or '.join(kinds)} has no field ‘{shown(key.text)}’"
        names = field_names(kinds, of_related=self._scope.relation is not None)
        hint = did_you_mean(key.text, names, "fields")
        if key.text in REACHING:
            hint = "only related records can be asked for it: write it below a relation"
        elif self._scope.relation is None and key.text in RELATIONS.get(self._scope.kind, {}):
            hint = f"it is a relation: write it under `some:`, `no:`, `every:` or `count:`. {hint}"
        elif is_test(key.text) or key.text == "equals":
            hint = f"a test stands below its field: `field: {{{key.text}: ...}}`. {hint}"
        else:
            word = closest(key.text, _WORDS)
            if word is not None and closest(key.text, names) is None:
                hint = f"did you mean {word}?"
        self._reading.problem(key.place, "unknown-field", message, hint)
