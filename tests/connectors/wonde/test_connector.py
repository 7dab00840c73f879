"""Wonde: what is copied twice, half shared, paged two ways, and asked for week by week."""

from __future__ import annotations

import json as jsons
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Unavailable, Window
from connectors.wonde.answers import day, instant
from connectors.wonde.connector import HOP, Wonde
from connectors.wonde.options import Options
from connectors.wonde.timetable import weeks
from engine.model.moments import day_bounds
from engine.records.kinds import Record, kind_of
from engine.relations.neighbourhood import Situation
from tests.connectors.fakes.wonde import ENVIRON, ONE, PRIMARY, SCHOOL, TOKEN, Service, sample
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, json, notes, page, status
from tests.connectors.trying import SAMPLED, WINDOW, filled, noted, opened, read

Found = dict[tuple[str, str], Any]


def by_id(found: list[Record]) -> Found:
    return {(kind_of(record), record.source_id): record for record in found}


def asked(service: Service | None = None, spoiled: Spoiled | None = None, **options: Any) -> tuple[Found, Fetch]:
    """All that Wonde gives, in some state."""
    fetch = Fetch()
    application = (service or Service()).application()
    with served(spoiled(application) if spoiled else application) as url:
        spec = SAMPLED["wonde"].spec
        connector = opened(spec, filled({**ONE, **options}, {"url": url}), ENVIRON, Path(), [])
        return by_id(list(connector.records(WINDOW, fetch))), fetch


def ids(found: Mapping[tuple[str, str], Any], kind: str) -> set[str]:
    return {source_id for each, source_id in found if each == kind}


def test_people_are_known_by_their_upi_and_keep_the_id_of_the_school() -> None:
    found, _ = asked()
    mina = found["learner", "5be1d0c2"]
    assert (mina.mis_id, mina.first_name, mina.training, mina.groups) == ("4471", "Mina", "9X", ("A301", "A302"))
    assert (mina.email, mina.secondary_email) == ("mina.okparo@pupils.example.org", "okparo.home@example.org")
    assert (mina.tutor_name, mina.tutor_email) == ("Abel Okparo", "abel.okparo@example.org")


def test_what_is_empty_null_or_an_empty_list_is_absent() -> None:
    found, _ = asked()
    pia, odo = found["learner", "77aa01ff"], found["learner", "66bb02ee"]
    assert (pia.first_name, pia.email, pia.training, pia.birth_date) == ("Pia", None, "9", date(2012, 8, 30))
    assert (odo.email, odo.secondary_email) == ("Odo.Vasser@pupils.example.org", "vasser.home@example.org")
    assert (odo.phone, odo.tutor_name, odo.training) == ("07700 900123", None, "Year 10")


def test_addresses_tutors_and_ids_are_chosen_by_the_options() -> None:
    found = by_id(read("wonde", "people by Wonde's id").records)
    assert found["learner", "A1029384"].email == "okparo.home@example.org"
    assert found["learner", "A1029386"].tutor_name == "Rhea Vasser"
    assert found["enrolment", "A301:A900:instructor"].person_id == "A900"
    assert asked(tutors="none")[0]["learner", "5be1d0c2"].tutor_name is None


def test_an_employee_is_what_the_details_or_a_class_tell_and_a_person_where_nothing_does() -> None:
    found, _ = asked()
    teaching = {own: found["instructor", own].teaching for own in ids(found, "instructor")}
    assert teaching == {"9f2c0001": True, "9f2c0002": False, "9f2c0004": True, "9f2c0005": True}
    assert found["person", "9f2c0003"].role == "Visitor"
    gone = found["instructor", "9f2c0005"]
    assert (gone.status, gone.left_on) == ("left", date(2026, 10, 30))


def test_without_employment_details_staff_are_no_riddle() -> None:
    found, fetch = asked(Service(withheld={"employment_details"}))
    assert ids(found, "person") == set()
    assert found["instructor", "9f2c0003"].teaching is None
    assert "employment_details of its employees" in notes(fetch)
    assert fetch.partial == []


