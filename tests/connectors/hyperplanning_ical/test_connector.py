"""Hyperplanning's calendars: folded lines, keyed descriptions, links that are secrets, people from the export."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import ConnectorError, Fetch, Refused, Unavailable, Window
from connectors.hyperplanning_ical.calendar import events, instant, unfolded
from connectors.hyperplanning_ical.description import Instructors, lines_of
from connectors.registry import catalogue
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse
from engine.records.kinds import Instructor, Learner, Record, Session
from engine.relations.neighbourhood import Situation
from tests.connectors.fakes.hyperplanning_ical import CASES, ENVIRON, SAMPLES, application
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, page, status
from tests.connectors.trying import WINDOW, Tried, filled, noted, opened, unread_in

ZONE = "Europe/Paris"
B1, B2 = "/Telechargements/ical/Edt_B1.ics", "/Telechargements/ical/Edt_B2.ics"
YEAR = Window(datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 8, 1, tzinfo=UTC))


def read(app: Any = None, case: str = "with people", window: Window = WINDOW, **options: Any) -> Tried:
    fetch, slept = Fetch(), list[float]()
    with served(app or application()) as url:
        names = {"url": url, "samples": "samples"}
        written = filled({**CASES[case], **options}, names)
        connector = opened(catalogue()["hyperplanning-ical"], written, filled(ENVIRON, names), SAMPLES.parent, slept)
        return Tried(list(connector.records(window, fetch)), fetch, slept)


def of(kind: type[Record], tried: Tried) -> dict[str, Any]:
    return {record.source_id: record for record in tried.records if type(record) is kind}


def calendar(*lines: str) -> bytes:
    """A calendar with one event of these lines."""
    whole = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]
    return "\r\n".join(whole).encode()


def one(*lines: str, zone: str = ZONE) -> Any:
    (event,) = events(calendar(*lines).decode())
    return event


def test_a_session_has_the_id_that_the_web_service_gives_it() -> None:
    assert [key for key in of(Session, read()) if key.startswith("55120")] == [
        *("55120:202611240900", "55120:202612010900")
    ]


def test_only_sessions_of_the_window_are_taken_from_the_whole_year() -> None:
    assert "55120:202612150900" not in of(Session, read())
    assert "55120:202612150900" in of(Session, read(window=YEAR))


def test_the_time_of_the_last_change_is_given() -> None:
    found = of(Session, read())
    assert found["55120:202611240900"].modified_at == datetime(2026, 11, 20, 16, 30, 12, tzinfo=UTC)
    assert found["55122:202611260830"].modified_at is None


def test_a_course_that_stands_in_two_calendars_is_one() -> None:
    tried = read()
    assert len([record for record in tried.records if record.source_id == "55121:202611251400"]) == 2
    assert Situation(tried.records).conflicts == {}


def test_a_course_in_two_calendars_that_names_no_group_is_for_both_promotions() -> None:
    event = ("UID:Cours-7-1-x-Index-Education", "DTSTART:20261124T080000Z", "DTEND:20261124T090000Z", "SUMMARY:Droit")
    tried = read(application({"B1": calendar(*event), "B2": calendar(*event)}))
    situation = Situation(tried.records)
    assert situation.conflicts == {}
    found: Any = situation.record("session", "7:202611240900")
    assert found.group_ids == ("B1", "B2")


@pytest.mark.parametrize(
    ("written", "starts"),
    [
        ("DTSTART:20261023T070000Z", datetime(2026, 10, 23, 7, tzinfo=UTC)),
        ("DTSTART:20261026T080000Z", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        ("DTSTART:20261023T090000", datetime(2026, 10, 23, 7, tzinfo=UTC)),
        ("DTSTART:20261026T090000", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Paris:20270326T090000", datetime(2027, 3, 26, 8, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Paris:20270329T090000", datetime(2027, 3, 29, 7, tzinfo=UTC)),
        ('DTSTART;TZID="Indian/Reunion":20261124T090000', datetime(2026, 11, 24, 5, tzinfo=UTC)),
        ("DTSTART;TZID=Romance Standard Time:20261124T090000", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("DTSTART;VALUE=DATE:20261111", datetime(2026, 11, 10, 23, tzinfo=UTC)),
        ("DTSTART:demain", "demain"),
    ],
)
def test_times_are_in_utc_in_their_own_zone_or_in_the_customers(written: str, starts: Any) -> None:
    assert instant(one(written)["DTSTART"], ZONE) == starts


def test_ids_are_local_on_both_sides_of_a_change_and_a_session_across_it_has_its_real_length() -> None:
    def event(key: int, starts: str, ends: str) -> str:
        return f"BEGIN:VEVENT\nUID:Cours-{key}-1-B1-Index-Education\nDTSTART:{starts}\nDTEND:{ends}\nEND:VEVENT\n"

    body = "BEGIN:VCALENDAR\n" + event(1, "20261023T070000Z", "20261023T100000Z")
    body += event(2, "20261026T080000Z", "20261026T110000Z") + event(3, "20261024T230000Z", "20261025T030000Z")
    body += event(4, "20270326T080000Z", "20270326T110000Z") + event(5, "20270329T070000Z", "20270329T100000Z")
    body += event(6, "20270328T000000Z", "20270328T020000Z")
    held = (body + "END:VCALENDAR").encode()
    found = of(Session, read(application({"B1": held}), "one link", YEAR))
    assert [(key, (one.ends_at - one.starts_at).seconds // 3600) for key, one in found.items()] == [
        *(("1:202610230900", 3), ("2:202610260900", 3), ("3:202610250100", 4)),
        *(("4:202703260900", 3), ("5:202703290900", 3), ("6:202703280100", 2)),
    ]


def test_lines_are_joined_by_octets_before_they_are_read_as_letters() -> None:
    line = "SUMMARY:Élèves"
    for cut in range(1, len(line.encode())):
        folded = line.encode()[:cut] + b"\r\n " + line.encode()[cut:]
        assert unfolded(folded) == (line, False)


def test_a_calendar_in_an_old_encoding_is_read_and_noted() -> None:
    held = calendar("UID:x", "DTSTART:20261124T080000Z", "SUMMARY:Élèves").decode().encode("cp1252")
    found = read(application({"B1": held}), "one link")
    assert [one.name for one in of(Session, found).values()] == ["Élèves"]
    assert ["Windows-1252" in note for note in noted(found.fetch)] == [True]


def test_what_stands_in_an_alarm_is_not_the_events() -> None:
    event = one("BEGIN:VALARM", "SUMMARY:Bientôt", "END:VALARM", "SUMMARY;LANGUAGE=fr:Droit\\, suite\\; fin")
    assert event["SUMMARY"].text == "Droit, suite; fin"


def test_the_memo_is_free_text_and_ends_the_lines_that_are_read() -> None:
    lines = lines_of("Matière : Droit : suite\nEnseignant(s) : M. QUIST\nType : -\nMémo : lire\nSalle : nulle part")
    assert lines == {
        "subject": "Droit : suite",
        "instructors": "M. QUIST",
        "type": "",
        "memo": "lire\nSalle : nulle part",
    }
    found = of(Session, read(remote_types=["Distanciel"]))
    assert found["55121:202611251400"].remote is True


@pytest.mark.parametrize(
    "lines",
    [
        ("STATUS:CANCELLED", "SUMMARY:Droit"),
        ("SUMMARY:Cours annulé - Droit",),
        ("SUMMARY:COURS ANNULE",),
        ("SUMMARY:Droit", "DESCRIPTION:Matière : Droit\\nType : Cours annulé"),
    ],
)
def test_a_cancelled_session_says_so(lines: tuple[str, ...]) -> None:
    held = calendar("UID:Cours-1-1-B1-Index-Education", "DTSTART:20261124T080000Z", *lines)
    (found,) = of(Session, read(application({"B1": held}), "one link")).values()
    assert found.status == "cancelled"


def test_instructors_are_those_of_the_list_where_exactly_one_fits() -> None:
    found = read()
    people = {one.last_name: key for key, one in of(Instructor, found).items()}
    sessions = of(Session, found)
    assert sessions["55120:202612010900"].instructor_ids == (people["DELORGE"], people["QUIST"])
    assert sessions["55122:202611260830"].instructor_ids == (people["JAY"],)


def test_a_name_that_fits_two_or_nobody_is_somebody_of_that_name() -> None:
    known = Instructors(b"key")
    known.know("1", "DELORGE", "Camille")
    known.know("2", "DELORGE", "Ines")
    assert known.ids("Mme DELORGE Ines") == ["2"]
    (twofold,) = known.ids("Mme DELORGE")
    assert twofold not in ("1", "2")
    (other,) = known.ids("M. VAN DEN BERG Théo, M. VAN DEN BERG Théo")
    assert list(known.met.values()) == [("DELORGE", ""), ("VAN DEN BERG", "Théo")]
    assert "delorge" not in f"{twofold} {other}"
    assert known.ids("-") == []


def test_sessions_meet_their_learners_by_the_groups_of_the_export() -> None:
    tried = read()
    situation = Situation(tried.records)
    session: Any = situation.record("session", "55120:202611240900")
    assert [getattr(one, "last_name", "") for one in situation.related(session, "learners")] == ["TALMONT"]
    assert session.segment_keys == {}


def test_without_people_the_section_stands_with_the_session_and_nobody_is_taken_for_a_learner() -> None:
    found = read(case="alone")
    assert of(Learner, found) == {}
    assert of(Session, found)["55120:202611240900"].segment_keys == {"section": ("B1",)}
    assert [(one.last_name, one.email) for one in of(Instructor, found).values()] == [
        *(("DELORGE", None), ("QUIST", None), ("Jay Véronique", None)),
    ]

    def gives(**options: Any) -> Any:
        return ConnectorUse(catalogue()["hyperplanning-ical"], options, Place("fake.yaml")).gives

    assert "learner" not in gives()
    assert "segment_keys" in gives()["session"]
    assert "email" in gives(people="exports")["learner"]
    assert "segment_keys" not in gives(people="exports")["session"]


def test_an_event_that_is_no_course_gets_an_id_that_tells_nothing() -> None:
    held = calendar("UID:Sortie-7-Index-Education", "DTSTART:20261124T080000Z", "SUMMARY:Visite")
    (key,) = of(Session, read(application({"B1": held}), "one link"))
    assert key.startswith("h")
    # A room that somebody booked is no session.
    assert "Visite" not in {one.name for one in of(Session, read()).values()}


def test_an_event_without_a_start_is_told_and_not_lost() -> None:
    held = calendar("UID:Cours-1-1-B1-Index-Education", "DTSTART:demain", "SUMMARY:Droit")
    found = read(application({"B1": held}), "one link")
    assert [*unread_in(found.records).values()] == [["starts_at"]]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("UID:Ferie-33-Index-Education", "DTSTART;VALUE=DATE:20261124", "SUMMARY:Vacances"), "holidays_left_out"),
        (("UID:x", "CATEGORIES:Jours fériés", "DTSTART:20261124T080000Z", "SUMMARY:Férié"), "holidays_left_out"),
        (("UID:x", "DTSTART;VALUE=DATE:20261124", "SUMMARY:Pont"), "holidays_left_out"),
        (("UID:x", "CATEGORIES:Réservation", "DTSTART:20261124T080000Z", "SUMMARY:B201"), "bookings_left_out"),
        (("UID:x", "DTSTART:20261124T080000Z", "DESCRIPTION:Salle : B201", "SUMMARY:B201"), "bookings_left_out"),
    ],
)
def test_what_is_no_lesson_is_no_session_and_is_counted(lines: tuple[str, ...], told: str) -> None:
    found = read(application({"B1": calendar(*lines)}), "one link")
    assert of(Session, found) == {}
    assert [(note.code, note.values["number"]) for note in found.fetch.notes] == [(told, 1)]


def test_a_lesson_stays_one_however_little_is_said_of_it() -> None:
    for lines in (
        ("UID:x", "DTSTART:20261124T080000Z", "SUMMARY:Droit"),
        ("UID:Cours-1-1-B1-Index-Education", "DTSTART:20261124T080000Z", "DESCRIPTION:Salle : B201", "SUMMARY:Droit"),
        ("UID:x", "DTSTART:20261124T080000Z", "DESCRIPTION:Enseignant : Mme LUND\\nSalle : B201", "SUMMARY:Droit"),
    ):
        assert len(of(Session, read(application({"B1": calendar(*lines)}), "one link"))) == 1


# What may go wrong


def test_one_link_that_fails_leaves_the_others_and_says_so() -> None:
    for fault in (status(403), status(503), page(), status(200, "BEGIN:VCALENDAR\nBEGIN:VEVENT")):
        found = read(Spoiled(B2, fault)(application()))
        assert "55120:202611240900" in of(Session, found)
        assert "55122:202611260830" not in of(Session, found)
        assert len(found.fetch.partial) == 1
        assert "invented-secret" not in repr(found.fetch.partial)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(401), Refused),
        (status(404), Refused),
        (page(), Refused),
        (status(503), Unavailable),
        (status(200, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:anna@example.org"), Unavailable),
        (status(200, "anna@example.org"), ConnectorError),
        (status(200, ""), ConnectorError),
    ],
)
def test_when_no_link_answers_well_the_fetch_fails(fault: Any, error: Any) -> None:
    with pytest.raises(error) as caught:
        read(Spoiled(".ics", fault)(application()))
    assert "anna" not in str(caught.value)
    assert "invented-secret" not in repr(caught.value)
    assert "icalsecurise" not in repr(caught.value)


def test_a_server_that_is_busy_is_asked_again() -> None:
    found = read(Spoiled(B1, status(429, **{"Retry-After": "7"}), 1)(application()))
    assert (found.fetch.partial, found.slept) == ([], [7.0])


def test_a_calendar_without_events_gives_nothing_and_fails_nothing() -> None:
    found = read(application({"B1": b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}), "one link")
    assert (found.records, found.fetch.partial) == ([], [])


def test_as_many_promotions_as_links_are_named() -> None:
    with pytest.raises(Refused, match="2 links and 1 promotions"):
        read(promotions=["B1"])


def test_an_export_of_people_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        read(people="gone")
