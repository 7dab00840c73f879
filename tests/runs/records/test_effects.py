"""What the platform would see of what is synced."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.records.kinds import Record
from runs.model.answers import Effect
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import ACCOUNT, ADA, ALGEBRA, LOU, LOUS, NOW, SHEET, WELL, a_service, changed, later


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    return a_service(database, tmp_path)


def seen(service: Service, kind: str, source_id: str) -> Effect | None:
    answer = service.explain("north", kind, source_id).answer
    return None if answer is None else answer.effect


@pytest.mark.parametrize(
    ("account", "effect"),
    [
        (ACCOUNT, Effect("unchanged", [], "A-1")),
        (changed(ACCOUNT, email="ADA@example.org"), Effect("unchanged", [], "A-1")),
        (
            changed(ACCOUNT, first_name="Adah", email="old@example.org"),
            Effect("update", ["first_name", "email"], "A-1"),
        ),
        # Not made from her, and the only one with her address.
        (changed(ACCOUNT, source_kind=None, source_ref=None), Effect("unchanged", [], "A-1")),
        (changed(ACCOUNT, source_ref="I-7", email="other@example.org"), Effect("create")),
    ],
)
def test_a_person_is_held_against_the_account_that_is_theirs(
    sqlite_database: Database, tmp_path: Path, account: Record, effect: Effect
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [*WELL, account], True, as_of=NOW)
    assert seen(service, "instructor", "I-1") == effect


ARCHIVED = changed(ACCOUNT, archived=True)
BY_HAND = changed(ACCOUNT, source_id="A-2", source_kind=None, source_ref=None, first_name="Adah")


@pytest.mark.parametrize(
    ("accounts", "effect"),
    [
        # Of accounts made from a person the one in use counts; an archived one only where there is no other.
        ([ARCHIVED, changed(ACCOUNT, source_id="A-2", first_name="Adah")], Effect("update", ["first_name"], "A-2")),
        ([ARCHIVED], Effect("unchanged", [], "A-1")),
        # An archived account that merely has a person's address is not theirs, and hides none that is.
        ([changed(BY_HAND, archived=True)], Effect("create")),
        ([changed(BY_HAND, archived=True), changed(BY_HAND, source_id="A-3")], Effect("update", ["first_name"], "A-3")),
    ],
)
def test_an_archived_account_is_the_persons_only_where_it_was_made_from_them(
    sqlite_database: Database, tmp_path: Path, accounts: list[Record], effect: Effect
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [*WELL, *accounts], True, as_of=NOW)
    assert seen(service, "instructor", "I-1") == effect


@pytest.mark.parametrize(
    ("sheet", "effect"),
    [
        (SHEET, Effect("unchanged", [], "F-1")),
        (changed(SHEET, name="Sums", starts_at=later(days=2)), Effect("update", ["name", "starts_at"], "F-1")),
        (changed(SHEET, instructor_refs=("I-2",)), Effect("update", ["instructor_ids"], "F-1")),
        (changed(SHEET, learner_refs=()), Effect("update", ["learner_ids"], "F-1")),
        (changed(SHEET, source_ref="S-7"), Effect("create")),
    ],
)
def test_a_session_is_held_against_its_sheet(
    sqlite_database: Database, tmp_path: Path, sheet: Record, effect: Effect
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", [*WELL, sheet], True, as_of=NOW)
    assert seen(service, "session", "S-1") == effect


def test_who_is_not_synced_is_not_missed_on_the_sheet(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    flagged = changed(LOU, source_id="L-2", first_name="Mia", email=None)
    run = service.push("north", [*WELL, flagged, SHEET], True, as_of=NOW)
    assert seen(service, "session", "S-1") == Effect("unchanged", [], "F-1")
    assert run.effects["session"] == {"create": 0, "update": 0, "unchanged": 1}


def test_a_run_counts_what_the_platform_would_see(service: Service) -> None:
    run = service.push("north", [*WELL, LOUS, SHEET], True, as_of=NOW)
    assert run.effects == {
        "instructor": {"create": 1, "update": 0, "unchanged": 0},
        "learner": {"create": 0, "update": 0, "unchanged": 1},
        "session": {"create": 0, "update": 0, "unchanged": 1},
    }
    again = service.push(
        "north", [changed(ADA, last_name="Moe"), changed(LOU, last_name="Ost"), ALGEBRA], True, as_of=NOW
    )
    assert again.effects["learner"] == {"create": 0, "update": 1, "unchanged": 0}


def test_of_a_platform_that_tells_nothing_nothing_is_said(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path)
    run = service.push("north", WELL, True, as_of=NOW)
    assert run.effects == {}
    assert seen(service, "instructor", "I-1") is None


def test_a_classified_batch_says_of_each_what_the_platform_would_see(service: Service) -> None:
    service.push("north", [*WELL, ACCOUNT, changed(SHEET, learner_refs=("L-2",))], True, as_of=NOW)
    moe = changed(LOU, source_id="L-2", last_name="Moe", email="moe@example.org")
    batch = [changed(ADA, first_name="Adah"), changed(ALGEBRA, room=None), changed(LOU, email=None), moe]
    answers = service.classify("north", batch, as_of=NOW).decisions
    assert [answer.effect for answer in answers] == [
        Effect("update", ["first_name"], "A-1"),
        # Lou, who is flagged in this batch, need not be on the sheet.
        Effect("unchanged", [], "F-1"),
        None,
        Effect("create"),
    ]
    # Without Lou in the batch, the stored one is synced and lacks on the sheet; nobody but known people is looked at.
    (answer,) = service.classify("north", [ALGEBRA], as_of=NOW).decisions
    assert answer.effect == Effect("update", ["learner_ids"], "F-1")


def test_a_batch_whose_platform_tells_nothing_says_nothing_of_it(service: Service) -> None:
    assert [answer.effect for answer in service.classify("north", WELL, as_of=NOW).decisions] == [None, None, None]
