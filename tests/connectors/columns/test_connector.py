"""Column maps: what a customer's file says a row is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.columns.connector import given
from connectors.columns.maps import RowMap, ValueForm
from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Unavailable
from connectors.reading.ids import hashed
from engine.records.kinds import Record
from tests.connectors.fakes import columns as fake
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, json, page, status
from tests.connectors.trying import SAMPLED, WINDOW, filled, opened

AROUND = ConnectorContext("Europe/Paris", Path(), b"fake")
PERSON = {"source_id": "id", "first_name": "prenom", "last_name": "nom"}


def row(kinds: Any, cells: dict[str, Any], **written: Any) -> dict[str, dict[str, Any]]:
    """What a row becomes."""
    return {raw.kind: dict(raw.values) for raw in RowMap(kinds, ValueForm(**written), AROUND).raws(cells.get, "row:1")}


def files(folder: Path, options: dict[str, Any], **texts: str) -> tuple[list[Record], Fetch]:
    """What a connector makes of these files, `__` in a name for the dot."""
    for name, text in texts.items():
        (folder / name.replace("__", ".")).write_text(text)
    fetch = Fetch()
    connector = opened(SAMPLED["columns"].spec, {"system": "Norvane", "path": ".", **options}, {}, folder, [])
    return list(connector.records(WINDOW, fetch)), fetch


def over_http(spoiled: Spoiled | None = None, **options: Any) -> tuple[list[Any], Fetch, list[float]]:
    fetch, slept = Fetch(), []
    application = fake.application()
    with served(spoiled(application) if spoiled else application) as url:
        connector = opened(
            SAMPLED["columns"].spec, filled({**fake.WEB, "url": url, **options}, {}), fake.ENVIRON, Path(), slept
        )
        return list(connector.records(WINDOW, fetch)), fetch, slept


# What is in a cell


def test_several_columns_of_an_id_are_a_natural_key_and_no_name_stands_in_it() -> None:
    found = row({"learner": {**PERSON, "source_id": ["nom", "naissance"]}}, {"nom": "Ndao", "naissance": "2004-03-02"})
    assert found["learner"]["source_id"] == hashed(b"fake", "Ndao", "2004-03-02")


def test_an_address_as_id_is_hashed_alike_where_it_is_named() -> None:
    kinds = {"instructor": {"source_id": "mel"}, "session": {"source_id": "id", "instructor_ids": "mel"}}
    found = row(kinds, {"id": 1, "mel": "Lou.Harvey@example.org"})
    assert found["session"]["instructor_ids"] == (found["instructor"]["source_id"],)
    assert "@" not in found["instructor"]["source_id"]


def test_words_are_ours_without_regard_to_case_and_the_star_stands_for_all_others() -> None:
    words = {"session.status": {"Confirmée": "validated", "*": "pending"}}
    kinds = {"session": {"source_id": "id", "status": "etat"}}
    assert row(kinds, {"id": 1, "etat": "CONFIRMÉE "}, words=words)["session"]["status"] == "validated"
    assert row(kinds, {"id": 1, "etat": "?"}, words=words)["session"]["status"] == "pending"


def test_a_row_that_says_nothing_of_a_kind_is_none_of_it() -> None:
    kinds = {
        "session": {"source_id": "id"},
        "learner": {**PERSON, "source_id": "eleve", "segment_keys.site_code": "site", "training": "=BTS"},
    }
    assert set(row(kinds, {"id": 1, "site": "S-1", "prenom": "N/A"})) == {"session"}


def test_zero_and_false_are_values() -> None:
    found = row({"session": {"source_id": "id", "remote": "distance"}}, {"id": 0, "distance": False})
    assert found["session"] == {"source_id": "0", "remote": False}


@pytest.mark.parametrize(
    ("zone", "text", "utc"),
    [
        (None, "24/10/2026 09:00", datetime(2026, 10, 24, 7, tzinfo=UTC)),
        (None, "26/10/2026 09:00", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        (None, "27/03/2027 09:00", datetime(2027, 3, 27, 8, tzinfo=UTC)),
        (None, "29/03/2027 09:00", datetime(2027, 3, 29, 7, tzinfo=UTC)),
        ("UTC", "26/10/2026 09:00", datetime(2026, 10, 26, 9, tzinfo=UTC)),
        ("Europe/Paris", "26/10/2026 09:00Z", datetime(2026, 10, 26, 9, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_of_the_zone_that_is_written(zone: str | None, text: str, utc: datetime) -> None:
    found = row(
        {"session": {"source_id": "id", "starts_at": "debut"}}, {"id": 1, "debut": text}, days="DD/MM/YYYY", zone=zone
    )
    assert found["session"]["starts_at"] == utc


def test_a_session_across_a_clock_change_has_its_real_length() -> None:
    kinds = {"session": {"source_id": "id", "starts_at": ["du", "de"], "ends_at": ["au", "a"]}}
    cells = {"id": 1, "du": "2026-10-24", "de": "22h00", "au": "2026-10-25", "a": "4h"}
    found = row(kinds, cells)["session"]
    assert (found["ends_at"] - found["starts_at"]).total_seconds() == 7 * 3600


# What a map may say


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"t": {"kinds": {"learner": {"source_id": "id", "emial": "mel"}}}}, "did you mean `email`"),
        ({"t": {"kinds": {"learner": {"email": "mel"}}}}, "no column for `source_id`"),
        ({"t": {"kinds": {"learner": {"source_id": "id", "email": ""}}}}, "has no name"),
        ({"t": {"kinds": {"learner": {"source_id": "id", "segment_keys.sight": "x"}}}}, "unknown field"),
        ({"t": {"kinds": {"lerner": {"source_id": "id"}}}}, "Invalid enum value"),
        (
            {"a": {"kinds": {"learner": PERSON}}, "b": {"kinds": {"learner": {**PERSON, "email": "mel"}}}},
            "a and b both tell of the learner, but only one has email",
        ),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused(tables: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said.replace("[", r"\[")):
        files(tmp_path, {"tables": tables})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "x", "url": "https://norvane.example.org"}, "one of the two"),
        ({"user": "${MUSTER_FAKE_USER}"}, "both or none"),
        ({"params": {"from": "{start}"}}, "not known"),
        ({"written": {"zone": "Europe/Norvane"}}, "no IANA name"),
        ({"written": {"words": {"session.state": {}}}}, "unknown field"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: Any, said: str, tmp_path: Path) -> None:
    spec = SAMPLED["columns"].spec
    tables = {"t": {"kinds": {"learner": PERSON}}}
    with pytest.raises(Refused, match=said):
        opened(spec, {"system": "x", "path": "y", "tables": tables, **options}, {"MUSTER_FAKE_USER": "u"}, tmp_path, [])


def test_only_what_the_map_fills_is_given() -> None:
    tables = {"t": {"kinds": {"learner": {**PERSON, "source_id": "eleve", "segment_keys.site_code": "site"}}}}
    assert given({"tables": tables}) == {"learner": {"source_id", "first_name", "last_name", "segment_keys"}}


# Files


def test_a_table_that_lacks_a_column_of_the_map_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    tables = {"a": {"kinds": {"learner": PERSON}}, "b": {"kinds": {"instructor": PERSON}}}
    found, fetch = files(
        tmp_path, {"tables": tables}, a__csv="id,nom\n1,Ndao\n", b__csv="id,nom,prenom\n2,Harvey,Lou\n"
    )
    assert [record.source_id for record in found] == ["2"]
    assert "the columns prenom are missing" in str(fetch.partial[0])


def test_a_missing_file_makes_the_fetch_partial(tmp_path: Path) -> None:
    tables = {"a": {"kinds": {"learner": PERSON}}, "b": {"kinds": {"instructor": PERSON}}}
    found, fetch = files(tmp_path, {"tables": tables}, b__csv="id,nom,prenom\n2,Harvey,Lou\n", c__csv="x,y\n1,2\n")
    assert len(found) == 1
    assert [error.failure.call for error in fetch.partial] == ["a"]


def test_lines_of_json_are_read_and_bad_ones_told(tmp_path: Path) -> None:
    text = '{"id": 1, "nom": "Ndao"}\n\n{"id": 2,\n[3]\n{"id": 4, "nom": "Quist"}\n'
    found, fetch = files(tmp_path, {"tables": {"a": {"kinds": {"learner": PERSON}}}}, a__ndjson=text)
    assert [record.source_id for record in found] == ["1", "4"]
    assert [each.source_id for each in fetch.invalid] == ["a.ndjson:3", "a.ndjson:4"]


def test_half_a_character_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"planning\.json: it is not JSON"):
        files(tmp_path, {"tables": {"planning": {"kinds": {"learner": PERSON}}}}, planning__json='[{"id": "\\ud800"}]')


def test_json_without_a_list_where_it_was_looked_for_is_told(tmp_path: Path) -> None:
    tables = {"a": {"rows": "data.items", "kinds": {"learner": PERSON}}}
    with pytest.raises(Garbled, match="no list of rows"):
        files(tmp_path, {"tables": tables}, a__json='{"data": {"rows": []}}')


XML = "<export><row><id>1</id><nom>Ndao</nom><nom/></row><row><id>2</id><nom>Quist &amp; co</nom></row></export>"


def test_xml_is_read_by_its_elements(tmp_path: Path) -> None:
    options = {"tables": {"a": {"kinds": {"class": {"source_id": "id", "name": "nom"}}}}, "xml": {"row": "row"}}
    found: list[Any]
    found, _ = files(tmp_path, options, a__xml=XML)
    assert [(record.source_id, record.name) for record in found] == [("1", "Ndao"), ("2", "Quist & co")]


def test_xml_that_is_cut_off_gives_its_whole_rows_and_is_partial(tmp_path: Path) -> None:
    options = {"tables": {"a": {"kinds": {"class": {"source_id": "id", "name": "nom"}}}}, "xml": {"row": "row"}}
    found, fetch = files(tmp_path, options, a__xml=XML[:-40])
    assert [record.source_id for record in found] == ["1"]
    assert "cut off" in str(fetch.partial[0])


def test_xml_with_a_document_type_is_refused(tmp_path: Path) -> None:
    options = {"tables": {"a": {"kinds": {"class": {"source_id": "id", "name": "nom"}}}}, "xml": {"row": "row"}}
    with pytest.raises(Refused, match="document type"):
        files(tmp_path, options, a__xml=f'<!DOCTYPE x [<!ENTITY a "aaaa">]>{XML}')


# Over HTTP


def test_pages_are_asked_for_with_the_days_of_the_window() -> None:
    spoiled = Spoiled("nowhere", cut)
    found, fetch, _ = over_http(spoiled)
    assert len([each for each in found if type(each).__name__ == "Session"]) == 3
    assert spoiled.asked[0] == "/v2/seances?from=23%2F11%2F2026&to=06%2F12%2F2026&page=1&limit=2"
    assert (fetch.requests, fetch.received) == (2, 3)


def test_who_asks_too_often_waits_as_long_as_is_asked() -> None:
    _, fetch, slept = over_http(Spoiled("seances", status(429, **{"retry-after": "7"}), 1))
    assert slept == [7]
    assert fetch.partial == []


def test_a_system_that_is_ill_once_is_asked_again() -> None:
    found, fetch, slept = over_http(Spoiled("seances", status(500), 1))
    assert len(slept) == 1
    assert found
    assert fetch.requests == 3


def test_a_table_that_is_refused_is_told_and_the_others_are_read() -> None:
    tables = {**fake.WEB["tables"], "absences": {"kinds": {"learner": PERSON}}}
    found, fetch, _ = over_http(Spoiled("absences", status(403)), tables=tables)
    assert found
    assert [(error.failure.call, error.status) for error in fetch.partial] == [("absences", 403)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(401), Refused),
        (cut, Unavailable),
        (page(), Refused),
        (json('{"data": {"items": []}}'), Refused),
        (json('{"data": {"items": [{"id": 1, "nom": "a"}, {"id": 2, "nom": "b"}]}}'), None),
        (json('{"data": null}'), Garbled),
    ],
)
def test_a_fault_of_the_only_table_is_the_end(fault: Any, error: type[ConnectorError] | None) -> None:
    if error is None:
        # The same page for ever: what came is kept, and nothing is taken for gone.
        found, fetch, _ = over_http(Spoiled("seances", fault))
        assert len(found) == 2
        assert "the same as one before" in str(fetch.partial[0])
        return
    with pytest.raises(error):
        over_http(Spoiled("seances", fault))
