"""What holds a run back, what it says, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from connectors.contract import Unavailable
from engine.records.kinds import Account, Contract, Instructor, Learner, Mark, Record, Session, Sheet
from runs.execution.execute import carry_out
from runs.model.answers import HeldRun, RunSummary
from runs.model.errors import AlreadySettled, NotHeld, RulebookEdited, UnknownRun
from runs.model.order import Order
from runs.model.received import Received
from runs.service import Service
from store.base.database import Database
from store.base.run_tables import HeldRow
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.lookup.known import record_of
from tests.runs.schools import NOW, PLAIN, a_service, changed, later

ONLINE = """
rules:
  session.online:
    for: session
    when: {remote: true}
    then: skip
    messages: {en: {problem: "Online: {{ name }}.", fix: "Nothing to do."}}
    examples:
      - {matches: true, record: {remote: true}}
      - {matches: false, record: {remote: false}}
"""


def school(learners: int = 60, sessions: int = 40) -> list[Record]:
    """Learners of one group, their instructor, sessions of the coming week of which each second is remote."""
    found: list[Record] = [
        Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org", phone="0102030405")
    ]
    found += [
        Learner(
            source_id=f"L-{number}",
            first_name="Lou",
            last_name=f"Number {number}",
            email=f"l{number}@example.org",
            groups=("G-1",),
        )
        for number in range(learners)
    ]
    found += [
        Session(
            source_id=f"S-{number}",
            name=f"Algebra {number}",
            starts_at=later(days=1 + number % 7, minutes=number),
            ends_at=later(days=1 + number % 7, hours=1, minutes=number),
            remote=number % 2 == 0,
            room="B 12",
            instructor_ids=("I-1",),
            group_ids=("G-1",),
            created_at=later(days=-30),
            modified_at=later(days=-30),
        )
        for number in range(sessions)
    ]
    return found


def learners_of(items: list[Record]) -> list[Record]:
    return [item for item in items if isinstance(item, Learner)]


def of_kind(items: list[Record], kind: type[Record]) -> list[Record]:
    return [item for item in items if isinstance(item, kind)]


def rows(database: Database) -> dict[str, list[dict[str, object]]]:
    """Everything a run may write but its own row."""
    with database.reading() as session:
        return {
            table.__tablename__: [row.model_dump() for row in session.exec(select(table))]
            for table in (RecordRow, IssueRow, ChangeRow)
        }


def the_hold(service: Service, run: RunSummary) -> HeldRun:
    assert run.status == "held", run.guards
    return service.held("north", run.id)


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path)
    done = service.push("north", school(), True, as_of=NOW)
    assert (done.status, done.guards) == ("completed", [])
    return service


def test_a_mass_removal_is_held_and_changes_nothing_until_it_is_approved(service: Service) -> None:
    before = rows(service.database)
    fewer = [item for item in school() if item.source_id not in {f"L-{number}" for number in range(12)}]
    run = service.push("north", fewer, True, as_of=later(hours=12))
    held = the_hold(service, run)
    assert rows(service.database) == before
    (said,) = held.said
    assert said.problem == (
        "Nothing was changed: 12 of 60 learners are missing from what the source sent, more than the 10% that are "
        "let through."
    )
    assert [(one.what, one.kind, one.name) for one in held.items[:2]] == [
        ("not_received", "learner", "Lou Number 0"),
        ("not_received", "learner", "Lou Number 1"),
    ]
    assert held.total == 12
    # It did not bring the platform up to date.
    assert service.classify("north", []).last_sync == NOW

    done = service.approve("north", run.id, "command")
    assert (done.status, done.approves, done.as_of) == ("completed", run.id, later(hours=12))
    settled = service.run_summary("north", run.id)
    assert (settled.status, settled.settled_by) == ("approved", "command")
    with service.database.reading() as session:
        missing = session.exec(select(func.count()).where(RecordRow.not_received_since == later(hours=12))).one()
        kept = session.exec(select(func.count()).select_from(HeldRow)).one()
    assert (missing, kept) == (12, 0)
    with pytest.raises(AlreadySettled):
        service.approve("north", run.id, "command")
    # What was approved is not held a second time.
    assert service.push("north", fewer, True, as_of=later(hours=24)).status == "completed"


def test_a_rejected_run_is_forgotten_and_the_next_one_goes_through(service: Service) -> None:
    before = rows(service.database)
    run = service.push("north", school(learners=40), True, as_of=later(hours=12))
    assert [one.id for one in service.waiting("north")] == [run.id]
    assert service.reject("north", run.id, "command").status == "rejected"
    assert service.waiting("north") == []
    assert rows(service.database) == before
    with pytest.raises(AlreadySettled):
        service.reject("north", run.id, "command")
    assert service.held("north", run.id).total == 20
    assert service.push("north", school(), True, as_of=later(hours=24)).status == "completed"


def test_a_later_run_takes_the_place_of_a_held_one(service: Service) -> None:
    run = service.push("north", school(learners=40), True, as_of=later(hours=12))
    again = service.push("north", school(learners=40), True, as_of=later(hours=13))
    assert (again.status, service.run_summary("north", run.id).status) == ("held", "superseded")
    good = service.push("north", school(), True, as_of=later(hours=14))
    settled = service.run_summary("north", again.id)
    assert (settled.status, settled.settled_by) == ("superseded", str(good.id))


def test_a_removal_within_the_share_goes_through(service: Service) -> None:
    assert service.push("north", school(learners=54), True, as_of=later(hours=12)).status == "completed"
    assert service.push("north", school(learners=49), True, as_of=later(hours=13)).status == "completed"


SHARES = (
    PLAIN
    + """
