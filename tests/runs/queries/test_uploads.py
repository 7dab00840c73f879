"""The way up over several runs: what is listed, once for each first archiving, and what is confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.records.kinds import Mark, Record, Sheet
from runs.queries.uploads import Attendance, Confirmed, NotSent, SheetToUpload
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import ALGEBRA, LOU, NOW, PLAIN, WELL, a_service, changed, later

REASONS = PLAIN + "settings: {absence_reasons: {abs_1: MALADIE}}\nrules: {sheet.differs_from_source: {then: 'off'}}\n"
MAX = changed(LOU, source_id="L-2", first_name="Max", last_name="Roe", email="max@example.org")
OPEN = Sheet(
    source_id="F-1",
    source_ref="S-1",
    name="Algebra",
    starts_at=later(hours=-3),
    ends_at=later(hours=-1),
    created_by="api",
    instructor_refs=("I-1",),
    learner_refs=("L-1", "L-2"),
    archived=False,
)
CLOSED = changed(OPEN, archived=True)


def mark(kind: str, ref: str, state: str | None, sheet: str = "F-1", **more: object) -> Mark:
    return changed(
        Mark(source_id=f"{sheet}:{kind}:{ref}", sheet_id=sheet, person_kind=kind, person_ref=ref, state=state), **more
    )


MARKS: list[Record] = [
    mark("learner", "L-1", "late", minutes_late=12),
    mark("learner", "L-2", "absent", reason_code="abs_1", justified=True, comment="ill"),
    mark("learner", "stu_9", "present"),
    mark("instructor", "I-1", "present"),
    mark("instructor", "I-7", None),
]


def by_hand(kind: Any, ref: str) -> NotSent:
    says = f"{ref} was put on the sheet by hand and is not in the source: nothing is to be entered."
    return NotSent(kind=kind, ref=ref, name=None, why="not_in_source", says=says)


LATER = mark("learner", "L-2", "present")


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path, north=REASONS)
    service.push("north", [*WELL, MAX], True, "downward", NOW)
    service.push("north", [OPEN, *MARKS], True, "upward", NOW)
    return service


def up(service: Service, *items: Record, hours: float) -> None:
    service.push("north", items, True, "upward", later(hours=hours))


def listed(service: Service) -> list[str]:
    return [item.sheet_id for item in service.to_upload("north").items]


def rule(service: Service, sheet: str = "F-1") -> str | None:
    service.clock = lambda: later(hours=100)
    answer = service.explain("north", "sheet", sheet).answer
    assert answer is not None
    return answer.rule


def test_what_goes_up_is_the_attendance_of_learners_and_instructors_in_the_sources_words(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    assert listed(service) == []
    up(service, CLOSED, *MARKS, hours=25)
    page = service.to_upload("north")
    assert page.total == 1
    (sheet,) = page.items
    assert sheet == SheetToUpload(
        upload_id=sheet.upload_id,
        sheet_id="F-1",
        session_id="S-1",
        name="Algebra",
        starts_at=later(hours=-3),
        ends_at=later(hours=-1),
        first_archived_at=later(hours=1),
        listed_at=later(hours=25),
        run_id=4,
        attendance=[
            Attendance(kind="learner", source_id="L-1", name="Lou Ørsted", status="present", minutes_late=12),
            Attendance(
                kind="learner",
                source_id="L-2",
                name="Max Roe",
                status="absent_justified",
                reason="MALADIE",
                comment="ill",
            ),
            Attendance(kind="instructor", source_id="I-1", name="Ada Lund", status="present"),
        ],
        not_sent=[
            by_hand("learner", "stu_9"),
            by_hand("instructor", "I-7"),
        ],
    )


def test_a_person_of_the_source_without_attendance_does_not_go_up_as_present(service: Service) -> None:
    marks = [mark("learner", "L-1", None), mark("learner", "L-2", "absent"), mark("instructor", "I-1", None)]
    for hours in (1, 25):
        up(service, CLOSED, *marks, hours=hours)
    (sheet,) = service.to_upload("north").items
    assert [(one.source_id, one.status) for one in sheet.attendance] == [
        ("L-1", "unknown"),
        ("L-2", "absent"),
        ("I-1", "unknown"),
    ]
    assert sheet.attendance[0].says == (
        "The sheet says neither present nor absent of Lou Ørsted: ask the instructor, and enter what is right."
    )
    (answer,) = service.classify("north", [CLOSED, *marks], as_of=later(hours=26)).decisions[:1]
    assert [(note.rule, note.problem.split(" says ")[-1].split(" of ")[-1]) for note in answer.notes] == [
        ("sheet.attendance_unknown", "what is to be entered, their attendance is unknown."),
        (
            "sheet.instructor_unsigned",
            "Ada Lund, so that nothing shows the source who taught it: a gap in the payroll.",
        ),
    ]


def test_who_is_on_the_sheet_and_has_no_mark_at_all_is_on_the_list_as_unknown(service: Service) -> None:
    for hours in (1, 25):
        up(service, CLOSED, mark("learner", "L-1", "present"), hours=hours)
    (sheet,) = service.to_upload("north").items
    unknown = [one.name for one in sheet.attendance if one.status == "unknown"]
    assert unknown == ["Max Roe", "Ada Lund"]
    (french,) = service.to_upload("north", language="fr").items
    says = french.attendance[-1].says
    assert says is not None
    assert says.startswith("La feuille ne dit ni présent ni absent pour Ada Lund\u00a0: demandez à l’intervenant")


@pytest.mark.parametrize(
    ("went", "now", "told"),
    [
        ({}, {"justified": True}, "the absence of Max Roe was justified on the platform."),
        ({}, {"state": "excused"}, "the absence of Max Roe was justified on the platform."),
        ({"justified": True}, {}, "the absence of Max Roe ceased to be justified on the platform."),
        ({"justified": True}, {"state": "excused"}, None),
    ],
)
def test_an_absence_that_is_justified_after_it_was_sent_is_an_issue_until_it_is_accepted(
    service: Service, went: dict[str, Any], now: dict[str, Any], told: str | None
) -> None:
    absent = mark("learner", "L-2", "absent")
    rest = [mark("learner", "L-1", "present"), mark("instructor", "I-1", "present")]
    for hours in (1, 25):
        up(service, CLOSED, *rest, changed(absent, **went), hours=hours)
    service.confirm_uploaded("north", {"F-1": later(hours=26)})
    up(service, CLOSED, *rest, changed(absent, **now), hours=49)
    (answer,) = service.classify("north", [CLOSED, *rest, changed(absent, **now)], as_of=later(hours=50)).decisions[:1]
    assert answer.rule == ("sheet.already_uploaded" if told is None else "sheet.justified_after_sending")
    if told is not None:
        assert answer.problem is not None
        assert answer.problem.endswith(told)
        assert answer.verdict == "flag"


def test_a_sheet_is_listed_once_until_it_is_confirmed_and_never_again(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    (first,) = service.to_upload("north").items
    up(service, CLOSED, *MARKS, hours=49)
    (again,) = service.to_upload("north").items
    assert (again.upload_id, again.listed_at) == (first.upload_id, later(hours=25))

    done = service.confirm_uploaded("north", {"F-1": later(hours=50), "F-9": None})
    assert done == Confirmed(noted=["F-1"], already=[], unknown=["F-9"])
    assert listed(service) == []
    assert rule(service) == "sheet.already_uploaded"
    repeated = service.confirm_uploaded("north", {"F-1": later(hours=60)})
    assert repeated == Confirmed(noted=[], already=["F-1"], unknown=[])
    up(service, CLOSED, *MARKS, hours=73)
    assert (listed(service), rule(service)) == ([], "sheet.already_uploaded")


def test_a_reopening_between_two_runs_before_it_was_sent_takes_it_off_and_names_who_changed(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    assert listed(service) == ["F-1"]
    # Opened, changed and archived again since: no run saw it open.
    up(service, CLOSED, *[LATER if one.source_id == LATER.source_id else one for one in MARKS], hours=49)
    assert listed(service) == []
    (row,) = service.issues("north").items
    assert row.problem is not None
    assert "Changed since: Max Roe. Nothing of it was sent before." in row.problem
    assert row.fix is not None
    assert row.fix.startswith("Enter the attendance of the whole sheet in the source by hand (session S-1)")
    french = service.issues("north", language="fr").items[0]
    assert french.problem is not None
    assert "la présence a changé pour Max Roe. Rien n’en avait été envoyé" in french.problem
    # Set right on the platform, it goes up as it was first archived.
    up(service, CLOSED, *MARKS, hours=73)
    assert listed(service) == ["F-1"]


def test_a_reopening_after_it_was_sent_says_what_to_correct(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    service.confirm_uploaded("north", {"F-1": later(hours=26)})
    up(service, OPEN, *MARKS, hours=30)
    answer = service.explain("north", "sheet", "F-1").answer
    assert answer is not None
    # What the sheet's times are against the session's is another matter, told beside it.
    assert (answer.rule, [one.rule for one in answer.also]) == ("sheet.reopened", ["sheet.edited_on_platform"])
    assert answer.fix is not None
    assert answer.fix.startswith("Nothing to do while nothing on it changes. What you change on it now is not sent")
    up(service, CLOSED, *[LATER if one.source_id == LATER.source_id else one for one in MARKS], hours=49)
    assert listed(service) == []
    (row,) = service.issues("north").items
    assert row.problem is not None
    assert "Changed since: Max Roe. What it held before went to the source on Tuesday 24 November 2026" in row.problem
    assert row.fix is not None
    assert row.fix.startswith("Correct the attendance of Max Roe by hand in the source (session S-1).")


def test_a_sheet_that_was_sent_and_archived_again_unchanged_asks_for_nothing_but_to_be_accepted(
    service: Service,
) -> None:
    for hours in (1, 25):
        up(service, CLOSED, *MARKS, hours=hours)
    service.confirm_uploaded("north", {"F-1": later(hours=26)})
    up(service, OPEN, *MARKS, hours=30)
    up(service, CLOSED, *MARKS, hours=49)
    (found,) = service.issues("north").items
    (french,) = service.issues("north", language="fr").items
    assert (found.rule, str(found.problem)[:13]) == ("sheet.archived_again", "Already sent:")
    assert found.fix == "Nothing is to be corrected in the source (session S-1): accept this issue as it is."
    assert french.fix == "Rien n’est à corriger dans la source (séance S-1)\u00a0: acceptez ce signalement tel quel."


def test_a_sheet_whose_session_nobody_knows_is_never_listed_however_old_it_grows(service: Service) -> None:
    gone = [changed(one, source_ref="S-404") for one in (OPEN, CLOSED)]
    for hours, sheet in enumerate(gone):
        up(service, sheet, *MARKS, hours=hours)
    for hours in (30, 24 * 9, 24 * 40):
        up(service, gone[1], *MARKS, hours=hours)
        found = [row.rule for row in service.issues("north").items if row.kind == "sheet"]
        assert (found, listed(service)) == (["sheet.session_unknown"], [])
    # Its session is seen again.
    service.push("north", [*WELL, MAX, changed(ALGEBRA, source_id="S-404")], True, "downward", later(days=41))
    up(service, gone[1], *MARKS, hours=24 * 42)
    assert listed(service) == ["F-1"]


def test_a_confirmation_that_comes_after_it_was_taken_off_is_noted_all_the_same(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    up(service, CLOSED, *[LATER if one.source_id == LATER.source_id else one for one in MARKS], hours=49)
    assert service.confirm_uploaded("north", {"F-1": later(hours=26)}).noted == ["F-1"]
    up(service, CLOSED, *MARKS, hours=73)
    assert (listed(service), rule(service)) == ([], "sheet.already_uploaded")


def test_an_excuse_handed_in_before_it_is_sent_goes_with_it(service: Service) -> None:
    plain = [changed(one, reason_code=None, justified=None) if one.source_id.endswith("L-2") else one for one in MARKS]
    up(service, CLOSED, *plain, hours=1)
    up(service, CLOSED, *plain, hours=25)
    assert service.to_upload("north").items[0].attendance[1].status == "absent"
    up(service, CLOSED, *MARKS, hours=49)
    (sheet,) = service.to_upload("north").items
    assert (sheet.attendance[1].status, sheet.attendance[1].reason) == ("absent_justified", "MALADIE")


def test_a_sheet_that_is_no_longer_received_stays_listed(service: Service) -> None:
    other = changed(CLOSED, source_id="F-2", starts_at=later(days=9))
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    up(service, other, hours=24 * 9)
    assert listed(service) == ["F-1"]


def test_the_marks_that_came_before_stand_where_a_push_brings_the_sheet_alone(service: Service) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    service.push("north", [CLOSED], False, "upward", later(hours=25))
    (sheet,) = service.to_upload("north").items
    assert [one.source_id for one in sheet.attendance] == ["L-1", "L-2", "I-1"]


def test_a_sheet_that_the_first_run_finds_archived_never_goes_up(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=REASONS)
    service.push("north", [*WELL, MAX], True, "downward", NOW)
    for hours in (0, 25, 49):
        up(service, CLOSED, *MARKS, hours=hours)
    assert (listed(service), rule(service)) == ([], "sheet.archived_before_first_run")


def test_what_switched_off_sending_takes_off_the_list(service: Service, tmp_path: Path) -> None:
    up(service, CLOSED, *MARKS, hours=1)
    up(service, CLOSED, *MARKS, hours=25)
    off = REASONS.replace("rules: {", "rules: {sheet.upload_disabled: {then: skip}, ")
    service = a_service(service.database, tmp_path, north=off)
    up(service, CLOSED, *MARKS, hours=26)
    assert listed(service) == []


def test_a_reason_without_a_counterpart_holds_the_sheet_back(service: Service) -> None:
    odd = [changed(one, reason_code="abs_9") if one.source_id.endswith("L-2") else one for one in MARKS]
    up(service, CLOSED, *odd, hours=1)
    up(service, CLOSED, *odd, hours=25)
    assert (listed(service), rule(service)) == ([], "sheet.reason_unmapped")


def test_the_list_is_read_page_by_page_in_the_order_in_which_sheets_came(service: Service) -> None:
    sheets = [changed(CLOSED, source_id=f"F-{number}") for number in range(3, 8)]
    up(service, *sheets, hours=1)
    up(service, *sheets, hours=25)
    first = service.to_upload("north", limit=2)
    rest = service.to_upload("north", first.next_cursor, limit=10)
    assert [one.sheet_id for one in (*first.items, *rest.items)] == [f"F-{number}" for number in range(3, 8)]
    assert (first.total, rest.next_cursor) == (5, None)
