"""Relations: both sides of every clause of every join, in a batch; the known side is the situation's own test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from engine.records.fields import fields_of
from engine.records.kinds import (
    DOWNWARD,
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
)
from engine.relations.definitions import RELATIONS, TAUGHT, join_keys
from engine.relations.joins import KEYS
from engine.relations.neighbourhood import Situation
from engine.relations.readers import key_of

NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)

PERSON = pytest.mark.parametrize("person", [Learner, Instructor], ids=["learner", "instructor"])
Person = type[Learner] | type[Instructor]


def kind(person: Person) -> str:
    return "learner" if person is Learner else "instructor"


def related(relation: str, record: Record, *others: Record) -> list[str]:
    """Ids of the related records of the first."""
    return [other.source_id for other in Situation([record, *others]).related(record, relation)]


def made_from(person: Person, ref: str, source_id: str = "p1", email: str | None = None) -> Account:
    of = "learner" if person is Learner else "instructor"
    return Account(source_id=source_id, source_kind=of, source_ref=ref, email=email)  # type: ignore[arg-type]


@PERSON
def test_own_accounts_have_the_same_kind_and_id(person: Person) -> None:
    other = Instructor if person is Learner else Learner
    mine, theirs, by_hand = (
        made_from(person, "1"),
        made_from(other, "1", "p2"),
        Account(source_id="p3", email="a@b.org"),
    )
    assert related("own_accounts", person(source_id="1", email="a@b.org"), mine, theirs, by_hand) == ["p1"]


@PERSON
def test_own_accounts_need_no_email(person: Person) -> None:
    assert related("own_accounts", person(source_id="1"), made_from(person, "1")) == ["p1"]


@PERSON
@pytest.mark.parametrize(
    ("email", "found"),
    [("mina@example.org", ["p1"]), (" MINA@Example.ORG ", ["p1"]), ("jon@example.org", []), (None, [])],
)
def test_email_accounts_have_the_same_email_whatever_its_case(
    person: Person, email: str | None, found: list[str]
) -> None:
    mina = person(source_id="1", email="Mina@example.org")
    assert related("email_accounts", mina, Account(source_id="p1", email=email)) == found


@PERSON
def test_email_accounts_are_not_its_own(person: Person) -> None:
    mina = person(source_id="1", email="mina@example.org")
    assert related("email_accounts", mina, made_from(person, "1", email="mina@example.org")) == []


@PERSON
def test_email_accounts_are_not_those_of_records_the_source_still_has(person: Person) -> None:
    mina = person(source_id="1", email="mina@example.org")
    account = made_from(person, "2", email="mina@example.org")
    assert related("email_accounts", mina, account, person(source_id="2")) == []
    assert related("email_accounts", mina, account) == ["p1"]


def test_email_accounts_of_the_other_kind_with_the_same_id_are_of_another_record() -> None:
    mina = Learner(source_id="1", email="mina@example.org")
    account = made_from(Instructor, "1", email="mina@example.org")
    assert related("email_accounts", mina, account) == ["p1"]
    assert related("email_accounts", mina, account, Instructor(source_id="1")) == []


@PERSON
def test_accounts_are_own_and_email_accounts_together(person: Person) -> None:
    mina = person(source_id="1", email="mina@example.org")
    own = made_from(person, "1", "p3", email="mina@example.org")
    by_hand = Account(source_id="p2", email="mina@example.org")
    of_another = made_from(person, "2", "p1", email="mina@example.org")
    assert related("accounts", mina, own, by_hand, of_another, person(source_id="2")) == ["p2", "p3"]


def test_an_address_is_shared_by_learners_and_instructors() -> None:
    mina = Learner(source_id="1", first_name="Mina", last_name="Aalto", email="home@example.org")
    sister = Learner(source_id="2", first_name="Ida", last_name="Aalto", email="HOME@example.org")
    teacher = Instructor(source_id="1", first_name="Jon", last_name="Aalto", email="home@example.org")
    elsewhere = Learner(source_id="3", email="else@example.org")
    found = Situation([mina, sister, teacher, elsewhere]).related(mina, "same_email")
    assert found == (teacher, sister)
    assert related("same_email", teacher, mina, sister) == ["1", "2"]


def test_the_same_name_in_the_other_kind_is_the_same_person() -> None:
    student = Learner(source_id="1", first_name="Zoé", last_name="Le Gall", email="zoe@example.org")
    tutor = Instructor(source_id="9", first_name="ZOE", last_name="Le-Gall", email="zoe@example.org")
    assert related("same_email", student, tutor) == []
    assert related("same_email", tutor, student) == []
    nameless = Instructor(source_id="9", last_name="Le Gall", email="zoe@example.org")
    assert related("same_email", student, nameless) == ["9"]


def test_one_person_under_two_ids_shares_no_address_and_two_of_one_name_do() -> None:
    one = Learner(source_id="1", first_name="Zoé", last_name="Le Gall", email="zoe@example.org")
    two = Learner(source_id="2", first_name="ZOE", last_name="Le-Gall", email="Zoe@example.org")
    assert (related("same_email", one, two), related("same_person", one, two)) == ([], ["2"])
    elder = Learner(
        source_id="1", first_name="Zoé", last_name="Le Gall", email="zoe@example.org", birth_date=date(1980, 2, 3)
    )
    young = Learner(
        source_id="2", first_name="Zoé", last_name="Le Gall", email="zoe@example.org", birth_date=date(2008, 2, 3)
    )
    assert (related("same_email", elder, young), related("same_person", elder, young)) == (["2"], [])
    nameless = [Learner(source_id=one, email="zoe@example.org") for one in "12"]
    assert related("same_email", *nameless) == ["2"]


BORN, LATER = date(2010, 2, 3), date(2010, 2, 4)


@PERSON
@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ((BORN, None), (BORN, None), True),
        ((BORN, "a@example.org"), (BORN, "b@example.org"), True),
        ((None, "a@example.org"), (None, "A@example.org"), True),
        ((BORN, "a@example.org"), (None, "a@example.org"), True),
        ((BORN, "a@example.org"), (LATER, "a@example.org"), False),
        ((BORN, None), (None, None), False),
        ((None, None), (None, None), False),
        ((None, "a@example.org"), (None, "b@example.org"), False),
    ],
)
def test_a_person_is_there_twice_by_name_and_birth_date_or_email(
    person: Person, mine: tuple[date | None, str | None], theirs: tuple[date | None, str | None], same: bool
) -> None:
    one = person(source_id="1", first_name="Zoé", last_name="Le Gall", birth_date=mine[0], email=mine[1])
    two = person(source_id="2", first_name="zoe", last_name="LE GALL", birth_date=theirs[0], email=theirs[1])
    assert related("same_person", one, two) == (["2"] if same else [])
    assert related("same_person", two, one) == (["1"] if same else [])


def test_another_name_or_kind_or_half_a_name_is_no_second_file() -> None:
    mina = Learner(source_id="1", first_name="Mina", last_name="Aalto", birth_date=BORN)
    assert (
        related("same_person", mina, Learner(source_id="2", first_name="Ida", last_name="Aalto", birth_date=BORN)) == []
    )
    assert (
        related("same_person", mina, Instructor(source_id="2", first_name="Mina", last_name="Aalto", birth_date=BORN))
        == []
    )
    half = Learner(source_id="1", last_name="Aalto", birth_date=BORN)
    assert related("same_person", half, Learner(source_id="2", last_name="Aalto", birth_date=BORN)) == []


@PERSON
@pytest.mark.parametrize(
    ("username", "email", "found"),
    [
        ("MINA@example.org", "jon@example.org", ["p1"]),
        ("mina@example.org", "Mina@example.org", []),
        ("mina@example.org", None, []),
        ("jon@example.org", "jon@example.org", []),
    ],
)
def test_a_login_is_taken_by_an_account_with_another_email(
    person: Person, username: str, email: str | None, found: list[str]
) -> None:
    mina = person(source_id="1", email="mina@example.org")
    assert related("logins", mina, Account(source_id="p1", username=username, email=email)) == found


@PERSON
def test_the_own_login_is_not_taken(person: Person) -> None:
    own = Account(
        source_id="p1",
        source_kind=kind(person),  # type: ignore[arg-type]
        source_ref="1",
        username="mina@example.org",
        email="old@example.org",
    )
    assert related("logins", person(source_id="1", email="mina@example.org"), own) == []
    assert related("logins", person(source_id="2", email="mina@example.org"), own) == ["p1"]


def test_a_learners_sessions_are_its_own_and_its_groups() -> None:
    mina = Learner(source_id="1", groups=("g", "h"))
    one_by_one = Session(source_id="a", learner_ids=("1", "2"))
    both = Session(source_id="b", learner_ids=("1",), group_ids=("g", "h"))
    by_group = Session(source_id="c", group_ids=("h",))
    others = Session(source_id="d", learner_ids=("2",), group_ids=("1",), instructor_ids=("1",))
    assert related("sessions", mina, by_group, both, one_by_one, others) == ["a", "b", "c"]


def test_an_instructors_sessions_are_those_it_is_linked_to() -> None:
    linked, other = Session(source_id="a", instructor_ids=("2", "1")), Session(source_id="b", learner_ids=("1",))
    assert related("sessions", Instructor(source_id="1"), linked, other) == ["a"]


def test_a_sessions_people_are_those_that_were_received() -> None:
    session = Session(source_id="1", instructor_ids=("7", "8"), learner_ids=("7",), group_ids=("g",))
    others = (
        Instructor(source_id="7"),
        Learner(source_id="7", groups=("g",)),
        Learner(source_id="6", groups=("g", "h")),
    )
    assert related("instructors", session, *others) == ["7"]
    assert related("learners", session, *others, Learner(source_id="8", groups=("h",))) == ["6", "7"]


def session(source_id: str, **changes: object) -> Session:
    usual: dict[str, object] = {
        "starts_at": NINE,
        "ends_at": TEN,
        "instructor_ids": ("7", "8"),
        "group_ids": ("g", "h"),
    }
    return Session(source_id=source_id, **{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "twins"),
    [
        ({}, True),
        ({"instructor_ids": ("8", "9"), "group_ids": ("h", "i")}, True),
        ({"group_ids": (), "learner_ids": ("1",)}, True),
        ({"starts_at": NINE + timedelta(minutes=1)}, False),
        ({"ends_at": TEN + timedelta(minutes=1)}, False),
        ({"ends_at": None}, False),
        ({"instructor_ids": ("9",)}, False),
        ({"instructor_ids": ()}, False),
        ({"group_ids": ("i",)}, False),
        ({"group_ids": (), "learner_ids": ("2",)}, False),
        ({"group_ids": ("1",)}, False),
    ],
)
def test_twins_share_times_an_instructor_and_a_learner_or_group(changes: dict[str, object], twins: bool) -> None:
    first, second = session("1", learner_ids=("1",)), session("2", **changes)
    assert related("twins", first, second) == (["2"] if twins else [])
    assert related("twins", second, first) == (["1"] if twins else [])


def test_sheets_are_those_made_from_the_session() -> None:
    made, other, by_hand = (
        Sheet(source_id="x", source_ref="1"),
        Sheet(source_id="1", source_ref="2"),
        Sheet(source_id="y"),
    )
    assert related("sheets", Session(source_id="1"), made, other, by_hand) == ["x"]


def test_a_classes_teachers_are_enrolled_as_such_and_still_there() -> None:
    maths = Class(source_id="m")
    people = (Instructor(source_id="1"), Instructor(source_id="2"), Learner(source_id="1"), Instructor(source_id="3"))
    enrolments = (
        Enrolment(source_id="a", class_id="m", person_id="1", role="instructor", status="active"),
        Enrolment(source_id="b", class_id="m", person_id="2", role="instructor", status="ended"),
        Enrolment(source_id="c", class_id="m", person_id="3", role="learner"),
        Enrolment(source_id="d", class_id="n", person_id="3", role="instructor"),
        Enrolment(source_id="e", class_id="m", person_id="unreceived", role="instructor"),
    )
    situation = Situation([maths, *people, *enrolments])
    assert situation.related(maths, "teachers") == (Instructor(source_id="1"),)
    assert [found.source_id for found in situation.related(maths, "enrolments")] == ["a", "b", "c", "e"]


@pytest.mark.parametrize(
    ("role", "found"),
    [("learner", (Learner(source_id="1"),)), ("instructor", (Instructor(source_id="1"),)), ("other", ()), (None, ())],
)
def test_an_enrolments_person_is_of_the_kind_its_role_names(role: str | None, found: tuple[Record, ...]) -> None:
    enrolment = Enrolment(source_id="e", person_id="1", role=role)  # type: ignore[arg-type]
    assert (
        Situation([enrolment, Learner(source_id="1"), Instructor(source_id="1")]).related(enrolment, "people") == found
    )


def test_an_enrolments_class_and_a_contracts_learner_are_found_by_id() -> None:
    assert related("classes", Enrolment(source_id="e", class_id="m"), Class(source_id="m"), Class(source_id="e")) == [
        "m"
    ]
    assert related(
        "learners", Contract(source_id="c", learner_id="1"), Learner(source_id="1"), Learner(source_id="c")
    ) == ["1"]
    assert related("learners", Contract(source_id="c"), Learner(source_id="1")) == []


@PERSON
def test_an_accounts_person_is_the_one_it_was_made_from(person: Person) -> None:
    account = made_from(person, "1", email="mina@example.org")
    others = (Learner(source_id="1"), Instructor(source_id="1"), person(source_id="2", email="mina@example.org"))
    assert Situation([account, *others]).related(account, "people") == (person(source_id="1"),)


def test_a_sheet_leads_to_its_session_its_people_and_its_marks() -> None:
    sheet = Sheet(source_id="x", source_ref="1", instructor_refs=("1",), learner_refs=("2", "1", "by hand"))
    others = (
        Session(source_id="1"),
        Session(source_id="x"),
        Instructor(source_id="1"),
        Learner(source_id="1"),
        Learner(source_id="2"),
        Mark(source_id="x/learner/1", sheet_id="x"),
        Mark(source_id="y/learner/1", sheet_id="y"),
    )
    assert related("sessions", sheet, *others) == ["1"]
    assert related("instructors", sheet, *others) == ["1"]
    assert related("learners", sheet, *others) == ["1", "2"]
    assert related("marks", sheet, *others) == ["x/learner/1"]


def test_accounts_made_for_a_former_id_are_found_by_email_or_name_unless_the_birth_dates_differ() -> None:
    mina = Learner(source_id="2", first_name="Mina", last_name="Okparo", birth_date=date(2004, 5, 6))
    mina = msgspec.structs.replace(mina, email="mina@example.org")

    def account(own: str, ref: str | None = "1", kind: Any = "learner", **fields: Any) -> Account:
        named = {"first_name": "mina", "last_name": "OKPARO"} | fields
        return Account(source_id=own, source_kind=kind if ref else None, source_ref=ref, **named)

    others = (
        account("a"),
        account("b", first_name="M.", email="MINA@example.org"),
        account("c", birth_date=date(2004, 5, 7)),
        account("d", first_name="M."),
        account("e", ref="2"),
        account("f", ref="3"),
        account("g", ref="4"),
        account("h", kind="instructor"),
        account("i", ref=None),
        account("j", ref=None, email="mina@example.org"),
        account("k", ref=None, birth_date=date(2004, 5, 7)),
        Learner(source_id="3", status="left"),
        Learner(source_id="4"),
    )
    assert related("former_accounts", mina, *others) == ["a", "b", "f"]
    assert related("namesake_accounts", mina, *others) == ["a", "h", "i"]


def test_a_sheet_made_by_hand_is_like_the_sessions_that_overlap_and_share_a_person() -> None:
    nine, noon = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
    sheet = Sheet(source_id="x", starts_at=nine, ends_at=noon, instructor_refs=("318",), learner_refs=("1", "2", "3"))

    def lesson(own: str, hours: int = 0, **fields: Any) -> Session:
        some = {"starts_at": nine + timedelta(hours=hours), "ends_at": noon + timedelta(hours=hours)} | fields
        return Session(source_id=own, **some)

    others = (
        lesson("a", instructor_ids=("318", "319")),
        lesson("b", hours=2, instructor_ids=("318",)),
        lesson("c", hours=3, instructor_ids=("318",)),
        lesson("d", instructor_ids=("319",), learner_ids=("0", "1", "2", "3")),
        lesson("e", instructor_ids=("319",), learner_ids=("4",)),
        lesson("f", instructor_ids=("318",), status="cancelled"),
        lesson("g", instructor_ids=("318",), ends_at=None),
    )
    assert related("like_sessions", sheet, *others) == ["a", "b", "d"]
    assert related("like_sessions", msgspec.structs.replace(sheet, source_ref="a"), *others) == []
    # One learner in common is enough, whichever; and a lesson of the evening may run past midnight.
    late = lesson("h", hours=14, learner_ids=("9",))
    alike = msgspec.structs.replace(
        sheet,
        starts_at=noon + timedelta(hours=13.5),
        ends_at=noon + timedelta(hours=14.5),
        learner_refs=("1", "2", "3", "4", "9"),
    )
    assert related("like_sessions", alike, late, *others) == ["h"]


def test_every_relation_of_the_design_is_there() -> None:
    assert {name: tuple(relations) for name, relations in RELATIONS.items() if relations} == {
        **dict.fromkeys(
            ("learner", "instructor"),
            (
                "own_accounts",
                "email_accounts",
                "accounts",
                "former_accounts",
                "namesake_accounts",
                "same_email",
                "same_person",
                "logins",
                "sessions",
            ),
        ),
        "session": ("instructors", "learners", "twins", "sheets"),
        "class": ("enrolments", "teachers"),
        "enrolment": ("people", "other_people", "classes"),
        "contract": ("learners",),
        "account": ("people",),
        "sheet": ("sessions", "like_sessions", "instructors", "learners", "marks"),
    }


EVERY = [relation for relations in RELATIONS.values() for relation in relations.values()]


@pytest.mark.parametrize("relation", EVERY, ids=lambda relation: f"{relation.kind}.{relation.name}")
def test_what_a_relation_needs_exists_and_names_every_kind_it_leads_to(relation) -> None:  # type: ignore[no-untyped-def]
    assert relation.joins
    assert relation.description.endswith(".")
    for join in relation.joins:
        assert {of for of, _ in join} & set(relation.to)
        for of, field in join:
            assert field in fields_of(of)
    assert {of for join in relation.joins for of, _ in join} >= set(relation.to)


def test_no_key_is_kept_that_no_relation_looks_for() -> None:
    steps = [step for relation in (*EVERY, TAUGHT) for way in relation.ways for step in (way, way.via) if step]
    forwards = {(step.to, step.key) for step in steps}
    backwards = {
        (kind, key_of(kind, (way.via or way).values))
        for kind in DOWNWARD
        for relation in RELATIONS[kind].values()
        for way in relation.ways
    }
    assert forwards | backwards >= {(of, key) for of, keys in KEYS.items() for key in keys}


def test_the_keys_of_a_record_are_what_others_find_it_by() -> None:
    mina = Learner(source_id="1", first_name="Mina", last_name="O'Brien", email=" Mina@Example.org", groups=("g", "g"))
    assert join_keys(mina) == (("id", "1"), ("email", "mina@example.org"), ("name", "o brien|mina"), ("group", "g"))
    assert join_keys(Account(source_id="p", source_kind="learner", source_ref="1", username="A@b.org")) == (
        ("id", "p"),
        ("ref", "learner:1"),
        ("username", "a@b.org"),
    )
    assert join_keys(Mark(source_id="m")) == (("id", "m"),)
    assert [key for key, _ in join_keys(session("1"))] == [
        "id",
        "slot",
        "slot",
        "instructor",
        "instructor",
        "group",
        "group",
    ]
    assert all(join_keys(record(source_id="1"))[0] == ("id", "1") for record in KINDS.values())


def test_of_a_crowd_of_one_name_the_same_are_kept_as_of_each_two_alone() -> None:
    draw = Random(7)  # noqa: S311 - the same ones each time
    dates = [None, date(2004, 5, 6), date(2004, 5, 7), date(1999, 1, 1)]
    emails = [None, "a@example.org", " A@Example.org", "b@example.org", "c@example.org"]
    statuses: list[Any] = [None, "active", "left"]

    def some(own: str) -> Learner:
        return Learner(
            source_id=own,
            first_name="Mina",
            last_name="Okparo",
            birth_date=draw.choice(dates),
            email=draw.choice(emails),
            status=draw.choice(statuses),
        )

    people = [some(f"{number:02}") for number in range(30)]
    accounts = [
        Account(
            source_id=f"p{number:02}",
            first_name="Mina",
            last_name="Okparo",
            birth_date=draw.choice(dates),
            email=draw.choice(emails),
            source_kind=draw.choice([None, "learner", "instructor"]),
            source_ref=draw.choice([None, "gone", *(one.source_id for one in people[:8])]),
        )
        for number in range(60)
    ]
    by_id = {one.source_id: one for one in people}

    def alone(person: Learner, name: str, other: Learner | Account) -> tuple[Record, ...]:
        origin = by_id.get(getattr(other, "source_ref", None) or "", person)
        return Situation([person, other, origin]).related(person, name)

    crowd = Situation([*people, *accounts])
    for person in people:
        for name in ("former_accounts", "namesake_accounts"):
            kept = [one.source_id for one in crowd.related(person, name)]
            assert kept == [one.source_id for one in accounts if one in alone(person, name, one)]
        twice = [one.source_id for one in crowd.related(person, "same_person")]
        assert twice == [one.source_id for one in people if one in alone(person, "same_person", one)]
