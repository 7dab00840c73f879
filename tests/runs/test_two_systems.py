"""One customer, two systems: Ypareo as source and Edusign as platform, fetched and decided in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, field
from sqlmodel import select

from engine.language.languages import languages
from engine.rulefiles.library import Library
from runs.model.errors import FetchFailed
from runs.service import Service
from store.base.database import Database
from store.base.tables import RecordRow
from store.queries.feed import IssueFilter
from tests.connectors.fakes import edusign, ypareo
from tests.connectors.serving import served
from tests.runs.schools import a_service

FRIDAY_MORNING = datetime(2026, 11, 20, 7, tzinfo=UTC)
MONDAY_NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 21, tzinfo=UTC)
TUESDAY_NIGHT = datetime(2026, 11, 24, 21, tzinfo=UTC)

FILE = """
name: Campus Norvane
language: fr
zone: Europe/Paris
source:
  connector: ypareo
  url: {source}/index.php
  token: ${{MUSTER_NORVANE_YPAREO_TOKEN}}
  rooms: {{"12": B204}}
  without: [contracts]
platform:
  connector: edusign
  url: {platform}
  token: ${{MUSTER_NORVANE_EDUSIGN_TOKEN}}
  id_prefix: "ypareo:"
  creators: {{usr_1: administrator}}
schedule: {{downward: ["12:00", "22:00"], upward: ["22:00"]}}
"""


def learner(code: int, first: str, last: str) -> dict[str, Any]:
    address = {"email": f"{first}.{last}@example.org".lower(), "tel1": "0199000012"}
    return {
        "codeApprenant": code,
        "prenomApprenant": first,
        "nomApprenant": last,
        "adresse": address,
        "inscriptions": [{"dateDepart": None, "site": {"nomSite": "Rennes", "codeSite": 1}, "isInscriptionEnCours": 1}],
        "informationsCourantes": {"codeGroupe": 501},
    }


def lesson(code: int, day: str, member: int) -> dict[str, Any]:
    return {
        "codeSeance": code,
        "nomMatiere": "Négociation vente",
        "date": day,
        "heureDebut": "09:00:00",
        "heureFin": "12:00:00",
        "isDistance": 0,
        "codesSalle": [12],
        "codesGroupe": [501],
        "codesApprenant": [20881, 20882, 20883],
        "codesPersonnel": [member],
    }


def person(own: str, code: int | None, first: str, last: str) -> dict[str, Any]:
    return {
        "ID": own,
        "FIRSTNAME": first,
        "LASTNAME": last,
        "EMAIL": f"{first}.{last}@example.org".lower(),
        "API_ID": f"ypareo:{code}" if code else None,
        "API_TYPE": "YPAREO" if code else None,
        "CREATOR_ID": None if code else "usr_1",
    }


def signed(student: str, *, there: bool) -> dict[str, Any]:
    return {"studentId": student, "state": there, "delay": 0, "excluded": False, "absenceId": None}


class World(Struct):
    """What both systems hold; a test changes it between two runs."""

    source: dict[str, Any] = field(
        default_factory=lambda: {
            "learners": [
                learner(20881, "Elia", "Vasserot"),
                learner(20882, "Noe", "Talmont"),
                learner(20883, "Maud", "Brisset"),
            ],
            "staff": {
                "318": {"codePersonnel": 318, "nom": "Quist", "prenom": "Ada", "email": "ada.quist@example.org"},
                "319": {"codePersonnel": 319, "nom": "Barou", "prenom": "Inès", "email": ""},
            },
            "sessions": [
                lesson(904400, "20/11/2026", 318),
                lesson(904412, "24/11/2026", 318),
                lesson(904413, "25/11/2026", 319),
            ],
        }
    )
    platform: dict[str, Any] = field(
        default_factory=lambda: {
            "students": [
                person("stu_1", 20881, "Elia", "Vasserot"),
                person("stu_3", 20883, "Maud", "Brisset"),
                person("stu_4", None, "Maud", "Brisset"),
            ],
            "professors": [person("prf_11", 318, "Ada", "Quist"), person("prf_20", None, "Noe", "Talmont")],
            "courses": [
                {
                    "ID": "crs_1",
                    "NAME": "Négociation vente",
                    "START": "2026-11-20T08:00:00.000Z",
                    "END": "2026-11-20T11:00:00.000Z",
                    "PROFESSOR": "prf_11",
                    "API_ID": "ypareo:904400",
                    "API_TYPE": "YPAREO",
                    "LOCKED": False,
                    "STUDENTS": [signed("stu_1", there=True), signed("stu_3", there=False)],
                }
            ],
        }
    )
    denied: list[str] = field(default_factory=list)

    @property
    def sheet(self) -> dict[str, Any]:
        found: dict[str, Any] = self.platform["courses"][0]
        return found


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path, world: World) -> Iterator[Service]:
    with both(world) as (source, platform):
        service = a_service(sqlite_database, tmp_path, norvane=FILE.format(source=source, platform=platform))
        service.library = Library(tmp_path, service.catalogue, allow_private_hosts=True)
        service.environ = {
            "MUSTER_ALLOW_PRIVATE_HOSTS": "1",
            "MUSTER_NORVANE_YPAREO_TOKEN": ypareo.TOKEN,
            "MUSTER_NORVANE_EDUSIGN_TOKEN": edusign.TOKEN,
        }
        yield service


@contextmanager
def both(world: World) -> Iterator[tuple[str, str]]:
    with (
        served(ypareo.application(world.denied, **world.source)) as source,
        served(edusign.application(world.denied, **world.platform)) as platform,
    ):
        yield source, platform


def verdicts(service: Service) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Kind and id of every record that was decided, with its verdict and the rule that decides."""
    with service.database.reading() as session:
        rows = session.exec(select(RecordRow).where(RecordRow.verdict != None))  # noqa: E711 - SQL
        return {(row.kind, row.source_id): (row.verdict, row.rule) for row in rows}


