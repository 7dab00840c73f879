"""What is Edusign's own: envelopes, plain-text failures, pages from 0, ids of the source, a state of several flags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Connector, ConnectorError, Fetch, Garbled, Refused, Unavailable, Window
from connectors.edusign.options import FETCHED, Options
from connectors.edusign.people import Origins, account
from connectors.registry import catalogue
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse
from engine.records.kinds import Account, Mark, Record, Sheet
from tests.connectors.fakes.edusign import CASES, ENVIRON, application, sample
from tests.connectors.serving import served
from tests.connectors.trying import WINDOW, Tried, opened

PLAIN = CASES["as it comes"]
SPEC = catalogue()["edusign"]


def connector(url: str, **options: Any) -> Connector:
    return opened(SPEC, {**PLAIN, "url": url, **options}, ENVIRON, Path(), [])


def read(app: Any = None, window: Window = WINDOW, **options: Any) -> Tried:
    fetch = Fetch()
    with served(app or application()) as url:
        return Tried(list(connector(url, **options).records(window, fetch)), fetch)


def of(kind: type[Record], tried: Tried) -> dict[str, Any]:
    return {record.source_id: record for record in tried.records if type(record) is kind}


def test_an_account_names_the_record_it_was_made_from() -> None:
    found = of(Account, read())
    assert (found["stu_1"].source_kind, found["stu_1"].source_ref, found["stu_1"].created_by) == (
        "learner",
        "20881",
        "api",
    )
    assert (found["prf_12"].source_kind, found["prf_12"].source_ref) == ("instructor", "20881")


def test_an_account_made_by_hand_names_none_and_its_maker_where_the_file_knows_him() -> None:
    assert (of(Account, read())["stu_4"].source_ref, of(Account, read())["stu_4"].created_by) == (None, None)
    told = read(creators={"usr_1": "administrator"})
    assert of(Account, told)["stu_4"].created_by == "administrator"


def test_what_another_connector_made_is_nobody_of_this_source() -> None:
    found = of(Account, read(api_types=["ypareo"]))
    assert found["stu_5"].source_ref == "HYPERPLANNING:20881"
    assert found["stu_3"].source_ref == "20883"


def test_ids_without_a_prefix_stay_as_they_are() -> None:
    assert of(Account, read(id_prefix=""))["stu_1"].source_ref == "ypareo:20881"


def test_a_sheet_names_people_as_the_source_does_also_those_who_are_archived() -> None:
    sheet = of(Sheet, read())["crs_7f3k"]
    assert sheet.source_ref == "904412"
    # stu_9 is no longer listed and is asked for; stu_8 is unknown, and keeps the platform's id.
    assert sheet.learner_refs == ("20881", "20882", "20883", "20890", "stu_8")
    assert of(Sheet, read())["crs_7f3l"].instructor_refs == ("318", "20881", "prf_13")


def test_who_is_missing_from_the_lists_is_asked_for_once() -> None:
    asked: list[str] = []
    read(application(asked=asked, sheets_a_page=1))
    assert [each for each in asked if each == "v1/student/stu_9"] == ["v1/student/stu_9"]


def test_a_sheet_made_by_hand_says_by_whom() -> None:
    sheet = of(Sheet, read())["crs_7f3m"]
    assert (sheet.source_ref, sheet.created_by, sheet.archived) == (None, "instructor", False)


def test_archiving_is_told_and_its_time_is_not() -> None:
    assert [one.archived for one in of(Sheet, read()).values()] == [True, True, False, False]
    assert "first_archived_at" not in FETCHED["sheet"]


@pytest.mark.parametrize(
    ("mark", "state", "minutes", "reason", "justified"),
    [
        ("crs_7f3k:learner:stu_1", "present", None, None, None),
        ("crs_7f3k:learner:stu_2", "excused", None, "rea_1", True),
        ("crs_7f3k:learner:stu_3", "left_early", 20, None, None),
        ("crs_7f3k:learner:stu_9", "late", 12, None, None),
        ("crs_7f3k:learner:stu_8", "absent", None, None, False),
        ("crs_7f3l:learner:stu_1", "absent", None, None, False),
        ("crs_7f3l:learner:stu_2", "excused", None, "rea_2", True),
        ("crs_7f3l:learner:stu_3", "left_early", None, None, None),
        ("crs_7f3m:learner:stu_4", None, None, None, None),
        ("crs_7f3k:instructor:prf_11", "present", None, None, None),
        ("crs_7f3l:instructor:prf_11", None, None, None, None),
        ("crs_7f3l:instructor:prf_12", "present", None, None, None),
    ],
)
def test_a_state_is_made_of_several_flags(
    mark: str, state: str | None, minutes: int | None, reason: str | None, justified: bool | None
) -> None:
    found = of(Mark, read())[mark]
    assert (found.state, found.minutes_late, found.reason_code, found.justified) == (state, minutes, reason, justified)


def test_absences_handed_in_are_only_read_when_a_sheet_names_one() -> None:
    asked: list[str] = []
    courses = [each for each in sample("courses") if each["ID"] == "crs_7f3m"]
    read(application(asked=asked, courses=courses))
    assert not [each for each in asked if "absence" in each]


@pytest.mark.parametrize("size", [1, 2, 3, 40])
def test_people_and_sheets_are_read_whole_whatever_the_size_of_a_page(size: int) -> None:
    asked: list[str] = []
    found = read(application(asked=asked, people_a_page=size, sheets_a_page=size))
    assert found.records == read().records
    assert "v1/student?limit=100&page=0" in asked


def test_the_list_of_sheets_is_asked_for_90_days_at_most() -> None:
    asked: list[str] = []
    window = Window(datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2027, 4, 29, 22, tzinfo=UTC))
    found = read(application(asked=asked), window)
    spans = {each.partition("&page")[0] for each in asked if each.startswith("v1/course?")}
    assert spans == {
        "v1/course?start=2026-09-30&end=2026-12-28",
        "v1/course?start=2026-12-29&end=2027-03-28",
        "v1/course?start=2027-03-29&end=2027-04-30",
    }
    assert len(of(Sheet, found)) == 7
    assert found.fetch.partial == []


@pytest.mark.parametrize(
    ("day", "sheet", "starts", "ends"),
    [
        (date(2026, 10, 25), "crs_oct", "2026-10-25T01:00+02:00", "2026-10-25T04:00+01:00"),
        (date(2027, 3, 28), "crs_mar", "2027-03-28T01:00+01:00", "2027-03-28T04:00+02:00"),
    ],
)
def test_times_are_of_utc_also_in_the_night_of_a_clock_change(day: date, sheet: str, starts: str, ends: str) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    window = Window(midnight.replace(day=day.day - 1), midnight.replace(day=day.day + 1))
    found = of(Sheet, read(window=window))[sheet]
    assert (found.starts_at, found.ends_at) == (datetime.fromisoformat(starts), datetime.fromisoformat(ends))


def test_a_sheet_of_the_schools_midnight_is_in_and_one_of_the_day_before_is_not() -> None:
    found = of(Sheet, read())
    assert "crs_7f3n" in found
    assert "crs_7f3o" not in found


@pytest.mark.parametrize(
    ("status", "says", "error"),
    [
        (200, "Unauthorized", Refused),
        (401, "Unauthorized", Refused),
        (200, "Internal Server Error", Unavailable),
        (500, "Internal Server Error", Unavailable),
        (200, '{"status": "error", "result": null, "message": "Invalid token anna@example.org"}', Refused),
        (200, '{"status": "error", "result": null, "message": ["anna@example.org is wrong"]}', Garbled),
    ],
)
def test_a_failure_is_known_whatever_it_looks_like(status: int, says: str, error: type[ConnectorError]) -> None:
    with pytest.raises(error) as caught:
        read(application(says=(status, says)))
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(("denied", "missing"), [("v1/student", "learner"), ("v1/professor", "instructor")])
def test_without_a_list_of_people_nobody_on_a_sheet_is_taken_for_made_by_hand(denied: str, missing: str) -> None:
    found = read(application(denied=[denied]))
    assert [error.status for error in found.fetch.partial] == [403]
    assert {getattr(sheet, f"{missing}_refs") for sheet in of(Sheet, found).values()} == {()}
    assert missing not in {mark.person_kind for mark in of(Mark, found).values()}
    assert of(Account, found)


def test_without_a_key_its_records_are_sent_and_may_tell_everything() -> None:
    def use(options: Mapping[str, Any]) -> ConnectorUse:
        return ConnectorUse(SPEC, options, Place("norvane.yaml"))

    assert use({}).fetches == {}
    assert "first_archived_at" in use({}).gives["sheet"]
    assert use(PLAIN).fetches == {"downward": {"account"}, "upward": {"account", "sheet"}}
    assert use(PLAIN).gives == FETCHED
    with pytest.raises(Refused, match="sent to Muster"):
        list(opened(SPEC, {}, {}, Path(), []).records(WINDOW, Fetch()))


def test_what_cannot_be_read_is_told_by_its_id_and_the_rest_goes_on() -> None:
    spoiled = [{**each, "END": "soon"} if each["ID"] == "crs_7f3k" else each for each in sample("courses")]
    found = read(application(courses=spoiled))
    assert [one.field for one in of(Sheet, found)["crs_7f3k"].unread] == ["ends_at"]
    assert "crs_7f3l" in of(Sheet, found)


@pytest.mark.parametrize(
    ("hidden", "archived"),
    [(1, True), ("1", True), (True, True), (["stu_1"], True), (["stu_2"], False), (0, False), (None, False)],
)
def test_an_account_deleted_there_is_told_as_archived(hidden: Any, archived: bool) -> None:
    found = account("learner", {"ID": "stu_1", "HIDDEN": hidden}, Origins(Options()), Options())
    assert found.values["archived"] is archived
