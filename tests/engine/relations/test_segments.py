"""Segments: which platform accounts a record belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from engine.records.kinds import (
    Account,
    Class,
    Contract,
    Enrolment,
    Instructor,
    Learner,
    Record,
    Session,
)
from engine.relations.neighbourhood import NOTHING_KNOWN, Situation
from tests.engine.relations.test_neighbourhood import SEGMENTS, Remembered, keyed


def segments(record: Record, *others: Record, known: Iterable[Record] = ()) -> tuple[str, ...]:
    remembered = Remembered(*known) if known else NOTHING_KNOWN
    return Situation([record, *others], remembered, segments=SEGMENTS).segments(record)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (keyed(site_code="S-1"), ("rennes",)),
        (keyed(site_code=" S-2"), ("rennes",)),
        (keyed(site_code="s-1"), ()),
        (keyed(site_code="S-3"), ("brest",)),
        (keyed(site_code="S-3", section="N"), ("brest", "night")),
        (keyed(section="N"), ()),
        (keyed(site_code=("S-9", "S-3", "S-1")), ("brest", "rennes")),
        (keyed(place="S-1"), ()),
        ({}, ()),
    ],
)
@pytest.mark.parametrize("struct", [Learner, Class, Instructor, Session, Contract])
def test_a_segment_fits_when_every_key_it_names_does(struct: Any, keys: Any, found: tuple[str, ...]) -> None:
    assert segments(struct(source_id="1", segment_keys=keys)) == found


def test_without_segments_nothing_belongs_to_one() -> None:
    learner = Learner(source_id="1", segment_keys=keyed(site_code="S-1"))
    assert Situation([learner]).segments(learner) == ()
    assert Situation([learner], segments=SEGMENTS).segments(Account(source_id="1")) == ()


NORTH = Learner(source_id="1", groups=("g",), segment_keys=keyed(site_code="S-1"))


SOUTH = Learner(source_id="2", groups=("g",), segment_keys=keyed(site_code="S-3"))


@pytest.mark.parametrize("known", [False, True], ids=["in the batch", "known"])
def test_a_session_without_keys_takes_its_learners(known: bool) -> None:
    others = {"known": (NORTH, SOUTH)} if known else {}
    here = () if known else (NORTH, SOUTH)
    assert segments(Session(source_id="s", group_ids=("g",)), *here, **others) == ("brest", "rennes")
    assert segments(Session(source_id="s", learner_ids=("1", "3")), *here, **others) == ("rennes",)
    own = Session(source_id="s", group_ids=("g",), segment_keys=keyed(site_code="S-9"))
    assert segments(own, *here, **others) == ()
    beside = Session(source_id="s", learner_ids=("2",), segment_keys=keyed(place="North"))
    assert segments(beside, *here, **others) == ("brest",)


@pytest.mark.parametrize("known", [False, True], ids=["in the batch", "known"])
def test_an_instructor_belongs_where_it_its_sessions_and_its_classes_do(known: bool) -> None:
    others: tuple[Record, ...] = (
        NORTH,
        Session(source_id="s", instructor_ids=("7",), group_ids=("g",)),
        Session(source_id="t", instructor_ids=("8",), segment_keys=keyed(site_code="S-3", section="n")),
        Class(source_id="m", segment_keys=keyed(site_code="S-3")),
        Enrolment(source_id="e", class_id="m", person_id="7", role="instructor"),
        Enrolment(source_id="f", class_id="m", person_id="9", role="instructor", status="ended"),
        Enrolment(source_id="h", class_id="m", person_id="9", role="learner"),
    )

    def of(instructor: Instructor) -> tuple[str, ...]:
        return segments(instructor, known=others) if known else segments(instructor, *others)

    assert of(Instructor(source_id="7")) == ("brest", "rennes")
    assert of(Instructor(source_id="8", segment_keys=keyed(site_code="S-1"))) == ("brest", "night", "rennes")
    assert of(Instructor(source_id="9")) == ()


@pytest.mark.parametrize("known", [False, True], ids=["in the batch", "known"])
def test_a_contract_belongs_where_it_says_or_else_where_its_learner_does(known: bool) -> None:
    others = {"known": (NORTH,)} if known else {}
    here = () if known else (NORTH,)
    assert segments(Contract(source_id="c", learner_id="1"), *here, **others) == ("rennes",)
    own = Contract(source_id="c", learner_id="1", segment_keys=keyed(site_code="S-3"))
    assert segments(own, *here, **others) == ("brest",)
    assert segments(Contract(source_id="c"), *here, **others) == ()


def test_a_related_record_that_is_only_known_has_its_segments_too() -> None:
    sessions = [Session(source_id=str(n), instructor_ids=("7",), group_ids=(f"g{n}",)) for n in range(30)]
    learners = [Learner(source_id=str(n), groups=(f"g{n}",), segment_keys=keyed(site_code="S-1")) for n in range(30)]
    known = Remembered(*sessions, *learners)
    instructor = Learner(source_id="99", groups=tuple(f"g{n}" for n in range(30)))
    situation = Situation([instructor], known, segments=SEGMENTS, relations={("learner", "sessions")})
    found = situation.related(instructor, "sessions")
    assert len(found) == 30
    assert {situation.segments(session) for session in found} == {("rennes",)}
    assert len(known.calls) <= 4
