"""Why an issue was closed: a fix is claimed only where nothing else explains it, and names what was corrected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.records.decode import Invalid
from engine.records.kinds import Instructor
from runs.model.answers import FeedIssue
from runs.model.corrections import Correction
from runs.service import Service
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ADA,
    ALGEBRA,
    ILL,
    LOU,
    NOW,
    PLAIN,
    SHEET,
    WELL,
    WITHOUT_EMAIL,
    a_service,
    changed,
    later,
    states,
)

EMAIL = ("I-1", "instructor.email_missing")
WAITING = ("S-1", "session.instructor_without_email")
TWIN = changed(LOU, source_id="L-2", first_name="Mia", email="LOU@example.org")
BOTH = changed(ALGEBRA, learner_ids=("L-1", "L-2"))


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Service:
    return a_service(sqlite_database, tmp_path)


def closed(service: Service, rule: str, source_id: str) -> FeedIssue:
    """That one, from the record's own page."""
    for row in service.issues("north", IssueFilter(state="resolved"), None, 500).items:
        for issue in row.issues:
            if (row.source_id, issue.rule) == (source_id, rule):
                return issue
    raise AssertionError((source_id, rule))


def test_a_correction_of_the_record_itself_is_told_by_field(service: Service) -> None:
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", [changed(ADA, phone="0102030405"), LOU, ALGEBRA], True, as_of=later(hours=1))
    issue = closed(service, "instructor.email_missing", "I-1")
    assert (issue.resolution, issue.corrected) == (
        "fixed",
        [Correction("instructor", "I-1", "email", None, "ada@example.org")],
    )
    # What is settled is told in the past, and asks nobody for anything.
    assert issue.problem.startswith("Over since Monday 23 November 2026 at 11:00. The message was: Not synced: Ada")
    assert issue.fix == "Nothing to do any more."


def test_a_session_tells_the_correction_of_its_instructor(service: Service) -> None:
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", WELL, True, as_of=later(hours=1))
    issue = closed(service, "session.instructor_without_email", "S-1")
    assert (issue.resolution, issue.corrected) == (
        "fixed",
        [Correction("instructor", "I-1", "email", None, "ada@example.org")],
    )


def test_another_instructor_linked_is_a_correction_of_the_session(service: Service) -> None:
    service.push(
        "north", [*ILL, changed(ADA, source_id="I-2", first_name="Bo", email="bo@example.org")], True, as_of=NOW
    )
    service.push("north", [changed(ALGEBRA, instructor_ids=("I-1", "I-2"))], False, as_of=later(hours=1))
    issue = closed(service, "session.instructor_without_email", "S-1")
    assert issue.resolution == "fixed"
    assert issue.corrected == [Correction("session", "S-1", "instructor_ids", ["I-1"], ["I-1", "I-2"])]


def test_an_instructor_who_had_never_come_is_told_to_have_come(service: Service) -> None:
    service.push("north", [LOU, ALGEBRA], True, as_of=NOW)
    assert states(service)[WAITING] == ("new", None)
    service.push("north", WELL, True, as_of=later(hours=1))
    issue = closed(service, "session.instructor_without_email", "S-1")
    assert (issue.resolution, issue.corrected) == (
        "fixed",
        [Correction("instructor", "I-1", "", "not_received", "received")],
    )


def test_one_of_two_who_shared_an_address_was_given_another(service: Service) -> None:
    service.push("north", [ADA, LOU, TWIN, BOTH], True, as_of=NOW)
    assert states(service)["L-1", "learner.email_shared"] == ("new", None)
    service.push("north", [ADA, LOU, changed(TWIN, email="mia@example.org"), BOTH], True, as_of=later(hours=1))
    for source_id in ("L-1", "L-2"):
        issue = closed(service, "learner.email_shared", source_id)
        assert issue.resolution == "fixed"
        assert Correction("learner", "L-2", "email", "LOU@example.org", "mia@example.org") in issue.corrected


def test_one_who_left_long_ago_only_by_the_calendar_fixed_nothing(service: Service) -> None:
    leaving = changed(TWIN, left_on=date(2026, 11, 23))
    service.push("north", [ADA, LOU, leaving, BOTH], True, as_of=NOW)
    assert states(service)["L-1", "learner.email_shared"] == ("new", None)
    service.push("north", [ADA, LOU, leaving, BOTH], True, as_of=later(hours=20))
    assert states(service)["L-1", "learner.email_shared"] == ("resolved", "time_passed")


def test_what_can_no_longer_be_read_was_not_seen_to_be_right(service: Service) -> None:
    service.push("north", ILL, True, as_of=NOW)
    broken = Invalid(kind="instructor", source_id="I-1", errors=("`email` is a number; wanted text.",))
    service.push("north", [broken, LOU, ALGEBRA], True, as_of=later(hours=1))
    assert states(service)[EMAIL] == ("resolved", "unclear")


