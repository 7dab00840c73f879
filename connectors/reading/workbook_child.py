"""Turns a workbook into CSV, one file a sheet, in a process of its own: a hostile one ends this process and no server.

`python -m connectors.reading.workbook_child WORKBOOK FOLDER` writes `0.csv`, `1.csv` … and `sheets.json` there: name of
each sheet that holds anything, and what was noticed of it. Line N of a file is row N of its sheet.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from engine.records.limits import MOST_CELLS, MOST_COLUMNS, MOST_SHEETS

MEMORY = 2 * 1024**3
"""Bytes of address space."""
PROCESSOR = 60
"""Seconds of the processor."""
_CHUNK = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class RefusedSheet(Exception):
    """The workbook is refused; its only argument is the code of the sentence."""


class _Looked:
    """One sheet's XML gone through once: how wide it is, and what calamine does not tell."""

    def __init__(self) -> None:
        self.noticed: Counter[str] = Counter()
        self._formula = self._value = self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            if found and _column(found[1]) > MOST_COLUMNS:
                raise RefusedSheet("workbook_too_wide")
            self._formula = self._value = False
            if attributes.get("t") == "e":
                self.noticed["errors"] += 1
        elif name == "row" and attributes.get("hidden") in ("1", "true"):
            self.noticed["hidden"] += 1
        elif name == "f":
            self._formula = True
        elif name in ("v", "is"):
            self._inside = True

    def text(self, text: str) -> None:
        self._value = self._value or (self._inside and bool(text))

    def end(self, name: str) -> None:
        if name in ("v", "is"):
            self._inside = False
        elif name == "c" and self._formula and not self._value:
            self.noticed["formulas"] += 1

    def refuse(self, *_: object) -> None:
        raise RefusedSheet("workbook_unreadable")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def look(path: Path) -> Counter[str]:
    """What stands in the XML of an .xlsx and nowhere else; a Counter of nothing for other workbooks."""
    noticed: Counter[str] = Counter()
    if not zipfile.is_zipfile(path):
        return noticed
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not _SHEET.fullmatch(entry.filename):
                continue
            looked = _Looked()
            parser = expat.ParserCreate()
            parser.StartElementHandler = looked.start
            parser.EndElementHandler = looked.end
            parser.CharacterDataHandler = looked.text
            parser.StartDoctypeDeclHandler = looked.refuse
            with archive.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    parser.Parse(chunk, False)
            noticed += looked.noticed
    return noticed


def _text(value: Any) -> str:
    """A cell as CSV would have it: days as 2026-11-24, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        hours, rest = divmod(int(value.total_seconds()), 3600)
        return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    # A cell of several lines would put line and row asunder.
    return " ".join(str(value).split()) if isinstance(value, str) else str(value)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows from the first of the sheet on; what is merged downwards stands in each of its rows."""
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            merged[left] = [*merged.get(left, []), (top, bottom)]
    held: dict[int, str] = {}
    start = sheet.start or (0, 0)
    for _ in range(start[0]):
        yield []
    for at, row in enumerate(sheet.iter_rows(), start[0]):
        cells = [""] * start[1] + [_text(value) for value in row]
        for column, ranges in merged.items():
            if column >= len(cells):
                continue
            for top, bottom in ranges:
                if at == top:
                    held[column] = cells[column]
                elif top < at <= bottom:
                    cells[column] = cells[column] or held.get(column, "")
        yield cells


def convert(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Write the sheets that hold anything. Raises RefusedSheet."""
    noticed = look(path)
    found: list[dict[str, Any]] = []
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = [each for each in workbook.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
        if len(sheets) > MOST_SHEETS:
            raise RefusedSheet("workbook_of_too_many_sheets")
        for each in sheets:
            sheet = workbook.get_sheet_by_name(each.name)
            if sheet.end is None:
                continue
            if sheet.total_width > MOST_COLUMNS or sheet.total_height * sheet.total_width > MOST_CELLS:
                raise RefusedSheet("workbook_too_wide")
            with (folder / f"{len(found)}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(_rows(sheet))
            found.append({"name": each.name, "noticed": {}})
    except PasswordError:
        raise RefusedSheet("workbook_locked") from None
    except CalamineError:
        raise RefusedSheet("workbook_unreadable") from None
    if found:
        found[0]["noticed"] = dict(noticed)
    return found


def main() -> int:
    """Convert one within limits; exit status 3 with the code on standard output where it is refused."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        found = convert(path, folder)
    except RefusedSheet as refused:
        sys.stdout.write(str(refused))
        return 3
    except (expat.ExpatError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError):
        sys.stdout.write("workbook_unreadable")
        return 3
    (folder / "sheets.json").write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
