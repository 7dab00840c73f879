from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from connectors.contract import Fetch, Garbled, Unavailable, asking_for
from engine.language.unread import failure_text
from engine.records.decode import Invalid
from engine.records.kinds import Account, Record
from engine.records.unread import unread
from runs.execution.fetch import pushed, window
from runs.model.errors import FetchFailed, NothingToFetch
from runs.model.received import Received
from runs.service import Service
from store.base.database import Database
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
    a_service,
    changed,
    later,
    states,
)

FROM_A_FILE = PLAIN + "source: {connector: records, path: export.ndjson, system: Ypareo}\n"


def write(path: Path, records: list[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(msgspec.json.encode(record) for record in records) + b"\n")


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Service:
    service = a_service(sqlite_database, tmp_path / "rules", north=FROM_A_FILE)
    service.environ = {"MUSTER_DATA": str(tmp_path / "data")}
    return service


def test_a_run_fetches_what_the_customers_source_gives(service: Service, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    write(tmp_path / "data" / "north" / "export.ndjson", ILL)
    run = service.run("north", as_of=NOW, on_page=lambda doing, number: told.append((doing, number)))
    assert (run.status, run.received, run.requests, run.complete) == ("completed_with_issues", 3, 1, True)
    assert len(states(service)) == 3
    assert [doing for doing, _ in told][-2:] == ["deciding", "writing"]
    write(tmp_path / "data" / "north" / "export.ndjson", WELL)
    assert service.run("north", as_of=later(hours=1)).issues["resolved"] == 3


def test_a_source_that_gives_nothing_fails_the_run_and_changes_nothing(service: Service, tmp_path: Path) -> None:
    write(tmp_path / "data" / "north" / "export.ndjson", ILL)
    service.run("north", as_of=NOW)
    (tmp_path / "data" / "north" / "export.ndjson").unlink()
    with pytest.raises(FetchFailed) as caught:
        service.run("north", as_of=later(hours=1))
    failed = service.runs("north").items[0]
    assert (failed.id, failed.status, failed.failures) == (caught.value.run_id, "failed", [caught.value.failure])
    assert failed.error == "the file of records, export.ndjson: there is no such file or folder. Check the path."
    assert failed.recovery == "a person must act"
    assert {state for state, _ in states(service).values()} == {"new"}
    # It did not bring the platform up to date, so that it is not the last downward run.
    assert service.classify("north", WELL).last_sync == NOW


def test_a_file_given_by_hand_is_read_instead(service: Service, tmp_path: Path) -> None:
    write(tmp_path / "other.ndjson", ILL)
    assert service.run("north", as_of=NOW, from_path=tmp_path / "other.ndjson").received == 3


def test_who_has_no_id_keeps_the_hashed_one_in_a_file_given_by_hand(sqlite_database: Database, tmp_path: Path) -> None:
    file = PLAIN + "source: {connector: hyperplanning-csv, path: etudiants.csv}\n"
    service = a_service(sqlite_database, tmp_path / "rules", north=file)
    service.environ = {"MUSTER_DATA": str(tmp_path / "data")}
    export = tmp_path / "data" / "north" / "etudiants.csv"
    export.parent.mkdir(parents=True)
    export.write_text("Nom,Prénom,Adresse e-mail,Né(e) le\nBarou,Zoé,zoe@example.org,14/05/2005\n", encoding="utf-8")
    service.run("north", as_of=NOW)
    assert service.run("north", as_of=later(hours=1), from_path=export).changed == 0


def test_where_records_are_pushed_there_is_nothing_to_fetch(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(
        sqlite_database,
        tmp_path,
        north=PLAIN + "source: {connector: pushed, system: Ypareo}\nplatform: {connector: edusign}\n",
        sud=PLAIN,
    )
    for customer in ("north", "sud"):
        for direction in ("downward", "upward"):
            with pytest.raises(NothingToFetch):
                service.run(customer, direction)
    assert service.runs("north").total == 0


def test_a_kind_is_complete_when_it_came_and_nothing_failed() -> None:
    received = Received()
    received.add([ADA, LOU], Fetch(), ("learner", "instructor", "session", "record"))
    assert received.complete == {"learner", "instructor", "record"}
    assert received.asked == {"learner", "instructor", "session", "record"}
    failed = Fetch(
        partial=[Unavailable("Norvane", "accounts", "no_answer_in_time")],
        invalid=[Invalid("account", "A-9", ("`email` is a number; wanted text.",))],
    )
    received.add([ACCOUNT], failed, ("account",))
    assert received.complete == {"learner", "instructor", "record"}
    assert [item.source_id for item in received.items] == ["I-1", "L-1", "A-1", "A-9"]


def test_a_push_is_complete_only_when_it_says_so() -> None:
    items = [ADA, ACCOUNT, SHEET]
    assert pushed(items, "downward", None, complete=False).complete == frozenset()
    assert pushed(items, "downward", None, complete=True).complete == {"instructor", "record"}
    assert pushed(items, "upward", None, complete=True).complete == {"account", "sheet"}


def test_the_window_is_whole_days_of_the_customer(service: Service) -> None:
    rulebook = service.rulebook("north")
    down = window(rulebook, "downward", datetime(2027, 3, 20, 23, 30, tzinfo=UTC))
    # Looking back a week, so that the sheets of these days have their sessions.
    assert down.starts == datetime(2027, 3, 13, 23, tzinfo=UTC)
    assert down.ends == datetime(2027, 4, 4, 22, tzinfo=UTC)
    up = window(rulebook, "upward", NOW)
    assert (up.ends - up.starts).days == 8


def test_what_could_not_be_told_to_be_of_a_kind_is_gone_with_the_next_complete_run(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [*WELL, Invalid("record", "item 4", ("`kind` is missing.",))], True, as_of=NOW)
    assert states(service) == {("item 4", "record.invalid"): ("new", None)}
    service.push("north", [changed(ADA, phone="1")], False, as_of=later(hours=1))
    assert states(service) == {("item 4", "record.invalid"): ("new", None)}
    service.push("north", WELL, True, as_of=later(hours=2))
    assert states(service) == {("item 4", "record.invalid"): ("resolved", "gone")}


def test_a_run_keeps_what_was_noted_of_how_its_systems_had_to_be_read(service: Service, tmp_path: Path) -> None:
    export = tmp_path / "data" / "north" / "learners.csv"
    export.parent.mkdir(parents=True)
    export.write_bytes("source_id,first_name,last_name,email\nL-1,Zoé,Barou,zoe@example.org\n".encode("cp1252"))
    run = service.run("north", as_of=NOW, from_path=export)
    noted = "learners.csv is not UTF-8; it was read as Windows-1252. Names with accents show whether that is right."
    told = unread("read_as_windows_1252", file="learners.csv")
    assert (run.notes, run.remarks) == ([noted], [told])
    assert service.runs("north").items[0].notes == [noted]
    # The same remark of two parts is one.
    received = Received()
    for _ in range(2):
        received.add([], Fetch(notes=[told]), ())
    assert received.notes == [told]


def test_what_only_says_that_it_is_over_makes_nothing_else_gone() -> None:
    received = Received()
    left, cancelled = changed(LOU, status="left"), changed(ALGEBRA, status="cancelled")
    received.add([left, cancelled, ADA], Fetch(), ("learner", "session", "instructor"))
    assert received.complete == {"instructor"}
    received.add([LOU], Fetch(), ("learner",))
    assert received.complete == {"instructor", "learner"}


def test_an_error_that_several_parts_share_is_told_once() -> None:
    error = Unavailable("Norvane", "schools/{school}", "no_answer_in_time")
    received = Received()
    received.add([], Fetch(partial=[error, error]), ())
    assert received.failures == [error.failure]


def test_what_fails_alike_for_several_is_told_once_with_all_of_them() -> None:
    received = Received()
    for favourite in ("12", "14", "12"):
        with pytest.raises(Unavailable) as failed, asking_for(favourite):
            raise Unavailable("Aurion", "favoris/{favourite}", "no_answer_in_time")
        received.add([], Fetch(partial=[failed.value]), ())
    (failure,) = received.failures
    assert failure.about == ("12", "14")
    assert failure_text(failure, "en") == (
        "Aurion, favoris/{favourite} (12, 14): no answer in time. Try again once it answers."
    )


def test_what_a_platform_was_asked_for_counts_as_read_though_nothing_came_and_what_is_sent_only_where_it_came() -> None:
    fetched, sent, failed = Received(), Received(), Received()
    fetched.add([], Fetch(), {"account"}, {"account", "sheet", "mark"})
    sent.add([Account(source_id="A-1")], Fetch(), {"account", "sheet"})
    broken = Fetch(partial=[Garbled("Edusign", "v1/course", "item_no_object")])
    failed.add([Account(source_id="A-1")], broken, {"account"}, {"account"})
    assert [one.read for one in (fetched, sent, failed)] == [{"account", "sheet"}, {"account"}, frozenset()]
