"""`muster classify` and `muster explain --file`: a file decided, without a database."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cli.demo import ndjson, samples
from tests.cli.conftest import NOON, Muster

RECORDS = [
    {"kind": "learner", "source_id": "7", "first_name": "Elia", "last_name": "Vasserot", "email": "e@example.org"},
    {"kind": "learner", "source_id": "8", "first_name": "Moussa", "last_name": "Diombassé"},
    {"kind": "learner", "source_id": "9", "first_name": "Linh", "last_name": "Trầnvy", "status": "31/02/2008"},
    {"kind": "class", "source_id": "C1", "name": "9X/Sc1", "ends_on": "2026-07-01"},
]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), encoding="utf-8")
    return path


def test_counts_come_first_and_then_each_flagged_record(muster: Muster, records: Path) -> None:
    told = muster("classify", records, "--as-of", "2026-11-21")
    assert told.status == 1
    counts, rules, *flagged = told.out.split("\n\n")
    assert [line.split() for line in counts.splitlines()] == [
        ["kind", "sync", "skip", "flag"],
        ["learner", "1", "0", "2"],
        ["class", "0", "1", "0"],
        ["all", "1", "1", "2"],
    ]
    assert [line.split() for line in rules.splitlines()] == [
        ["flag", "record.invalid", "1"],
        ["flag", "learner.email_missing", "1"],
        ["skip", "class.ended", "1"],
        ["note", "learner.company_missing", "2"],
    ]
    assert flagged[0].splitlines()[0] == "learner 8  learner.email_missing"
    assert "Moussa Diombassé has no email address" in flagged[0]
    assert "Linh Trầnvy (learner, id 9) could not be read (status: “31/02/2008” is none of the words" in flagged[1]
    assert "4 records decided by the base rules, as of 2026-11-21 12:00 (Europe/Paris)" in told.err


def test_a_person_of_two_schools_is_one_record(muster: Muster, tmp_path: Path) -> None:
    twice = [{**RECORDS[1], "segment_keys": {"site_code": [school]}} for school in ("10", "20")]
    path = tmp_path / "records.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in (*twice, RECORDS[0])), encoding="utf-8")
    told = muster("classify", path, "--as-of", "2026-11-21")
    assert ["learner", "1", "0", "1"] in [line.split() for line in told.out.splitlines()]
    assert told.out.count("Moussa Diombassé has no email address") == 1
    assert "2 records decided by " in told.err
    found = json.loads(muster("classify", path, "--as-of", "2026-11-21", "--format", "json").out)
    assert [one["source_id"] for one in found["decisions"]] == ["8", "7"]
    assert found["counts"] == {"sync": 1, "skip": 0, "flag": 1}


def test_messages_come_in_the_language_asked_for(muster: Muster, records: Path) -> None:
    assert "adresse e-mail" in muster("classify", records, "--language", "fr").out
    told = muster("classify", records, "--language", "tlh")
    assert told.status == 2
    assert "en, fr" in told.err


def test_json_holds_the_answer_of_the_api(muster: Muster, records: Path) -> None:
    found = json.loads(muster("classify", records, "--format", "json", "--as-of", "2026-11-21T15:00+01:00").out)
    assert found["as_of"] == "2026-11-21T15:00:00+01:00"
    assert found["counts"] == {"sync": 1, "skip": 1, "flag": 2}
    assert [each["rule"] for each in found["decisions"]][:2] == [None, "learner.email_missing"]


def test_what_is_left_out_because_nothing_needs_it_is_told_once(muster: Muster, tmp_path: Path) -> None:
    path = tmp_path / "records.ndjson"
    lines = [{**RECORDS[0], "source_id": str(number), "modified_at": "24/11/2026"} for number in range(3)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    told = muster("classify", path, "--format", "json", "--exit-zero")
    found = json.loads(told.out)
    assert "flag" not in {each["verdict"] and each["rule"] for each in found["decisions"] if each["invalid"]}
    assert found["notes"] == ["time of the last change of 3 records is no moment: not used"]
    assert found["remarks"] == [
        {
            "code": "not_used",
            "field": "modified_at",
            "values": {"number": 3, "fault": "not_a_time", "found": "text_no_time"},
        }
    ]
    assert found["notes"][0] in told.err


def test_what_makes_a_file_less_than_the_whole_is_told(muster: Muster, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes("sourcedId,enabledUser,role,givenName\n1,true,student,Zoé\n".encode("cp1252"))
    told = muster("classify", tmp_path, "--exit-zero")
    for said in ("users.csv is not UTF-8", "classes.csv: it is not in the package", "enrollments.csv: it is not in"):
        assert said in told.err


def test_ndjson_holds_a_decision_a_line(muster: Muster, records: Path) -> None:
    lines = muster("classify", records, "--format", "ndjson").out.splitlines()
    assert [json.loads(line)["source_id"] for line in lines] == ["7", "8", "9", "C1"]


def test_csv_opens_in_a_spreadsheet(muster: Muster, records: Path) -> None:
    text = muster("classify", records, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["verdict"] for row in rows] == ["sync", "flag", "flag", "skip"]
    assert rows[1]["fix_in"] == "source"


def test_a_customers_own_rules_decide(muster: Muster, tmp_path: Path) -> None:
    path = tmp_path / "norvane.ndjson"
    path.write_bytes(ndjson(samples("norvane", NOON)))
    told = muster("classify", path, "--customer", "norvane", "--as-of", "2026-11-20T13:00+01:00")
    assert "session.jury" in told.out
    assert "learner.outside_segment" in told.out
    assert "Campus Norvane's rules" in told.err


def test_twenty_flagged_records_are_shown_unless_all_are_asked_for(muster: Muster, tmp_path: Path) -> None:
    path = tmp_path / "many.ndjson"
    lines = [{"kind": "learner", "source_id": str(number), "last_name": "Okparo"} for number in range(30)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    bounded = muster("classify", path)
    assert bounded.out.count("learner.email_missing\n") == 20
    assert "10 more flagged records: --all shows them" in bounded.err
    assert muster("classify", path, "--all").out.count("learner.email_missing\n") == 30


def test_the_status_is_one_when_something_is_flagged(muster: Muster, records: Path, tmp_path: Path) -> None:
    well = tmp_path / "well.ndjson"
    well.write_text(json.dumps(RECORDS[0]), encoding="utf-8")
    assert muster("classify", well).status == 0
    assert muster("classify", records).status == 1
    assert muster("classify", records, "--exit-zero").status == 0


def test_a_file_of_learners_alone_does_not_miss_their_sessions(muster: Muster, records: Path) -> None:
    assert "no_session_in_window" not in muster("classify", records).out


def test_wrong_use_is_told_in_a_sentence(muster: Muster, records: Path) -> None:
    for arguments, said in (
        (("nowhere.csv",), "There is no file or folder nowhere.csv"),
        ((records, "--customer", "acme"), "Wanted one of: harbour, norvane"),
        ((records, "--as-of", "tomorrow"), "Write a day such as"),
        ((records, "--rules", "nowhere"), "There is no folder nowhere"),
        ((), "Missing argument"),
    ):
        told = muster("classify", *arguments)
        assert (told.status, told.out) == (2, "")
        assert said in told.err


def test_a_file_of_no_known_kind_is_refused_without_its_contents(muster: Muster, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("nom;prenom\nVasserot;Elia\n", encoding="utf-8")
    told = muster("classify", path)
    assert (told.status, told.out) == (1, "")
    assert "Vasserot" not in told.err
    assert "people.csv" in told.err


def test_broken_rules_are_told_at_their_place(muster: Muster, records: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.yaml").write_text("name: Acme\nlanguage: fr\nzone: Mars/Olympus\n", encoding="utf-8")
    told = muster("classify", records, "--rules", folder.parent, "--customer", "acme")
    assert (told.status, told.out) == (1, "")
    assert "acme.yaml:3:7" in told.err


def test_a_record_of_a_file_is_explained(muster: Muster, records: Path) -> None:
    told = muster("explain", "base", "learner", "8", "--file", records, "--language", "en")
    assert told.status == 0
    assert told.out.splitlines()[0] == "learner 8 (Moussa Diombassé): flagged, by learner.email_missing"
    assert "✓ email address is missing" in told.out
    assert "would sync if email address is given" in told.out
    assert "rules/base/learner.yaml:" in told.out


def test_a_record_that_the_file_lacks_is_wrong_use(muster: Muster, records: Path) -> None:
    told = muster("explain", "base", "learner", "99", "--file", records)
    assert (told.status, told.out) == (2, "")
    assert "kinds decided there: class, learner" in told.err


def test_as_of_without_a_file_is_wrong_use(muster: Muster) -> None:
    assert muster("explain", "norvane", "learner", "99", "--as-of", "2026-11-21").status == 2


def test_what_records_name_and_the_file_lacks_is_told_beside_them(muster: Muster, tmp_path: Path) -> None:
    lesson = {
        "kind": "session",
        "source_id": "S-1",
        "name": "Algebra",
        "starts_at": "2026-11-24T10:00:00+01:00",
        "ends_at": "2026-11-24T12:00:00+01:00",
        "instructor_ids": ["I-1"],
        "learner_ids": ["7", "8", "007"],
    }
    path = tmp_path / "lesson.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in (*RECORDS[:1], lesson)), encoding="utf-8")
    told = muster("classify", path, "--as-of", "2026-11-21")
    assert told.status == 1
    assert "learner 8  record.never_received" in told.out
    assert "Did you mean Elia Vasserot (id 7)?" in told.out
    # It holds no instructor, so that none is missed in it.
    assert "instructor I-1" not in told.out
    assert "2 records decided by " in told.err
    assert "Ids that they name and that were not sent: 2." in told.err
    found = json.loads(muster("classify", path, "--as-of", "2026-11-21", "--format", "json").out)
    assert (sum(found["counts"].values()), len(found["decisions"])) == (2, 2)
    assert [one["source_id"] for one in found["never_received"]] == ["007", "8"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_comes_later_and_has_something_else_in_its_way_is_not_told_to_come_by_itself(
    muster: Muster, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "records.ndjson"
    person = {"kind": "learner", "source_id": "L-1", "first_name": "Di", "last_name": "Orm"}
    far = {"name": "Algebra", "starts_at": "2027-01-23T09:00:00+01:00", "ends_at": "2027-01-23T10:00:00+01:00"}
    teacher = {"kind": "instructor", "source_id": "I-1", "first_name": "Ada", "last_name": "Nils"}
    later = [
        person | {"source_id": "L-2", "email": "cy@example.org", "first_name": "Cy"},
        person,
        teacher | {"email": "ada@example.org"},
        {"kind": "session", "source_id": "S-1", "instructor_ids": ["I-1"], "learner_ids": ["L-1", "L-2"]} | far,
        {"kind": "session", "source_id": "S-2", "learner_ids": ["L-1"]} | far,
        person | {"source_id": "L-3", "first_name": "Bo"},
    ]
    path.write_text("\n".join(map(json.dumps, later)))
    told = muster("classify", path, "--as-of", "2026-11-21", "--format", "json", "--language", language)
    said = {one["source_id"]: one for one in json.loads(told.out)["decisions"]}
    assert {one["verdict"] for one in said.values()} == {"skip"}
    for which, hindered in {"L-1": True, "L-2": False, "L-3": True, "S-1": False, "S-2": True}.items():
        one = said[which]
        assert bool(one["also"]) is hindered, which
        assert one["fix"].startswith({"en": "Put right what else", "fr": "Corrigez ce qui"}[language]) is hindered
        assert one["fix"].startswith({"en": "Nothing to do", "fr": "Rien à faire"}[language]) is not hindered
