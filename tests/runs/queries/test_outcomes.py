"""What the platform said that it did: remembered, an issue where it refused, and gone once it no longer holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runs.model.outcomes import Outcome, OutcomeNoted, Unreadable, read_outcome
from runs.model.received import OnPage
from runs.queries.uploads import SourceRefusal
from runs.service import Service
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ACCOUNT,
    ADA,
    ALGEBRA,
    LOU,
    NOW,
    SHEET,
    WELL,
    WITHOUT_EMAIL,
    a_service,
    changed,
    later,
    states,
)

EDUSIGN = """
name: North
language: en
zone: Europe/Paris
source: {connector: pushed, system: Ypareo}
platform: {connector: edusign}
"""


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path)
    service.push("north", WELL, True, as_of=later(hours=-24))
    return service


def refused(kind: Any = "instructor", source_id: str = "I-1", hours: float | None = None, **more: Any) -> Outcome:
    at = None if hours is None else later(hours=hours)
    told: dict[str, Any] = {"outcome": "refused", "code": "E42", "text": "no room for it"} | more
    return Outcome(kind=kind, source_id=source_id, at=at, **told)


def said(service: Service, *told: Outcome | Unreadable) -> list[str]:
    return [one.said for one in service.note_outcomes("north", told, "the platform").outcomes]


def test_a_refusal_is_an_issue_at_once_and_leaves_the_verdict(service: Service) -> None:
    assert said(service, refused()) == ["noted"]
    (row,) = service.issues("north").items
    assert (row.source_id, row.verdict, [issue.rule for issue in row.issues]) == ("I-1", "sync", ["record.refused"])
    assert row.issues[0].fix_in == "platform"
    assert "the platform did not take Ada Lund on Monday 23 November 2026 at 10:00 (code E42)" in row.issues[0].problem
    assert "“no room for it”" in row.issues[0].problem
    answer = service.explain("north", "instructor", "I-1").answer
    assert answer is not None
    assert (answer.verdict, [one.rule for one in answer.also]) == ("sync", ["record.refused"])


def test_it_lasts_through_runs_until_something_later_is_told(service: Service) -> None:
    said(service, refused(hours=-1))
    service.push("north", WELL, True, as_of=later(hours=1))
    assert states(service) == {("I-1", "record.refused"): ("open", None)}
    assert said(service, Outcome(kind="instructor", source_id="I-1", outcome="created")) == ["noted"]
    assert states(service) == {("I-1", "record.refused"): ("resolved", "arrived")}
    assert service.issues("north").items == []


def test_it_ends_with_the_record_that_it_was_told_of(service: Service) -> None:
    said(service, refused())
    service.push("north", [changed(ADA, email="ada.lund@example.org"), LOU, ALGEBRA], True, as_of=later(hours=1))
    assert states(service) == {("I-1", "record.refused"): ("resolved", "unclear")}


def test_what_is_no_longer_to_be_synced_is_not_told_as_refused(service: Service) -> None:
    said(service, refused())
    service.push("north", [changed(ADA, status="left"), LOU, ALGEBRA], True, as_of=later(hours=1))
    assert states(service)["I-1", "record.refused"] == ("resolved", "left_out")
    service.push("north", [WITHOUT_EMAIL, LOU, ALGEBRA], True, as_of=later(hours=2))
    said(service, refused())
    assert states(service)["I-1", "record.refused"] == ("resolved", "left_out")


def test_telling_it_again_changes_nothing_and_what_is_older_does_not_count(service: Service) -> None:
    assert said(service, refused(hours=-2), refused(hours=-2), refused(hours=-3)) == ["noted", "already", "older"]
    assert said(service, refused(hours=-2), refused()) == ["already", "already"]
    # What was told of a time to come does not count for ever.
    assert said(service, refused(hours=9, code="E43")) == ["noted"]
    assert said(service, Outcome(kind="instructor", source_id="I-1", outcome="updated")) == ["noted"]


def test_a_refusal_told_late_says_nothing_of_what_the_record_is_since(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", WELL, True, as_of=later(hours=-24))
    mended = changed(ADA, email="ada.lund@example.org")
    service.push("north", [mended, LOU, ALGEBRA], True, as_of=later(hours=-2))
    assert said(service, refused(hours=-23), refused("learner", "L-1", hours=-23)) == ["older", "noted"]
    assert states(service) == {("L-1", "record.refused"): ("new", None)}
    # Of what it is now, though the platform's clock goes after ours.
    assert said(service, refused(hours=-2.5)) == ["noted"]
    assert ("I-1", "record.refused") in states(service)


def test_what_is_told_while_a_run_is_at_work_is_not_undone_by_it(service: Service) -> None:
    """The run decided before that was said: it would take a refusal for solved, or what was taken for refused."""

    def telling(told: Outcome) -> OnPage:
        return lambda doing, _: None if doing != "writing" else service.note_outcomes("north", [told]) and None

    service.push("north", WELL, True, as_of=later(hours=1), on_page=telling(refused()))
    assert states(service) == {("I-1", "record.refused"): ("new", None)}
    assert [row.source_id for row in service.issues("north").items] == ["I-1"]
    taken = Outcome(kind="instructor", source_id="I-1", outcome="created")
    service.push("north", WELL, True, as_of=later(hours=2), on_page=telling(taken))
    assert states(service) == {("I-1", "record.refused"): ("resolved", "arrived")}
    # The record that came is another than the one that was refused.
    other = [changed(ADA, phone="0199000012"), LOU, ALGEBRA]
    service.push("north", other, True, as_of=later(hours=3), on_page=telling(refused()))
    assert states(service) == {("I-1", "record.refused"): ("resolved", "unclear")}


def test_each_is_answered_and_a_bad_one_spoils_only_itself(service: Service) -> None:
    told = [
        refused(source_id="I-9"),
        read_outcome(b'{"kind": "learner", "source_id": "L-1", "outcome": "banana"}'),
        read_outcome(b'{"kind": "learner", "source_id": "L-1", "outcome": "created", "at": "2026-11-23T09:00:00"}'),
        read_outcome(b"["),
        read_outcome(b'{"kind": "learner", "source_id": "L-1", "outcome": "created"}'),
    ]
    done = service.note_outcomes("north", told)
    assert [one.said for one in done.outcomes] == ["unknown", "invalid", "invalid", "invalid", "noted"]
    assert done.outcomes[4] == OutcomeNoted("noted", "learner", "L-1")
    assert all("banana" not in (one.error or "") for one in done.outcomes)
    assert done.counts == {"noted": 1, "already": 0, "older": 0, "unknown": 1, "invalid": 3}


def test_what_is_refused_is_not_told_as_not_arrived_too(service: Service) -> None:
    lous = changed(ACCOUNT, source_id="A-2", source_kind="learner", source_ref="L-1", role="learner", email=LOU.email)
    lous = changed(lous, first_name=LOU.first_name, last_name=LOU.last_name)
    service.push("north", [lous], True, "upward", as_of=later(hours=-1))
    assert states(service) == {("I-1", "record.did_not_arrive"): ("new", None)}
    said(service, refused())
    service.push("north", [lous], True, "upward", as_of=later(hours=1))
    assert states(service) == {
        ("I-1", "record.did_not_arrive"): ("resolved", "unclear"),
        ("I-1", "record.refused"): ("new", None),
    }


@pytest.fixture
def edusign(sqlite_database: Database, tmp_path: Path) -> Service:
    service = a_service(sqlite_database, tmp_path, north=EDUSIGN)
    three = [changed(ADA, source_id=f"I-{n}", email=f"ada{n}@example.org", first_name=f"Ada{n}") for n in (2, 3)]
    session = changed(ALGEBRA, instructor_ids=("I-1", "I-2", "I-3"))
    service.push("north", [ADA, *three, LOU, session], True, as_of=later(hours=-24))
    return service


@pytest.mark.parametrize(
    ("kind", "source_id", "text", "rule"),
    [
        ("instructor", "I-1", "professor was deleted", "instructor.deleted_on_edusign"),
        ("instructor", "I-1", "Professor already exists in this school", "instructor.already_on_edusign"),
        ("session", "S-1", "course locked", "session.locked_on_edusign"),
        ("session", "S-1", "Course already locked", "session.locked_on_edusign"),
        ("session", "S-1", "No course with this ID found", "session.deleted_on_edusign"),
        ("session", "S-1", "Error - cannot get professor by email", "session.instructor_not_on_edusign"),
        ("session", "S-1", "something else", "session.third_instructor_on_edusign"),
        ("learner", "L-1", "something else", "record.refused"),
    ],
)
def test_edusign_says_it_in_the_schools_words(
    edusign: Service, kind: str, source_id: str, text: str, rule: str
) -> None:
    said(edusign, refused(kind, source_id, code=None, text=text))
    (row,) = edusign.issues("north", IssueFilter(kind=kind)).items
    assert (row.verdict, [issue.rule for issue in row.issues]) == ("sync", [rule])
    for language in ("en", "fr"):
        (row,) = edusign.issues("north", IssueFilter(kind=kind), language=language).items
        assert "Edusign" in row.issues[0].problem
        assert "Edusign" in row.issues[0].fix
    edusign.note_outcomes("north", [Outcome(kind=kind, source_id=source_id, outcome="updated")])  # type: ignore[arg-type]
    assert edusign.issues("north").items == []


def test_a_person_of_whom_edusign_shows_only_a_deleted_account_is_told(edusign: Service) -> None:
    edusign.push("north", [changed(ACCOUNT, archived=True)], False, as_of=NOW)
    edusign.push("north", [ADA], False, as_of=later(hours=1))
    (row,) = edusign.issues("north").items
    assert (row.source_id, row.verdict, row.issues[0].rule) == ("I-1", "sync", "instructor.deleted_on_edusign")


def test_the_sheet_that_a_source_refused_stays_on_the_list_until_it_is_entered(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path)
    archived = changed(SHEET, archived=True, first_archived_at=later(days=-3), times_archived=1)
    service.push("north", WELL, True, as_of=later(hours=-48))
    service.push("north", [archived], True, "upward", as_of=later(hours=-24))
    assert service.to_upload("north").total == 1
    assert said(service, refused("sheet", "F-1", hours=-2, text="period closed"), refused("sheet", "F-9")) == [
        "noted",
        "unknown",
    ]
    (row,) = service.issues("north").items
    assert (row.kind, row.verdict, row.issues[0].rule, row.issues[0].fix_in) == (
        "sheet",
        "sync",
        "record.refused",
        "source",
    )
    assert "Not entered: the source refused the attendance of “Algebra”" in row.issues[0].problem
    assert service.to_upload("north").total == 1
    assert service.confirm_uploaded("north", {"F-1": None}, "Ada").noted == ["F-1"]
    assert (service.to_upload("north").total, service.issues("north").items) == (0, [])
    assert service.confirm_uploaded("north", {"F-1": None}, "Ben").already == ["F-1"]
    entered = service.explain("north", "sheet", "F-1")
    assert (entered.on_platform, entered.told_by, entered.told_at) == ("confirmed", "Ada", NOW)
    assert said(service, Outcome(kind="sheet", source_id="F-1", outcome="created", at=later(hours=-1))) == ["already"]
    # Refused after all: it is to be entered again.
    said(service, refused("sheet", "F-1", hours=0))
    (again,) = service.to_upload("north").items
    assert again.refused == SourceRefusal(later(hours=0), "E42", "no room for it", "the platform")
    # What was refused was another sheet.
    service.push("north", [changed(archived, name="Algebra II")], True, "upward", as_of=later(hours=1))
    (again,) = service.to_upload("north").items
    assert again.refused is None
