"""What is Hyperplanning's own: columns, local time that says it is UTC, parents and placed sessions, faults."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import ConnectorError, Fetch, Garbled, Refused, Unavailable, Window
from connectors.hyperplanning.normal import group_names, promotions_of
from connectors.registry import catalogue
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse
from engine.records.kinds import Class, Instructor, Learner, Record, Session, kind_of
from tests.connectors.fakes.hyperplanning import CASES, ENVIRON, SAMPLE, application
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, page, status
from tests.connectors.trying import WINDOW, Answering, Tried, opened, unread_in

SOAP = "/hpsw/soap/PortDonnees"
EARLY, LATE = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)


def school() -> Any:
    return json.loads(SAMPLE.read_text())


def read(app: Any = None, case: str = "all", window: Window = WINDOW, **options: Any) -> Tried:
    """One fetch; what was partial stays in `fetch`."""
    fetch, slept = Fetch(), list[float]()
    with served(app or application()) as url:
        connector = opened(catalogue()["hyperplanning"], {**CASES[case], "url": url, **options}, ENVIRON, Path(), slept)
        return Tried(list(connector.records(window, fetch)), fetch, slept)


def of(kind: type[Record], tried: Tried) -> dict[str, Any]:
    return {record.source_id: record for record in tried.records if type(record) is kind}


def kinds(tried: Tried) -> set[str]:
    return {kind_of(record) for record in tried.records}


def placed(*seances: tuple[str, str]) -> Any:
    """A school with one course, placed at these times for these fractions of a day."""
    found = school()
    found["annules"] = []
    found["cours"] = {
        "1": found["cours"]["55122"] | {"seances": [{"debut": start, "duree": length} for start, length in seances]}
    }
    return found


def hours(tried: Tried) -> dict[str, tuple[str, str]]:
    return {key: (f"{one.starts_at:%d %H:%M}", f"{one.ends_at:%d %H:%M}") for key, one in of(Session, tried).items()}


@pytest.mark.parametrize("case", CASES)
def test_a_course_is_as_many_sessions_as_it_is_placed_in_the_window(case: str) -> None:
    found = of(Session, read(case=case))
    assert [key for key in found if key.startswith("55120")] == ["55120:202611240900", "55120:202612010900"]
    assert {one.mis_id for key, one in found.items() if key.startswith("55120")} == {"55120"}


def test_a_parent_course_gives_no_session_for_its_children_do() -> None:
    assert not [key for key in of(Session, read()) if key.startswith("55100")]


def test_times_that_say_utc_are_local_on_both_sides_of_both_changes_and_across_them() -> None:
    days = ["2026-10-23", "2026-10-26", "2027-03-26", "2027-03-29"]
    seances = [(f"{each}T09:00:00Z", "0.125") for each in days]
    seances += [("2026-10-25T01:00:00Z", "0.125"), ("2027-03-28T01:00:00Z", "0.125")]
    found = hours(read(application(placed(*seances)), window=Window(EARLY, LATE)))
    assert found == {
        "1:202610230900": ("23 07:00", "23 10:00"),
        "1:202610260900": ("26 08:00", "26 11:00"),
        "1:202703260900": ("26 08:00", "26 11:00"),
        "1:202703290900": ("29 07:00", "29 10:00"),
        # From one to four by the clock on the wall: four hours in October, two in March.
        "1:202610250100": ("24 23:00", "25 03:00"),
        "1:202703280100": ("28 00:00", "28 02:00"),
    }


@pytest.mark.parametrize("length", ["0.0833333333333333", "0,0833333333333333", "0.083333"])
def test_fractions_of_a_day_are_whole_minutes(length: str) -> None:
    found = hours(read(application(placed(("2026-11-24T09:00:00Z", length)))))
    assert found == {"1:202611240900": ("24 08:00", "24 10:00")}


def test_a_start_or_a_length_that_cannot_be_read_is_told_and_not_lost() -> None:
    found = read(application(placed(("demain", "0.125"), ("2026-11-24T09:00:00Z", "longtemps"))))
    assert unread_in(found.records) == {"1:202611240900": ["ends_at"]}
    assert [(one.kind, one.source_id) for one in found.fetch.invalid] == [("session", "cours 1")]
    assert "demain" not in repr(found.fetch.invalid)


def test_the_instructors_are_those_of_the_very_session() -> None:
    found = of(Session, read())
    assert found["55120:202611240900"].instructor_ids == ("41",)
    assert found["55120:202612010900"].instructor_ids == ("45", "41")
    assert found["55122:202611260830"].instructor_ids == ()


def test_where_sessions_tell_less_the_course_tells_the_rest() -> None:
    found = of(Session, read(case="older year"))
    assert found["55120:202612010900"].instructor_ids == ("41",)
    assert found["55120:202612010900"].room == "B204, Amphi 1"
    assert found["55121:202611251400"].remote is True
    assert found["55121:202611251400"].name == "Droit"
    assert found["55120:202612010900"].name == "Statistiques appliquées"
    assert found["55120:202612010900"].families == ("Évalué",)


def test_a_cancelled_session_says_so() -> None:
    found = of(Session, read())
    assert {key: one.status for key, one in found.items() if one.status} == {"55123:202611271000": "cancelled"}


def test_a_session_that_is_placed_and_cancelled_is_one_and_cancelled() -> None:
    both = school()
    both["annules"] = [{"cours": "55120", "debut": "2026-11-24T09:00:00Z", "duree": "0.125"}]
    found = [one for one in read(application(both)).records if one.source_id == "55120:202611240900"]
    assert [getattr(one, "status", None) for one in found] == ["cancelled"]


def test_one_integer_is_a_learner_an_instructor_a_promotion_and_a_joined_group() -> None:
    found = read()
    assert (of(Learner, found)["41"].last_name, of(Instructor, found)["41"].last_name) == ("TALMONT", "DELORGE")
    assert of(Learner, found)["41"].groups == ("promotion:3", "td:17", "joined:3")
    assert {key: one.name for key, one in of(Class, found).items()} == {
        "promotion:3": "B1",
        "td:17": "<B1> gr2.1",
        "joined:3": "[B1 gr1.1]",
        "td:18": "<B1> gr2.2",
        "promotion:4": "B2",
    }


def test_families_and_section_are_what_learners_are_segmented_by() -> None:
    found = of(Learner, read())
    assert found["41"].segment_keys == {"family": ("Alternance",), "section": ("B1",)}
    assert found["43"].segment_keys == {"section": ("B1", "B2")}
    assert found["44"].families == ("Alternance", "Rennes")
    assert of(Learner, read(learner_families=["site"]))["44"].families == ("Rennes",)
    assert of(Learner, read(learner_families=[]))["44"].families == ()


def test_a_family_that_is_misspelt_is_refused_and_not_read_as_nobody_being_in_it() -> None:
    found = read(learner_families=["Rhytme"])
    assert "learner" not in kinds(found)
    assert "there is no family named Rhytme" in str(found.fetch.partial[0])


def test_an_absent_value_keeps_its_place_in_the_column() -> None:
    found = of(Learner, read())
    assert [found[key].email for key in ("41", "42", "43", "44")] == [
        *("ines.talmont@example.org", "mina.okparo@example.org", None, "anna.lindqvist@example.org"),
    ]
    assert [found[key].birth_date for key in ("41", "43")] == [date(2005, 5, 14), None]


def test_a_column_with_a_value_too_few_is_refused_whole() -> None:
    """Else every address after the gap would be the next person's."""
    found = read(application(short="EMailsTableauDEtudiants"))
    assert "learner" not in kinds(found)
    assert {"instructor", "session"} <= kinds(found)
    assert [type(error) for error in found.fetch.partial] == [Garbled]
    assert "there are 3 values for 4 keys" in str(found.fetch.partial[0])