def test_somebody_who_came_back_is_no_leaver() -> None:
    """Two ids of Wonde, one upi."""
    found, _ = asked()
    assert (found["learner", "aa11cc33"].status, found["learner", "bb22dd44"].status) == ("active", "left")
    assert "cc55ee66" not in ids(found, "learner")
    assert "bb22dd44" not in ids(asked(left_within_days=0)[0], "learner")


def test_deletions_end_classes_and_those_people_that_they_name() -> None:
    found, _ = asked()
    assert (found["class", "A309"].status, found["class", "A303"].status) == ("ended", "active")
    assert "A1020009" not in ids(found, "learner")
    found, _ = asked(people_by="id")
    assert found["learner", "A1020009"].status == "left"
    assert found["instructor", "A950"].status == "left"
    assert found["learner", "A1030001"].status == "active"


def test_a_class_without_a_name_has_none_and_neither_has_its_lesson() -> None:
    found, _ = asked()
    assert (found["class", "A302"].name, found["class", "A302"].mis_id) == (None, "C-302")
    lesson = found["session", "A1900000003"]
    assert (lesson.name, lesson.group_ids, lesson.instructor_ids, lesson.room) == (None, ("A302",), ("9f2c0001",), None)


def test_a_lesson_has_all_its_teachers_and_finds_its_learners_by_its_class() -> None:
    found, _ = asked()
    lesson = found["session", "A1900000002"]
    assert (lesson.name, lesson.topic, lesson.room) == ("10A/Hi", "History", "B12")
    assert lesson.instructor_ids == ("9f2c0004", "9f2c0002")
    learners = Situation(list(found.values())).related(lesson, "learners")
    assert {each.source_id for each in learners} == {"66bb02ee", "aa11cc33"}
    assert found["session", "A1900000005"].instructor_ids == ()


def test_relations_that_come_as_ids_are_looked_up() -> None:
    service = Service()
    service.instead["lessons"] = [
        {**each, "class": "A301", "employee": "A900", "room": "A55"} for each in sample("lessons")[:1]
    ]
    service.instead["classes"] = [
        {**each, "students": ["A1029384", "A-unknown"], "employees": {"data": ["A900"]}}
        for each in sample("classes")[:1]
    ]
    found, _ = asked(service)
    lesson = found["session", "A1900000001"]
    assert (lesson.name, lesson.topic, lesson.room) == ("9X/Sc1", "Science", None)
    assert lesson.instructor_ids == ("9f2c0001",)
    assert {each.person_id for (kind, _), each in found.items() if kind == "enrolment"} == {
        *("5be1d0c2", "A-unknown", "9f2c0001")
    }


LONDON = "Europe/London"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        # The clock goes back at 01:00 UTC on 25 October 2026, and forth at 01:00 UTC on 28 March 2027.
        ({"date": "2026-10-24 09:55:00.000000", "timezone_type": 3, "timezone": LONDON}, "2026-10-24T08:55:00+00:00"),
        ({"date": "2026-10-26 09:55:00.000000", "timezone_type": 3, "timezone": LONDON}, "2026-10-26T09:55:00+00:00"),
        ({"date": "2027-03-27 09:55:00.000000", "timezone_type": 3, "timezone": LONDON}, "2027-03-27T09:55:00+00:00"),
        ({"date": "2027-03-29 09:55:00.000000", "timezone_type": 3, "timezone": LONDON}, "2027-03-29T08:55:00+00:00"),
        ({"date": "2026-10-26 09:55:00.000000", "timezone_type": 3, "timezone": "UTC"}, "2026-10-26T09:55:00+00:00"),
        ({"date": "2026-10-26 09:55:00", "timezone_type": 1, "timezone": "+13:00"}, "2026-10-25T20:55:00+00:00"),
        ({"date": "2026-10-26 09:55:00", "timezone_type": 2, "timezone": "Z"}, "2026-10-26T09:55:00+00:00"),
        ({"date": "2026-10-26 09:55:00"}, "2026-10-26T09:55:00+00:00"),
        ("2026-10-26T09:55:00+13:00", "2026-10-25T20:55:00+00:00"),
    ],
)
def test_a_time_is_of_the_zone_that_it_names(value: Any, wanted: str) -> None:
    assert instant(value) == datetime.fromisoformat(wanted)


