"""What is not received is not deleted: it ages, and leaves after several complete runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.contract import Unavailable
from engine.records.decode import Invalid
from engine.records.kinds import Record
from runs.execution.execute import carry_out
from runs.model.order import Order
from runs.model.received import Received
from runs.service import Service
from store.base.database import Database
from store.base.tables import RecordRow
from store.queries.feed import IssueFilter
from tests.runs.schools import ADA, ALGEBRA, LOU, PLAIN, WITHOUT_EMAIL, a_service, changed, later, states

BO = changed(WITHOUT_EMAIL, source_id="I-2", first_name="Bo")
EMAIL = ("I-2", "instructor.email_missing")
ALL = [ADA, BO, LOU, ALGEBRA, changed(ALGEBRA, source_id="S-2", instructor_ids=("I-2",))]
REST = [ADA, LOU, ALGEBRA, changed(ALGEBRA, source_id="S-2", instructor_ids=("I-2",))]


def age_of(service: Service, source_id: str) -> tuple[datetime | None, int, datetime | None]:
    """Since when it is not received, in how many runs, and when it left."""
    with service.database.reading() as session:
        row = session.exec(select(RecordRow).where(RecordRow.source_id == source_id)).one()
    return row.not_received_since, row.not_received_runs, row.left_at


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path)
    service.push("north", ALL, True, as_of=later())
    return service


def test_a_missing_record_ages_and_leaves_after_three_runs(service: Service) -> None:
    service.push("north", REST, True, as_of=later(hours=1))
    assert age_of(service, "I-2") == (later(hours=1), 1, None)
    assert states(service)[EMAIL] == ("new", None)
    (row,) = service.issues("north", IssueFilter(rule="instructor.email_missing")).items
    assert row.not_received_since == later(hours=1)
    service.push("north", REST, True, as_of=later(hours=2))
    assert age_of(service, "I-2") == (later(hours=1), 2, None)
    third = service.push("north", REST, True, as_of=later(hours=3))
    assert age_of(service, "I-2") == (later(hours=1), 3, later(hours=3))
    assert (states(service)[EMAIL], third.issues["resolved"]) == (("resolved", "gone"), 1)
    again = service.push("north", REST, True, as_of=later(hours=4))
    assert (age_of(service, "I-2"), again.changed) == ((later(hours=1), 3, later(hours=3)), 0)


def test_one_that_comes_back_is_as_if_it_had_never_been_away(service: Service) -> None:
    service.push("north", REST, True, as_of=later(hours=1))
    service.push("north", ALL, True, as_of=later(hours=2))
    assert age_of(service, "I-2") == (None, 0, None)
    assert states(service)[EMAIL][0] == "open"
    for hours in (3, 4, 5):
        service.push("north", REST, True, as_of=later(hours=hours))
    service.push("north", ALL, True, as_of=later(hours=6))
    assert age_of(service, "I-2") == (None, 0, None)
    assert states(service)[EMAIL] == ("back", None)


def test_a_customer_may_have_it_leave_sooner(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN + "settings: {leaves_after_runs: 1}\n")
    service.push("north", ALL, True, as_of=later())
    service.push("north", REST, True, as_of=later(hours=1))
    assert age_of(service, "I-2") == (later(hours=1), 1, later(hours=1))
    assert states(service)[EMAIL] == ("resolved", "gone")


def test_a_partial_fetch_ages_nothing(service: Service) -> None:
    def receive(received: Received) -> None:
        received.items = list(REST)
        received.asked = received.complete = frozenset({"instructor", "learner", "session"})
        received.partial = [Unavailable("Slate", "accounts", "no_answer_in_time")]

    order = Order(service.rulebook("north"), "downward", later(hours=1), True, receive)
    row = carry_out(service.database, service.classifiers, order, service.clock)
    assert (row.status, row.guards) == ("partial", [])
    assert [failure["recovery"] for failure in row.failures] == ["unavailable"]
    assert age_of(service, "I-2") == (None, 0, None)


def test_a_push_of_some_ages_nothing(service: Service) -> None:
    service.push("north", [ADA], False, as_of=later(hours=1))
    assert age_of(service, "I-2") == (None, 0, None)


def test_a_session_does_not_age_once_its_day_is_past(service: Service) -> None:
    without: list[Record] = [ADA, BO, LOU, changed(ALGEBRA, source_id="S-9", starts_at=later(days=9))]
    service.push("north", without, True, as_of=later(hours=1))
    assert age_of(service, "S-1") == (later(hours=1), 1, None)
    for day in (2, 3, 4):
        service.push("north", without, True, as_of=later(days=day))
    # It was tomorrow's: after that, its absence says nothing.
    assert age_of(service, "S-1") == (later(hours=1), 1, None)
    assert {state for (source_id, _), state in states(service).items() if source_id == "S-2"} == {
        ("resolved", "left_window")
    }


def test_what_never_had_a_name_leaves_at_once(service: Service) -> None:
    service.push(
        "north", [*ALL, Invalid("learner", "item 9", ("`source_id` is missing.",))], True, as_of=later(hours=1)
    )
    assert states(service)["item 9", "record.invalid"] == ("new", None)
    service.push("north", ALL, True, as_of=later(hours=2))
    assert states(service)["item 9", "record.invalid"] == ("resolved", "gone")
