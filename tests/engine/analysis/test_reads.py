"""What a rule reads: fields, its own and others', and the clock."""

from __future__ import annotations

from connectors.registry import catalogue
from engine.analysis.reads import fields_read, reads_clock
from engine.model.package_files import RULES
from engine.rulefiles.library import load_base

BASE = load_base(RULES, catalogue())


def test_a_rule_reads_the_clock_wherever_a_time_stands_in_it() -> None:
    reading = {rule.id for rule in BASE.rules if rule.kind and reads_clock(rule.when)}
    assert {"session.outside_window", "session.past", "learner.no_session_in_window"} <= reading
    assert "learner.email_missing" not in reading


def test_a_rule_reads_its_own_fields_those_of_others_and_those_it_is_joined_by() -> None:
    assert fields_read(BASE.rule("instructor.email_missing")) == {("instructor", "email")}
    read = fields_read(BASE.rule("session.instructor_without_email"))
    assert {("session", "instructor_ids"), ("instructor", "email"), ("instructor", "source_id")} <= read
    assert ("learner", "segment_keys") in fields_read(BASE.rule("learner.outside_segment"))
    assert fields_read(BASE.rule("record.invalid")) == frozenset()