def test_calls_that_a_school_has_not_are_noted_once_and_the_rest_is_read() -> None:
    found = read(case="older year")
    assert found.fetch.partial == []
    assert len(found.fetch.notes) == 4
    assert {"learner", "instructor", "session", "class"} == kinds(found)
    silent = {"learner_phones": None, "learner_options": None, "session_joined": None, "cancelled": None}
    assert read(case="older year", calls=silent).fetch.notes == []


def test_what_is_asked_for_only_with_an_option_is_not_provided_without_it() -> None:
    def gives(**options: Any) -> Any:
        return ConnectorUse(catalogue()["hyperplanning"], options, Place("fake.yaml")).gives

    assert {"remote", "families"}.isdisjoint(gives()["session"])
    assert {"remote", "families"} <= gives(remote_types=["TD"], session_families=["Site"])["session"]
    assert {"phone", "families"} <= gives()["learner"]
    assert {"phone", "families"}.isdisjoint(gives(learner_families=[], calls={"learner_phones": None})["learner"])


def test_a_school_is_asked_in_batches_and_not_key_by_key() -> None:
    many = school()
    learner = many["etudiants"]["44"]
    many["etudiants"] = {str(key): learner | {"email": f"learner{key}@example.org"} for key in range(1, 602)}
    spy = Spoiled("/nothing", status(500))
    found = read(spy(application(many)), learner_families=[])
    assert len(of(Learner, found)) == 601
    assert of(Learner, found)["601"].email == "learner601@example.org"
    # Three calls for the groups of each learner, and five columns in two batches.
    assert len(spy.asked) < 601 * 3 + 5 * 2 + 80


