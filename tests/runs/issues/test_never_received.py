"""What was never received: one issue for each id, those that name it folded under it, closed once it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.records.decode import read_json
from engine.records.kinds import Record
from runs.model.asked import IssueFilter
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import NOW, a_service, later, states

NEVER = "record.never_received"
HARBOUR = """
name: Harbour School
language: en
zone: Europe/London
source: {connector: pushed, system: Arbor}
platform: {connector: education-perfect}
schedule: {downward: ["02:00"]}
"""


def records(*raws: Mapping[str, Any]) -> list[Record]:
    found = read_json([json.dumps(raw).encode() for raw in raws])
    return [one for one in found if isinstance(one, Record)]  # type: ignore[arg-type,misc]


def pupil(number: int, **more: Any) -> Mapping[str, Any]:
    names = {"first_name": f"Ada{number:02}", "last_name": "Nkemelu", "email": f"ada{number}@example.org"}
    return {"kind": "learner", "source_id": f"L-{number}", "status": "active", **names, **more}


def enrolment(number: int, class_id: str, **more: Any) -> Mapping[str, Any]:
    given = {"kind": "enrolment", "source_id": f"E-{number}", "role": "learner", "person_id": f"L-{number}"}
    return {**given, "class_id": class_id, **more}


def named(class_id: str) -> Mapping[str, Any]:
    return {"kind": "class", "source_id": class_id, "name": f"Class {class_id}"}


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Service:
    return a_service(sqlite_database, tmp_path, harbour=HARBOUR)


def test_a_class_that_never_came_is_one_issue_with_all_who_wait_folded_under_it(service: Service) -> None:
    thirty = [each for number in range(30) for each in (pupil(number), enrolment(number, "GONE"))]
    run = service.push("harbour", records(*thirty, named("C-1")), True, as_of=NOW)
    assert run.received == 61
    assert sum(run.counts["enrolment"][name] for name in ("to_fix", "waiting")) == 30
    page = service.issues("harbour", IssueFilter(), None, 50, "en")
    shown = [(row.kind, row.source_id, row.waiting) for row in page.items if row.source_id != "C-1"]
    assert shown == [("class", "GONE", 30)]
    (row,) = [row for row in page.items if row.source_id == "GONE"]
    assert "never sent the class with the id GONE" in (row.problem or "")
    assert "Ada00 Nkemelu" in (row.problem or "")
    assert "27 more" in (row.problem or "")


def test_it_closes_when_it_comes_and_when_nobody_names_it_any_more(service: Service) -> None:
    start = [pupil(1), enrolment(1, "GONE"), pupil(2), enrolment(2, "LOST"), named("C-1")]
    service.push("harbour", records(*start), True, as_of=NOW)
    found = states(service, "harbour")
    assert (found["GONE", NEVER], found["LOST", NEVER]) == (("new", None), ("new", None))
    came = [pupil(1), enrolment(1, "GONE"), named("GONE"), pupil(2), enrolment(2, "C-1"), named("C-1")]
    service.push("harbour", records(*came), True, as_of=later(hours=1))
    found = states(service, "harbour")
    assert (found["GONE", NEVER], found["LOST", NEVER]) == (("resolved", "fixed"), ("resolved", "not_named"))


def test_a_run_that_brings_nobody_who_names_it_closes_nothing(service: Service) -> None:
    service.push("harbour", records(pupil(1), enrolment(1, "GONE"), named("C-1")), True, as_of=NOW)
    service.push("harbour", records(pupil(1)), False, as_of=later(hours=1))
    assert states(service, "harbour")["GONE", NEVER][0] in ("new", "open")
    service.push("harbour", records(named("GONE")), False, as_of=later(hours=2))
    assert states(service, "harbour")["GONE", NEVER][0] == "resolved"


def test_an_id_written_otherwise_is_offered(service: Service) -> None:
    batch = records(pupil(1), enrolment(1, "c 01"), named("C01"))
    service.push("harbour", batch, True, as_of=NOW)
    (row,) = [row for row in service.issues("harbour", IssueFilter(), None, 50, "en").items if row.source_id == "c 01"]
    assert "Did you mean Class C01" in (row.fix or "")


OTHER_ROLE_OFF = HARBOUR + "rules: {enrolment.person_in_another_role: {then: off}}\n"


@pytest.mark.parametrize("rules", [HARBOUR, OTHER_ROLE_OFF], ids=["told", "not told"])
def test_who_came_in_another_role_or_in_none_was_sent(sqlite_database: Database, tmp_path: Path, rules: str) -> None:
    service = a_service(sqlite_database, tmp_path, harbour=rules)
    teacher = {**pupil(1), "kind": "instructor"}
    nobody_says = {**pupil(2), "kind": "person"}
    named_so = [enrolment(1, "C-1"), enrolment(2, "C-1"), enrolment(3, "C-1", role="instructor"), named("C-1")]
    service.push("harbour", records(teacher, nobody_says, pupil(3), *named_so), True, as_of=NOW)
    assert [key for key in states(service, "harbour") if key[1] == NEVER] == []
    # Alone, they name the same who are known.
    again = [{**one, "begins_on": "2026-09-01"} for one in named_so[:3]]
    service.push("harbour", records(*again), False, as_of=later(hours=1))
    assert [key for key in states(service, "harbour") if key[1] == NEVER] == []


def test_a_learner_with_the_number_of_an_instructor_stands_in_for_nobody(service: Service) -> None:
    taught = {**enrolment(7, "C-1", role="instructor"), "person_id": "I-9"}
    service.push("harbour", records(pupil(1), enrolment(1, "C-1"), named("C-1"), taught), True, as_of=NOW)
    assert states(service, "harbour")["I-9", NEVER][0] == "new"


def test_only_what_those_name_who_are_not_left_out_is_missed(service: Service) -> None:
    over = enrolment(1, "GONE", ends_on="2020-01-01")
    service.push("harbour", records(pupil(1), over, named("C-1")), True, as_of=NOW)
    assert ("GONE", NEVER) not in states(service, "harbour")


def test_where_most_never_came_one_remark_says_so(service: Service) -> None:
    many = [each for number in range(30) for each in (pupil(number), enrolment(number, f"X-{number}"))]
    run = service.push("harbour", records(*many, named("C-1")), True, as_of=NOW)
    assert not [rule for _, rule in states(service, "harbour") if rule == NEVER]
    assert any("Of 30 classes that others name, 30 were never sent" in note for note in run.notes)
