"""Every operator has an entry that says all: what the laws draw, its words in every language, its line for writers."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
import yaml

from engine.language.languages import languages
from engine.language.wording import Wording, wording
from engine.matching.comparisons import Clock, bind, holds
from engine.matching.comparisons_fast import predicate
from engine.model.conditions import Day, FieldTest, Instant, Operand, Value
from engine.model.moments import Moment
from engine.model.operator_uses import TIMES, Use
from engine.model.operators import OPERATORS
from engine.records.fields import Field
from engine.records.kinds import KINDS
from engine.rulefiles.parse.operands import Scope
from engine.rulefiles.parse.when import parse_when
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import read_nodes
from tests.engine import drawing

SORTS = ("value", "time", "set")
FIELDS = [field for kind in KINDS for field in drawing.testable(kind, of_related=False)]
CLOCK = Clock(Moment(drawing.AS_OF, "Europe/Paris", last_sync=drawing.AS_OF))


def sort_of(field: Field) -> str:
    return "set" if field.is_set else "time" if field.type in TIMES else "value"


ENTRIES = [
    pytest.param(name, sort, id=f"{name}-{sort}")
    for name, operator in OPERATORS.items()
    for sort in SORTS
    if getattr(operator, sort) is not None
]
"""Every operator on every sort of field that it goes with."""


def drawn(field: Field, use: Use) -> list[tuple[Operand, ...]]:
    """What the laws draw to stand behind an operator, each value alone."""
    if use.wants == "nothing":
        return [()]
    if use.wants in ("number", "domain"):
        return [(Value(value),) for value in use.tried]
    times = (Day(0), Instant()) if sort_of(field) == "time" else ()
    return [(one,) for one in (*map(Value, drawing.pool(field)), *times)]


def values(field: Field) -> list[Any]:
    single = drawing.pool(field)
    return [None, *(single if not field.is_set else (single[:size] for size in range(1, 4)))]


def outcomes(name: str, field: Field) -> dict[tuple[Any, tuple[Operand, ...]], bool]:
    """What comes of the operator for every value and everything wanted that the laws draw."""
    use = OPERATORS[name].use_on(field)
    assert use is not None
    found = {}
    for value, operands in product(values(field), drawn(field, use)):
        leaf = bind(FieldTest(field.name, name, operands, field.type, field.is_set, drawing.PLACE), {})
        assert leaf is not None
        found[value, operands] = holds(leaf, value, None, CLOCK)
    return found


@pytest.mark.parametrize(("name", "sort"), ENTRIES)
def test_what_the_laws_draw_for_an_operator_comes_out_both_ways(name: str, sort: str) -> None:
    fields = [field for field in FIELDS if sort_of(field) == sort and OPERATORS[name].use_on(field) is not None]
    assert fields, f"no field takes ‘{name}’"
    came = {outcome for field in fields for outcome in outcomes(name, field).values()}
    assert came == {True, False}, f"give the entry of ‘{name}’ something to try: what is drawn is always {came}"


@pytest.mark.parametrize("name", [name for name, operator in OPERATORS.items() if operator.contrary])
def test_of_an_operator_and_its_contrary_one_holds_of_what_is_there(name: str) -> None:
    contrary = OPERATORS[name].contrary
    alike = [
        field
        for field in FIELDS
        if OPERATORS[name].use_on(field) is not None and OPERATORS[contrary].use_on(field) is not None
    ]
    assert alike, f"no field takes ‘{name}’ and its contrary ‘{contrary}’"
    for field in alike:
        mine, other = outcomes(name, field), outcomes(contrary, field)
        for (value, operands), outcome in mine.items():
            if value is not None or name in ("missing", "present"):
                assert outcome != other[value, operands], f"‘{name}’ and ‘{contrary}’ of {value!r} and {operands}"


@pytest.mark.parametrize("language", languages().names)
@pytest.mark.parametrize(("name", "sort"), ENTRIES)
def test_an_operator_has_words_in_every_language(name: str, sort: str, language: str) -> None:
    words: Wording = wording(language)
    use: Use = getattr(OPERATORS[name], sort)
    groups = {"value": [words.tests], "set": [words.sets], "time": [words.times, words.ahead, words.ago]}[sort]
    if use.wants == "nothing":
        groups = [words.tests]
    said = {name, OPERATORS[name].worded}
    assert all(said & set(group) for group in groups), f"‘{name}’ has no words in {language} for a {sort}"


@pytest.mark.parametrize(("name", "sort"), ENTRIES)
def test_the_example_of_an_operator_is_one_of_it(name: str, sort: str) -> None:
    use: Use = getattr(OPERATORS[name], sort)
    found = []
    for kind in KINDS:
        reading = ShapeReader()
        condition: Any = parse_when(
            read_nodes(use.example.encode(), "rule.yaml").root, Scope(kind, (kind,), {}), reading
        )
        if not reading.problems:
            (test,) = condition.items
            found.append(test)
    assert found, f"no kind takes {use.example}"
    assert {test.op for test in found} == {name}, use.example
    assert all(OPERATORS[name].use(test.type, is_set=test.is_set) is use for test in found), use.example
    assert yaml.safe_load(use.example)


@pytest.mark.parametrize(("address", "well"), [("mina@example.org", True), ("straße@example.org", False)])
def test_an_address_is_judged_as_it_is_written_and_not_as_it_is_compared(address: str, well: bool) -> None:
    for name, expected in (("well_formed", well), ("malformed", not well)):
        leaf = bind(FieldTest("email", name, (), "email", False, drawing.PLACE), {})
        assert leaf is not None
        assert holds(leaf, address, None, CLOCK) is predicate(leaf)(address, None, CLOCK) is expected


@pytest.mark.parametrize(
    ("zone", "day", "instant", "holding"),
    [
        ("Europe/Paris", date(2026, 11, 21), "2026-11-20T22:59:59.999999Z", {"before", "at_most", "not"}),
        ("Europe/Paris", date(2026, 11, 21), "2026-11-20T23:00:00Z", {"on", "equals", "at_least", "at_most"}),
        ("Europe/Paris", date(2026, 11, 21), "2026-11-21T22:59:59.999999Z", {"on", "equals", "at_least", "at_most"}),
        ("Europe/Paris", date(2026, 11, 21), "2026-11-21T23:00:00Z", {"after", "at_least", "not"}),
        # Samoa went from the 29th to the 31st: the 30th is the instant between them.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z", {"on", "equals", "at_least", "at_most"}),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00.000001Z", {"after", "at_least", "not"}),
    ],
)
def test_a_day_is_all_of_its_instants(zone: str, day: date, instant: str, holding: set[str]) -> None:
    clock, value = Clock(Moment(drawing.AS_OF, zone)), datetime.fromisoformat(instant)
    found = set()
    for name, operator in OPERATORS.items():
        if operator.time is not None and operator.time.wants != "nothing":
            leaf = bind(FieldTest("starts_at", name, (Value(day),), "instant", False, drawing.PLACE), {})
            assert leaf is not None
            assert holds(leaf, value, None, clock) is predicate(leaf)(value, None, clock)
            if holds(leaf, value, None, clock):
                found.add(name)
    assert found == holding