# What may go wrong


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        ("TousLesEtudiants", {"learner"}),
        ("PromotionsEtudiant", set()),
        ("TousLesEnseignants", {"instructor"}),
        ("TousLesCoursEntre2Dates", {"session"}),
        ("CoursAnnulesEntre2Dates", set()),
        ("LibellesTableauDeMatieres", {"session"}),
        ("NomTDOption", {"class"}),
    ],
)
def test_a_right_that_is_missing_costs_its_part_only_and_is_named(refused: str, missing: set[str]) -> None:
    found = read(application(refused=(refused,)))
    assert {"learner", "instructor", "session", "class"} - kinds(found) >= missing
    assert {"instructor", "learner"} & kinds(found)
    assert [(type(error).__mro__[1], error.failure.call) for error in found.fetch.partial] == [(Refused, refused)]
    assert "anna" not in repr(found.fetch.partial)


def test_a_course_that_is_gone_between_two_calls_costs_that_course_only() -> None:
    gone = school()
    gone["cours"]["55121"]["etudiants"] = None
    found = read(application(gone))
    assert not [key for key in of(Session, found) if key.startswith("55121")]
    assert len(of(Session, found)) == 4
    assert len(found.fetch.partial) == 1


def test_when_every_course_is_refused_the_right_is_missing_and_no_more_is_asked() -> None:
    many = school()
    many |= {"annules": [], "cours": {str(key): many["cours"]["55122"] for key in range(1, 101)}}
    spy = Spoiled("/nothing", status(500))
    found = read(spy(application(many, refused=("EtudiantsDuCours",))))
    assert of(Session, found) == {}
    assert [error.failure.call for error in found.fetch.partial] == ["EtudiantsDuCours"]
    assert len(spy.asked) < 300


def test_when_all_is_refused_the_fetch_is_too() -> None:
    calls = ("TousLesEtudiants", "TousLesEnseignants", "TousLesCoursEntre2Dates", "CoursAnnulesEntre2Dates")
    with pytest.raises(Refused, match="TousLesEtudiants"):
        read(application(refused=calls))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(401), Refused),
        (status(403), Refused),
        (status(503), Unavailable),
        (page(), Garbled),
        (Answering(200, b"<s:Envelope xmlns:s='x'>", "text/xml")(None), Garbled),
        (Answering(200, b"<reponse/>", "text/xml")(None), Garbled),
    ],
)
@pytest.mark.parametrize("path", ["/hpsw/wsdl", SOAP])
def test_a_server_that_does_not_answer_well_is_named_by_what_to_do(path: str, fault: Any, error: Any) -> None:
    with pytest.raises(ConnectorError) as caught:
        read(Spoiled(path, fault)(application()))
    assert isinstance(caught.value, error)


def test_a_server_that_is_busy_or_ill_for_a_moment_is_asked_again() -> None:
    well = read()
    for fault in (status(429, **{"Retry-After": "7"}), status(500), status(503)):
        found = read(Spoiled(SOAP, fault, 2)(application()))
        assert found.records == well.records
        assert found.fetch.partial == []
        assert len(found.slept) == 2
    assert 7 in read(Spoiled(SOAP, status(429, **{"Retry-After": "7"}), 1)(application())).slept


def test_an_empty_school_gives_nothing_and_fails_nothing() -> None:
    empty = {name: {} for name in school()} | {"annules": []}
    found = read(application(empty))
    assert (found.records, found.fetch.partial) == ([], [])


def test_the_password_and_the_address_stand_in_no_error() -> None:
    with served(Spoiled(SOAP, status(403))(application())) as url:
        connector = opened(catalogue()["hyperplanning"], {**CASES["all"], "url": url}, ENVIRON, Path(), [])
        with pytest.raises(Refused) as caught:
            list(connector.records(WINDOW, Fetch()))
        assert url not in str(caught.value)
    assert "invented-password" not in repr(caught.value)


# The grammar of groups that the three ways in share


@pytest.mark.parametrize(
    ("cell", "groups"),
    [
        ("", []),
        ("B1", ["B1"]),
        ("B1, B2,B1", ["B1", "B2"]),
        ("< B1 > gr2.1", ["<B1> gr2.1"]),
        ("<B1>gr2.1, < B1 >  gr3", ["<B1>gr2.1", "<B1> gr3"]),
        ("[ B1 gr1.1],  [ B1 sans gr2.2]", ["[B1 gr1.1]", "[B1 sans gr2.2]"]),
        ("[ B1, B2 gr4 ], Espagnol", ["[B1, B2 gr4]", "Espagnol"]),
        ("< M1, droit > gr1", ["<M1, droit> gr1"]),
        ("< B1 gr2", ["B1 gr2"]),
    ],
)
def test_groups_are_separated_by_commas_outside_of_brackets(cell: str, groups: list[str]) -> None:
    assert group_names(cell) == groups


def test_a_group_tells_its_promotion() -> None:
    assert promotions_of(["B1", "<B1> gr2.1", "<B2> gr1", "[B1 gr1.1]"]) == ["B1", "B2"]
