"""Verdicts that reach: a timetable of three sessions, worked out on paper, and what the base rules say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace as changed

from connectors.registry import catalogue
from engine.analysis.availability import EVERYTHING, Provided
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.records.fields import REACHING
from engine.records.kinds import (
    KINDS,
    Account,
    Class,
    Contract,
    Enrolment,
    Instructor,
    Learner,
    Record,
    Session,
)
from engine.rulefiles.library import load_base

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MOMENT = Moment(as_of=NOW, zone="Europe/Paris", last_sync=NOW)
BASE = load_base(RULES, catalogue())

ADA = Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")
BO = Instructor(source_id="I-2", first_name="Bo", last_name="Roe", email="bo@example.org")
LOU = Learner(source_id="L-1", first_name="Lou", last_name="Ash", email="lou@example.org", company="Ferrand")
MINA = Learner(source_id="L-2", first_name="Mina", last_name="Orr", email="mina@example.org", company="Ferrand")


def session(number: int, *learners: str, instructors: tuple[str, ...] = ("I-1",), **fields: Any) -> Session:
    start = NOW + timedelta(days=number)
    made = Session(
        source_id=f"S-{number}",
        name=f"Algebra {number}",
        room="B 12",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        instructor_ids=instructors,
        learner_ids=learners or ("L-1", "L-2"),
    )
    return changed(made, **fields)


THREE = (session(1), session(2), session(3))


def decided(*records: Record, given: Provided = EVERYTHING) -> dict[str, str | None]:
    """Id to the rules that count, `sync` where none does."""
    found = Classifier(BASE, given or EVERYTHING).decide(records, MOMENT).decisions
    return {
        one.source_id: " ".join(match.rule.partition(".")[2] for match in one.matches if match.reaction != "note")
        or "sync"
        for one in found
        if one is not None
    }


def without(*kinds: str) -> Provided:
    """Everything but these kinds, and segments, which the base has none of."""
    return Provided(
        {kind: frozenset((*struct.__struct_fields__, *REACHING)) for kind, struct in KINDS.items() if kind not in kinds}
    )


NO_SEGMENTS = without()


def told(*records: Record, given: Provided = NO_SEGMENTS) -> Mapping[str, str | None]:
    return decided(*records, given=given)


def test_all_is_well() -> None:
    assert set(told(*THREE, ADA, LOU, MINA).values()) == {"sync"}


def test_an_instructor_without_an_address_keeps_all_three_waiting_and_their_learners_with_them() -> None:
    assert told(*THREE, changed(ADA, email=None), LOU, MINA) == {
        "I-1": "email_missing",
        "S-1": "instructor_without_email",
        "S-2": "instructor_without_email",
        "S-3": "instructor_without_email",
        "L-1": "sessions_unsynced",
        "L-2": "sessions_unsynced",
    }


def test_both_without_an_address_are_two_causes_and_each_is_told_once_where_it_is() -> None:
    only = (session(1, "L-1"), session(2, "L-1"), session(3, "L-1"))
    assert told(*only, changed(ADA, email=None), changed(LOU, email=None)) == {
        "I-1": "email_missing",
        "L-1": "email_missing",
        "S-1": "instructor_without_email learners_unsynced",
        "S-2": "instructor_without_email learners_unsynced",
        "S-3": "instructor_without_email learners_unsynced",
    }


def test_a_learner_for_whom_the_sessions_wait_does_not_wait_for_them() -> None:
    only = (session(1, "L-1"), session(2, "L-1"))
    twin = changed(LOU, source_id="L-9")
    formerly = Account(
        source_id="A-9",
        source_kind="learner",
        source_ref="L-0",
        email="lou@example.org",
        first_name="Lou",
        last_name="Ash",
    )
    by_hand = changed(formerly, source_kind=None, source_ref=None, last_name="Ashe", created_by="owner", role="learner")
    for beside, own in ((twin, "duplicate"), (formerly, "new_id"), (by_hand, "account_made_by_hand")):
        found = told(*only, ADA, LOU, beside)
        assert (found["L-1"], found["S-1"], found["S-2"]) == (own, "learners_unsynced", "learners_unsynced")
    # One who is well waits, where the session waits for an instructor.
    found = told(session(1), changed(ADA, email=None), LOU, twin, MINA)
    assert (found["L-1"], found["L-2"]) == ("duplicate", "sessions_unsynced")


def test_a_learner_who_has_another_session_does_not_wait_for_the_one_without_an_instructor() -> None:
    third = session(3, "L-2", instructors=())
    found = told(session(1, "L-1"), session(2), third, ADA, LOU, MINA)
    assert (found["S-3"], found["L-1"], found["L-2"]) == ("no_instructor", "sync", "sync")
    found = told(session(1, "L-1"), session(2, "L-1"), third, ADA, LOU, MINA)
    assert (found["L-1"], found["L-2"]) == ("sync", "sessions_unsynced")


def test_without_accounts_nobody_is_known_to_have_one_and_who_has_one_waits_for_no_session() -> None:
    ill = (*THREE, changed(ADA, email=None), LOU, MINA)
    assert told(*ill, given=without("account"))["L-1"] == "sessions_unsynced"
    mine = Account(source_id="A-1", source_kind="learner", source_ref="L-1", role="learner", email="lou@example.org")
    found = told(*ill, mine)
    assert (found["L-1"], found["L-2"]) == ("sync", "sessions_unsynced")


def test_without_a_timetable_no_person_is_left_out_for_want_of_sessions() -> None:
    assert told(ADA, LOU, given=without("session")) == {"I-1": "sync", "L-1": "sync"}
    assert told(ADA, LOU) == {"I-1": "no_session_in_window", "L-1": "no_session_in_window"}


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({"status": "left"}, "instructor_unsynced"),
        ({"last_name": None}, "instructor_unsynced"),
        ({"email": "ada@"}, "instructor_without_email"),
        ({"status": "left", "email": None}, "instructor_unsynced"),
        ({"email": "lou@example.org"}, "instructor_unsynced"),  # shared with a learner
    ],
)
def test_a_session_waits_for_its_only_instructor_by_one_issue_and_not_where_another_is_synced(
    fields: dict[str, Any], then: str
) -> None:
    ill = changed(ADA, **fields)
    assert told(THREE[0], ill, LOU, MINA)["S-1"] == then
    assert told(session(1, instructors=("I-1", "I-2")), ill, BO, LOU, MINA)["S-1"] == "sync"


def test_an_instructor_of_another_role_or_whose_login_is_taken_is_no_instructor_either() -> None:
    taken = Account(source_id="A-1", role="instructor", email="other@example.org", username="ada@example.org")
    role = Account(source_id="A-1", source_kind="instructor", source_ref="I-1", role="learner")
    for account in (taken, role):
        assert told(THREE[0], ADA, LOU, MINA, account)["S-1"] == "instructor_unsynced"


def test_of_the_learners_of_a_session_all_out_is_an_issue_and_some_out_a_note_with_their_names() -> None:
    ill, gone = changed(LOU, email=None), changed(MINA, status="left")
    assert told(THREE[0], ADA, ill, gone)["S-1"] == "learners_unsynced"
    classifier = Classifier(BASE, NO_SEGMENTS)
    found = classifier.decide([THREE[0], ADA, LOU, gone], MOMENT)
    assert found.decisions[0] is not None
    assert [match.rule for match in found.decisions[0].matches] == ["session.some_learners_unsynced"]
    facts = found.facts(0, "session.some_learners_unsynced").related["learners"]
    # Those that are out come first, and the message names no others.
    assert [(item["name"], item.get("skipped_by")) for item in facts.items] == [
        ("Mina Orr", "learner.left"),
        ("Lou Ash", None),
    ]


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({"status": "cancelled"}, "no_session_in_window"),
        ({"instructor_ids": ()}, "sessions_unsynced"),
        ({"ends_at": NOW}, "sessions_unsynced"),
        ({"starts_at": None}, "no_session_in_window"),
        ({"starts_at": NOW - timedelta(hours=2), "ends_at": NOW - timedelta(hours=1)}, "sync"),  # over since an hour
        ({"modified_at": NOW + timedelta(minutes=1)}, "sync"),  # comes with the next run
    ],
)
def test_a_learner_is_where_the_only_session_will_be(fields: dict[str, Any], then: str) -> None:
    assert told(changed(session(1, "L-1"), **fields), ADA, LOU)["L-1"] == then


def test_a_mistimed_session_is_told_of_its_times_alone() -> None:
    assert told(changed(session(1, "L-1"), starts_at=None), ADA, LOU)["S-1"] == "times_invalid"


MATHS = Class(source_id="C-1", name="Maths")
TEACHES = Enrolment(source_id="E-1", class_id="C-1", person_id="I-1", role="instructor")
BO_TEACHES = Enrolment(source_id="E-3", class_id="C-1", person_id="I-2", role="instructor")
LEARNS = Enrolment(source_id="E-2", class_id="C-1", person_id="L-1", role="learner")
SIS = without("session")


@pytest.mark.parametrize(
    ("records", "then"),
    [
        ((ADA, TEACHES), {"C-1": "sync", "E-2": "sync"}),
        (
            (changed(ADA, status="left"), TEACHES),
            {"C-1": "teacher_unsynced", "E-1": "ended left_out class_unsynced", "E-2": "class_unsynced"},
        ),
        (
            (changed(ADA, email=None), TEACHES),
            {"C-1": "teacher_unsynced", "E-1": "person_unsynced", "E-2": "class_unsynced"},
        ),
        (
            (ADA, changed(TEACHES, ends_on=datetime(2026, 11, 22, tzinfo=UTC).date())),
            {"C-1": "teacher_missing", "E-1": "ended class_unsynced", "E-2": "class_unsynced"},
        ),
        # One whose enrolment is over does not stand in for one who is to be put right.
        (
            (ADA, changed(TEACHES, ends_on=date(2026, 11, 22)), changed(BO, email=None), BO_TEACHES),
            {"C-1": "teacher_unsynced", "E-2": "class_unsynced"},
        ),
        ((ADA, changed(TEACHES, ends_on=date(2026, 11, 23)), changed(BO, email=None), BO_TEACHES), {"C-1": "sync"}),
        # A last day before the first is a slip, and no end.
        (
            (ADA, changed(TEACHES, begins_on=date(2026, 11, 1), ends_on=date(2026, 1, 31))),
            {"C-1": "sync", "E-1": "dates_invalid"},
        ),
    ],
)
def test_a_class_waits_for_its_only_teacher_and_its_enrolments_for_the_class(
    records: tuple[Record, ...], then: dict[str, str]
) -> None:
    found = told(MATHS, LEARNS, LOU, *records, given=SIS)
    assert {name: found[name] for name in then} == then


def test_the_enrolments_of_a_class_whose_dates_are_wrong_wait_for_it_and_those_of_one_that_is_over_are_left_out() -> (
    None
):
    teaches = Enrolment(source_id="E-1", class_id="C-1", person_id="I-1", role="instructor")
    learns = Enrolment(source_id="E-2", class_id="C-1", person_id="L-1", role="learner")
    wrong = Class(source_id="C-1", name="9X", starts_on=date(2026, 9, 1), ends_on=date(2026, 1, 30))
    around = (ADA, LOU, teaches, learns)
    found = told(wrong, *around, given=without("session"))
    assert (found["C-1"], found["E-1"], found["E-2"]) == ("dates_invalid", "class_unsynced", "class_unsynced")
    over = changed(wrong, starts_on=date(2025, 9, 1))
    found = told(over, *around, given=without("session"))
    assert (found["C-1"].split()[0], found["E-1"].split()[0]) == ("ended", "ended")


def test_an_enrolment_waits_for_its_person_or_its_class_and_is_left_out_with_them() -> None:
    found = told(changed(MATHS, name=None), LEARNS, TEACHES, changed(LOU, email=None), ADA, given=SIS)
    assert (found["E-2"], found["E-1"]) == ("person_unsynced class_unsynced", "class_unsynced")
    over = changed(MATHS, status="ended")
    assert told(over, LEARNS, TEACHES, LOU, ADA, given=SIS)["E-2"] == "ended left_out"


@pytest.mark.parametrize(
    ("learner", "then"),
    [
        (LOU, "sync"),
        (changed(LOU, email=None), "learner_unsynced"),
        (changed(LOU, status="left"), "learner_unsynced"),
    ],
)
def test_a_contract_waits_for_its_learner(learner: Learner, then: str) -> None:
    contract = Contract(
        source_id="K-1",
        learner_id="L-1",
        company="Ferrand",
        tutor_name="Eve",
        tutor_email="eve@example.org",
        training="Sales",
    )
    assert told(contract, learner, given=SIS)["K-1"] == then


def test_what_the_platform_does_not_take_has_no_verdict_and_keeps_nobody_waiting() -> None:
    given = without()
    kinds = {
        kind: fields - set(REACHING) if kind == "instructor" else fields for kind, fields in (given.kinds or {}).items()
    }
    assert told(THREE[0], changed(ADA, last_name=None), LOU, MINA, given=Provided(kinds))["S-1"] == "sync"
    assert (
        told(THREE[0], changed(ADA, email=None), LOU, MINA, given=Provided(kinds))["S-1"] == "instructor_without_email"
    )


SKIPS = [rule.id for rule in BASE.rules if rule.then == "skip"]


@pytest.mark.parametrize("field", [*REACHING, "skips"])
def test_who_asks_for_some_answers_alone_is_told_them_and_never_a_false_one(field: str) -> None:
    people = (
        ADA,
        changed(BO, email=None),
        changed(LOU, email=None),
        changed(MINA, status="left"),
        changed(MINA, source_id="L-3", status="left", email=None),
        Learner(source_id="L-4", first_name="Odo", last_name="Quist"),
    )
    records = (*people, *THREE, session(4, instructors=("I-2",)), session(-3), session(90, "L-3"))
    classifier = Classifier(BASE, EVERYTHING)
    plain = classifier.decide(records, MOMENT).sight
    answers = ("sync", "skip", "flag") if field != "skipped_by" else SKIPS
    for wanted in [frozenset([one]) for one in answers] + [frozenset(answers[:2]), frozenset(answers[1:])]:
        asked = classifier.decide(records, MOMENT, kinds=()).sight
        for record in records:
            told = asked.standing(record, field, asked, wanted)
            full = plain.standing(record, field, plain)
            assert (told if told in wanted else None) == (full if full in wanted else None), (record, wanted)
