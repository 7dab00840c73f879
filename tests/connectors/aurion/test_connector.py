"""Favourites of Aurion and Auriga: whose time it is, what is a place-holder, whom a number means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.aurion.connector import given
from connectors.contract import ConnectorError, Fetch, Refused, Unavailable
from engine.records.kinds import Record, kind_of
from engine.relations.neighbourhood import Situation
from tests.connectors.fakes import aurion as fake
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, page, status
from tests.connectors.trying import SAMPLED, WINDOW, noted, opened, read

MAP = {"session": {"source_id": "id", "name": "libelle", "starts_at": "debut", "ends_at": "fin"}}
ONE = {"favourites": {"8412": "planning"}, "columns": {"planning": MAP}}


def sessions(folder: Path, text: str, **options: Any) -> tuple[list[Any], Fetch]:
    (folder / "8412.csv").write_text(text)
    fetch = Fetch()
    connector = opened(SAMPLED["aurion"].spec, {"path": "8412.csv", **ONE, **options}, {}, folder, [])
    return list(connector.records(WINDOW, fetch)), fetch


def by_address(spoiled: Spoiled | None = None, **options: Any) -> tuple[list[Record], Fetch]:
    fetch = Fetch()
    application = fake.application()
    with served(spoiled(application) if spoiled else application) as url:
        merged = {**fake.CASES["one favourite by address"], "url": url, **options}
        connector = opened(SAMPLED["aurion"].spec, merged, fake.ENVIRON, Path(), [])
        return list(connector.records(WINDOW, fetch)), fetch


@pytest.mark.parametrize(
    ("generation", "text", "utc"),
    [
        ("aurion", "2026-10-24T08:00:00.000", datetime(2026, 10, 24, 6, tzinfo=UTC)),
        ("aurion", "2026-10-26T08:00:00.000", datetime(2026, 10, 26, 7, tzinfo=UTC)),
        ("aurion", "2027-03-27T08:00:00.000", datetime(2027, 3, 27, 7, tzinfo=UTC)),
        ("aurion", "2027-03-29T08:00:00.000", datetime(2027, 3, 29, 6, tzinfo=UTC)),
        ("auriga", "2026-10-26T08:00:00", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        ("auriga", "2027-03-29T08:00:00", datetime(2027, 3, 29, 8, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_of_paris_in_aurion_and_utc_in_auriga(
    generation: str, text: str, utc: datetime, tmp_path: Path
) -> None:
    (found,), _ = sessions(tmp_path, f"id,libelle,debut,fin\n1,Anglais,{text},{text}\n", generation=generation)
    assert found.starts_at == utc


def test_a_night_across_a_clock_change_has_its_real_length(tmp_path: Path) -> None:
    text = "id,libelle,debut,fin\n1,Nuit,2026-10-24T22:00:00.000,2026-10-25T04:00:00.000\n"
    (found,), _ = sessions(tmp_path, text)
    assert (found.ends_at - found.starts_at).total_seconds() == 7 * 3600


def test_a_row_without_an_id_is_a_place_holder_and_is_counted(tmp_path: Path) -> None:
    text = "id,libelle,debut,fin\n,Pause,2026-11-24T10:00,2026-11-24T10:15\nnull,Pause,,\n7,Anglais,,\n"
    found, fetch = sessions(tmp_path, text)
    assert [record.source_id for record in found] == ["7"]
    assert noted(fetch) == ["Rows left out as place-holders, since they have no id of a session: 2."]
    assert fetch.invalid == []


def test_a_favourite_is_what_a_school_is_segmented_by() -> None:
    situation = Situation(read("aurion", "two favourites as files").records)
    maud: Any = situation.record("learner", "20144")
    assert set(maud.segment_keys["favourite"]) == {"8412", "8420"}
    assert situation.record("session", "771300").segment_keys == {"favourite": ("8412",)}  # type: ignore[union-attr]


def test_one_number_may_be_a_learner_and_an_instructor() -> None:
    situation = Situation(read("aurion", "two favourites as files").records)
    learner: Any = situation.record("learner", "315")
    instructor: Any = situation.record("instructor", "315")
    assert (learner.last_name, instructor.last_name) == ("OKPARO", "KARAM")
    session: Any = situation.record("session", "771204")
    assert [each.source_id for each in situation.related(session, "instructors")] == ["315"]
    assert set(session.learner_ids) == {"20144", "315"}


def test_a_favourite_that_is_refused_is_told_and_the_others_are_read() -> None:
    found, fetch = by_address(favourites={"8412": "planning", "9999": "planning"})
    assert {kind_of(record) for record in found} == {"session", "learner", "instructor"}
    (error,) = fetch.partial
    assert (error.failure.call, error.status) == ("favoris/{favourite}", 404)
    assert str(error) == (
        "Aurion, favoris/{favourite} (9999): there is nothing at this address (404). "
        "Check the address in the customer's file."
    )


def test_where_every_favourite_is_refused_all_are_named() -> None:
    with pytest.raises(Refused) as refused:
        by_address(favourites={"9998": "planning", "9999": "planning"})
    assert refused.value.failure.about == ("9998", "9999")


def test_a_favourite_that_fails_once_is_asked_again() -> None:
    for fault in (status(500), status(429, **{"retry-after": "3"})):
        found, fetch = by_address(Spoiled("8412", fault, 1))
        assert found
        assert fetch.partial == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(status(401), Refused), (status(500), Unavailable), (cut, Unavailable), (page(), Refused), (status(200), Refused)],
)
def test_a_fault_of_the_only_favourite_is_the_end(fault: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(error):
        by_address(Spoiled("8412", fault))


def test_only_what_the_maps_fill_is_given() -> None:
    assert given(ONE) == {"session": {"source_id", "name", "starts_at", "ends_at", "segment_keys"}}


def test_a_favourite_without_a_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="column map that is not under"):
        sessions(tmp_path, "", favourites={"8412": "people"})


def test_an_address_names_nothing_but_the_favourite() -> None:
    with pytest.raises(Refused, match="not known"):
        by_address(call="favoris/{id}")