def told(service: Service, rule: str, language: str) -> str:
    """The message of the only issue of a rule."""
    rows = service.issues("norvane", IssueFilter(fold=False), language=language).items
    (found,) = [issue for row in rows for issue in row.issues if issue.rule == rule]
    return f"{found.problem} {found.fix}"


def test_a_downward_run_reads_both_systems_and_decides_what_the_source_has(service: Service) -> None:
    run = service.run("norvane", "downward", as_of=MONDAY_NOON)
    assert (run.status, run.error) == ("completed_with_issues", None)
    assert verdicts(service) == {
        ("learner", "20881"): ("sync", None),
        # The only account with this learner's address is an instructor's.
        ("learner", "20882"): ("flag", "learner.role_mismatch"),
        # An administrator made a second account beside the connector's.
        ("learner", "20883"): ("flag", "learner.copy_made_by_hand"),
        ("instructor", "318"): ("sync", None),
        ("instructor", "319"): ("flag", "instructor.email_missing"),
        ("session", "904400"): ("skip", "session.past"),
        ("session", "904412"): ("sync", None),
        ("session", "904413"): ("flag", "session.instructor_without_email"),
    }


def test_an_upward_run_decides_sheets_and_flags_one_that_was_archived_twice(service: Service, world: World) -> None:
    service.run("norvane", "downward", as_of=MONDAY_NOON)
    world.sheet["LOCKED"] = True
    service.run("norvane", "upward", as_of=MONDAY_NIGHT)
    # Ypareo's layer waits for no hours: the sheet goes up with the run of the day on which it was archived.
    assert verdicts(service)["sheet", "crs_1"] == ("sync", None)
    # Opened, corrected and archived again between two runs.
    world.sheet["STUDENTS"][1]["state"] = True
    run = service.run("norvane", "upward", as_of=TUESDAY_NIGHT)
    assert run.status == "completed_with_issues"
    assert verdicts(service)["sheet", "crs_1"] == ("flag", "sheet.archived_again")
    assert verdicts(service)["account", "stu_4"] == ("skip", "account.made_by_hand")


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("learner.role_mismatch", "Noe Talmont"),
        ("learner.copy_made_by_hand", "Maud Brisset"),
        ("session.instructor_without_email", "Négociation vente"),
        ("sheet.archived_again", "Négociation vente"),
    ],
)
def test_each_of_them_is_told_in_every_language(service: Service, world: World, rule: str, name: str) -> None:
    service.run("norvane", "downward", as_of=MONDAY_NOON)
    world.sheet["LOCKED"] = True
    service.run("norvane", "upward", as_of=MONDAY_NIGHT)
    world.sheet["STUDENTS"][1]["state"] = True
    service.run("norvane", "upward", as_of=TUESDAY_NIGHT)
    messages = [told(service, rule, language) for language in languages().names]
    assert len(set(messages)) == len(messages)
    for message in messages:
        assert name in message
        assert "Ypareo" in message or "Edusign" in message


def test_what_one_right_is_missing_for_makes_the_run_partial_and_nothing_gone(service: Service, world: World) -> None:
    service.run("norvane", "downward", as_of=MONDAY_NOON)
    before = verdicts(service)
    world.denied.append("utilisateur/personnels")
    run = service.run("norvane", "downward", as_of=MONDAY_NIGHT)
    assert run.status == "partial"
    assert run.error is not None
    assert "utilisateur/personnels: the key has no right to this (403)" in run.error
    after = verdicts(service)
    assert after["instructor", "319"] == before["instructor", "319"]
    assert after["session", "904413"] == before["session", "904413"]


def test_a_platform_that_refuses_fails_the_run_and_leaves_everything_as_it_was(service: Service, world: World) -> None:
    service.run("norvane", "downward", as_of=MONDAY_NOON)
    before = verdicts(service)
    world.source["learners"].clear()
    world.denied += ["v1/student", "v1/professor", "v1/course"]
    with pytest.raises(FetchFailed):
        service.run("norvane", "downward", as_of=MONDAY_NIGHT)
    assert verdicts(service) == before


def test_a_session_that_the_source_took_away_on_its_day_is_missed_by_its_sheet(service: Service, world: World) -> None:
    service.run("norvane", "downward", as_of=FRIDAY_MORNING)
    world.sheet["LOCKED"] = True
    del world.source["sessions"][0]
    service.run("norvane", "downward", as_of=FRIDAY_MORNING + timedelta(hours=5))
    service.run("norvane", "upward", as_of=FRIDAY_MORNING + timedelta(hours=14))
    assert verdicts(service)["sheet", "crs_1"] == ("flag", "sheet.session_unknown")


def test_a_session_whose_day_is_past_stays_for_its_sheet(service: Service, world: World) -> None:
    service.run("norvane", "downward", as_of=MONDAY_NOON)
    world.sheet["LOCKED"] = True
    del world.source["sessions"][0]
    for night in range(4):
        service.run("norvane", "downward", as_of=MONDAY_NIGHT + timedelta(days=night))
    service.run("norvane", "upward", as_of=MONDAY_NIGHT + timedelta(days=3))
    assert verdicts(service)["sheet", "crs_1"] == ("sync", None)
