"""SC-Form: enrolled people and humans, hours of one person, days the other way round, rights that are missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import ConnectorError, Fetch, Garbled, Refused, Unavailable
from connectors.sc_form.sessions import Sessions
from connectors.sc_form.shapes import Meeting, Slot
from engine.records.kinds import Record, kind_of
from engine.relations.neighbourhood import Situation
from tests.connectors.fakes import sc_form as fake
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, json, notes, page, status
from tests.connectors.trying import SAMPLED, WINDOW, filled, opened, read


def asked(spoiled: Spoiled | None = None, **options: Any) -> tuple[Situation, list[Record], Fetch]:
    fetch = Fetch()
    application = fake.application()
    with served(spoiled(application) if spoiled else application) as url:
        merged = filled({**fake.OPTIONS, **options}, {"url": url})
        connector = opened(SAMPLED["sc-form"].spec, merged, fake.ENVIRON, Path(), [])
        found = list(connector.records(WINDOW, fetch))
    return Situation(found), found, fetch


def session(day: str, debut: str, fin: str, **more: Any) -> dict[str, Any]:
    raw = Sessions("Europe/Paris", [2]).raw(Meeting(ID="S1", Date=day, Debut=debut, Fin=fin, **more), "YYYY-MM-DD", {})
    assert raw is not None
    return dict(raw.values)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2026-10-24", datetime(2026, 10, 24, 7, tzinfo=UTC)),
        ("2026-10-26", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        ("2027-03-27T00:00:00", datetime(2027, 3, 27, 8, tzinfo=UTC)),
        ("2027-03-29", datetime(2027, 3, 29, 7, tzinfo=UTC)),
    ],
)
def test_hours_are_wall_clock_of_the_customer(day: str, utc: datetime) -> None:
    assert session(day, "09:00:00", "12:00:00")["starts_at"] == utc


def test_a_session_across_the_change_of_clocks_has_its_real_length() -> None:
    for day, hours in (("2026-10-25", 4), ("2027-03-28", 2)):
        found = session(day, "01:00:00", "04:00:00")
        assert (found["ends_at"] - found["starts_at"]).total_seconds() == hours * 3600


def test_a_human_with_two_enrolments_is_one_learner_with_the_training_that_began_last() -> None:
    situation, found, _ = asked()
    sami: Any = situation.record("learner", "4410")
    assert (sami.training, sami.company, sami.tutor_email) == (
        "Titre pro secrétariat",
        "Atelier Norvane",
        "ruth.ferrand@example.org",
    )
    assert sami.groups == ("BUR-1", "TPS-1")
    assert sami.left_on is None
    enrolments: Any = [record for record in found if kind_of(record) == "enrolment"]
    assert [each.source_id for each in enrolments if each.person_id == "4410"] == ["9020", "9021"]
    assert situation.conflicts == {}


def test_sessions_name_humans_and_not_their_enrolments() -> None:
    situation, _, _ = asked()
    meeting: Any = situation.record("session", "S70881")
    assert meeting.learner_ids == ("4410", "19")
    assert {each.source_id for each in situation.related(meeting, "learners")} == {"4410", "19"}
    (lou,) = situation.related(meeting, "instructors")
    assert (lou.source_id, lou.email) == ("19", "lou.harvey@example.org")  # type: ignore[attr-defined]


def test_hours_in_the_company_are_no_sheet_and_nobody_on_one() -> None:
    situation, _, fetch = asked()
    assert situation.record("session", "S70882") is None
    assert "4411" not in situation.record("session", "S70881").learner_ids  # type: ignore[union-attr]
    assert "Type_Seance 3) and have no sheet: 1." in notes(fetch)


def test_hours_of_one_person_inside_a_session_are_counted_and_the_session_keeps_its_own() -> None:
    situation, _, fetch = asked()
    meeting: Any = situation.record("session", "S70881")
    assert meeting.ends_at == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert "the sheet has the session's: 1." in notes(fetch)


def test_self_study_is_remote_unless_the_customer_says_otherwise() -> None:
    remote: Any = asked()[0].record("session", "S70883")
    local: Any = asked(remote_types=[])[0].record("session", "S70883")
    assert (remote.remote, local.remote) == (True, False)
    both = [Slot(Type_Seance=1), Slot(Type_Seance=2)]
    assert session("2026-11-24", "09:00:00", "12:00:00", Seances_Persos=both)["remote"] is None
    assert session("2026-11-24", "09:00:00", "12:00:00")["remote"] is None


def test_a_company_that_writes_days_the_other_way_round_is_asked_and_read_so() -> None:
    """Its sample says 2026-01-12 for the first of December."""
    situation, _, _ = asked()
    meeting: Any = situation.record("session", "S80001")
    assert meeting.starts_at == datetime(2026, 12, 1, 7, tzinfo=UTC)
    mina: Any = next(each for each in asked()[1] if each.source_id == "9100")
    assert mina.begins_on == date(2026, 9, 1)


def test_asked_in_the_wrong_order_the_company_is_told_and_the_others_are_read() -> None:
    situation, _, fetch = asked(days={})
    assert situation.record("session", "S80001") is None
    assert situation.record("session", "S70881") is not None
    assert [error.failure.call for error in fetch.partial] == ["PresenceSta/GetSeance"]


def test_an_empty_list_may_be_a_missing_right_and_is_noted() -> None:
    _, _, fetch = asked()
    assert "PresenceSta/GetSeance gave nothing for company (and sector) 3" in notes(fetch)
    assert fetch.partial == []
    assert "sector) 1 T2" in notes(read("sc-form", "one company by sector").fetch)


def test_that_nobody_has_a_company_is_noted_as_a_missing_right() -> None:
    assert "No enrolled person has a company" in notes(asked(companies=["2"])[2])
    assert "No enrolled person has a company" not in notes(asked()[2])


def test_a_user_who_sees_no_company_is_refused() -> None:
    with pytest.raises(Refused, match="gives no company"):
        asked(Spoiled("GetEntite", json("[]")))


def test_the_personal_address_may_come_first() -> None:
    lou: Any = asked(mail="personal")[0].record("instructor", "19")
    assert (lou.email, lou.secondary_email) == ("lou@example.com", "lou.harvey@example.org")
    assert asked()[0].record("learner", "4411").email == "mina@example.com"  # type: ignore[union-attr]


def test_company_and_sector_are_segment_keys() -> None:
    situation = Situation(read("sc-form", "one company by sector").records)
    meeting: Any = situation.record("session", "S70881")
    assert meeting.segment_keys == {"company": ("1",), "sector": ("T1",)}
    lou: Any = asked()[0].record("instructor", "19")
    assert set(lou.segment_keys["company"]) == {"1", "2"}


def test_an_instructor_of_no_list_comes_from_the_session_and_a_bare_name_does_not() -> None:
    situation, _, _ = asked()
    assert situation.record("instructor", "20").email == "ines.barou@example.org"  # type: ignore[union-attr]
    assert situation.record("learner", "4500") is None


def test_without_the_right_to_sessions_people_are_read() -> None:
    _, found, fetch = asked(Spoiled("GetSeance", status(403)))
    assert {kind_of(record) for record in found} == {"instructor", "enrolment", "learner"}
    assert {(error.failure.call, error.status) for error in fetch.partial} == {("PresenceSta/GetSeance", 403)}


def test_who_asks_too_often_or_meets_an_ill_system_asks_again() -> None:
    for fault in (status(429, **{"retry-after": "3"}), status(500), cut):
        _, found, fetch = asked(Spoiled("GetSeance", fault, 1))
        assert found
        assert fetch.partial == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(status(401), Refused), (status(503), Unavailable), (cut, Unavailable), (page(), Refused), (json("{}"), Garbled)],
)
def test_a_fault_of_the_first_call_is_the_end(fault: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(error):
        asked(Spoiled("GetEntite", fault))


def test_sessions_are_asked_for_by_the_days_of_the_window() -> None:
    spoiled = Spoiled("nowhere", cut)
    asked(spoiled, companies=["1"])
    assert spoiled.asked[-1] == (
        "/GaliaEDC/API/PresenceSta/GetSeance?IDSociete=1&Debut=2026-11-23&Fin=2026-12-06&Vue=ACTION"
    )
