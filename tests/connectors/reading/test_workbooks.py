"""Workbooks: each sheet is read as the CSV file it could have been saved as, and a hostile one is a sentence."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.worksheet.formula import ArrayFormula

from connectors.contract import Fetch, Refused
from connectors.files import read_path, recognise
from connectors.reading import workbooks
from engine.language.unread import unread_text
from engine.records.kinds import kind_of
from tests.connectors.trying import HOME

Rows = Sequence[Sequence[Any]]
PEOPLE: Rows = (
    ("source_id", "first_name", "last_name", "email", "birth_date"),
    (4471, "Ada", "Nort", "ada@example.org", date(2008, 1, 2)),
    ("007", "Ben", "Œul, dit\nBen", "ben@example.org", date(2008, 12, 31)),
)


def xlsx(path: Path, **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def xls(path: Path, **sheets: Rows) -> Path:
    book, day = xlwt.Workbook(), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value, *([day] if isinstance(value, date) else []))
    book.save(str(path))
    return path


def _ods_cell(value: Any) -> str:
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def ods(path: Path, **sheets: Rows) -> Path:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0" '
            f'xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return path


def read(path: Path, fetch: Fetch | None = None) -> list[Any]:
    return list(read_path(path, "Europe/Paris", fetch or Fetch()))


def told(fetch: Fetch) -> list[str]:
    return [unread_text(note, "en") for note in fetch.notes]


@pytest.mark.parametrize(("make", "ending"), [(xlsx, "xlsx"), (xls, "xls"), (ods, "ods")])
def test_a_workbook_is_read_as_its_sheets_whatever_wrote_it(
    make: Callable[..., Path], ending: str, tmp_path: Path
) -> None:
    fetch = Fetch()
    instructors: Rows = (("source_id", "first_name", "last_name"), ("T-1", "Odo", "Brun"))
    path = make(tmp_path / f"school.{ending}", learners=PEOPLE, instructors=instructors)
    ada, ben, odo = sorted(read(path, fetch), key=lambda one: one.first_name)
    assert (kind_of(ada), ada.source_id, ada.birth_date) == ("learner", "4471", date(2008, 1, 2))
    # Zeros of an id that is a text stay, and a cell of several lines is one.
    assert (ben.source_id, ben.last_name) == ("007", "Œul, dit Ben")
    assert (kind_of(odo), odo.source_id) == ("instructor", "T-1")
    assert (fetch.invalid, told(fetch)) == ([], [])


def test_one_sheet_goes_by_the_name_of_its_file_and_what_is_no_table_may_stand_above(tmp_path: Path) -> None:
    rows: Rows = (("Exported on", date(2026, 11, 24)), (), *PEOPLE, ("", "", "", "", "soon"))
    path = xlsx(tmp_path / "learners.xlsx", Sheet1=rows, Sheet2=())
    fetch = Fetch()
    assert {one.source_id for one in read(path, fetch)} == {"4471", "007"}
    assert [one.source_id for one in fetch.invalid] == ["learners.xlsx:6"]


def test_it_may_stand_in_a_folder_or_a_zip_beside_others(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    xlsx(folder / "learners.xlsx", Feuil1=PEOPLE)
    (folder / "instructors.csv").write_text("source_id,first_name\nT-1,Odo\n")
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for each in folder.iterdir():
            archive.write(each, each.name)
    for path in (folder, packed):
        assert {one.source_id for one in read(path)} == {"4471", "007", "T-1"}


def test_a_day_in_a_cell_is_a_day_and_one_typed_as_text_is_as_in_any_file(tmp_path: Path) -> None:
    csv_rows = [row.split(";") for row in (HOME / "contracts" / "samples" / "contrats.csv").read_text().splitlines()]
    at = csv_rows[0].index("dateDebut")
    rows: list[list[Any]] = [list(row) for row in csv_rows[:3]]
    rows[1][at], rows[2][at] = date(2026, 9, 1), "02/03/2026"
    path, fetch = xlsx(tmp_path / "contrats.xlsx", Feuil1=rows), Fetch()
    assert recognise(path) == "contracts"
    days = [one.starts_on for one in read(path, fetch) if kind_of(one) == "contract"]
    assert (days, told(fetch)) == ([date(2026, 9, 1), date(2026, 3, 2)], [])


def test_what_is_merged_downwards_stands_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "learners.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (("source_id", "first_name", "section"), ("1", "Ada", "BTS 1"), ("2", "Ben", None), ("3", "Cleo", None)):
        sheet.append(row)
    sheet.append(("4", "Dan", "BTS 2"))
    sheet.append(("5", "Eve", None))
    sheet.append(("6", "Fay", None))
    sheet.merge_cells("C2:C3")
    sheet.merge_cells("C5:C7")
    book.save(path)
    assert [one.section for one in read(path)] == ["BTS 1", "BTS 1", None, "BTS 2", "BTS 2", "BTS 2"]


def test_what_a_spreadsheet_hides_is_told(tmp_path: Path) -> None:
    path = tmp_path / "learners.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in PEOPLE:
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet["D2"] = "=LOWER(B2)"
    sheet["D3"] = ArrayFormula("D3", "=LOWER(B3)")
    book.save(path)
    fetch = Fetch()
    assert [one.email for one in read(path, fetch)] == [None, None]
    assert sorted(told(fetch), reverse=True) == [
        "learners.xlsx: hidden rows (1) are read like the others. Delete those that do not belong there.",
        (
            "learners.xlsx: formulas without a result (2) were read as empty cells. Open the workbook in your "
            "spreadsheet and save it again."
        ),
    ]


def far(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "source_id", "x"
    book.save(path)
    return path


def broken(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path


def with_entities(path: Path) -> Path:
    whole = xlsx(path, learners=PEOPLE)
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = b'<!DOCTYPE worksheet [<!ENTITY a "' + b"a" * 1000 + b'">]>' + parts[sheet]
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (far, "reaches much farther than its table"),
        (broken, "the workbook cannot be read"),
        (with_entities, "the workbook cannot be read"),
        (lambda path: xlsx(path, empty=()), "no sheet of the workbook holds anything"),
        (lambda path: xlsx(path, **{f"s{number}": () for number in range(101)}), "too many sheets"),
    ],
)
def test_a_workbook_that_is_not_read_is_a_sentence(make: Callable[[Path], Path], said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said):
        read(make(tmp_path / "people.xlsx"))


def test_one_that_takes_too_long_or_ends_its_process_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "learners.xlsx", Sheet1=PEOPLE)
    with monkeypatch.context() as patch:
        patch.setattr(workbooks, "_LONGEST", 0.0)
        with pytest.raises(Refused, match="more memory or time than one may"):
            read(path)
    # As where the system ends it for the memory it takes.
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed))
    with pytest.raises(Refused, match="more memory or time than one may"):
        read(path)


def test_a_workbook_that_is_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "LARGEST_WORKBOOK", 1000)
    with (
        pytest.raises(Refused, match="the workbook has more than"),
        workbooks.sheets_of("a.xlsx", lambda: io.BytesIO(b"x" * 1001), "the file"),
    ):
        pass


def test_of_too_many_workbooks_none_is_opened(tmp_path: Path) -> None:
    for number in range(31):
        (tmp_path / f"{number}.xlsx").write_bytes(b"")
    with pytest.raises(Refused, match="among 31 workbooks"):
        read(tmp_path)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    read(xlsx(tmp_path / "learners.xlsx", Sheet1=PEOPLE))
    with pytest.raises(Refused):
        read(broken(tmp_path / "other.xlsx"))
    assert list((tmp_path / "temporary").iterdir()) == []