def test_a_time_that_cannot_be_told_stays_text_for_the_door_to_tell() -> None:
    assert instant({"date": "2026-10-26 09:55:00", "timezone_type": 2, "timezone": "BST"}) == "2026-10-26 09:55:00"
    assert instant({"date": "soon", "timezone": "UTC"}) == "soon"
    assert instant(None) == instant({}) == instant({"date": None}) == ""
    assert day({"date": "2012-02-11 00:00:00.000000", "timezone": "Pacific/Auckland"}) == date(2012, 2, 11)


def test_a_lesson_across_the_change_lasts_as_long_as_it_lasts() -> None:
    service = Service()
    lesson = sample("lessons")[0]
    for name, written in (("start_at", "2026-10-25 00:30:00.000000"), ("end_at", "2026-10-25 02:30:00.000000")):
        lesson[name] = {"date": written, "timezone_type": 3, "timezone": LONDON}
    service.instead["lessons"] = [lesson]
    fetch = Fetch()
    window = Window(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    with served(service.application()) as url:
        connector = opened(SAMPLED["wonde"].spec, filled(ONE, {"url": url}), ENVIRON, Path(), [])
        found = by_id(list(connector.records(window, fetch)))
    session = found["session", "A1900000001"]
    assert session.ends_at - session.starts_at == timedelta(hours=3)


@pytest.mark.parametrize(
    ("first", "zone", "calls"),
    [
        (date(2026, 11, 23), LONDON, ["23 Nov", "30 Nov"]),
        (date(2026, 11, 21), LONDON, ["21 Nov", "23 Nov", "30 Nov"]),
        (date(2026, 11, 25), "Pacific/Auckland", ["25 Nov", "30 Nov", "07 Dec"]),
    ],
)
def test_two_weeks_of_lessons_are_two_or_three_calls(first: date, zone: str, calls: list[str]) -> None:
    window = Window(day_bounds(first, zone)[0], day_bounds(first + timedelta(days=14), zone)[0])
    found = weeks(window, zone, 0)
    assert found[0][0] == window.starts
    assert [end for _, end in found] == [*(begins for begins, _ in found[1:]), window.ends]
    local = [local_day(begins, zone) for begins, _ in found]
    assert local == calls


def local_day(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%d %b}"


def test_a_week_may_begin_on_another_day_and_is_an_hour_longer_when_the_clock_goes_back() -> None:
    window = Window(day_bounds(date(2026, 10, 23), LONDON)[0], day_bounds(date(2026, 11, 6), LONDON)[0])
    assert [local_day(begins, LONDON) for begins, _ in weeks(window, LONDON, 6)] == ["23 Oct", "25 Oct", "01 Nov"]
    begins, ends = weeks(window, LONDON, 6)[1]
    assert ends - begins == timedelta(days=7, hours=1)


def test_every_week_of_lessons_is_asked_for_in_utc() -> None:
    service = Service()
    asked(service)
    calls = [
        (each["lessons_start_after"], each["lessons_start_before"])
        for each in service.asked
        if "lessons_start_after" in each
    ]
    assert calls == [
        # The customer is in Paris, the school in London: its Sunday ends an hour later.
        ("2026-11-22 23:00:00", "2026-11-23 00:00:00"),
        ("2026-11-23 00:00:00", "2026-11-30 00:00:00"),
        ("2026-11-30 00:00:00", "2026-12-06 23:00:00"),
    ]


def test_both_kinds_of_pages_and_none_give_the_same() -> None:
    whole, _ = asked()
    by_number, _ = asked(Service(most=2))
    by_cursor, fetch = asked(Service(cursor=True, most=1))
    assert whole == by_number == by_cursor
    assert fetch.partial == []
    rows = jsons.dumps({"data": sample("subjects")})
    assert asked(spoiled=Spoiled("/subjects", json(rows)))[0] == whole
    assert asked(spoiled=Spoiled("/subjects", json(rows[:-1] + ', "meta": []}')))[0] == whole


def test_a_page_that_comes_again_is_told_and_the_rest_goes_on() -> None:
    first = {"data": sample("employees")[:2], "meta": {"pagination": {"more": True, "next": None}}}
    found, fetch = asked(spoiled=Spoiled("/employees", json(jsons.dumps(first))))
    assert [type(error) for error in fetch.partial] == [Garbled]
    assert "the same as one before it" in notes(fetch)
    assert ids(found, "learner")


def test_the_age_of_what_wonde_holds_is_told() -> None:
    _, fetch = asked()
    assert fetch.freshness == {HOP: datetime(2026, 11, 21, 6, 30, tzinfo=UTC)}
    _, fetch = asked(schools=[SCHOOL, PRIMARY])
    assert fetch.freshness == {HOP: datetime(2026, 11, 20, 2, tzinfo=UTC)}


def test_whether_a_school_takes_attendance_back_is_noted_and_nothing_is_sent() -> None:
    _, fetch = asked(schools=[SCHOOL, PRIMARY])
    assert f"School {SCHOOL} takes attendance back into its system" in notes(fetch)
    assert f"School {PRIMARY} does not take attendance back" in notes(fetch)
    assert f"School {PRIMARY} has no timetable" in notes(fetch)


@pytest.mark.parametrize("name", ["students", "students-leaver", "employees", "classes", "deletions", "lessons"])
def test_a_right_that_is_missing_leaves_the_rest(name: str) -> None:
    found, fetch = asked(spoiled=Spoiled(f"/{name}", status(403)))
    assert [error.failure.call for error in fetch.partial] == [f"schools/{{school}}/{name}"]
    assert {"learner", "instructor", "class", "enrolment", "session"} - {kind for kind, _ in found} == {
        "employees": {"instructor"},
        "classes": {"enrolment"},
        "lessons": {"session"},
    }.get(name, set())


@pytest.mark.parametrize(("name", "left"), [("students", "instructor"), ("employees", "learner")])
def test_who_was_not_read_is_in_no_class(name: str, left: str) -> None:
    """Else each place in a class would be one of somebody unknown, for one right that is missing."""
    found, _ = asked(spoiled=Spoiled(f"/{name}", status(403)))
    assert {each.role for (kind, _), each in found.items() if kind == "enrolment"} == {left}


@pytest.mark.parametrize(
    ("relation", "call"), [("contact_details", "students"), ("students", "classes"), ("employee", "lessons")]
)
def test_what_no_object_has_is_one_missing_right_and_not_one_finding_a_person(relation: str, call: str) -> None:
    _, fetch = asked(Service(withheld={relation}))
    assert any(error.failure.call.endswith(call) and f": {relation}" in str(error) for error in fetch.partial)
    assert len(fetch.partial) == (2 if relation == "contact_details" else 1)
    assert all(isinstance(error, Refused) for error in fetch.partial)


def test_what_is_of_less_use_is_only_noted() -> None:
    _, fetch = asked(Service(withheld={"contacts", "registration", "room"}))
    assert fetch.partial == []
    assert f"School {SCHOOL} does not share registration, contacts of its students." in noted(fetch)
    assert f"School {SCHOOL} does not share room of its lessons." in noted(fetch)


@pytest.mark.parametrize(
    "fault", [status(429, **{"Retry-After": "9"}), status(500), cut], ids=["too many", "ill", "cut off"]
)
def test_a_system_that_is_ill_for_a_moment_is_asked_again(fault: Any) -> None:
    whole, _ = asked()
    found, fetch = asked(spoiled=Spoiled("/students", fault, times=3))
    assert found == whole
    assert fetch.partial == []


def test_one_week_that_fails_costs_only_its_lessons() -> None:
    found, fetch = asked(spoiled=Spoiled("/lessons", status(503), times=8))
    assert [type(error) for error in fetch.partial] == [Unavailable, Unavailable]
    assert ids(found, "session") == {"A1900000004", "A1900000005", "A1900000006"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(401), Refused),
        (status(403), Refused),
        (status(503), Unavailable),
        (page(), Refused),
        (json('{"data": []}'), Refused),
        (json('{"data": {}}'), Refused),
        (json('{"data": "anna"}'), Garbled),
    ],
)
def test_without_the_school_nothing_is_read(fault: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(error, match=r"Wonde, schools/\{school\}"):
        asked(spoiled=Spoiled(f"/{SCHOOL}", fault))


def test_a_school_that_fails_leaves_the_others() -> None:
    found, fetch = asked(schools=["A404", PRIMARY])
    assert ids(found, "learner") == {"d0d0aa01"}
    assert "there is no such school for this token in this region" in notes(fetch)


def test_a_school_of_which_nothing_comes_has_not_lost_everybody() -> None:
    service = Service()
    lists = ("students", "students-leaver", "employees", "classes", "lessons", "deletions", "subjects")
    service.instead = {name: [] for name in lists}
    with pytest.raises(Refused, match="nobody and nothing came"):
        asked(service)


class _Vendor(httpx.BaseTransport):
    """The vendor's hosts, all answered by one fake; it keeps which were asked."""

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._client = httpx.Client()
        self.hosts: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.append(request.url.host)
        there = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        answer = self._client.request(
            request.method, there, headers={"authorization": request.headers["authorization"]}
        )
        return httpx.Response(answer.status_code, content=answer.content)

    def stop(self) -> None:
        """Not `close`: each client that is done with the vendor's hosts calls that."""
        self._client.close()


def from_region(domain: str) -> tuple[Found, Fetch, list[str]]:
    fetch = Fetch()
    with served(Service(region=domain).application()) as url:
        vendor = _Vendor(url)
        around = ConnectorContext(zone="Europe/Paris", data_folder=Path(), transport=vendor)
        connector = Wonde(Options(token=TOKEN, schools=(SCHOOL,)), around)
        try:
            return by_id(list(connector.records(WINDOW, fetch))), fetch, vendor.hosts
        finally:
            vendor.stop()


def test_the_region_that_serves_a_school_is_gone_to_and_noted() -> None:
    found, fetch, hosts = from_region("api-ap-southeast-2.wonde.com")
    assert ids(found, "learner")
    assert hosts[0] == "api.wonde.com"
    assert set(hosts[1:]) == {"api-ap-southeast-2.wonde.com"}
    assert "api-ap-southeast-2.wonde.com" in notes(fetch)


@pytest.mark.parametrize(
    "domain",
    ["api.example.org", "wonde.com.example.org", *(f"example.org{sign}.wonde.com" for sign in "/?#:@\\"), ".wonde.com"],
)
def test_no_other_host_is_sent_the_token(domain: str) -> None:
    with pytest.raises(Refused, match=f"served from {re.escape(domain)}"):
        from_region(domain)


def test_what_changed_is_asked_for_and_nothing_is_taken_for_gone() -> None:
    service = Service()
    found, fetch = asked(service, changed_within_days=5)
    after = {each["name"]: each.get("updated_after") for each in service.asked}
    assert after["students"] == after["classes"] == after["students-leaver"] == "2026-11-17 23:00:00"
    assert after["subjects"] is None
    assert len(fetch.partial) == 3
    assert found["learner", "aa11cc33"].status == "active"
    assert "tells no upi of some who were deleted (1)" in notes(fetch)


def test_somebody_who_came_back_before_the_change_is_not_told_as_left() -> None:
    found = by_id(read("wonde", "what changed").records)
    assert ids(found, "learner") == {"66bb02ee"}
