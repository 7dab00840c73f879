"""What a rulebook needs of a record that could be read only in part."""

from __future__ import annotations

from connectors.registry import catalogue
from engine.analysis.needs import asked_to_be_there, needs_of
from engine.model.package_files import RULES
from engine.rulefiles.library import load_base

RULES_IN_FORCE = [rule for rule in load_base(RULES, catalogue()).rules if rule.kind and rule.then != "off"]


def test_what_skips_and_flags_test_is_needed_also_of_related_records() -> None:
    needs = needs_of(RULES_IN_FORCE)
    assert {"email", "status", "left_on", "first_name"} <= needs["learner"]
    # Read by rules on people alone.
    assert "role" in needs["account"]


def test_references_are_needed_whatever_the_rules_are() -> None:
    needs = needs_of([])
    assert needs["enrolment"] == {"class_id", "person_id"}
    assert needs["session"] == {"instructor_ids", "learner_ids", "group_ids"}
    assert needs["account"] == {"source_kind", "source_ref"}


def test_what_only_informs_is_not_needed() -> None:
    needs = needs_of(RULES_IN_FORCE)
    assert needs["learner"].isdisjoint({"modified_at", "birth_date", "secondary_email", "phone", "training", "mis_id"})
    assert all("modified_at" not in fields for fields in needs.values())


def test_all_of_a_mark_is_needed_since_it_is_listed_as_it_is() -> None:
    assert {"state", "minutes_late", "comment", "sheet_id"} <= needs_of([])["mark"]


def test_what_records_are_asked_to_have_are_their_own_fields_that_no_rule_lets_be_missing() -> None:
    asked = asked_to_be_there(RULES_IN_FORCE)
    assert asked["learner"] == {"email", "company"}
    assert "name" in asked["session"]
    # Read beside others, or of others.
    assert "birth_date" not in asked["learner"]
    assert "account" not in asked