def test_a_rule_that_reads_the_clock_may_still_tell_a_fix(service: Service) -> None:
    today = changed(ALGEBRA, starts_at=later(hours=4), ends_at=later(hours=6), instructor_ids=("I-1",))
    other = changed(SHEET, starts_at=today.starts_at, ends_at=today.ends_at, instructor_refs=("I-9",))
    service.push("north", [ADA, LOU, today, other], True, as_of=NOW)
    assert states(service)["S-1", "session.instructor_changed_today"] == ("new", None)
    mended = changed(other, instructor_refs=("I-1",))
    service.push("north", [ADA, LOU, today, mended], True, as_of=later(hours=1))
    issue = closed(service, "session.instructor_changed_today", "S-1")
    assert (issue.resolution, issue.corrected) == (
        "fixed",
        [Correction("sheet", "F-1", "instructor_refs", ["I-9"], ["I-1"])],
    )


def test_a_setting_that_was_edited_fixed_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    narrow = PLAIN + "settings: {email_domains: [school.example.org]}\n"
    a_service(sqlite_database, tmp_path, north=narrow).push("north", WELL, True, as_of=NOW)
    wide = a_service(sqlite_database, tmp_path, north=PLAIN)
    assert states(wide)["L-1", "learner.email_outside_domains"] == ("new", None)
    wide.push("north", WELL, True, as_of=later(hours=1))
    issue = closed(wide, "learner.email_outside_domains", "L-1")
    # The rule rests now that no domain is named: nobody has looked.
    assert (issue.resolution, issue.corrected) == ("not_checked", [])


@pytest.mark.parametrize(
    ("edited", "email", "resolution"),
    [
        # Mended, and the rule would still find what was: the rule's edit explains nothing.
        ("settings: {email_domains: [school.example.org]}", "lou@school.example.org", "fixed"),
        # The record changed too, but today's rule says nothing of what was.
        ("settings: {email_domains: [school.example.org, example.org]}", "other@example.org", "rule_changed"),
        # Only the rule changed.
        ("settings: {email_domains: [school.example.org, example.org]}", "lou@example.org", "rule_changed"),
    ],
)
def test_where_rule_and_record_both_changed_the_one_that_explains_it_is_told(
    sqlite_database: Database, tmp_path: Path, edited: str, email: str, resolution: str
) -> None:
    before = PLAIN + "settings: {email_domains: [school.example.org]}\n"
    a_service(sqlite_database, tmp_path, north=before).push("north", WELL, True, as_of=NOW)
    # Another rule's edit makes it another rulebook in any case.
    edited = f"{PLAIN}{edited}\nrules: {{learner.company_missing: {{then: off}}}}\n"
    after = a_service(sqlite_database, tmp_path, north=edited)
    after.push("north", [ADA, changed(LOU, email=email), ALGEBRA], True, as_of=later(hours=1))
    assert states(after)["L-1", "learner.email_outside_domains"] == ("resolved", resolution)


def test_where_related_records_and_rules_both_changed_nothing_is_claimed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    a_service(sqlite_database, tmp_path).push("north", ILL, True, as_of=NOW)
    edited = a_service(sqlite_database, tmp_path, north=PLAIN + "rules: {learner.company_missing: {then: off}}\n")
    edited.push("north", WELL, True, as_of=later(hours=1))
    assert states(edited)[WAITING] == ("resolved", "unclear")
    assert states(edited)[EMAIL] == ("resolved", "fixed")


def test_a_rule_taken_back_or_made_a_note_is_a_rule_that_changed(sqlite_database: Database, tmp_path: Path) -> None:
    a_service(sqlite_database, tmp_path).push("north", ILL, True, as_of=NOW)
    edited = a_service(
        sqlite_database, tmp_path, north=PLAIN + "rules: {session.instructor_without_email: {then: note}}\n"
    )
    edited.push("north", ILL, True, as_of=later(hours=1))
    assert states(edited)[WAITING] == ("resolved", "rule_changed")


@pytest.mark.parametrize(("instructor", "resolution"), [(WITHOUT_EMAIL, "left_out"), (ADA, "fixed")])
def test_what_a_skip_decides_is_left_out_only_if_it_is_still_wrong(
    service: Service, instructor: Instructor, resolution: str
) -> None:
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", [instructor, LOU, changed(ALGEBRA, status="cancelled")], True, as_of=later(hours=1))
    issue = closed(service, "session.instructor_without_email", "S-1")
    assert (issue.resolution, issue.resolved_by) == (
        resolution,
        "session.cancelled" if resolution == "left_out" else None,
    )


def test_what_passed_while_it_was_still_wrong_was_not_left_out_on_purpose(service: Service) -> None:
    service.push("north", ILL, True, as_of=NOW)
    for hours, instructor in ((60, WITHOUT_EMAIL), (61, ADA)):
        service.push("north", [instructor, LOU, ALGEBRA], True, as_of=later(hours=hours))
        issue = closed(service, "session.instructor_without_email", "S-1")
        assert (issue.resolution, issue.resolved_by) == ("left_window", "session.past")
        assert "no exchange took it" in issue.problem
