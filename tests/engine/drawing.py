"""Draws random rules, records and situations for the laws."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from engine.analysis.availability import EVERYTHING, Provided
from engine.analysis.reads import relations_read, walk
from engine.matching.examples import ExampleSituation
from engine.model.conditions import (
    ALWAYS,
    All,
    Condition,
    Count,
    Day,
    FieldTest,
    Instant,
    Not,
    Operand,
    Related,
    Setting,
    This,
    Unless,
    Value,
)
from engine.model.conditions import Any as AnyOf
from engine.model.connector_spec import Schedule
from engine.model.moments import Moment
from engine.model.operator_uses import Use
from engine.model.operators import OPERATORS
from engine.model.problems import Place
from engine.model.rulebook import Customer, Reaction, Rule, Rulebook, SettingEntry, Touch
from engine.records.fields import Field, fields_for_rules
from engine.records.kinds import KINDS, Record
from engine.relations.definitions import RELATIONS

PLACE = Place("drawn.yaml")
AS_OF = datetime(2026, 11, 21, 11, tzinfo=UTC)
WORDS = ("a", "B", "b", "é", "x y", 'q"\\', "left", "pending")
EMAILS = ("mina@example.org", "MINA@example.org", "jon@school.example.org", "jon@", "two@a@b", "straße@example.org")
PHONES = ("01 99 00 00 12", "+33 1", "see mother")
IDS = ("1", "2", "A", "a")
TIMES = tuple(AS_OF + timedelta(hours=hours) for hours in (-400, -25, -1, 0, 1, 12, 13, 36, 14 * 24, 14 * 24 + 12, 900))
DAYS = tuple(date(2026, 11, 21) + timedelta(days=days) for days in (-30, -1, 0, 1, 14, 15, 40))

SETTINGS: dict[str, Any] = {
    "texts_given": ("a", "é", "example.org", ".example.org"),
    "texts_empty": (),
    "mapping_given": {"1": "x", "A": "y"},
    "number_given": 2,
    "number_zero": 0,
    "number_unset": None,
    "day_given": date(2026, 11, 22),
}


def pool(field: Field) -> tuple[Any, ...]:
    """The single values that are drawn for a field."""
    by_type: dict[str, tuple[Any, ...]] = {
        "boolean": (True, False),
        "integer": (0, 1, 2, 3, 4),
        "instant": TIMES,
        "date": DAYS,
        "email": EMAILS,
        "phone": PHONES,
        "id": IDS,
    }
    return by_type.get(field.type) or field.choices or WORDS


@cache
def _scalar(field: Field) -> st.SearchStrategy[Any]:
    return st.sampled_from(pool(field))


@cache
def values(field: Field) -> st.SearchStrategy[Any]:
    """A value of the field, missing in three of ten."""
    if field.is_set:
        return st.lists(_scalar(field), max_size=3).map(tuple)
    return st.one_of(*[_scalar(field)] * 7, *[st.none()] * 3)


def fields_read(when: Condition) -> set[str]:
    """Names of the fields that a condition reads, on whichever record."""
    tests_in = [part for part in walk(when) if isinstance(part, FieldTest)]
    own = {operand.field for test in tests_in for operand in test.operands if isinstance(operand, This)}
    return own | {test.field for test in tests_in}


@cache
def testable(kind: str, of_related: bool) -> list[Field]:
    """The fields that rules can test on a kind, of related records also what is decided of them."""
    return [field for field in fields_for_rules(kind, of_related=of_related).values() if field.type != "keys"]


@st.composite
def records(draw: st.DrawFn, kind: str, when: Condition | None = None, source_id: str | None = None) -> Record:
    """A record of the kind; with a condition, only the fields that it reads are drawn, which is much quicker."""
    read = None if when is None else fields_read(when)
    fields = {
        field.name: draw(values(field))
        for field in testable(kind, False)
        if not field.computed and field.name != "source_id" and (read is None or field.name in read)
    }
    return KINDS[kind](source_id=source_id or draw(st.sampled_from(IDS)), **fields)


@cache
def _times() -> st.SearchStrategy[Operand]:
    amounts = st.integers(-40, 40)
    named = st.sampled_from(["number_given", "number_zero", "number_unset"]).map(Setting)
    return st.one_of(
        st.builds(Day, amounts),
        st.builds(Day, named, st.booleans()),
        st.builds(Instant, st.just("now"), amounts, st.sampled_from(["minutes", "hours"])),
        st.builds(Instant, st.just("now"), named, st.sampled_from(["minutes", "hours"]), st.booleans()),
        st.just(Instant("last_sync")),
        st.sampled_from(TIMES + DAYS).map(Value),
        st.just(Setting("day_given")),
    )


@cache
def _operands(field: Field, use: Use) -> st.SearchStrategy[tuple[Operand, ...]]:
    """What stands behind an operator: other values of the field, or what its entry says shall be tried."""
    if use.wants in ("number", "domain"):
        settings = ("number_given",) if use.wants == "number" else ("texts_given", "texts_empty")
        tried = (*map(Value, use.tried), *map(Setting, settings))
        return st.sampled_from(tried).map(lambda one: (one,))
    if field.type in ("instant", "date") and not field.is_set:
        return _times().map(lambda one: (one,))
    if use.takes == "list":
        return st.lists(_scalar(field).map(Value), min_size=1, max_size=15).map(tuple)
    return _scalar(field).map(lambda value: (Value(value),))


@st.composite
def tests(draw: st.DrawFn, kind: str, owner: str, of_related: bool) -> FieldTest:
    """A test on a field of ``kind``, decided for a record of ``owner``; three in ten on a decision, of related ones."""
    fields = testable(kind, of_related)
    reaching = [field for field in fields if field.of_related]
    field = draw(st.sampled_from(reaching if reaching and draw(st.integers(0, 9)) < 3 else fields))
    op = draw(st.sampled_from([name for name, one in OPERATORS.items() if one.use_on(field) is not None]))
    use = OPERATORS[op].use_on(field)
    assert use is not None
    if use.wants == "nothing":
        return FieldTest(field.name, op, (), field.type, field.is_set, PLACE)
    operands = draw(_operands(field, use))
    whole = use.takes != "one" and use.wants != "domain"
    if field.type in ("text", "id") and not field.choices and (whole or use.wants == "part") and draw(st.booleans()):
        operands = (Setting(draw(st.sampled_from(["texts_given", "texts_empty", "mapping_given"]))),)
    alike = [
        other.name
        for other in testable(owner, False)
        if not other.computed and other.type == field.type and (not other.is_set or field.is_set)
    ]
    if alike and use.wants in ("value", "part", "time", "day") and draw(st.integers(0, 3)) == 0:
        operands = (This(draw(st.sampled_from(alike))),)
    return FieldTest(field.name, op, operands, field.type, field.is_set, PLACE)


@cache
def conditions(kind: str, depth: int = 3, *, exceptions: bool = True) -> st.SearchStrategy[Condition]:
    """A condition on records of the kind, with `unless` blocks or without."""
    plain = tests(kind, kind, False)
    leaves: st.SearchStrategy[Condition] = plain
    if RELATIONS.get(kind):
        leaves = st.one_of(plain, _related(kind, exceptions), _count(kind, exceptions))
    return _nested(leaves, depth, exceptions)


def _nested(leaves: st.SearchStrategy[Condition], depth: int, exceptions: bool) -> st.SearchStrategy[Condition]:
    if depth == 0:
        return leaves
    inner = _nested(leaves, depth - 1, exceptions)
    items = st.lists(inner, max_size=2).map(tuple)
    blocks = [st.builds(All, items), st.builds(AnyOf, items), st.builds(Not, inner)]
    if exceptions:
        blocks.append(st.builds(Unless, inner))
    return st.one_of(leaves, *blocks)


@st.composite
def _related(draw: st.DrawFn, kind: str, exceptions: bool) -> Related:
    relation = draw(st.sampled_from(sorted(RELATIONS[kind])))
    return Related(
        draw(st.sampled_from(["some", "no", "every"])), relation, draw(_where(kind, relation, exceptions)), PLACE
    )


@st.composite
def _count(draw: st.DrawFn, kind: str, exceptions: bool) -> Count:
    relation = draw(st.sampled_from(sorted(RELATIONS[kind])))
    op = draw(st.sampled_from(["equals", "not", "above", "below", "at_least", "at_most"]))
    number = draw(st.one_of(st.integers(0, 3).map(Value), st.just(Setting("number_given"))))
    return Count(relation, op, number, draw(_where(kind, relation, exceptions)), PLACE)


@cache
def _where(kind: str, relation: str, exceptions: bool) -> st.SearchStrategy[Condition]:
    to = RELATIONS[kind][relation].to
    one = st.one_of([tests(each, kind, True) for each in to])
    return st.one_of(st.just(ALWAYS), _nested(one, 2, exceptions))


@st.composite
def situations(draw: st.DrawFn, kind: str, when: Condition) -> ExampleSituation:
    """Related records for every relation that the condition reads, given directly."""
    related: dict[str, tuple[Record, ...]] = {}
    for name in relations_read(when):
        relation = RELATIONS[kind][name]
        size = draw(st.integers(0, 3))
        related[name] = tuple(
            draw(records(draw(st.sampled_from(relation.to)), when, str(number))) for number in range(size)
        )
    return ExampleSituation(related, {id(one): draw(standings()) for some in related.values() for one in some})


@st.composite
def standings(draw: st.DrawFn) -> dict[str, Any]:
    """What may be decided of a record."""
    verdict = draw(st.sampled_from(["sync", "skip", "flag"]))
    if verdict == "skip":
        return {"verdict": verdict, "skipped_by": draw(st.sampled_from(IDS))}
    return {"verdict": verdict, "alone": draw(st.sampled_from(["sync", verdict]))}


def rule_of(kind: str, when: Condition, rule_id: str = "learner.drawn", then: Reaction = "flag") -> Rule:
    """A rule with that condition."""
    return Rule(
        id=rule_id,
        kind=kind,
        when=when,
        then=then,
        fix_in="source",
        examples=(),
        messages={},
        touched=(Touch("base", ("rule",), PLACE),),
        example_settings={},
    )


def rulebook_of(rules: list[Rule]) -> Rulebook:
    """A rulebook of these rules, without systems, with the settings of this module."""
    customer = Customer(
        id="drawn",
        name="Drawn",
        language="en",
        zone="Europe/Paris",
        source=None,
        platform=None,
        schedule=Schedule(),
        segments={},
    )
    entries = {name: SettingEntry(name, "text", value, "Drawn.", "base", PLACE) for name, value in SETTINGS.items()}
    return Rulebook(customer=customer, rules=tuple(rules), settings=entries, version="drawn")


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """A moment, before or after a first run, in a zone with and one without clock changes."""
    return Moment(
        as_of=draw(st.sampled_from([AS_OF, AS_OF + timedelta(hours=12), datetime(2027, 3, 27, 23, 30, tzinfo=UTC)])),
        zone=draw(st.sampled_from(["Europe/Paris", "Pacific/Auckland", "UTC"])),
        last_sync=draw(st.sampled_from([None, AS_OF - timedelta(hours=1)])),
    )


@st.composite
def provisions(draw: st.DrawFn) -> Provided:
    """Everything, or each field and each kind in seven of ten."""
    if draw(st.booleans()):
        return EVERYTHING
    often = st.integers(0, 9).map(lambda number: number < 7)
    return Provided(
        {
            kind: frozenset(name for name in fields_for_rules(kind, of_related=True) if draw(often))
            for kind in KINDS
            if draw(often)
        }
    )


def naming(condition: Condition, skips: list[str]) -> Condition:
    """The condition with the ids of skip rules where `skipped_by` is held against some value."""
    match condition:
        case FieldTest(field="skipped_by", operands=operands) if skips and operands:
            named = tuple(Value(skips[number % len(skips)]) for number, _ in enumerate(operands))
            return structs.replace(condition, operands=named)
        case All(items):
            return All(tuple(naming(item, skips) for item in items))
        case AnyOf(items):
            return AnyOf(tuple(naming(item, skips) for item in items))
        case Not(item):
            return Not(naming(item, skips))
        case Unless(item):
            return Unless(naming(item, skips))
        case Related() | Count():
            return structs.replace(condition, where=naming(condition.where, skips))
        case _:
            return condition
