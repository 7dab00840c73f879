"""Which rules only tell that another record is wrong: it follows from the conditions."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from connectors.registry import catalogue
from engine.analysis.causes import Cause, causes, waits_of
from engine.model.package_files import RULES
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import Enrolment, Instructor, Learner, Person, Record, Session
from engine.relations.neighbourhood import Situation
from engine.rulefiles.library import load, load_base

ADA = Instructor(source_id="I-1", last_name="Lund")
BO = Instructor(source_id="I-2", last_name="Roe")
ALGEBRA = Session(source_id="S-1", instructor_ids=("I-1", "I-2", "I-3"))
LOU = Learner(source_id="L-1", last_name="Ash")
WAITING = "session.instructor_without_email"


@pytest.fixture(scope="module")
def base() -> Rulebook:
    return load_base(RULES, catalogue())


def asked(rulebook: Rulebook, rule: str, record: Record, *others: Record | Invalid) -> set[Cause]:
    return set(causes(waits_of(rulebook)[rule], record, Situation([record, *others])))


def test_the_symptoms_of_the_base_are_those_that_read_what_another_rule_flags(base: Rulebook) -> None:
    assert set(waits_of(base)) == {
        WAITING,
        "session.instructor_unsynced",
        "session.learners_unsynced",
        "learner.sessions_unsynced",
        "account.edited_on_platform",
        "sheet.edited_on_platform",
        "class.teacher_unsynced",
        "enrolment.class_unsynced",
        "enrolment.person_unsynced",
        "contract.learner_unsynced",
        "sheet.session_unknown",
        "sheet.differs_from_source",
        "contract.learner_unknown",
        "contract.tutor_is_learner",
        "enrolment.class_unknown",
        "enrolment.person_unknown",
        "enrolment.person_in_another_role",
    }


def test_a_session_waits_for_the_address_of_each_instructor_it_has(base: Rulebook) -> None:
    found = asked(base, WAITING, ALGEBRA, ADA, BO)
    assert ("instructor", "I-1", "instructor.email_missing") in found
    assert ("instructor", "I-2", "instructor.email_malformed") in found
    assert not [cause for cause in found if cause[2] in ("instructor.name_missing", "instructor.duplicate")]


def test_one_that_came_and_could_not_be_read_is_a_cause_and_one_that_is_there_is_none(base: Rulebook) -> None:
    found = asked(base, WAITING, ALGEBRA, ADA, Invalid("instructor", "I-3", ("`email` is a number.",)))
    assert ("instructor", "I-3", "record.invalid") in found
    assert ("instructor", "I-1", "record.invalid") not in found


def test_what_asks_for_a_verdict_waits_for_all_that_flags_the_other_at_a_lower_rank(base: Rulebook) -> None:
    found = asked(base, "session.instructor_unsynced", ALGEBRA, ADA)
    flags = {rule.id for rule in base.rules if rule.kind == "instructor" and rule.then == "flag"}
    assert flags <= {rule for _, _, rule in found}
    found = asked(base, "learner.sessions_unsynced", LOU, changed(ALGEBRA, learner_ids=("L-1",)))
    assert ("session", "S-1", "session.instructor_unsynced") in found
    found = asked(base, "session.learners_unsynced", changed(ALGEBRA, learner_ids=("L-1",)), LOU)
    assert ("learner", "L-1", "learner.email_missing") in found
    assert ("learner", "L-1", "learner.sessions_unsynced") not in found


def test_an_enrolment_waits_for_the_role_of_its_person(base: Rulebook) -> None:
    enrolment = Enrolment(source_id="E-1", person_id="P-1", role="learner")
    found = asked(base, "enrolment.person_unknown", enrolment, Person(source_id="P-1"))
    assert ("person", "P-1", "record.role_unknown") in found


def test_a_customers_own_rule_has_its_cause_found_too(tmp_path: Path) -> None:
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / "north.yaml").write_text(
        """
name: North
language: en
zone: Europe/Paris
rules:
  learner.without_phone:
    for: learner
    when: {phone: {is: missing}}
    then: flag
    fix_in: source
    messages: {en: {problem: No phone., fix: Enter it.}}
    examples: [{matches: true, record: {}}, {matches: false, record: {phone: "0102030405"}}]
  session.unreachable_learner:
    for: session
    when: {some: {learners: {phone: {is: missing}}}}
    then: flag
    fix_in: source
    messages: {en: {problem: Somebody cannot be reached., fix: Enter the phone.}}
    examples:
      - {matches: true, record: {}, related: {learners: [{}]}}
      - {matches: false, record: {}}
""",
        "utf-8",
    )
    (one,) = waits_of(load(tmp_path, "north", catalogue()))["session.unreachable_learner"]
    assert "learner.without_phone" in one.causes["learner"]
    assert one.by_id == ()
