"""What is Ypareo's own: rows of one person, French days, local clocks, rights given path by path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Fetch, Refused, Window
from connectors.registry import catalogue
from connectors.ypareo.options import PROVIDES
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse
from engine.records.kinds import Contract, Instructor, Learner, Record, Session
from tests.connectors.fakes.ypareo import CASES, ENVIRON, application, sample
from tests.connectors.serving import served
from tests.connectors.trying import WINDOW, Tried, filled, noted, opened, unread_in

PLAIN = CASES["as it comes"]


def read(app: Any = None, window: Window = WINDOW, **options: Any) -> Tried:
    fetch = Fetch()
    slept: list[float] = []
    with served(app or application()) as url:
        written = filled({**PLAIN, **options}, {"url": url})
        connector = opened(catalogue()["ypareo"], written, ENVIRON, Path(), slept)
        return Tried(list(connector.records(window, fetch)), fetch, slept)


def of(kind: type[Record], tried: Tried) -> dict[str, Any]:
    return {record.source_id: record for record in tried.records if type(record) is kind}


def around(day: date) -> Window:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Window(midnight.replace(day=day.day - 2), midnight.replace(day=day.day + 2))


def test_a_learner_enrolled_twice_is_one_person_in_both_groups() -> None:
    elia = of(Learner, read())["20881"]
    assert elia.groups == ("501", "502")
    # One enrolment ends, the other goes on.
    assert elia.left_on is None


def test_a_learner_leaves_with_the_last_day_of_the_last_enrolment_that_runs() -> None:
    assert of(Learner, read())["20883"].left_on == date(2026, 12, 18)


def test_a_learner_and_an_instructor_may_have_the_same_code() -> None:
    found = read()
    assert of(Learner, found)["318"].last_name == "NDAO"
    assert of(Instructor, found)["318"].last_name == "Quist"


def test_days_are_read_with_the_day_first() -> None:
    assert of(Learner, read())["20883"].birth_date == date(2006, 2, 1)


def test_staff_who_do_not_teach_are_told_apart() -> None:
    assert [one.teaching for one in of(Instructor, read()).values()] == [True, True, False]


@pytest.mark.parametrize(
    ("change", "times"),
    [
        (date(2026, 10, 25), {"900001": (7, 10), "900002": (23, 3), "900003": (8, 11)}),
        (date(2027, 3, 28), {"900004": (8, 11), "900005": (0, 2), "900006": (7, 10)}),
    ],
)
def test_a_session_keeps_its_local_clock_on_both_sides_of_a_change_and_across_it(
    change: date, times: Mapping[str, tuple[int, int]]
) -> None:
    found = of(Session, read(window=around(change)))
    assert {key: (one.starts_at.hour, one.ends_at.hour) for key, one in found.items()} == times


@pytest.mark.parametrize(
    ("options", "email", "secondary"),
    [
        ({}, "elia.vasserot@example.org", "elia.maison@example.org"),
        ({"address": 2}, "elia.maison@example.org", "elia.vasserot@example.org"),
        ({"email": "professional"}, "e.vasserot@norvane.example.org", "elia.vasserot@example.org"),
        ({"professional_email": "adresse2.email", "email": "professional"}, "elia.maison@example.org", None),
    ],
)
def test_the_customer_says_which_address_is_synced(options: dict[str, Any], email: str, secondary: str | None) -> None:
    elia = of(Learner, read(**options))["20881"]
    assert elia.email == email
    assert secondary is None or elia.secondary_email == secondary


def test_a_chosen_address_that_is_empty_is_not_replaced_by_another() -> None:
    maud = of(Learner, read(email="professional"))["318"]
    assert (maud.email, maud.secondary_email) == (None, "Sami.Ndao@example.org")


def test_learners_are_not_given_without_the_list_that_holds_their_address() -> None:
    found = read(application(denied=["utilisateur/apprenants"]), email="professional")
    assert of(Learner, found) == {}
    assert of(Session, found)
    assert [(type(error), error.status) for error in found.fetch.partial] == [(Refused, 403)]


def test_one_session_of_two_groups_is_given_once_and_each_group_is_asked_alone() -> None:
    asked: list[str] = []
    found = read(application(asked=asked))
    assert len([one for one in found.records if one.source_id == "904413"]) == 1
    plannings = sorted(each for each in asked if each.startswith("planning"))
    assert plannings == [f"planning/23-11-2026/06-12-2026/groupes/{group}" for group in (501, 502, 503)]
    assert noted(found.fetch) == ["groups not asked for sessions, as they end before or begin after: 1"]


def test_lists_come_as_arrays_objects_or_with_commas() -> None:
    hygiene = of(Session, read())["904413"]
    assert hygiene.instructor_ids == ("318", "319")
    assert hygiene.learner_ids == ("20881", "20883")
    arrays = read(application(groups=list(sample("groups").values()), staff=list(sample("staff").values())))
    assert arrays.records == read().records


def test_sites_and_periods_narrow_learners_and_groups() -> None:
    asked: list[str] = []
    read(application(asked=asked), sites=["1", "2"], periods=["12"])
    narrowed = {each.partition("?")[0]: each.partition("?")[2] for each in asked if "?" in each}
    query = "codesSite=1%2C2&codesPeriode=12"
    assert narrowed == {"formation-longue/apprenants": query, "formation-longue/groupes": query}


def test_a_site_without_a_code_is_looked_up_by_its_name() -> None:
    found = of(Learner, read())
    assert found["20882"].segment_keys == {"place": ("Nantes",), "site_code": ("2",), "sector": ("Commerce",)}


def test_states_and_rooms_are_in_the_customers_words() -> None:
    found = of(Session, read(**CASES["states, rooms and structures"]))
    assert [one.status for one in found.values()] == ["validated", "pending", "cancelled"]
    assert found["904412"].training_status == "Confirmée"
    assert found["904412"].room == "B204, B206"
    assert of(Learner, read(**CASES["states, rooms and structures"]))["20881"].segment_keys["structure_id"] == (
        "UAI-35",
    )


def test_a_state_without_a_meaning_is_told_and_the_others_go_on() -> None:
    found = read(session_state="etatSeance.libelle", session_states={"Validée": "validated"})
    assert unread_in(found.records) == {"904413": ["status"], "904414": ["status"]}


def test_a_contract_has_its_company_and_the_tutor_it_names_and_nobody_is_guessed() -> None:
    found = of(Contract, read())
    assert (found["5001"].company, found["5001"].tutor_name) == ("Atelier Norvane", "Ruth Norvane")
    # The only person of the company.
    assert found["5002"].tutor_email == "guy@example.org"
    # Two people, and the contract names none.
    assert found["5003"].tutor_name is None
    assert found["4001"].terminated_on == date(2026, 6, 15)


def test_the_company_of_a_learner_is_that_of_the_contract_in_force() -> None:
    assert of(Learner, read())["20881"].company == "Atelier Norvane"


@pytest.mark.parametrize(
    ("denied", "missing"),
    [
        ("formation-longue/apprenants", Learner),
        ("utilisateur/personnels", Instructor),
        ("planning/", Session),
        ("formation-longue/groupes", Session),
        ("contrats", Contract),
    ],
)
def test_a_right_that_is_missing_takes_its_own_part_and_is_told(denied: str, missing: type[Record]) -> None:
    whole, found = read(), read(application(denied=[denied]))
    assert of(missing, found) == {}
    assert {type(one) for one in found.records} == {type(one) for one in whole.records} - {missing}
    assert [(type(error), error.status) for error in found.fetch.partial] == [(Refused, 403)]


def test_one_group_that_fails_is_left_out_and_a_planning_that_is_refused_is_asked_once() -> None:
    found = read(application(denied=["planning/23-11-2026/06-12-2026/groupes/502"]))
    # 502 is refused, and as rights are for a whole call no further group is asked.
    assert set(of(Session, found)) == {"904412", "904413"}
    assert len(found.fetch.partial) == 1


def test_a_list_without_learners_is_told_and_not_taken_for_an_empty_school() -> None:
    found = read(application(learners={"0": {}}))
    assert len(found.fetch.invalid) == 1
    empty = read(application(learners=_Empty()))
    assert of(Learner, empty) == {}
    assert ["no learners" in str(error) for error in empty.fetch.partial] == [True]


class _Empty(list[Any]):
    """An empty list that the fake takes for something given."""

    def __bool__(self) -> bool:
        return True


def test_what_cannot_be_read_is_told_by_its_code() -> None:
    late = [{**each, "heureFin": "midi"} if each["codeSeance"] == 904412 else each for each in sample("sessions")]
    found = read(application(sessions=late))
    assert unread_in(found.records) == {"904412": ["ends_at"]}


def test_it_gives_only_what_the_customers_options_make_it_read() -> None:
    def given(**options: Any) -> Mapping[str, frozenset[str]]:
        return ConnectorUse(catalogue()["ypareo"], options, Place("norvane.yaml")).gives

    assert "status" not in given()["session"]
    assert given(session_state="etat", training_state="action") == PROVIDES
    assert "contract" not in given(without=["contracts"])
    assert "company" not in given(without=["contracts"])["learner"]
    assert "company" in given(without=["tutors"])["learner"]
    assert "tutor_email" not in given(without=["tutors"])["contract"]
    assert set(given(without=["planning", "staff"])) == {"learner", "contract"}
    read_without = read(**CASES["the second address"])
    for record in read_without.records:
        assert not getattr(record, "tutor_name", None)
