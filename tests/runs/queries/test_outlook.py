"""Outlooks: what the last run did, what the next will do, and what the platform has, each by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.records.kinds import Class, Enrolment, Mark, Record
from runs.service import Service
from store.base.database import Database
from store.base.enums import COUNTED, Listed
from store.queries.feed import IssueFilter
from tests.draws import times
from tests.runs.schools import ACCOUNT, ADA, ALGEBRA, LOU, NOW, PLAIN, SHEET, WELL, a_service, changed, later

FAR = changed(ALGEBRA, source_id="S-2", starts_at=later(days=15, hours=2), ends_at=later(days=15, hours=4))
"""It comes into the fourteen days of the window with the next midnight."""
NOON = NOW.replace(hour=11)
EDUSIGN = PLAIN + "platform: {connector: edusign}\n"


def answers(service: Service, kind: str, source_id: str) -> tuple[Any, ...]:
    """The three answers by the record itself; the feed has to say the same."""
    one = service.explain("north", kind, source_id)
    for row in service.issues("north", IssueFilter(search=source_id, last_run=listed(one.last_run))).items:
        if (row.kind, row.source_id) == (kind, source_id):
            assert (row.last_run, row.next_run, row.next_run_at, row.expected_on, row.on_platform, row.segments) == (
                one.last_run,
                one.next_run,
                one.next_run_at,
                one.expected_on,
                one.on_platform,
                one.segments,
            )
    return one.last_run, one.next_run, one.expected_on, one.on_platform


def listed(word: Any) -> Listed | None:
    return None if word in ("related", "never_received") else word


def test_what_comes_into_the_window_overnight_is_not_synced_yet_and_goes_with_the_next_run(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [*WELL, FAR], True, as_of=NOW)
    assert answers(service, "session", "S-2") == ("later", "later", NOON + timedelta(days=1), "not_told")
    for planned in (NOON, NOW.replace(hour=21)):
        service.clock = lambda at=planned: at  # type: ignore[misc]
        service.push("north", [*WELL, FAR], True)
    service.clock = lambda: NOW + timedelta(days=1)
    assert answers(service, "session", "S-2") == ("later", "goes", NOON + timedelta(days=1), "not_told")
    found = service.explain("north", "session", "S-2")
    assert found.answer is not None
    assert found.then is not None
    assert (found.answer.rule, found.then.verdict) == ("session.outside_window", "sync")
    assert service.issues("north").standing == {
        "to_fix": 0,
        "waiting": 0,
        "later": 1,
        "left_out": 0,
        "synced": 3,
        "not_received": 0,
    }
    # Once planned runs do not take place none may be promised; when it could go at the earliest is true all the same.
    service.clock = lambda: NOW + timedelta(days=2)
    assert answers(service, "session", "S-2")[:3] == ("later", "goes", None)
    service.push("north", [*WELL, FAR], True)
    assert answers(service, "session", "S-2")[0] == "synced"


def test_the_next_run_may_leave_out_what_the_last_one_took_and_says_why(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    today = changed(ALGEBRA, starts_at=later(hours=0.5), ends_at=later(hours=1))
    service.push("north", [ADA, LOU, today], True, as_of=NOW)
    assert answers(service, "session", "S-1") == ("synced", "out", None, "not_told")
    then = service.explain("north", "session", "S-1").then
    assert then is not None
    assert then.rule == "session.past"


def test_a_person_without_any_session_is_not_promised_one(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    far = changed(FAR, starts_at=later(days=40), ends_at=later(days=40, hours=2))
    service.push("north", [ADA, LOU, changed(LOU, source_id="L-2", groups=(), email="l2@example.org"), far], True)
    assert answers(service, "learner", "L-1")[:2] == ("later", "later")
    assert answers(service, "learner", "L-2")[:3] == ("left_out", "out", None)
    (row,) = service.issues("north", IssueFilter(last_run="left_out")).items
    assert row.problem is not None
    assert "no session is known yet" in row.problem


def test_when_no_run_is_planned_none_is_promised(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north="name: North\nlanguage: en\nzone: Europe/Paris\n")
    service.push("north", WELL, True, as_of=NOW)
    assert answers(service, "learner", "L-1") == ("synced", "none_planned", None, "not_told")


def test_what_was_seen_on_the_platform_is_another_answer_than_what_was_synced(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path, north=EDUSIGN)
    service.push("north", WELL, True, as_of=NOW)
    assert answers(service, "instructor", "I-1")[3] == "not_told"
    service.push("north", [ACCOUNT], True, "upward", as_of=NOW)
    assert answers(service, "instructor", "I-1")[3] == "seen"
    assert answers(service, "learner", "L-1") == ("synced", "goes", NOON, "not_seen")
    assert answers(service, "session", "S-1")[3] == "not_told"


def test_an_archived_sheet_is_to_be_entered_and_then_confirmed(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=EDUSIGN)
    held = changed(SHEET, starts_at=later(hours=-30), ends_at=later(hours=-28))
    mark = Mark(source_id="M-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="present")
    service.push("north", [*WELL, held, mark], True, as_of=later(hours=-27))
    service.push("north", [held, mark], True, "upward", as_of=later(hours=-27))
    archived = changed(held, archived=True)
    service.push("north", [archived, mark], True, "upward", as_of=later(hours=-26))
    ten = NOW.replace(hour=21)
    # Archived for less than a day: the run of ten o'clock in the evening is the first that may take it.
    assert answers(service, "sheet", "F-1") == ("later", "goes", ten, "seen")
    service.push("north", [archived, mark], True, "upward", as_of=later(hours=-1))
    # It is on the list already, also once the source has refused it: no run has to take it.
    assert answers(service, "sheet", "F-1") == ("synced", "listed", None, "to_enter")
    service.confirm_uploaded("north", {"F-1": NOW})
    assert answers(service, "sheet", "F-1")[3] == "confirmed"


def test_the_accounts_that_records_belong_to_stand_beside_them_and_can_be_asked_for(
    database: Database, tmp_path: Path
) -> None:
    segments = "segments: {nantes: {site_code: [S-1]}, rennes: {site_code: [S-2]}}\n"
    service = a_service(database, tmp_path, north=PLAIN + segments)
    here = changed(LOU, segment_keys={"site_code": ("S-1",)})
    nowhere = changed(LOU, source_id="L-9", email="l9@example.org", segment_keys={"site_code": ("S-9",)})
    blank = changed(LOU, source_id="L-8", email="l8@example.org")
    service.push("north", [ADA, here, nowhere, blank, ALGEBRA], True, as_of=NOW)
    found = service.issues("north", IssueFilter(segment="nantes", verdict="sync")).items
    assert {(row.kind, *row.segments) for row in found} == {(k, "nantes") for k in ("learner", "instructor", "session")}
    assert service.issues("north", IssueFilter(segment="rennes", verdict="sync")).total == 0
    assert service.explain("north", "learner", "L-1").segments == ["nantes"]
    said = [
        answer.problem if (answer := service.explain("north", "learner", name).answer) else ""
        for name in ("L-9", "L-8")
    ]
    assert "Lou Ørsted belongs to no account on the platform, as none there is for the site code S-9" in str(said[0])
    assert "has no site code" in str(said[1])


_GROUP = Class(source_id="C-1", name="Algebra")
_IN_IT = Enrolment(source_id="E-1", class_id="C-1", person_id="L-1", role="learner")
DRAWN: dict[str, tuple[Record | None, ...]] = {
    "I-1": (ADA, changed(ADA, email=None), changed(ADA, left_on=NOW.date() - timedelta(days=2)), None),
    "L-1": (LOU, changed(LOU, email="lou@"), changed(LOU, status="left"), None),
    "L-2": (changed(LOU, source_id="L-2", email="l2@example.org", groups=()), None),
    "S-1": (ALGEBRA, changed(ALGEBRA, name=None), changed(ALGEBRA, status="cancelled"), None),
    "S-2": (FAR, changed(FAR, starts_at=later(days=16), ends_at=later(days=16, hours=1)), None),
    "C-1": (_GROUP, changed(_GROUP, name=None), None),
    "E-1": (_IN_IT, changed(_IN_IT, class_id="C-9"), None),
    "A-1": (ACCOUNT, None),
}
"""What a source and a platform may give under each id; None: not this time."""


@settings(max_examples=times(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_numbers_of_every_history_add_up_and_are_the_same_everywhere(
    database: Database, tmp_path: Path, data: st.DataObject
) -> None:
    service = a_service(database, tmp_path)
    # Each history goes on where the one before it ended, on a database that has seen some.
    last = service.runs("north", None, 1).items
    moment = (last[0].as_of if last else NOW) + timedelta(hours=1)
    for _ in range(data.draw(st.integers(1, 4))):
        batch = [one for given in DRAWN.values() if (one := data.draw(st.sampled_from(given))) is not None]
        direction = data.draw(st.sampled_from(["downward", "downward", "upward"]))
        run = service.push("north", batch, data.draw(st.booleans()), direction, as_of=moment)
        service.clock = lambda now=moment: now  # type: ignore[misc]
        moment += timedelta(hours=data.draw(st.sampled_from([1, 12, 30])))
        for counts in run.counts.values():
            assert counts["received"] == sum(counts[name] for name in COUNTED if name != "received")
        assert run.received == sum(counts["received"] for counts in run.counts.values())
        standing = service.issues("north").standing
        for name, number in standing.items():
            rows = service.issues("north", IssueFilter(last_run=name)).items  # type: ignore[arg-type]
            assert len(rows) == number
            for row in rows:
                assert row.last_run == name
                assert answers(service, row.kind, row.source_id)[0] == name
