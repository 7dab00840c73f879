"""Relations gone backwards: who asks for a record, by the keys that are stored."""

from __future__ import annotations

import pytest

from engine.records.kinds import DOWNWARD, Class, Contract, Enrolment, Instructor, Learner, Record, Session
from engine.relations.definitions import RELATIONS
from engine.relations.readers import key_of, readers
from tests.engine.relations.test_neighbourhood import Remembered

ADA = Instructor(source_id="I-1", email="ada@example.org")
LOU = Learner(source_id="L-1", groups=("G-1",), email="ADA@example.org")
MATHS = Class(source_id="C-1")
TEACHES = Enrolment(source_id="E-1", class_id="C-1", person_id="I-1", role="instructor")
LEARNS = Enrolment(source_id="E-2", class_id="C-1", person_id="L-1", role="learner")
ONE = Session(source_id="S-1", instructor_ids=("I-1",), group_ids=("G-1",))
OTHER = Session(source_id="S-2", instructor_ids=("I-2",), learner_ids=("L-1",))
CONTRACT = Contract(source_id="K-1", learner_id="L-1")
EVERY = (ADA, LOU, MATHS, TEACHES, LEARNS, ONE, OTHER, CONTRACT)


@pytest.mark.parametrize(
    ("kind", "relation", "found", "expected"),
    [
        ("session", "instructors", ADA, {"S-1"}),
        ("session", "learners", LOU, {"S-1", "S-2"}),
        ("learner", "sessions", ONE, {"L-1"}),
        ("instructor", "sessions", OTHER, set()),
        ("class", "teachers", ADA, {"C-1"}),
        ("class", "enrolments", LEARNS, {"C-1"}),
        ("enrolment", "people", LOU, {"E-2"}),
        ("enrolment", "people", ADA, {"E-1"}),
        ("enrolment", "classes", MATHS, {"E-1", "E-2"}),
        ("contract", "learners", LOU, {"K-1"}),
        ("learner", "same_email", ADA, {"L-1"}),
    ],
)
def test_who_asks_for_a_record_is_found_by_its_keys(
    kind: str, relation: str, found: Record, expected: set[str]
) -> None:
    known = Remembered(*EVERY)
    assert {one.source_id for one in readers({(kind, relation)}, [found], known)} == expected
    assert len(known.calls) <= 2


def test_every_relation_between_kinds_decided_together_can_be_gone_backwards() -> None:
    for kind in DOWNWARD:
        for relation in RELATIONS[kind].values():
            for way in relation.ways:
                if way.to in DOWNWARD:
                    assert key_of(kind, (way.via or way).values), (kind, relation.name)
                    assert way.via is None or key_of(way.via.to, way.values), (kind, relation.name)