guards:
  nothing_received: {at_least: 40}
  removals: {percent: 10, at_least: 7}
  verdict_jump: {percent: 10, at_least: 7, percent_of: {session: 5}}
  field_gone: {percent: 50, at_least: 30}
  stale_source: {hours: 48}
"""
)


@pytest.mark.parametrize(
    ("learners", "change", "tripped"),
    [
        # Exactly the share that is let through, and one more.
        (70, lambda all_of: all_of[7:], None),
        (70, lambda all_of: all_of[8:], ("removals", "learner", 8, 70)),
        # Fewer than are ever too many, and exactly so many.
        (50, lambda all_of: all_of[6:], None),
        (50, lambda all_of: all_of[7:], ("removals", "learner", 7, 50)),
        (70, lambda all_of: without(all_of, 7, email=None), None),
        (70, lambda all_of: without(all_of, 8, email=None), ("verdict_jump", "learner", 8, 70)),
        (50, lambda all_of: without(all_of, 6, email=None), None),
        (50, lambda all_of: without(all_of, 7, email=None), ("verdict_jump", "learner", 7, 50)),
        # Half of them had it, or less.
        (61, lambda all_of: without(all_of, 61, phone=None), None),
        (60, lambda all_of: without(all_of, 60, phone=None), ("field_gone", "learner", 30, 60)),
        (58, lambda all_of: without(all_of, 58, phone=None), None),
        # Of so many known records nothing is unusual.
        (40, lambda all_of: [], ("nothing_received", "learner", 40, 0)),
        (39, lambda all_of: [], None),
    ],
)
def test_a_guard_begins_where_its_figures_say(
    sqlite_database: Database,
    tmp_path: Path,
    learners: int,
    change: Callable[[list[Record]], list[Record]],
    tripped: tuple[str, str, int, int] | None,
) -> None:
    service = a_service(sqlite_database, tmp_path, north=SHARES)
    before: list[Record] = [
        changed(one, phone="0102030405" if number % 2 == 0 and number < 60 else None)
        for number, one in enumerate(of_kind(school(learners, sessions=7), Learner))
    ]
    around = [one for one in school(sessions=7) if not isinstance(one, Learner)]
    assert service.push("north", [*before, *around], True, as_of=NOW).guards == []
    run = service.push("north", [*change(before), *around], True, as_of=later(hours=1))
    found = [(trip.guard, trip.kind, trip.number, trip.total) for trip in run.guards]
    assert found == ([] if tripped is None else [tripped])


def without(items: list[Record], number: int, **fields: None) -> list[Record]:
    return [changed(one, **fields) if index < number else one for index, one in enumerate(items)]


def test_a_rulebook_edit_that_leaves_sessions_out_is_named_as_the_cause(service: Service, tmp_path: Path) -> None:
    service = a_service(service.database, tmp_path, north=PLAIN + ONLINE)
    before = rows(service.database)
    run = service.push("north", school(), True, as_of=later(hours=12))
    held = the_hold(service, run)
    assert rows(service.database) == before
    (said,) = held.said
    line = (PLAIN + ONLINE).splitlines().index("  session.online:") + 1
    assert said.problem.startswith("Nothing was changed: 20 of 40 sessions would change between synced and not synced")
    assert "The rules were edited since run 1: the rule session.online (20; " in said.problem
    assert f"north.yaml, line {line})." in said.problem
    assert said.fix.startswith("Look at the list by name. If the edit is meant so, approve this run; if not, correct")
    assert {(one.before, one.after) for one in held.items} == {("sync", "skip session.online")}
    french = service.held("north", run.id, language="fr").said[0]
    assert "Les règles ont été modifiées depuis le passage 1" in french.problem

    with pytest.raises(RulebookEdited):
        a_service(service.database, tmp_path, north=PLAIN).approve("north", run.id, "command")
    service = a_service(service.database, tmp_path, north=PLAIN + ONLINE)
    assert service.approve("north", run.id, "command").by_rule == {"session.online": 20}


def test_an_edited_setting_is_named_too(service: Service, tmp_path: Path) -> None:
    service = a_service(service.database, tmp_path, north=PLAIN + "settings: {window_days: 2}\n")
    held = the_hold(service, service.push("north", school(), True, as_of=later(hours=1)))
    (trip,) = held.run.guards
    assert (trip.kind, [(edit.what, edit.name) for edit in trip.edits]) == ("session", [("setting", "window_days")])
    assert "the setting window_days" in held.said[0].problem


def test_what_is_no_longer_overridden_points_at_what_holds_now(service: Service, tmp_path: Path) -> None:
    service = a_service(service.database, tmp_path, north=PLAIN + "settings: {window_days: 2}\n")
    held = service.push("north", school(), True, as_of=later(hours=1))
    service.approve("north", held.id, "Nora")
    service = a_service(service.database, tmp_path, north=PLAIN)
    again = the_hold(service, service.push("north", school(), True, as_of=later(hours=2)))
    assert "the setting window_days (" in again.said[0].problem
    assert "; now as in rules/base/settings.yaml, line " in again.said[0].problem


def test_days_that_go_by_are_no_jump(service: Service) -> None:
    week = [item for item in school() if not isinstance(item, Session) or item.starts_at > later(days=6)]
    assert service.push("north", week, True, as_of=later(days=5)).status == "completed"
    # Without a session to come, everybody is left out until there is one again.
    nobody = [item for item in school() if not isinstance(item, Session)]
    run = service.push("north", nobody, True, as_of=later(days=8))
    assert (run.status, run.counts["learner"]["left_out"]) == ("completed", 60)
    after = [
        changed(item, starts_at=item.starts_at + timedelta(days=21), ends_at=item.ends_at + timedelta(days=21))
        if isinstance(item, Session)
        else item
        for item in school()
    ]
    assert service.push("north", after, True, as_of=later(days=20)).counts["learner"]["synced"] == 60


def test_a_jump_that_the_data_explains_is_held_without_blaming_the_rules(service: Service) -> None:
    bad = [
        changed(item, email=None) if isinstance(item, Learner) and item.source_id > "L-3" else item for item in school()
    ]
    held = the_hold(service, service.push("north", bad, True, as_of=later(hours=12)))
    jump = next(trip for trip in held.run.guards if trip.guard == "verdict_jump")
    assert (jump.kind, jump.edits, list(jump.rules)) == ("learner", [], ["learner.email_missing"])


def test_a_field_that_disappeared_names_the_rules_that_read_it(service: Service) -> None:
    bare = [changed(item, groups=()) if isinstance(item, Learner) else item for item in school()]
    held = the_hold(service, service.push("north", bare, True, as_of=later(hours=12)))
    gone = next(said for said in held.said if said.guard == "field_gone")
    assert gone.problem.startswith(
        "Nothing was changed: the source no longer sends the groups (`groups`) of learners, which 60 of 60 had."
    ), gone.problem
    trip = next(trip for trip in held.run.guards if trip.guard == "field_gone")
    assert "learner.no_session_in_window" in trip.rules


def test_a_field_that_no_rule_reads_is_only_a_warning(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    with_dates = [
        changed(item, birth_date=date(2000, 1, 1), tutor_name="T") if isinstance(item, Learner) else item
        for item in school()
    ]
    service.push("north", with_dates, True, as_of=NOW)
    bare = [changed(item, tutor_name=None) if isinstance(item, Learner) else item for item in with_dates]
    run = service.push("north", bare, True, as_of=later(hours=12))
    assert run.status == "completed"
    (trip,) = run.guards
    assert (trip.guard, trip.then, trip.field, trip.rules) == ("field_gone", "warn", "tutor_name", {})
    # Said once: from now on it is usual.
    assert service.push("north", bare, True, as_of=later(hours=24)).guards == []


def test_a_source_that_gives_nothing_is_held(service: Service) -> None:
    run = service.push("north", [], True, as_of=later(hours=12))
    held = the_hold(service, run)
    (said,) = held.said
    assert said.problem == ("Nothing was changed: the source sent nothing at all, where there were 60 learners before.")
    # What somebody says by approving it: that all of it is gone.
    assert {one.what for one in held.items} == {"not_received"}
    done = service.approve("north", run.id, "Nora")
    assert (held.total, done.changed) == (101, 101)


def test_a_piece_leaves_a_held_run_waiting_and_is_not_undone_by_it(service: Service) -> None:
    everybody = school()
    held = service.push("north", everybody[40:], True, as_of=later(hours=12))
    assert held.status == "held"
    learner = next(item for item in everybody if isinstance(item, Learner))
    newcomer = changed(learner, source_id="L-new", email="new@example.org")
    pieces = [changed(everybody[50], phone="+33199000099"), newcomer]
    assert service.push("north", pieces, False, as_of=later(hours=13)).status.startswith("completed")
    assert service.run_summary("north", held.id).status == "held"

    done = service.approve("north", held.id, "Nora")
    assert done.status.startswith("completed")
    found = {
        one.source_id: one.last_run for one in (service.explain("north", "learner", name) for name in ("L-new", "L-0"))
    }
    assert found["L-new"] != "not_received"
    assert found["L-0"] == "not_received"


def test_a_kind_that_does_not_come_is_held_but_sessions_alone_are_a_holiday(service: Service) -> None:
    holiday = [item for item in school() if not isinstance(item, Session)]
    assert service.push("north", holiday, True, as_of=later(hours=12)).status == "completed"
    no_learners = [item for item in school() if not isinstance(item, Learner)]
    held = the_hold(service, service.push("north", no_learners, True, as_of=later(hours=13)))
    assert [(trip.guard, trip.kind) for trip in held.run.guards] == [("nothing_received", "learner")]
    # Sessions without anybody who shows that the source answers well are no holiday.
    one = [item for item in school() if isinstance(item, Instructor)]
    assert service.push("north", one, True, as_of=later(hours=14)).status == "held"
    nobody = Contract(source_id="C-1", company="Acme")
    guards = service.push("north", [nobody], True, as_of=later(hours=15)).guards
    assert {trip.kind for trip in guards if trip.guard == "nothing_received"} == {"learner", "session"}


def test_that_there_are_none_any_more_can_be_approved(service: Service) -> None:
    no_learners = [item for item in school() if not isinstance(item, Learner)]
    run = service.push("north", no_learners, True, as_of=later(hours=12))
    service.approve("north", run.id, "command")
    with service.database.reading() as session:
        missing = session.exec(select(func.count()).where(RecordRow.not_received_since.is_not(None))).one()
    assert missing == 60
    for hours in (13, 14, 15):
        assert service.push("north", no_learners, True, as_of=later(hours=hours)).status != "held"
    with service.database.reading() as session:
        assert session.exec(select(func.count()).where(RecordRow.left_at == later(hours=14))).one() == 60


def test_a_source_older_than_expected_is_said_and_held_where_the_customer_wants_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    strict = PLAIN + "guards: {stale_source: {then: hold, hours_of: {SIS → Wonde: 6}}}\n"
    service = a_service(sqlite_database, tmp_path, north=PLAIN, south=strict)

    def fetch(customer: str, hours: float, as_of_hours: float) -> RunSummary:
        def receive(received: Received) -> None:
            received.items = list(school())
            received.freshness = {"SIS → Wonde": later(hours=as_of_hours - hours)}

        order = Order(service.rulebook(customer), "downward", later(hours=as_of_hours), False, receive)
        row = carry_out(service.database, service.classifiers, order, service.clock)
        return service.run_summary(customer, row.id or 0)

    assert fetch("north", 47, 0).guards == []
    assert fetch("north", 48, 0).guards == []
    warned = fetch("north", 49, 1)
    assert (warned.status, [trip.then for trip in warned.guards]) == ("completed", ["warn"])
    held = fetch("south", 7, 0)
    assert held.status == "held"
    assert service.held("south", held.id).said[0].problem == (
        "Nothing was changed: the data of SIS → Wonde is 7 hours old (Monday 23 November 2026 at 03:00), older than "
        "the 6 hours that are usual."
    )
    assert held.freshness == {"SIS → Wonde": "2026-11-23T02:00:00+00:00"}


def test_of_what_could_be_read_only_in_part_nothing_is_said_to_be_missing(service: Service) -> None:
    def receive(received: Received) -> None:
        received.items = [item for item in school() if not isinstance(item, Learner)]
        received.asked = frozenset({"learner", "session", "instructor"})
        received.partial = [Unavailable("North", "learners", "no answer", "Try again")]

    order = Order(service.rulebook("north"), "downward", later(hours=1), False, receive)
    carry_out(service.database, service.classifiers, order, service.clock)
    assert service.run_summary("north", 2).guards == []


def test_a_jump_is_of_those_that_are_there_and_were_decided(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=SHARES)
    learners: list[Record] = list(of_kind(school(80), Learner))
    around = [one for one in school(sessions=7) if not isinstance(one, Learner)]
    service.push("north", [*learners, *around], True, as_of=NOW)

    def push(items: list[Record], hours: float) -> RunSummary:
        return service.push("north", [*items, *around], True, as_of=later(hours=hours))

    service.approve("north", push(learners[20:], 1).id, "Nora")
    # Eight who come back are no jump, whatever is wrong with them now.
    assert push(without(learners, 8, email=None), 2).guards == []
    push(learners, 3)
    service.approve("north", push(learners[20:], 4).id, "Nora")
    # Seven of sixty are too many, as seven of the eighty that once were would not be.
    run = push(without(learners[20:], 7, email=None), 5)
    assert [(trip.guard, trip.number, trip.total) for trip in run.guards] == [("verdict_jump", 7, 60)]


def test_what_came_in_by_its_own_data_is_no_jump(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN + ONLINE)
    run = service.push("north", school(sessions=60), True, as_of=NOW)
    assert run.counts["session"]["left_out"] == 30
    on_site = [changed(item, remote=False) if isinstance(item, Session) else item for item in school(sessions=60)]
    assert service.push("north", on_site, True, as_of=later(hours=1)).guards == []


def test_out_of_term_more_may_go(database: Database, tmp_path: Path) -> None:
    summer = PLAIN + "guards: {out_of_term: {starts_on: 2026-11-20, ends_on: 2026-11-24}}\n"
    service = a_service(database, tmp_path, north=summer)
    service.push("north", school(), True, as_of=NOW)
    assert service.push("north", school(learners=30), True, as_of=later(hours=1)).status == "completed"
    service.push("north", school(), True, as_of=later(hours=2))
    assert service.push("north", school(learners=20), True, as_of=later(hours=3)).status == "held"
    assert service.push("north", school(learners=30), True, as_of=later(days=3)).status == "held"


def test_what_is_sent_piece_by_piece_is_measured_against_all_that_is_known(service: Service) -> None:
    def without_email(numbers: range) -> list[Record]:
        return [changed(item, email=None) for item in learners_of(school())[numbers.start : numbers.stop]]

    few = service.push("north", without_email(range(5)), False, as_of=later(hours=1))
    assert few.status == "completed_with_issues"
    many = service.push("north", without_email(range(10, 40)), False, as_of=later(hours=2))
    assert many.status == "held"
    assert [(trip.number, trip.total) for trip in many.guards] == [(30, 60)]
    # What came meanwhile is newer than what waits, and another piece does not take its place.
    newer = changed(learners_of(school())[10], phone="0600000000")
    assert service.push("north", [newer], False, as_of=later(hours=3)).status == "completed"
    done = service.approve("north", many.id, "command")
    assert (done.received, done.counts["learner"]["to_fix"]) == (29, 29)


def test_an_upward_run_is_held_too(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    accounts = [
        Account(
            source_id=f"A-{n}", source_kind="learner", source_ref=f"L-{n}", role="learner", email=f"l{n}@example.org"
        )
        for n in range(30)
    ]
    sheets = [
        Sheet(source_id=f"F-{n}", source_ref=f"S-{n}", starts_at=later(hours=-2), archived=False) for n in range(30)
    ]
    service.push("north", [*accounts, *sheets], True, "upward", as_of=NOW)
    assert service.push("north", accounts, True, "upward", as_of=later(hours=1)).status == "completed"
    run = service.push("north", [*accounts[:20], *sheets], True, "upward", as_of=later(hours=2))
    assert (run.status, run.guards[0].kind) == ("held", "account")
    assert "of 30 accounts are missing from what the platform sent" in service.held("north", run.id).said[0].problem


def test_only_a_run_that_waits_can_be_settled(service: Service) -> None:
    with pytest.raises(NotHeld):
        service.approve("north", 1, "command")
    with pytest.raises(NotHeld):
        service.held("north", 1)
    with pytest.raises(UnknownRun):
        service.reject("north", 99, "command")


def test_a_guard_that_is_off_looks_at_nothing(database: Database, tmp_path: Path) -> None:
    off = ", ".join(
        f"{name}: {{then: 'off'}}" for name in ("nothing_received", "removals", "verdict_jump", "field_gone")
    )
    service = a_service(database, tmp_path, north=PLAIN + f"guards: {{{off}}}\n")
    service.push("north", school(), True, as_of=NOW)
    assert service.push("north", school(learners=1), True, as_of=later(hours=1)).guards == []
    assert service.push("north", [], True, as_of=later(hours=2)).status == "completed"


def test_a_held_run_keeps_what_a_partial_one_could_not_read(service: Service) -> None:
    run = service.push("north", school(learners=40), True, as_of=later(hours=12))
    done = service.approve("north", run.id, "command")
    assert (done.requests, done.error, done.complete) == (run.requests, None, True)


@pytest.mark.parametrize("with_sheets", [True, False])
def test_an_approved_run_leaves_what_the_other_direction_has_brought_since(service: Service, with_sheets: bool) -> None:
    sheet = Sheet(
        source_id="F-1", source_ref="S-1", name="Algebra 1", starts_at=later(hours=-3), created_by="api", archived=True
    )
    marks: list[Record] = [
        Mark(source_id=f"F-1:{who}", sheet_id="F-1", person_kind="learner", person_ref=who, state="present")
        for who in ("L-1", "L-2")
    ]
    service.push("north", [changed(sheet, archived=False)], False, "upward", as_of=later(hours=1))
    service.push("north", [sheet, *marks], False, "upward", as_of=later(hours=2))
    held = service.push(
        "north", [*school()[30:], *([sheet, *marks] if with_sheets else [])], True, as_of=later(hours=12)
    )
    assert held.status == "held"
    again = [changed(marks[0], state="absent"), marks[1]]
    service.push("north", [changed(sheet, name="Algebra, moved"), *again], False, "upward", as_of=later(hours=13))

    service.approve("north", held.id, "Nora")
    with service.database.reading() as session:
        rows = session.exec(select(RecordRow).where(col(RecordRow.kind).in_(("sheet", "mark"))))
        stored = {row.source_id: record_of(row) for row in rows}
    found = stored["F-1"]
    assert isinstance(found, Sheet)
    assert (found.name, found.changed_names) == ("Algebra, moved", ("Lou Number 1",))
    assert [stored[f"F-1:{who}"].state for who in ("L-1", "L-2")] == ["absent", "present"]
