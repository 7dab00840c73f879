"""CSV tables as they really come."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from connectors.contract import Fetch, Refused
from connectors.reading.archive import opened
from connectors.reading.tables import Table, folded
from engine.records.limits import LONGEST_LINE
from tests.connectors.trying import noted, wrong

COLUMNS = {folded(name): name for name in ("sourcedId", "givenName", "email", "role")}


def table(tmp_path: Path, content: bytes | str, fetch: Fetch | None = None, name: str = "users.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with opened(path, "Norvane") as files:
        return Table(files[0], "Norvane", COLUMNS, fetch or Fetch())


def read(tmp_path: Path, content: bytes | str, fetch: Fetch | None = None) -> list[tuple[str, str, str]]:
    found = table(tmp_path, content, fetch).rows()
    return [(row.place, row["sourcedId"], row["givenName"]) for row in found]


@pytest.mark.parametrize(
    "content",
    [
        "sourcedId,givenName\nu-1,Mina\n",
        "\ufeffsourcedId,givenName\r\nu-1,Mina",
        "sourcedId;givenName\nu-1;Mina\n",
        "sourcedId\tgivenName\nu-1\tMina\n",
        "sourcedId|givenName\nu-1|Mina\n",
        "SOURCED ID , Given_Name\n u-1 , Mina \n",
        "nationality,sourcedId,shoe size,givenName\nNO,u-1,41,Mina\n",
        'sourcedId,givenName\n"u-1","Mina"\n',
        "sourcedId,givenName,email,role\nu-1,Mina\n",
    ],
)
def test_any_usual_dialect_is_read(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == [("users.csv:2", "u-1", "Mina")]


def test_a_title_stands_above_the_header_and_places_still_fit(tmp_path: Path) -> None:
    content = "Roster of Norvane;;\n21/11/2026\n\nsourcedId;givenName\nu-1;Mina\n\n;\nu-2;Odo\n"
    assert read(tmp_path, content) == [("users.csv:5", "u-1", "Mina"), ("users.csv:8", "u-2", "Odo")]


def test_a_cell_may_hold_a_line_end_and_the_place_is_the_rows_first_line(tmp_path: Path) -> None:
    content = 'sourcedId,givenName\nu-1,"Mi\nna"\nu-2,Odo\n'
    assert read(tmp_path, content) == [("users.csv:2", "u-1", "Mi\nna"), ("users.csv:4", "u-2", "Odo")]


def test_a_row_with_too_many_cells_is_told_without_its_values(tmp_path: Path) -> None:
    fetch = Fetch()
    found = read(tmp_path, "sourcedId,givenName\nu-1,Mina,Okparo\nu-2,Odo,,\nu-3,Pia\n", fetch)
    assert [row[1] for row in found] == ["u-2", "u-3"]
    assert [(each.source_id, wrong(fetch, at)[0][:32]) for at, each in enumerate(fetch.invalid)] == [
        ("users.csv:2", "the row has 3 cells where the he")
    ]
    assert fetch.received == 3


def test_a_quote_left_open_is_told_and_not_read_as_one_long_name(tmp_path: Path) -> None:
    fetch = Fetch()
    rows = "".join(f"u-{number},Odo\n" for number in range(50))
    assert read(tmp_path, f'sourcedId,givenName\nu-x,"Mina\n{rows}', fetch) == []
    assert "quotation mark is not closed" in wrong(fetch)[0]


def test_a_cell_beyond_all_measure_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    fetch = Fetch()
    found = read(tmp_path, f"sourcedId,givenName\nu-1,{'x' * 200_000}\nu-2,Odo\n", fetch)
    assert [row[1] for row in found] == ["u-2"]
    assert [each.source_id for each in fetch.invalid] == ["users.csv:2"]


def test_a_line_without_an_end_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    fetch = Fetch()
    found = read(tmp_path, "sourcedId,givenName\nu-1," + "a," * LONGEST_LINE + "\nu-2,Odo\n", fetch)
    assert found == [("users.csv:3", "u-2", "Odo")]
    assert wrong(fetch) == ("the line has more than 1,048,576 characters",)


@pytest.mark.parametrize("head", ["sourcedId," * 3_000, "a" + "\u0323\u0301" * 10_000], ids=["names", "marks"])
def test_a_hostile_header_costs_no_more_than_reading_it(tmp_path: Path, head: str) -> None:
    begun = time.process_time()
    with pytest.raises(Refused):
        table(tmp_path, f"{head}\n" * 3)
    assert time.process_time() - begun < 3


def test_windows_1252_is_read_and_noted_and_utf16_by_its_mark(tmp_path: Path) -> None:
    fetch = Fetch()
    assert read(tmp_path, "sourcedId,givenName\nu-1,Zoé\n".encode("cp1252"), fetch)[0][2] == "Zoé"
    assert [note[:22] for note in noted(fetch)] == ["users.csv is not UTF-8"]
    assert read(tmp_path, "sourcedId,givenName\nu-1,Zoé\n".encode("utf-16"))[0][2] == "Zoé"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "no line of column names"),
        (b"Mina,Okparo\nOdo,Vasser\n", "no line of column names"),
        (b"sourcedId,givenName\nu-1,\x00\x01\n", "not text"),
        (b"sourcedId,givenName\nu-1,\x81\xff\n", "neither UTF-8 nor Windows-1252"),
        (b"sourcedId,givenName,given name\nu-1,a,b\n", "the columns givenName stand twice"),
    ],
)
def test_what_is_no_table_is_refused_without_repeating_it(tmp_path: Path, content: bytes, found: str) -> None:
    with pytest.raises(Refused, match=found) as caught:
        read(tmp_path, content)
    assert "Mina" not in str(caught.value)
    assert caught.value.failure.call == "users.csv"


def test_a_column_that_is_needed_and_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the columns email, role are missing"):
        table(tmp_path, "sourcedId,givenName\n").need(("sourcedId", "role", "email"))
