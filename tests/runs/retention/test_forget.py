from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from engine.records.kinds import Account, Contract, Enrolment, Mark, Person, Session
from runs.model.errors import Busy, HeldBack, UnknownCustomer, UnknownKind
from runs.model.outcomes import Outcome
from runs.retention.forget import forget
from runs.service import Service
from store.base.database import Database
from store.base.run_tables import OutcomeRow, RunRow
from store.base.tables import RecordKeyRow, RecordRow
from tests.runs.schools import ADA, ALGEBRA, LOU, NOW, PLAIN, SHEET, a_service, changed, later

HELD = "guards: {removals: {percent: 0, at_least: 1}}\n"
TWIN = changed(LOU, source_id="L-2", first_name="Mina", last_name="Quist")
"""Shares Lou's address, so that the issue of one names the other."""
NO_INSTRUCTOR = Session(
    source_id="S-2",
    name="Chess",
    starts_at=later(days=1),
    ends_at=later(days=1, hours=1),
    learner_ids=("L-1", "L-2"),
    instructor_ids=("I-9",),
)
ACCOUNT = Account(source_id="A-7", source_kind="learner", source_ref="L-1", role="learner", username="lou.orsted")
BY_HAND = Account(source_id="A-8", role="learner", email="LOU@example.org", created_by="user")
SAME_NUMBER = Account(source_id="L-2", role="learner", email="lou@example.org", created_by="user")
OF_MINA = Account(source_id="A-9", source_kind="learner", source_ref="L-2", role="learner", email="lou@example.org")
ENROLMENT = Enrolment(source_id="E-1", class_id="C-1", person_id="L-1", role="learner")
CONTRACT = Contract(source_id="K-1", learner_id="L-1", company="Norvane", tutor_name="Ruth")
OTHERS_CONTRACT = Contract(source_id="K-2", learner_id="L-2", company="Norvane", tutor_email="lou@example.org")
ARCHIVED = changed(SHEET, archived=True, learner_refs=("A-8", "L-1", "L-2"), changed_names=("Lou Ørsted", "Mina Quist"))
MARKS = [
    Mark(source_id="M-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="absent", comment="Lou ill"),
    Mark(source_id="M-2", sheet_id="F-1", person_kind="learner", person_ref="L-2", state="present"),
    Mark(source_id="M-3", sheet_id="F-1", person_kind="instructor", person_ref="L-1", state="present"),
]


def filled(database: Database, folder: Path) -> Service:
    """A week of a school in which Lou stands everywhere, under an older address too."""
    service = a_service(database, folder)
    before = changed(LOU, email="old.lou@example.org")
    rest = [ADA, TWIN, changed(ALGEBRA, learner_ids=("L-1", "L-2")), ENROLMENT, CONTRACT, OTHERS_CONTRACT]
    accounts = [ACCOUNT, BY_HAND, SAME_NUMBER, OF_MINA]
    service.push("north", [before, NO_INSTRUCTOR, *rest, *accounts], True, as_of=NOW)
    fewer = changed(NO_INSTRUCTOR, learner_ids=("L-2",))
    service.push("north", [LOU, fewer, *rest, *accounts], True, as_of=later(hours=1))
    service.push("north", [SHEET, *MARKS, *accounts], True, "upward", as_of=later(hours=2))
    for days in (1, 3):
        service.push("north", [ARCHIVED, *MARKS, *accounts], True, "upward", as_of=later(days=days))
    return service


def everything(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return {
            table.name: " ".join(str(tuple(row)) for row in session.connection().execute(select(table)))
            for table in SQLModel.metadata.sorted_tables
        }


def test_nothing_of_a_forgotten_person_is_left_but_what_is_anothers_own(database: Database, tmp_path: Path) -> None:
    service = filled(database, tmp_path)
    before = everything(database)
    holding = [table for table, written in before.items() if "L-1" in written or "lou" in written.casefold()]
    assert {"record", "issue", "change", "archive", "upload"} <= set(holding)

    found = forget(database, "north", "learner", "L-1", service.clock)

    # Mina's own address, the tutor's of her contract, and an instructor who happens to have the same id.
    left = everything(database)
    for table, written in left.items():
        for value in ("old.lou", "Lou", "Ørsted", "lou.orsted", "A-8", "M-1", "K-1", "E-1", "A-7"):
            assert value not in written, (table, value)
        assert written.count('"L-1"') == (table in ("record", "archive", "upload")), table
    assert '"person_kind":"instructor"' in left["record"]
    assert sorted(found.named_in) == [("account", "A-9"), ("contract", "K-2"), ("learner", "L-2")]
    assert {kind: found.deleted[kind] for kind in ("learner", "account", "contract", "enrolment", "mark")} == {
        "learner": 1,
        "account": 3,
        "contract": 1,
        "enrolment": 1,
        "mark": 1,
    }
    assert found.cleared["records"] == 2
    if database.file is not None:
        # Not even in the file's free pages, nor in its log.
        written = b"".join(path.read_bytes() for path in database.file.parent.glob(f"{database.file.name}*"))
        assert b"old.lou" not in written


def test_the_next_run_finds_the_rest_as_it_was(database: Database, tmp_path: Path) -> None:
    service = filled(database, tmp_path)
    forget(database, "north", "learner", "L-1", service.clock)
    rest = [ADA, TWIN, changed(ALGEBRA, learner_ids=("L-2",)), OTHERS_CONTRACT]
    again = service.push(
        "north", [*rest, changed(NO_INSTRUCTOR, learner_ids=("L-2",)), OF_MINA], True, as_of=later(days=3, hours=1)
    )
    # What was taken out of them is not a change that the source made.
    assert again.changed == 0
    with database.reading() as session:
        records = set(session.exec(select(RecordRow.id)))
        assert set(session.exec(select(RecordKeyRow.record_id))) <= records


def test_what_a_run_that_was_held_would_have_done_names_the_forgotten_no_more(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path, north=PLAIN + HELD, sud=PLAIN + HELD)
    stay = [ADA, changed(TWIN, email="mina@example.org")]
    roe = changed(TWIN, source_id="L-3", last_name="Roe", email="roe@example.org")
    for customer in ("north", "sud"):
        service.push(customer, [LOU, roe, *stay], True, as_of=NOW)
        held = service.push(customer, stay, True, as_of=later(hours=1))
        assert held.status == "held"
        with pytest.raises(HeldBack):
            forget(database, customer, "learner", "L-1", service.clock)
        service.reject(customer, held.id, "Nora")

    found = forget(database, "north", "learner", "L-1", service.clock)
    assert found.cleared["held"] == 1
    left = [[(one.kind, one.source_id) for one in service.held(*of).items] for of in (("north", 2), ("sud", 4))]
    assert left == [[("learner", "L-3")], [("learner", "L-1"), ("learner", "L-3")]]


def test_a_person_is_forgotten_by_id_alone_when_their_record_is_gone(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [ADA, NO_INSTRUCTOR, TWIN], True, as_of=NOW)
    found = forget(database, "north", "learner", "L-1", service.clock)
    # Its id stood in the session, and in what was said of an id that never came.
    assert (found.deleted, found.cleared["records"]) == ({"learner": 1, "issues": 1}, 1)
    assert '"L-1"' not in everything(database)["record"]


def test_another_customers_person_of_the_same_id_stays(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN, sud=PLAIN)
    service.push("north", [LOU], True, as_of=NOW)
    service.push("sud", [ADA], True, as_of=NOW)
    assert forget(database, "sud", "learner", "L-1", service.clock).deleted == {}
    assert service.explain("north", "learner", "L-1").last_run != "never_received"


def test_nobody_is_forgotten_while_a_run_is_at_work_and_only_persons_are(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    with database.writing() as session:
        session.add(
            RunRow(
                customer="north",
                direction="upward",
                status="running",
                as_of=NOW,
                started_at=NOW,
                heartbeat_at=NOW,
                owner="elsewhere:1:token",
            )
        )
    with pytest.raises(Busy):
        forget(database, "north", "learner", "L-1", service.clock)
    with pytest.raises(UnknownKind):
        forget(database, "north", "session", "S-1", service.clock)


def test_of_a_customer_of_whom_nothing_is_stored_nobody_can_be_forgotten(database: Database, tmp_path: Path) -> None:
    service = filled(database, tmp_path)
    with pytest.raises(UnknownCustomer, match="Customers here: north"):
        forget(database, "nort", "learner", "L-1", service.clock)


def test_what_the_platform_said_of_a_person_is_forgotten_and_a_text_that_names_them(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [ADA, LOU, changed(ALGEBRA, learner_ids=("L-1",))], True, as_of=NOW)
    refusals = [("learner", "L-1", "no such person"), ("session", "S-1", "Lou Ørsted is not there")]
    told = [Outcome(kind=kind, source_id=one, outcome="refused", text=text) for kind, one, text in refusals]  # type: ignore[arg-type]
    service.note_outcomes("north", told)
    gone = forget(sqlite_database, "north", "learner", "L-1", service.clock)
    assert gone.cleared["outcomes"] == 2
    with sqlite_database.reading() as session:
        assert [(row.kind, row.text) for row in session.exec(select(OutcomeRow))] == [("session", None)]
    (row,) = service.issues("north").items
    assert (row.source_id, "Ørsted" in (row.problem or "")) == ("S-1", False)
    assert b"rsted" not in (service.kept("north", "session", "S-1").data or b"")


def test_somebody_whose_role_is_not_told_is_forgotten_wherever_the_id_is_nobody_elses(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    one = Person(source_id="P-1", first_name="Lou", last_name="Ørsted", email="lou@example.org")
    taught = changed(ALGEBRA, instructor_ids=("I-1", "P-1"), learner_ids=("P-2",))
    enrolments = [
        changed(ENROLMENT, person_id="P-1", role=role, source_id=f"E-{role}") for role in ("learner", "other")
    ]
    both = [changed(one, source_id="P-2"), changed(LOU, source_id="P-2")]
    theirs = changed(ENROLMENT, person_id="P-2", source_id="E-9")
    service.push("north", [ADA, one, *both, taught, *enrolments, theirs], True, as_of=NOW)
    forget(sqlite_database, "north", "person", "P-1", service.clock)
    assert "P-1" not in " ".join(everything(sqlite_database).values())
    # What names a learner of the same id is the learner's.
    forget(sqlite_database, "north", "person", "P-2", service.clock)
    assert service.kept("north", "person", "P-2").data is None
    assert service.kept("north", "enrolment", "E-9").data is not None
    assert b'"learner_ids":["P-2"]' in (service.kept("north", "session", "S-1").data or b"")
