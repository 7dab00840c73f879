"""School Data Sync: what each of its quirks becomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from connectors.contract import ConnectorContext, Fetch
from connectors.files import read_path
from connectors.sds.connector import Options, Sds
from engine.records.kinds import Learner, kind_of
from tests.connectors.oneroster.test_connector import SDS, records
from tests.connectors.trying import WINDOW


def test_sds_1_has_user_names_american_days_and_one_number_for_several_things() -> None:
    found = records(SDS / "v1")
    assert (found["learner", "44710"].email, found["learner", "44710"].birth_date) == (None, date(2012, 2, 11))
    assert found["learner", "44711"].email == "odo.vasser@example.org"
    assert (found["learner", "44711"].status, found["learner", "318"].status) == ("left", None)
    assert (found["learner", "44710"].mis_id, found["learner", "44711"].mis_id) == ("S-44710", None)
    assert (found["learner", "318"].first_name, found["instructor", "318"].first_name) == ("Pia", "Jon")
    assert (found["class", "900"].starts_on, found["class", "900"].ends_on) == (
        date(2026, 9, 1),
        date(2026, 12, 18),
    )
    assert (found["class", "901"].name, found["class", "901"].status) == (None, "ended")
    assert {("enrolment", "900:318:learner"), ("enrolment", "900:318:instructor")} <= set(found)


def test_a_domain_makes_an_address_of_a_user_name_that_is_none(tmp_path: Path) -> None:
    around = ConnectorContext(zone="Europe/Paris", data_folder=tmp_path, id_key=b"x")
    found = Sds(Options(str(SDS / "v1"), "pupils.example.org"), around).records(WINDOW, Fetch())
    people: list[Any] = [record for record in found if kind_of(record) in ("learner", "instructor")]
    assert [person.email for person in people] == [
        *("mokparo@pupils.example.org", "odo.vasser@example.org", None, "jabelard@pupils.example.org")
    ]


def test_sds_with_uk_headers_is_the_same_roster() -> None:
    found = records(SDS / "v1-uk")
    assert set(found) == {
        *(("learner", "71"), ("instructor", "71"), ("class", "S1")),
        *(("enrolment", "S1:71:learner"), ("enrolment", "S1:71:instructor")),
    }
    assert found["learner", "71"].segment_keys == {"site_code": ("9991234",)}


def test_sds_2_reads_role_words_of_any_case() -> None:
    found = records(SDS / "v2")
    assert [found["instructor", f"t-{n}"].teaching for n in (1, 2, 3)] == [True, True, False]
    assert found["person", "x-1"].role == "visitor"
    roles = [each.role for (kind, _), each in found.items() if kind == "enrolment"]
    assert roles == ["learner", "instructor", "other"]


def test_sds_2_1_reads_roles_relations_terms_and_courses() -> None:
    found = records(SDS / "v2p1")
    mina, jon = found["learner", "s-1"], found["instructor", "t-1"]
    assert (mina.tutor_email, mina.training, mina.left_on) == (*("tessa.okparo@example.org", "10", date(2027, 7, 9)),)
    assert (jon.left_on, jon.phone) == (None, "+441632960005")
    assert found["person", "n-1"].role is None
    assert {source_id for _, source_id in found} & {"f-1"} == set()
    biology = found["class", "k-1"]
    assert (biology.code, biology.subject, biology.ends_on) == ("BIO10", "Biology 10", date(2027, 7, 9))


def test_who_left_one_school_for_another_is_one_learner_and_there(tmp_path: Path) -> None:
    head = "SIS ID,School SIS ID,Username,First Name,Last Name,Status\n"
    rows = ["7,100,lbero@example.org,Lila,Bero,Inactive", "7,200,lbero@example.org,Lila,Bero,Active"]
    for name, order in (("one", rows), ("other", rows[::-1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Student.csv").write_text(head + "\n".join(order) + "\n8,100,x,Mia,Noon,Withdrawn\n")
        found = list(read_path(tmp_path / name, "Europe/Paris", Fetch()))
        assert [(one.source_id, one.status, one.segment_keys) for one in found if isinstance(one, Learner)] == [
            ("7", "active", {"site_code": ("200",)}),
            ("8", "left", {"site_code": ("100",)}),
        ]
