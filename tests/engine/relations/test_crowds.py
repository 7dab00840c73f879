"""Crowds are sifted as each pair would be, and cost no more than their size."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.availability import EVERYTHING
from engine.explaining.explainer import matches
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.records.kinds import Instructor, Learner, Record, Session, kind_of
from engine.relations.crowds import MANY, Part, Sieve
from engine.relations.definitions import RELATIONS
from engine.relations.neighbourhood import Situation
from engine.rulefiles.library import load_base

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENT = Moment(as_of=NOW, zone="Europe/Paris", last_sync=NOW)
BASE = load_base(RULES, {})
WAYS = [
    (kind, relation.name, way)
    for kind, relations in RELATIONS.items()
    for relation in relations.values()
    for way in relation.ways
    if way.likeness is not None
]
PEOPLE = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Mina", "mina", "Odo", None]),
        "last_name": st.sampled_from(["Okparo", "Quist", None]),
        "birth_date": st.sampled_from([date(2005, 1, 2), date(2006, 1, 2), None]),
        "email": st.sampled_from(["all@example.org", "ALL@example.org", "two@example.org", None]),
    }
)
SESSIONS = st.fixed_dictionaries(
    {
        "learner_ids": st.sampled_from([(), ("L-1",), ("L-1", "L-2"), ("L-2",)]),
        "group_ids": st.sampled_from([(), ("G-1",), ("G-2",)]),
    }
)


def drawn(kind: str, fields: Sequence[dict[str, Any]]) -> list[Record]:
    made: dict[str, type[Record]] = {"learner": Learner, "instructor": Instructor, "session": Session}
    return [made[kind](source_id=f"{number:03}", **given) for number, given in enumerate(fields)]


@pytest.mark.parametrize(("kind", "name", "way"), WAYS, ids=lambda value: value if isinstance(value, str) else "")
@given(data=st.data())
def test_a_crowd_is_sifted_as_each_pair_would_be(kind: str, name: str, way: Any, data: st.DataObject) -> None:
    fields = SESSIONS if kind == "session" else PEOPLE
    group = tuple(drawn(way.to, data.draw(st.lists(fields, min_size=MANY, max_size=MANY + 8))))
    asking = group if kind == way.to else drawn(kind, data.draw(st.lists(fields, min_size=1, max_size=4)))

    def keeps(record: Record, other: Record) -> bool:
        return bool(way.keeps(record, other, None))

    sieve = Sieve(keeps, way.likeness)
    for record in asking:
        found = sieve(record, "", group)
        assert found == tuple(other for other in group if keeps(record, other))
        if isinstance(found, Part):
            assert set(map(id, found.whole)) - set(map(id, found.without)) == set(map(id, found))


def crowd(number: int, **same: Any) -> list[Record]:
    return [
        Learner(source_id=f"{one:05}", **{"first_name": "Mina", "last_name": f"O {one}", **same})
        for one in range(number)
    ]


def one_slot(number: int) -> list[Record]:
    begins = NOW + timedelta(days=2)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=2)}
    ada = Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")
    lou = Learner(source_id="L-1", first_name="Lou", last_name="Rask", email="lou@example.org")
    sessions = [
        Session(source_id=f"{one:05}", name="Algebra", instructor_ids=("I-1",), learner_ids=("L-1",), **times)
        for one in range(number)
    ]
    return [ada, lou, *sessions]


CROWDS = {
    "one address": lambda number: crowd(number, email="all@example.org"),
    "one address, two names": lambda number: [
        *crowd(number // 2, email="all@example.org", last_name="Okparo"),
        *crowd(number, email="all@example.org")[number // 2 :],
        Instructor(source_id="1", first_name="Ada", last_name="Lund", email="all@example.org"),
    ],
    "one person": lambda number: crowd(number, email="all@example.org", last_name="Okparo"),
    "one slot": one_slot,
}


@pytest.mark.parametrize("make", CROWDS.values(), ids=CROWDS)
def test_what_is_decided_of_a_crowd_is_what_the_explainer_says(make: Any) -> None:
    records = make(2 * MANY)
    classifier = Classifier(BASE, EVERYTHING)
    decided = classifier.decide(records, MOMENT)
    for position, record in enumerate(records):
        fired = classifier.fulfilled(record, decided.situation, MOMENT)
        said = {
            rule.id
            for rule in BASE.rules
            if rule.id in classifier.ready
            and rule.kind == kind_of(record)
            and matches(rule, record, decided.sight, MOMENT, classifier.settings, EVERYTHING)
        }
        assert fired == said, (record, position)


@pytest.mark.parametrize("make", CROWDS.values(), ids=CROWDS)
def test_the_facts_of_a_crowd_name_the_first_and_count_all(make: Any) -> None:
    few, many = make(MANY // 2), make(3 * MANY)
    for records in (few, many):
        decided = Classifier(BASE, EVERYTHING).decide(records, MOMENT)
        for position, decision in enumerate(decided.decisions):
            for match in () if decision is None else decision.matches:
                for name, related in decided.facts(position, match.rule).related.items():
                    others = decided.situation.related(records[position], name)
                    ids = [item["source_id"] for item in related.items]
                    assert set(ids) <= {other.source_id for other in others}
                    assert related.count <= len(others)
                    assert len(ids) == len(set(ids)) == min(related.count, 20) or name == "same_email"


@pytest.mark.parametrize("make", CROWDS.values(), ids=CROWDS)
def test_a_crowd_costs_what_it_is_large(make: Any) -> None:
    def seconds(number: int) -> float:
        records = make(number)
        classifier = Classifier(BASE, EVERYTHING)
        begun = time.process_time()
        decided = classifier.decide(records, MOMENT)
        for position, decision in enumerate(decided.decisions):
            for match in () if decision is None else decision.matches:
                decided.facts(position, match.rule)
        return time.process_time() - begun

    assert seconds(1_600) < 12 * max(seconds(400), 0.05)


def test_a_situation_gives_the_parts_of_a_crowd_in_the_order_of_ids() -> None:
    records = crowd(MANY + 1, email="all@example.org")
    found = Situation(records).related(records[3], "same_email")
    assert [other.source_id for other in found] == [one.source_id for one in records if one is not records[3]]
