"""OneRoster: what each of its quirks becomes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Fetch, Refused
from connectors.files import read_path
from engine.language.unread import unread_text
from engine.records.kinds import Record, kind_of
from tests.connectors.trying import HOME

ONEROSTER = HOME / "oneroster" / "samples"
SDS = HOME / "sds" / "samples"


def records(path: Path, fetch: Fetch | None = None) -> dict[tuple[str, str], Any]:
    found = read_path(path, "Europe/Paris", fetch or Fetch())
    return {(kind_of(record), record.source_id): record for record in found}


def copy_of(source: Path, tmp_path: Path) -> Path:
    return shutil.copytree(source, tmp_path / "copy")


def rewritten(folder: Path, name: str, old: str, new: str) -> Path:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return folder


def test_oneroster_1_2_tells_people_by_their_roles() -> None:
    found = records(ONEROSTER / "v1p2")
    mina = found["learner", "u-1"]
    assert (mina.first_name, mina.mis_id, mina.training, mina.birth_date, mina.left_on) == (
        *("Mina", "4471", "09", date(2012, 2, 11), date(2027, 7, 31)),
    )
    assert (mina.tutor_name, mina.tutor_email) == ("Abel Okparo", "abel.okparo@example.org")
    assert (found["instructor", "u-2"].teaching, found["instructor", "u-6"].teaching) == (True, False)
    assert found["learner", "u-3"].training == "09, 10"
    assert found["learner", "u-3"].email is None
    assert (found["learner", "u-4"].status, found["learner", "u-10"].status) == ("suspended", "left")
    assert found["learner", "u-5"].email == found["instructor", "u-5"].email
    assert (found["person", "u-7"].role, found["person", "u-11"].role) == ("ext:visitor", None)
    assert {("learner", "u-8"), ("person", "u-9"), ("instructor", "u-9")}.isdisjoint(found)
    assert found["instructor", "u-2"].segment_keys == {"site_code": ("N-1-SCI", "N-1")}


def test_oneroster_ends_are_excluded_and_ours_included() -> None:
    found = records(ONEROSTER / "v1p2")
    biology = found["class", "cl-1"]
    assert (biology.starts_on, biology.ends_on) == (date(2026, 9, 1), date(2027, 4, 2))
    assert (found["enrolment", "e-1"].begins_on, found["enrolment", "e-1"].ends_on) == (
        date(2026, 9, 1),
        date(2027, 4, 2),
    )


def test_oneroster_classes_enrolments_and_what_they_lack() -> None:
    found = records(ONEROSTER / "v1p2")
    assert [found["class", f"cl-{n}"].subject for n in (1, 2, 3)] == ["Biology, Science", "History", "Civics"]
    assert (found["class", "cl-3"].name, found["class", "cl-3"].status) == (None, "ended")
    assert found["enrolment", "cl-2:u-5:instructor"].person_id == "u-5"
    assert (found["enrolment", "e-5"].role, found["enrolment", "e-6"].status) == ("other", "ended")


def test_oneroster_1_1_has_roles_beside_the_user_and_another_birthdate() -> None:
    found = records(ONEROSTER / "v1p1")
    assert (found["learner", "p-1"].birth_date, found["learner", "p-1"].tutor_name) == (
        date(2011, 5, 14),
        "Luc Marchand",
    )
    assert found["person", "p-4"].role is None
    assert ("learner", "p-3") not in found


def test_a_person_whose_every_role_is_deleted_has_left(tmp_path: Path) -> None:
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "roles.csv", "r-3,,,", "r-3,tobedeleted,,")
    assert records(folder)["learner", "u-3"].status == "left"


def test_a_deleted_role_beside_a_live_one_counts_no_more(tmp_path: Path) -> None:
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "roles.csv", "r-5,,,", "r-5,inactive,,")
    found = records(folder)
    assert ("learner", "u-5") not in found
    assert found["instructor", "u-5"].status == "active"


def test_a_day_that_is_none_is_told_by_its_place_and_never_guessed(tmp_path: Path) -> None:
    folder = copy_of(ONEROSTER / "v1p2", tmp_path)
    rewritten(folder, "enrollments.csv", "true,,\n", "true,24/11/2026,\n")
    fetch = Fetch()
    found = records(folder, fetch)
    lost = [one for each in found.values() for one in each.unread]
    assert {(one.field, one.code, one.values["value"], one.values["column"]) for one in lost} == {
        ("begins_on", "written_otherwise", "24/11/2026", "beginDate")
    }


@pytest.mark.parametrize("word", ["deleted", "withdrawn", "Inactive"])
def test_words_for_who_is_gone_are_read_though_the_standard_has_one_only(tmp_path: Path, word: str) -> None:
    folder = copy_of(ONEROSTER / "v1p2", tmp_path)
    rewritten(folder, "users.csv", "u-2,,", f"u-2,{word},")
    assert {one.status for (_, of), one in records(folder).items() if of == "u-2"} == {"left"}


def test_a_word_for_a_status_that_is_not_known_is_told_and_nobody_is_taken_for_active(tmp_path: Path) -> None:
    folder = copy_of(ONEROSTER / "v1p2", tmp_path)
    rewritten(folder, "users.csv", "u-2,,", "u-2,on leave,")
    found = [one for (_, of), one in records(folder).items() if of == "u-2"]
    assert {one.status for one in found} == {None}
    assert {fault.values["value"] for one in found for fault in one.unread} == {"on leave"}


def test_an_address_for_an_id_is_hashed_alike_everywhere(tmp_path: Path) -> None:
    folder = copy_of(ONEROSTER / "v1p2", tmp_path)
    for name in ("users.csv", "roles.csv", "enrollments.csv", "demographics.csv"):
        rewritten(folder, name, "u-2,", "jon.abelard@example.org,")
    found = records(folder)
    jon = next(each for (kind, _), each in found.items() if kind == "instructor" and each.first_name == "Jon")
    assert "@" not in jon.source_id
    assert jon.birth_date == date(1984, 6, 30)
    assert found["enrolment", "e-2"].person_id == jon.source_id


@pytest.mark.parametrize(
    ("source", "gone", "told"),
    [
        (ONEROSTER / "v1p2", "enrollments.csv", "enrollments.csv"),
        (ONEROSTER / "v1p2", "classes.csv", "classes.csv"),
        (SDS / "v1", "TeacherRoster.csv", "teacherroster.csv"),
        (SDS / "v2", "classes.csv", "classes.csv"),
    ],
)
def test_a_table_that_is_missing_makes_the_fetch_partial(source: Path, gone: str, told: str, tmp_path: Path) -> None:
    folder = copy_of(source, tmp_path)
    (folder / gone).unlink()
    fetch = Fetch()
    assert records(folder, fetch)
    assert [error.failure.call for error in fetch.partial] == [told]


def test_a_delta_is_no_whole_roster(tmp_path: Path) -> None:
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "manifest.csv", "file.users,bulk", "file.users,delta")
    fetch = Fetch()
    assert records(folder, fetch)
    assert ["delta" in str(error) for error in fetch.partial] == [True]


def told(fetch: Fetch) -> list[str]:
    return [unread_text(note, "en") for note in fetch.notes]


@pytest.mark.parametrize(
    ("table", "column", "other", "field"),
    [
        ("users.csv", "email", "emailAddress", ("learner", "u-1", "email")),
        ("classes.csv", "termSourcedIds", "termSourcedId", ("class", "cl-1", "ends_on")),
        ("demographics.csv", "sourcedId", "userSourcedId", ("learner", "u-1", "birth_date")),
    ],
)
def test_columns_are_read_by_the_names_that_other_versions_give_them(
    table: str, column: str, other: str, field: tuple[str, str, str], tmp_path: Path
) -> None:
    kind, source_id, name = field
    wanted = getattr(records(ONEROSTER / "v1p2")[kind, source_id], name)
    fetch = Fetch()
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), table, column, other)
    assert getattr(records(folder, fetch)[kind, source_id], name) == wanted is not None
    assert told(fetch) == []


def test_beside_a_column_of_the_published_name_another_name_is_no_second_one(tmp_path: Path) -> None:
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "users.csv", "middleName", "emailAddress")
    assert records(folder)["learner", "u-1"].email == "mina.okparo@example.org"


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        ("courses.csv", "sourcedId,", "key,", "courses.csv was not used, since it has no sourcedId."),
        ("demographics.csv", "sourcedId,", "key,", "demographics.csv was not used, since it has no sourcedId."),
        ("orgs.csv", "sourcedId,", "key,", "orgs.csv was not used, since it has no sourcedId."),
        ("courses.csv", "sourcedId,", "sourcedId,sourcedId,", "courses.csv was not used, since it is no table"),
    ],
)
def test_a_table_that_no_record_needs_is_left_and_told_where_it_cannot_be_read(
    table: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    fetch = Fetch()
    found = records(rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), table, old, new), fetch)
    assert set(found) == set(records(ONEROSTER / "v1p2"))
    (note,) = told(fetch)
    assert note.startswith(said)
    # Without the table of orgs nobody has a code, rather than a wrong one.
    assert found["instructor", "u-2"].segment_keys == ({} if table == "orgs.csv" else {"site_code": ("N-1-SCI", "N-1")})


def test_a_misspelt_column_is_told_with_the_one_that_is_missing(tmp_path: Path) -> None:
    fetch = Fetch()
    found = records(rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "users.csv", "givenName", "givenNames"), fetch)
    assert found["learner", "u-3"].first_name is None
    (note,) = told(fetch)
    assert note.startswith("users.csv: the column “givenNames” is not known and was not read. It looks like givenName,")


def test_a_manifest_that_cannot_be_read_may_say_that_this_is_a_delta(tmp_path: Path) -> None:
    folder = rewritten(copy_of(ONEROSTER / "v1p2", tmp_path), "manifest.csv", "propertyName,value", "a,b")
    fetch = Fetch()
    assert records(folder, fetch)
    assert [error.failure.call for error in fetch.partial] == ["manifest.csv"]


@pytest.mark.parametrize(("folder", "gone"), [("v1p2", "users.csv")])
def test_a_roster_without_people_is_refused(folder: str, gone: str, tmp_path: Path) -> None:
    copy = copy_of(ONEROSTER / folder, tmp_path)
    (copy / gone).unlink()
    with pytest.raises(Refused, match=r"no users\.csv"):
        records(copy)


def test_a_large_table_is_streamed_and_not_held(tmp_path: Path) -> None:
    folder = copy_of(SDS / "v2", tmp_path)
    with (folder / "enrollments.csv").open("a") as out:
        out.writelines(f"k-1,s-{number},Student\n" for number in range(20_000))
    fetch = Fetch()
    seen: list[Record] = []
    for record in read_path(folder, "Europe/Paris", fetch):
        if kind_of(record) == "enrolment":
            seen.append(record)
            break
    assert fetch.received < 20_000
