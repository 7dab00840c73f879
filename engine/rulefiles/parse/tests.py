"""Field tests: what stands behind a field in a condition, its value, its list or its tests."""

from __future__ import annotations

from engine.model.conditions import FieldTest, Operand
from engine.model.operators import OPERATORS
from engine.records.fields import Field
from engine.records.suggest import did_you_mean
from engine.rulefiles.operators import is_test, tests_of, use_on, words_of
from engine.rulefiles.parse.operands import OperandReader, Scope, stands_for_many
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Mapping, Node, RefusedNode, Scalar, Sequence


class FieldTests:
    """Reads the tests on fields in one scope."""

    def __init__(self, scope: Scope, reading: ShapeReader, operands: OperandReader) -> None:
        self._scope = scope
        self._reading = reading
        self._operands = operands

    def read(self, entry: KeyValue, field: Field) -> list[FieldTest]:
        """Every test behind a field; those that are wrong are left out and their problems noted."""
        value = entry.value
        match value:
            case Mapping():
                return self._tests(entry, field, value)
            case Sequence():
                return self._listed(entry, field, "equals", value)
            case RefusedNode():
                return []
            case _:
                return self._single(entry.key, field, "equals", value)

    def _tests(self, entry: KeyValue, field: Field, tests: Mapping) -> list[FieldTest]:
        if not tests.entries:
            hint = f"write `{field.name}: {{is: present}}` to ask whether there is one"
            self._reading.problem(tests.place, "empty", f"‘{field.name}’ has no test", hint)
        made: list[FieldTest] = []
        allowed = tests_of(field)
        for test in tests.entries:
            if test.name not in allowed:
                self._not_allowed(test, field, allowed)
            elif test.name == "is":
                made += self._is(test, field)
            elif isinstance(test.value, Mapping):
                message = f"`{test.name}` stands before a value, not before another test"
                hint = f"write `not: {{{entry.name}: ...}}`" if test.name == "not" else ""
                self._reading.problem(test.value.place, "wrong-shape", message, hint)
            elif isinstance(test.value, Sequence):
                made += self._listed(test, field, test.name, test.value)
            else:
                made += self._single(test.key, field, test.name, test.value)
        return made

    def _not_allowed(self, test: KeyValue, field: Field, allowed: tuple[str, ...]) -> None:
        listed = ", ".join(allowed)
        if is_test(test.name):
            of = f"a set of {field.type}s" if field.is_set else f"{field.type} of a few words" * bool(field.choices)
            message = f"‘{test.name}’ does not go with ‘{field.title}’, which is {of or field.type}"
            self._reading.problem(test.key.place, "test-not-allowed", message, f"tests that do: {listed}")
            return
        if test.name in ("equals", "eq", "is_not", "ne"):
            hint = f"write the value itself: `{field.name}: value`, or {{not: value}}"
        elif test.name in words_of(field):
            hint = f"write `{field.name}: {{is: {test.name}}}`"
        else:
            hint = did_you_mean(test.name, allowed, "tests")
        self._reading.problem(test.key.place, "unknown-test", f"unknown test ‘{shown(test.name)}’", hint)

    def _is(self, test: KeyValue, field: Field) -> list[FieldTest]:
        words = words_of(field)
        operator = OPERATORS.get(test.value.text) if isinstance(test.value, Scalar) else None
        if operator is not None and operator.value and operator.value.wants == "nothing" and operator.name not in words:
            asked_of = " or ".join(operator.value.on)
            message = f"‘{operator.name}’ is asked of an {asked_of}, and ‘{field.title}’ is neither"
            hint = f"here `is` takes {' or '.join(words)}"
            self._reading.problem(test.value.place, "test-not-allowed", message, hint)
            return []
        if isinstance(test.value, Scalar) and not test.value.empty and test.value.text in field.choices:
            message = "`is` takes missing or present"
            hint = f"write `{field.name}: {test.value.text}`"
            self._reading.problem(test.value.place, "unknown-word", message, hint)
            return []
        word = self._reading.one_of(test.value, words, "state")
        return [] if word is None else [self._made(test.key, field, word, ())]

    def _listed(self, entry: KeyValue, field: Field, test: str, sequence: Sequence) -> list[FieldTest]:
        """A list behind a field, or behind a test that takes one."""
        test = OPERATORS[test].many or test
        use = use_on(field, test)
        if use is None or use.takes == "one":
            what = f"‘{field.name}’" if use is None else f"`{test}`"
            hint = "for one of several write `any:` with a condition for each"
            self._reading.problem(sequence.place, "wrong-shape", f"{what} takes one value, not a list", hint)
            return []
        if not sequence.items:
            hint = f"for one that is not there write `{field.name}: {{is: missing}}`"
            self._reading.problem(sequence.place, "empty", "an empty list: no value is in it", hint)
            return []
        operands: list[Operand] = []
        for item in sequence.items:
            operand = self._operands.read(field, test, item)
            if operand is not None and stands_for_many(operand, self._scope):
                hint = f"write it alone: `{test}: {item.text}`" if isinstance(item, Scalar) else ""
                message = "a setting or field that is itself a list stands in a list"
                self._reading.problem(item.place, "setting-does-not-fit", message, hint)
            elif operand is not None:
                operands.append(operand)
        return [self._made(entry.key, field, test, tuple(operands))]

    def _single(self, key: Scalar, field: Field, test: str, node: Node) -> list[FieldTest]:
        use = use_on(field, test)
        if use and use.takes == "list" and isinstance(node, Scalar) and not node.empty and node.text[:1] != "$":
            hint = f"write `{test}: [{shown(node.text)}]`"
            self._reading.problem(node.place, "wrong-shape", f"`{test}` takes a list, or a setting", hint)
            return []
        operand = self._operands.read(field, test, node)
        if operand is None:
            return []
        if stands_for_many(operand, self._scope):
            test = OPERATORS[test].many or test
        return [self._made(key, field, test, (operand,))]

    def _made(self, key: Scalar, field: Field, op: str, operands: tuple[Operand, ...]) -> FieldTest:
        return FieldTest(field.name, op, operands, field.type, field.is_set, key.place)
