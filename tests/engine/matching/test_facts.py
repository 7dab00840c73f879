"""Evidence: what a message is about, and in which order it names related records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.analysis.availability import EVERYTHING
from engine.matching.classifier import Classifier
from engine.model.decisions import Facts
from engine.model.moments import Moment
from engine.records.kinds import Learner, Record, Session
from tests.engine import drawing
from tests.engine.conditions import when

NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)


def facts(written: str, *around: Record) -> Facts:
    """What a rule on a learner that matches knows for its message."""
    rule = drawing.rule_of("learner", when("learner", written))
    learner = Learner(source_id="L-1", first_name="Lou", last_name="Ørsted")
    book = drawing.rulebook_of([rule])
    decided = Classifier(book, EVERYTHING).decide([learner, *around], Moment(as_of=NOW, zone="Europe/Paris"))
    assert decided.decisions[0] is not None
    assert decided.decisions[0].rule == rule.id
    return decided.facts(0, rule.id)


def session(source_id: str, days: float | None, **more: str) -> Session:
    starts_at = None if days is None else NOW + timedelta(days=days)
    return Session(source_id=source_id, starts_at=starts_at, learner_ids=("L-1",), **more)


def test_the_next_session_is_named_first_and_past_ones_after_those_to_come() -> None:
    sessions = [session("past", -1), session("long past", -9), session("later", 5), session("next", 2)]
    told = facts("{some: {sessions: {source_id: {is: present}}}}", *sessions)
    assert [item["source_id"] for item in told.related["sessions"].items] == ["next", "later", "past", "long past"]
    # One that begins at this very moment is not past.
    around = [session("past", -0.001), session("later", 1), session("now", 0)]
    told = facts("{some: {sessions: {source_id: {is: present}}}}", *around)
    assert [item["source_id"] for item in told.related["sessions"].items] == ["now", "later", "past"]


def test_only_the_related_records_that_a_test_found_are_named_or_all_where_none_was() -> None:
    two = (session("here", 1, room="B 12"), session("elsewhere", 2, room="B 13"))
    found = facts("{some: {sessions: {room: B 12}}}", *two).related["sessions"]
    assert (found.count, [item["source_id"] for item in found.items]) == (1, ["here"])
    found = facts("{no: {sessions: {room: B 14}}}", *two).related["sessions"]
    assert (found.count, [item["source_id"] for item in found.items]) == (2, ["here", "elsewhere"])


def test_twenty_related_records_are_kept_and_all_are_counted() -> None:
    many = [session(str(number), number) for number in range(1, 23)]
    found = facts("{some: {sessions: {source_id: {is: present}}}}", *many).related["sessions"]
    assert (found.count, [item["source_id"] for item in found.items]) == (22, [str(number) for number in range(1, 21)])


def test_a_related_record_is_told_by_its_kind_name_and_own_fields() -> None:
    (item,) = facts("{some: {sessions: {room: B 12}}}", session("here", 1, room="B 12")).related["sessions"].items
    starts_at = "2026-11-22T11:00:00Z"
    told = {"kind": "session", "source_id": "here", "name": "here", "room": "B 12", "starts_at": starts_at}
    assert item == told | {"learner_ids": ["L-1"]}
