"""The situation: the batch before what is known, whatever the order, with few look-ups."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.records.decode import Invalid
from engine.records.kinds import (
    KINDS,
    Account,
    Class,
    Contract,
    Enrolment,
    Instructor,
    Learner,
    Mark,
    Record,
    Session,
    Sheet,
    kind_of,
)
from engine.relations.definitions import RELATIONS, join_keys
from engine.relations.neighbourhood import NOTHING_KNOWN, Situation, unify

ALL = frozenset((kind, name) for kind, relations in RELATIONS.items() for name in relations)
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Remembered:
    """What is known, in memory; counts how often it is asked."""

    kinds = tuple(KINDS)

    def __init__(self, *records: Record) -> None:
        self.records = records
        self.calls: list[set[tuple[str, str, str]]] = []

    def lookup(self, keys: Collection[tuple[str, str, str]]) -> Iterable[Record]:
        self.calls.append(set(keys))
        for record in self.records:
            if any((kind_of(record), key, value) in keys for key, value in join_keys(record)):
                yield record


# One record from several


def test_equal_records_are_one() -> None:
    mina = Learner(source_id="1", email="mina@example.org", groups=("b", "a"))
    batch, conflicts = unify([mina, Learner(source_id="1", email="mina@example.org", groups=("b", "a"))])
    assert batch["learner"] == {"1": mina}
    assert conflicts == {}


def test_a_learner_read_once_per_group_is_one_in_all_its_groups() -> None:
    parts = [
        Learner(source_id="1", email="m@example.org", groups=("g",), segment_keys={"site_code": ("S2",)}),
        Learner(
            source_id="1", email="m@example.org", groups=("b",), segment_keys={"site_code": ("S1",), "place": ("N",)}
        ),
        Learner(source_id="1", email="m@example.org", groups=("g",), families=("x",)),
    ]
    keys: dict[Any, Any] = {"place": ("N",), "site_code": ("S1", "S2")}
    whole = Learner(source_id="1", email="m@example.org", groups=("b", "g"), families=("x",), segment_keys=keys)
    for order in (parts, parts[::-1]):
        assert unify(order) == ({**unify([])[0], "learner": {"1": whole}}, {})


def test_a_session_read_once_per_group_is_one_for_all_of_them() -> None:
    situation = Situation([Session(source_id="1", group_ids=("g",)), Session(source_id="1", group_ids=("h",))])
    assert situation.record("session", "1") == Session(source_id="1", group_ids=("g", "h"))


def test_two_that_contradict_each_other_are_seen_by_no_relation() -> None:
    one, two = Instructor(source_id="7", email="a@example.org"), Instructor(source_id="7", email="b@example.org")
    session = Session(source_id="1", instructor_ids=("7",))
    known = Remembered(Instructor(source_id="7", email="c@example.org"))
    situation = Situation([one, session, two], known, relations=ALL)
    assert situation.conflicts.keys() == {("instructor", "7")}
    assert situation.record("instructor", "7") is None
    assert situation.related(session, "instructors") == ()
    assert situation.has("instructor", "7")


def test_a_third_that_agrees_with_one_of_two_settles_nothing() -> None:
    one, two = Class(source_id="m", name="Maths"), Class(source_id="m", name="Music")
    for order in ([one, two, one], [one, one, two], [two, one, two]):
        assert unify(order)[1] == {("class", "m"): one}


def test_ids_are_unique_only_within_their_kind() -> None:
    assert unify([Learner(source_id="1"), Instructor(source_id="1")])[1] == {}


@pytest.mark.parametrize("other", [Learner(source_id="2"), Invalid("learner", "2", ("email: …",))])
def test_an_account_of_a_record_in_conflict_or_unreadable_is_not_free(other: Record | Invalid) -> None:
    mina = Learner(source_id="1", email="mina@example.org")
    account = Account(source_id="p", source_kind="learner", source_ref="2", email="mina@example.org")
    contradiction = [Learner(source_id="2", last_name="Aalto")] if isinstance(other, Record) else []
    assert Situation([mina, account, other, *contradiction]).related(mina, "email_accounts") == ()
    assert Situation([mina, account]).related(mina, "email_accounts") == (account,)


# The batch and what is known


def test_the_batch_comes_before_what_is_known() -> None:
    session = Session(source_id="1", instructor_ids=("7",), group_ids=("g",))
    moved = Learner(source_id="1", groups=("h",))
    known = Remembered(
        Instructor(source_id="7"), Learner(source_id="1", groups=("g",)), Learner(source_id="2", groups=("g",))
    )
    situation = Situation([session, moved], known, relations=ALL)
    assert situation.related(session, "instructors") == (Instructor(source_id="7"),)
    assert situation.related(session, "learners") == (Learner(source_id="2", groups=("g",)),)


def test_an_unreadable_record_is_seen_as_it_was_last_known() -> None:
    session = Session(source_id="1", instructor_ids=("7",))
    items = [session, Invalid("instructor", "7", ("email: …",))]
    assert Situation(items, Remembered(Instructor(source_id="7"))).related(session, "instructors") == (
        Instructor(source_id="7"),
    )


def test_an_account_is_free_when_its_record_is_neither_here_nor_known() -> None:
    mina = Learner(source_id="1", email="mina@example.org")
    account = Account(source_id="p", source_kind="learner", source_ref="2", email="mina@example.org")
    for known in (Remembered(account), Remembered(account, Learner(source_id="2"))):
        situation = Situation([mina], known, relations=ALL)
        assert situation.related(mina, "email_accounts") == ((account,) if len(known.records) == 1 else ())


def test_what_is_known_is_asked_a_few_times_however_large_the_batch() -> None:
    learners = [Learner(source_id=str(n), email=f"l{n}@example.org", groups=(f"g{n % 9}",)) for n in range(200)]
    sessions = [Session(source_id=str(n), instructor_ids=(str(n),), group_ids=(f"g{n % 9}",)) for n in range(100)]
    classes = [Class(source_id=str(n)) for n in range(50)]
    batch = [*learners, *sessions, *classes, *(Instructor(source_id=str(n)) for n in range(50))]
    known = Remembered(
        *(
            Account(source_id=f"p{n}", source_kind="learner", source_ref=f"x{n}", email=f"l{n}@example.org")
            for n in range(9)
        ),
        *(Enrolment(source_id=f"e{n}", class_id=str(n), person_id=f"i{n}", role="instructor") for n in range(9)),
    )
    situation = Situation(batch, known, segments={"a": {"site_code": ("S",)}}, relations=ALL)
    for record in batch:
        for name in RELATIONS[kind_of(record)]:
            situation.related(record, name)
        situation.segments(record)
    assert len(known.calls) <= 4
    asked = [probe for call in known.calls for probe in call]
    assert len(asked) == len(set(asked))
    here = {(kind_of(record), record.source_id) for record in batch}
    assert not any(probe[1] == "id" and (probe[0], probe[2]) in here for probe in asked)


def test_a_relation_not_announced_is_looked_up_once_for_the_whole_batch() -> None:
    sessions = [Session(source_id=str(n), instructor_ids=(str(n),)) for n in range(20)]
    known = Remembered(*(Instructor(source_id=str(n)) for n in range(20)))
    situation = Situation(sessions, known)
    assert not known.calls
    for session in sessions:
        assert situation.related(session, "instructors") == (Instructor(source_id=session.source_id),)
    assert len(known.calls) == 1


def test_nothing_is_asked_of_nothing() -> None:
    assert list(NOTHING_KNOWN.lookup([("learner", "id", "1")])) == []
    assert Situation([], Remembered(), relations=ALL).record("learner", "1") is None


def test_a_relation_that_the_kind_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        Situation([]).related(Learner(source_id="1"), "teachers")


# Segments

SEGMENTS = {
    "rennes": {"site_code": ("S-1", " S-2 ")},
    "brest": {"site_code": ("S-3",)},
    "night": {"site_code": ("S-3",), "section": ("N", "n")},
}


def keyed(**keys: str | tuple[str, ...]) -> dict[Any, tuple[str, ...]]:
    return {name: (value,) if isinstance(value, str) else value for name, value in keys.items()}


# The laws

IDS = ("1", "2", "3")
EMAILS = (None, "a@example.org", "A@example.org", "b@example.org")


def _some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


_KEYS = st.sampled_from([{}, keyed(site_code="S-1"), keyed(site_code="S-3"), keyed(site_code=("S-3",), section="N")])
_NAMES = st.sampled_from([None, "Mina", "MINA"])
_PERSON = {
    "source_id": st.sampled_from(IDS),
    "email": st.sampled_from(EMAILS),
    "first_name": _NAMES,
    "last_name": _NAMES,
    "birth_date": st.sampled_from([None, date(2010, 2, 3)]),
    "segment_keys": _KEYS,
}
_ID = st.sampled_from(IDS)
_TIMES = st.sampled_from([None, NINE, NINE + timedelta(hours=1)])
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Learner, **_PERSON, groups=_some(("g", "h"))),
    st.builds(Instructor, **_PERSON),
    st.builds(
        Session,
        source_id=_ID,
        starts_at=_TIMES,
        ends_at=_TIMES,
        instructor_ids=_some(IDS),
        learner_ids=_some(IDS),
        group_ids=_some(("g", "h")),
        segment_keys=st.one_of(st.just({}), _KEYS),
    ),
    st.builds(Class, source_id=_ID, segment_keys=_KEYS),
    st.builds(
        Enrolment,
        source_id=_ID,
        class_id=_ID,
        person_id=_ID,
        role=st.sampled_from(["learner", "instructor", "other", None]),
        status=st.sampled_from(["active", "ended", None]),
    ),
    st.builds(Contract, source_id=_ID, learner_id=_ID, segment_keys=_KEYS),
    st.builds(
        Account,
        source_id=_ID,
        source_kind=st.sampled_from(["learner", "instructor", None]),
        source_ref=st.sampled_from([*IDS, None]),
        email=st.sampled_from(EMAILS),
        username=st.sampled_from(EMAILS),
    ),
    st.builds(Sheet, source_id=_ID, source_ref=_ID, learner_refs=_some(IDS), instructor_refs=_some(IDS)),
    st.builds(Mark, source_id=_ID, sheet_id=_ID),
)
BATCHES = st.lists(RECORDS, min_size=1, max_size=14)
DISTINCT = st.lists(RECORDS, min_size=1, max_size=14, unique_by=lambda record: (kind_of(record), record.source_id))


def everything(situation: Situation, records: Iterable[Record]) -> dict[tuple[str, str], Any]:
    """All that the situation says of each record."""
    said: dict[tuple[str, str], Any] = {}
    for written in records:
        kind, source_id = kind_of(written), written.source_id
        record = situation.record(kind, source_id)
        if record is None:
            said[kind, source_id] = "conflict"
        else:
            related = {name: situation.related(record, name) for name in RELATIONS[kind]}
            said[kind, source_id] = (record, related, situation.segments(record))
    return said


@calmly
@given(records=BATCHES, data=st.data())
def test_the_order_of_a_batch_changes_nothing(records: list[Record], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(records))
    one, other = (Situation(order, segments=SEGMENTS, relations=ALL) for order in (records, shuffled))
    assert one.conflicts == other.conflicts
    assert everything(one, records) == everything(other, records)


@calmly
@given(records=DISTINCT, data=st.data())
def test_it_makes_no_difference_what_comes_in_the_batch_and_what_is_known(
    records: list[Record], data: st.DataObject
) -> None:
    here = [record for record in records if data.draw(st.booleans())] or records[:1]
    known = Remembered(*records)
    announced = data.draw(st.sampled_from([ALL, frozenset()]))
    split = Situation(here, known, segments=SEGMENTS, relations=announced)
    whole = Situation(records, segments=SEGMENTS)
    assert everything(split, here) == everything(whole, here)
    if announced:
        assert len(known.calls) <= 4


@calmly
@given(records=BATCHES)
def test_related_records_are_distinct_in_order_and_never_the_record_itself(records: list[Record]) -> None:
    situation = Situation(records)
    for (kind, source_id), said in everything(situation, records).items():
        if said != "conflict":
            for name, others in said[1].items():
                names = [(kind_of(other), other.source_id) for other in others]
                assert names == sorted(set(names)), name
                assert (kind, source_id) not in names


def test_nothing_is_asked_of_kinds_of_which_nothing_is_known() -> None:
    mina = Learner(source_id="1", email="mina@example.org", groups=("a",))
    known = Remembered()
    known.kinds = ("account",)
    Situation([mina], known, relations=ALL)
    assert {kind for call in known.calls for kind, _, _ in call} == {"account"}
