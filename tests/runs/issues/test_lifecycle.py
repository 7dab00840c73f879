from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlmodel import func, select

from engine.records.decode import Invalid, read_json
from engine.records.kinds import Learner
from engine.records.limits import LONGEST_ID
from store.base.database import Database
from store.base.enums import COUNTED
from store.base.tables import ChangeRow, IssueRow, RecordKeyRow, RecordRow
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ACCOUNT,
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
LATE = ("L-1", "learner.sessions_unsynced")


def rows_of(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_an_issue_is_new_then_open_then_fixed_then_back_and_stays_the_same_one(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    first = service.push("north", ILL, True, as_of=NOW)
    assert states(service) == {EMAIL: ("new", None), WAITING: ("new", None), LATE: ("new", None)}
    assert (first.status, first.issues) == (
        "completed_with_issues",
        {"new": 3, "back": 0, "resolved": 0, "open": 3},
    )
    ids = {issue.id for row in service.issues("north").items for issue in row.issues}

    service.push("north", ILL, True, as_of=later(hours=12))
    assert states(service) == {EMAIL: ("open", None), WAITING: ("open", None), LATE: ("open", None)}

    third = service.push("north", WELL, True, as_of=later(days=1, hours=-1))
    assert states(service)[EMAIL] == ("resolved", "fixed")
    # It waits for what the clock does not touch: another record was corrected.
    assert states(service)[WAITING] == ("resolved", "fixed")
    assert (third.status, third.issues) == ("completed", {"new": 0, "back": 0, "resolved": 3, "open": 0})
    assert service.issues("north").total == 0

    fourth = service.push("north", ILL, True, as_of=later(hours=23))
    assert states(service) == {EMAIL: ("back", None), WAITING: ("back", None), LATE: ("back", None)}
    assert fourth.issues == {"new": 0, "back": 3, "resolved": 0, "open": 3}
    assert {issue.id for row in service.issues("north").items for issue in row.issues} == ids


def test_a_run_that_finds_everything_as_it_was_writes_no_record_and_no_change(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [*ILL, ACCOUNT], True, as_of=NOW)
    with database.reading() as session:
        before = [row.model_dump() for row in session.exec(select(RecordRow).order_by(RecordRow.id))]
    again = service.push("north", [ACCOUNT, *reversed(ILL)], True, as_of=NOW)
    with database.reading() as session:
        after = [row.model_dump() for row in session.exec(select(RecordRow).order_by(RecordRow.id))]
    assert (again.changed, rows_of(database, ChangeRow), after) == (0, 0, before)
    assert again.received == 4


def test_only_a_complete_run_takes_what_is_missing_for_gone(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    other = changed(WITHOUT_EMAIL, source_id="I-2", first_name="Bo")
    service.push("north", [*ILL, other, changed(ALGEBRA, source_id="S-2", instructor_ids=("I-2",))], True, as_of=NOW)
    before = states(service)
    assert before["I-2", "instructor.email_missing"] == ("new", None)

    service.push("north", [LOU], False, as_of=later(hours=1))
    assert states(service) == before | {LATE: ("open", None)}

    service.push("north", [*ILL, changed(ALGEBRA, source_id="S-3")], True, as_of=later(hours=2))
    assert states(service)["I-2", "instructor.email_missing"] == ("new", None)
    for hours in (3, 4):
        service.push("north", [*ILL, changed(ALGEBRA, source_id="S-3")], True, as_of=later(hours=hours))
    after = states(service)
    assert after["I-2", "instructor.email_missing"] == ("resolved", "gone")
    assert after["S-2", "session.instructor_without_email"] == ("resolved", "gone")
    assert after[EMAIL] == ("open", None)

    service.push("north", [*ILL, other], False, as_of=later(hours=5))
    explained = service.explain("north", "instructor", "I-2")
    assert explained.not_received_since is None
    assert [(entry.what, entry.before, entry.after) for entry in explained.history if entry.what == "presence"] == [
        ("presence", "not_received", "received"),
        ("presence", "not_received", "gone"),
        ("presence", "received", "not_received"),
    ]


def test_a_kind_of_which_nothing_came_is_not_taken_for_gone(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", [LOU], True, as_of=later(hours=1))
    assert states(service)[EMAIL] == ("new", None)


def test_a_session_whose_day_is_over_left_the_window_and_is_not_gone(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    tomorrow = changed(ALGEBRA, source_id="S-9", starts_at=later(days=3), ends_at=later(days=3, hours=1))
    service.push("north", [WITHOUT_EMAIL, LOU, tomorrow], True, as_of=later(days=2))
    assert states(service)[WAITING] == ("resolved", "left_window")
    (passed,) = service.issues("north", IssueFilter(kind="session", state="resolved"), None, 9).items
    assert passed.issues[0].problem.startswith(
        "Closed on Wednesday 25 November 2026 at 10:00 because its time was over, not because it was put right: while "
        "this stood, no exchange took it. The message was: Not synced: "
    )
    with database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.source_id == "S-1")).one()
    assert (row.verdict, row.not_received_since) == (None, None)
    again = service.push("north", [WITHOUT_EMAIL, LOU, tomorrow], True, as_of=later(days=2))
    assert (again.changed, again.issues["resolved"]) == (0, 0)


def test_what_a_skip_rule_takes_over_is_left_out_and_not_fixed(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    cancelled = changed(ALGEBRA, status="cancelled")
    service.push("north", [WITHOUT_EMAIL, LOU, cancelled], True, as_of=later(hours=1))
    assert states(service)[WAITING] == ("resolved", "left_out")
    detail = service.issue("north", next(iter(_ids(sqlite_database, "session.instructor_without_email"))))
    assert detail.issue.resolved_by == "session.cancelled"


def _ids(database: Database, rule: str) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(IssueRow.id).where(IssueRow.rule == rule)))


def test_a_rule_that_was_switched_off_did_not_fix_anything(sqlite_database: Database, tmp_path: Path) -> None:
    a_service(sqlite_database, tmp_path).push("north", ILL, True, as_of=NOW)
    edited = a_service(sqlite_database, tmp_path, north=PLAIN + "rules: {instructor.email_missing: {then: off}}\n")
    edited.push("north", ILL, True, as_of=later(hours=1))
    assert states(edited) == {
        EMAIL: ("resolved", "rule_changed"),
        WAITING: ("open", None),
        LATE: ("open", None),
    }


def test_a_push_decides_what_it_holds_and_what_asks_for_that_and_sees_the_rest(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", [ADA], False, as_of=later(hours=1))
    assert states(service) == dict.fromkeys((EMAIL, WAITING, LATE), ("resolved", "fixed"))
    # What is decided as it was is asked by nobody again.
    assert service.push("north", [ADA], False, as_of=later(hours=2)).again == {}


def test_what_belongs_to_the_same_accounts_as_before_is_asked_by_nobody_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN + "segments: {east: {site_code: [E]}}\n")
    well = [changed(one, segment_keys={"site_code": ("E",)}) for one in WELL]
    service.push("north", well, True, as_of=NOW)
    assert service.push("north", well[:1], False, as_of=later(hours=1)).again == {}


def test_a_record_missing_from_a_complete_run_is_nobodys_related_record(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    twice = changed(ADA, source_id="I-2")
    both = changed(ALGEBRA, instructor_ids=("I-1", "I-2"))
    service.push("north", [ADA, twice, LOU, both], True, as_of=NOW)
    assert ("new", None) in (states(service).get(("I-1", rule)) for rule in _rules("instructor"))
    service.push("north", WELL, True, as_of=later(hours=1))
    assert not [
        state for (source_id, _), (state, _) in states(service).items() if source_id == "I-1" and state != "resolved"
    ]


def _rules(kind: str) -> tuple[str, ...]:
    return (f"{kind}.duplicate", f"{kind}.email_shared")


def test_parts_of_one_record_are_one_row_and_are_unchanged_in_any_order(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    other = changed(LOU, groups=("G-2",))
    first = service.push("north", [ADA, LOU, other, ALGEBRA], True, as_of=NOW)
    assert (first.received, first.counts["learner"]["received"]) == (3, 1)
    assert service.push("north", [ADA, other, LOU, LOU, ALGEBRA], True, as_of=later(hours=1)).changed == 0
    with database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.kind == "learner")).one()
    assert row.data is not None
    assert b'"groups":["G-1","G-2"]' in row.data


def test_what_cannot_be_read_is_an_issue_until_it_can(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", WELL, True, as_of=NOW)
    broken = Invalid(kind="learner", source_id="L-1", errors=("`email` is a number; wanted text.",))
    run = service.push("north", [ADA, broken, ALGEBRA], True, as_of=later(hours=1))
    assert states(service) == {("L-1", "record.invalid"): ("new", None)}
    assert run.counts["learner"] == dict.fromkeys(COUNTED, 0) | {"received": 1, "to_fix": 1}
    (row,) = service.issues("north").items
    assert (row.name, row.rule) == ("Lou Ørsted", "record.invalid")
    service.push("north", WELL, True, as_of=later(hours=2))
    assert states(service) == {("L-1", "record.invalid"): ("resolved", "fixed")}


def test_two_that_contradict_each_other_are_one_issue_and_nobodys_related_record(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [ADA, changed(ADA, first_name="Eve"), LOU, ALGEBRA], True, as_of=NOW)
    assert states(service) == {
        ("I-1", "record.id_conflict"): ("new", None),
        ("S-1", "record.waits"): ("new", None),
        LATE: ("new", None),
    }
    (answer,) = service.classify("north", [ALGEBRA]).decisions
    assert answer.rule == "record.waits"
    assert answer.problem is not None
    assert "Ada" in answer.problem


def test_a_record_stored_for_another_direction_keeps_that_ones_verdict(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    by_hand = changed(ACCOUNT, source_kind=None, source_ref=None, created_by="administrator", email="x@example.org")
    service.push("north", [*WELL, by_hand, SHEET], True, as_of=NOW)
    up = service.push("north", [by_hand, SHEET], True, "upward", as_of=NOW)
    assert up.counts == {
        "account": dict.fromkeys(COUNTED, 0) | {"received": 1, "left_out": 1},
        "sheet": dict.fromkeys(COUNTED, 0) | {"received": 1, "later": 1},
    }
    service.push("north", [*WELL, changed(by_hand, last_name="Moe"), SHEET], True, as_of=later(hours=1))
    with database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.kind == "account")).one()
    assert (row.verdict, row.rule, row.name) == ("skip", "account.made_by_hand", "Ada Moe")


def test_the_history_tells_each_field_and_verdict_that_changed(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", ILL, True, as_of=NOW)
    service.push("north", [changed(ADA, phone="0102030405"), LOU, ALGEBRA], True, as_of=later(hours=1))
    (issue_id,) = _ids(database, "instructor.email_missing")
    history = service.issue("north", issue_id).history
    assert {(entry.what, entry.subject, entry.before, entry.after) for entry in history if entry.what == "field"} == {
        ("field", "email", None, "ada@example.org"),
        ("field", "phone", None, "0102030405"),
    }
    (verdict,) = [entry for entry in history if entry.what == "verdict"]
    assert (verdict.before, verdict.after) == (
        {"verdict": "flag", "rule": "instructor.email_missing"},
        {"verdict": "sync", "rule": None},
    )
    (resolved,) = [entry for entry in history if entry.what == "issue" and entry.before]
    assert (resolved.before, resolved.after, resolved.resolution) == ("new", "resolved", "fixed")
    assert (history[-1].what, history[-1].after, history[-1].at) == ("issue", "new", NOW)


def test_the_keys_of_a_changed_record_are_replaced(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", WELL, True, as_of=NOW)
    before = rows_of(database, RecordKeyRow)
    service.push("north", [changed(LOU, email="new@example.org")], False, as_of=later(hours=1))
    assert rows_of(database, RecordKeyRow) == before
    newcomer = Learner(source_id="L-2", first_name="Max", last_name="Roe", email="lou@example.org", groups=("G-1",))
    (answer,) = service.classify("north", [newcomer]).decisions
    assert answer.rule is None
    (answer,) = service.classify("north", [changed(newcomer, email="new@example.org")]).decisions
    assert answer.rule == "learner.email_shared"


@pytest.mark.parametrize("direction", ["downward", "upward"])
def test_a_run_of_nothing_is_a_run(sqlite_database: Database, tmp_path: Path, direction) -> None:
    run = a_service(sqlite_database, tmp_path).push("north", [], True, direction, as_of=NOW)
    assert (run.status, run.received, run.counts) == ("completed", 0, {})


def test_the_longest_id_is_stored_and_a_longer_one_is_told(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    # Of letters that do not repeat: a database may compress what does, and take it for short.
    letters = "".join(chr(0x4E00 + number * 7) for number in range(LONGEST_ID + 1))
    items = read_json(
        msgspec.json.encode({"kind": "learner", "source_id": letters[:size], "last_name": "Roe"})
        for size in (LONGEST_ID, LONGEST_ID + 1)
    )
    service.push("north", items, True, as_of=NOW)
    assert service.explain("north", "learner", letters[:LONGEST_ID]).last_run == "left_out"
    (row,) = service.issues("north", IssueFilter(rule="record.invalid")).items
    assert row.source_id == "item 2"
