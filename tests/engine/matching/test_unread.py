"""Records of which something could not be read: what they are decided, and what is said of those that wait for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.matching.classifier import Classifier, Decided
from engine.matching.facts import MOST_NAMED
from engine.matching.never_received import never_received
from engine.model.moments import Moment
from engine.model.package_files import RULES
from engine.records.decode import Invalid
from engine.records.kinds import (
    Account,
    Class,
    Contract,
    Enrolment,
    Instructor,
    Learner,
    Mark,
    Person,
    Record,
    Session,
    Sheet,
)
from engine.records.unread import Unread, unread
from engine.rulefiles.library import load_base
from engine.rulefiles.loader import Loader

MOMENT = Moment(datetime(2026, 11, 21, 11, tzinfo=UTC), "Europe/Paris")
STATUS = unread("not_a_choice", "status", value="gone")
MINA = Learner(source_id="L1", first_name="Mina", last_name="Okparo", email="mina@example.org", company="Norvane")
PHYSICS = Class(source_id="C1", name="Physics", ends_on=date(2027, 7, 1))
TAUGHT = Enrolment(source_id="E0", class_id="C1", person_id="I1", role="instructor")
ORLA = Instructor(source_id="I1", first_name="Orla", last_name="Quist", email="orla@example.org")
ENROLLED = Enrolment(source_id="E1", class_id="C1", person_id="L1", role="learner")


@pytest.fixture(scope="module")
def base() -> Classifier:
    return Classifier(load_base(RULES, catalogue()))


def put(record: Any, *faults: Unread) -> Any:
    return type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | {"unread": faults})


def decided(base: Classifier, *records: Record | Invalid) -> tuple[Decided, dict[str, tuple[str, ...]]]:
    found = base.decide(records, MOMENT)
    return found, {
        one.source_id: tuple(match.rule for match in one.matches if match.reaction != "note")
        for one in found.decisions
        if one is not None
    }


def test_what_nothing_needs_blocks_nobody(base: Classifier) -> None:
    born = put(MINA, unread("not_a_day", "birth_date", value="31/02"), unread("not_a_time", "modified_at", value="x"))
    found, _ = decided(base, born, PHYSICS, TAUGHT, ORLA, ENROLLED)
    assert [one.verdict for one in found.decisions if one is not None and one.verdict == "flag"] == []


def test_what_a_rule_tests_makes_it_unreadable_by_name_and_value(base: Classifier) -> None:
    found, rules = decided(base, put(MINA, STATUS))
    assert rules == {"L1": ("record.invalid",)}
    facts = found.facts(0, "record.invalid")
    assert (facts.name, facts.errors) == ("Mina Okparo", (STATUS,))


def test_who_is_linked_to_it_waits_for_it_by_name(base: Classifier) -> None:
    found, rules = decided(base, ENROLLED, put(MINA, STATUS), PHYSICS, TAUGHT, ORLA)
    assert rules["E1"] == ("record.waits",)
    facts = found.facts(0, "record.waits")
    assert facts.name == "Physics"
    assert facts.waits == ({"kind": "learner", "source_id": "L1", "name": "Mina Okparo", "why": "unread"},)


def test_who_is_linked_to_a_contradiction_or_to_somebody_without_a_role_waits_too(base: Classifier) -> None:
    twin = Learner(source_id="L1", first_name="Zoe", last_name="Bero")
    for others, kind, why in (
        ((MINA, twin), "learner", "conflict"),
        ((Person(source_id="L1", first_name="Mina", last_name="Okparo"),), "person", "role"),
    ):
        found, rules = decided(base, ENROLLED, *others, PHYSICS, TAUGHT, ORLA)
        assert rules["E1"] == ("record.waits",)
        (waited,) = found.facts(0, "record.waits").waits
        assert (waited["kind"], waited["name"], waited["why"]) == (kind, "Mina Okparo", why)


def test_what_waits_stands_with_the_place_of_the_issue_it_waits_for_and_sends_nobody_elsewhere() -> None:
    loader = Loader(RULES, catalogue())
    twin = Learner(source_id="L1", first_name="Zoe", last_name="Bero")
    role = Person(source_id="L1", first_name="Mina", last_name="Okparo")
    for customer, others, place in (
        ("harbour", (MINA, twin), "aggregator"),
        ("harbour", (put(MINA, STATUS),), "aggregator"),
        ("harbour", (role,), "source"),
        ("base", (MINA, twin), "source"),
    ):
        book = loader.rulebook(customer)
        book = replace(book, customer=replace(book.customer, segments={}))
        found = Classifier(book).decide([ENROLLED, *others, PHYSICS, TAUGHT, ORLA], MOMENT)
        assert found.decisions[0] is not None
        assert [(one.rule, one.fix_in) for one in found.decisions[0].matches[:1]] == [("record.waits", place)]
        said = Messages().render(book, "record.waits", found.facts(0, "record.waits"), "en")
        assert said.fix.startswith(
            "Nothing to correct here: the issue of Mina Okparo says what to put right, and where."
        )


def test_two_accounts_or_sheets_under_one_id_are_a_matter_of_the_platform(base: Classifier) -> None:
    accounts = (Account(source_id="A1", email="a@example.org"), Account(source_id="A1", email="b@example.org"))
    sheets = (Sheet(source_id="F1", name="Maths"), Sheet(source_id="F1", name="Law"))
    found = base.decide([*accounts, *sheets, MINA, put(MINA, STATUS)], MOMENT)
    places = {one.kind: (one.matches[0].rule, one.matches[0].fix_in) for one in found.decisions if one is not None}
    assert places["account"] == places["sheet"] == ("record.id_conflict", "platform")
    fix = Messages().render(base.rulebook, "record.id_conflict", found.facts(0, "record.id_conflict"), "en").fix
    assert fix.startswith("Pass this message on to the platform (its support): ids are given there, not in the source.")


def test_what_the_store_does_not_tell_the_fault_of_is_said_to_be_of_no_use_and_no_more(base: Classifier) -> None:
    class Stored:
        kinds = ("learner",)

        def lookup(self, keys: Any) -> Any:
            return [Invalid("learner", "L1", (), {"name": "Mina Okparo"})]

    found = base.decide([ENROLLED, PHYSICS, TAUGHT, ORLA], MOMENT, Stored())
    said = Messages().render(base.rulebook, "record.waits", found.facts(0, "record.waits"), "en")
    assert said.problem.endswith("waits for Mina Okparo (id L1), which came and cannot be used.")


def test_a_class_waits_for_the_teacher_it_has(base: Classifier) -> None:
    found, rules = decided(base, PHYSICS, TAUGHT, put(ORLA, STATUS))
    assert rules["C1"] == ("record.waits",)
    assert found.facts(0, "record.waits").waits[0]["name"] == "Orla Quist"


def test_a_session_with_one_who_can_be_read_says_what_is_wrong_with_that_one(base: Classifier) -> None:
    session = Session(
        source_id="S1",
        name="Maths",
        starts_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
        ends_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        instructor_ids=("I1", "I2"),
        learner_ids=("L1",),
    )
    other = Instructor(source_id="I2", first_name="Jon", last_name="Abelard")
    assert decided(base, session, MINA, put(ORLA, STATUS))[1]["S1"] == ("record.waits",)
    assert "session.instructor_without_email" in decided(base, session, MINA, put(ORLA, STATUS), other)[1]["S1"]


def test_somebody_in_another_role_is_told_and_is_not_unknown(base: Classifier) -> None:
    _, rules = decided(
        base, Enrolment(source_id="E2", class_id="C1", person_id="I1", role="learner"), ORLA, PHYSICS, TAUGHT
    )
    assert rules["E2"] == ("enrolment.person_in_another_role",)


def test_an_id_that_lost_its_zeros_names_the_one_that_is_meant(base: Classifier) -> None:
    mina = Learner(source_id="004471", first_name="Mina", last_name="Okparo", email="mina@example.org")
    lost = Enrolment(source_id="E1", class_id="C1", person_id="4471", role="learner")
    found, rules = decided(base, lost, mina, PHYSICS, TAUGHT, ORLA)
    assert rules["E1"] == ("enrolment.person_unknown",)
    assert [one["source_id"] for one in found.facts(0, "enrolment.person_unknown").near] == ["004471"]


def test_an_id_that_somebody_has_in_another_role_tells_who_that_is(base: Classifier) -> None:
    """Both ways round, of every kind that names people by id."""
    swapped = Session(source_id="S1", name="Maths", instructor_ids=("L1",), learner_ids=("I1",))
    contract = Contract(source_id="K1", learner_id="I1", company="Atelier")
    found, _ = decided(base, swapped, contract, MINA, ORLA)
    told = [(0, "session.instructor_without_email", "L1"), (0, "session.no_learners", "I1")]
    told += [(1, "contract.learner_unknown", "I1")]
    for position, rule, source_id in told:
        facts = found.facts(position, rule)
        assert [one["source_id"] for one in facts.alike] == [source_id]
        said = Messages().render(base.rulebook, rule, facts, "en")
        assert f"with that id: {facts.alike[0]['name']}." in said.problem
    missing = {one.source_id: one for one in never_received(found).ids}
    assert {name: [one.source_id for one in who.alike] for name, who in missing.items()} == {"L1": ["L1"], "I1": ["I1"]}


def test_a_sheet_with_a_mark_that_cannot_be_read_is_not_listed_with_a_hole(base: Classifier) -> None:
    whole, holed = (Sheet(source_id=f"S{number}", name="Maths", archived=True) for number in (1, 2))
    mark = Mark(source_id="M1", sheet_id="S1", person_kind="learner", person_ref="L1", state="present")
    lost = Invalid("mark", "item 4", (unread("id_missing", "source_id"),), {"sheet_id": "S2"})
    found, rules = decided(base, whole, holed, mark, lost)
    assert rules["S2"] == ("record.invalid",)
    assert "record.invalid" not in rules["S1"]
    assert found.facts(1, "record.invalid").errors == (unread("marks_unread", number=1),)
    # Nothing tells of which sheet it is: it may be of any that came without marks.
    homeless = Invalid("mark", "item 4", (unread("id_missing", "source_id"),))
    _, rules = decided(base, whole, holed, mark, homeless)
    assert rules["S2"] == ("record.invalid",)
    assert "record.invalid" not in rules["S1"]


def test_where_it_is_mended_follows_from_what_is_wrong(base: Classifier) -> None:
    found, _ = decided(
        base,
        put(MINA, STATUS),
        Invalid("learner", "L2", (unread("unknown_field", name="mail"),)),
        put(Account(source_id="A1"), unread("not_a_choice", "role", value="banana")),
    )
    places = [one.matches[0].fix_in for one in found.decisions if one is not None]
    assert places == ["source", "support", "platform"]


def test_of_very_many_that_may_be_meant_or_are_waited_for_some_are_told_and_all_counted(base: Classifier) -> None:
    there = [
        Instructor(source_id=f"{number}", first_name="Orla", last_name=f"Quist {number}") for number in range(1, 81)
    ]
    session = Session(source_id="S1", name="Maths", instructor_ids=tuple(f"0{one.source_id}" for one in there))
    found = base.decide([session, *there], MOMENT)
    facts = found.facts(0, "session.instructor_without_email")
    assert (len(facts.near), facts.totals) == (MOST_NAMED, {"near": 80})
    said = Messages().render(base.rulebook, "session.instructor_without_email", facts, "en")
    assert "and 70 more" in said.fix
    session = Session(source_id="S1", name="Maths", instructor_ids=tuple(one.source_id for one in there))
    found = base.decide([session, *(put(one, STATUS) for one in there)], MOMENT)
    facts = found.facts(0, "record.waits")
    assert (len(facts.waits), facts.totals) == (MOST_NAMED, {"waits": 80})
    assert "and 70 more" in Messages().render(base.rulebook, "record.waits", facts, "en").problem
