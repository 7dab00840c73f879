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
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from engine.records.limits import MOST_CELLS, MOST_COLUMNS, MOST_SHEETS

MEMORY = 2 * 1024**3
"""Bytes of address space."""
PROCESSOR = 60
"""Seconds of the processor."""
_CHUNK = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_DOCTYPE = b"<!DOCTYPE"
_FAR = re.compile(rb'<(?:\w+:)?c\b[^>]*\br="([A-Z]{3})\d')
_NOTICED = {
    "hidden": (b"hidden=", re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"')),
    "errors": (b't="e"', re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="e"')),
    "formulas": (
        b"f",
        re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>|</(?:\w+:)?c>)"),
    ),
}
"""What is noticed: a text that any piece with it holds, which is quick to look for, and what it must be part of."""


class RefusedSheet(Exception):
    """The workbook is refused; its only argument is the code of the sentence."""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The XML of a sheet in pieces that end where a row does, where rows are no longer than a piece."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        piece = rest + chunk
        end = piece.rfind(b"row>") + 4 if b"row>" in piece else len(piece)
        yield piece[:end]
        rest = piece[end:]
    yield rest


def _look_at(piece: bytes, noticed: Counter[str]) -> None:
    """Count what is noticed in a piece: no parser, which took a minute for a full sheet where this takes seconds."""
    if _DOCTYPE in piece:
        raise RefusedSheet("workbook_unreadable")
    if any(_column(found[1].decode()) > MOST_COLUMNS for found in _FAR.finditer(piece)):
        raise RefusedSheet("workbook_too_wide")
    for what, (mark, whole) in _NOTICED.items():
        if mark in piece:
            noticed[what] += len(whole.findall(piece))


def look(path: Path) -> Counter[str]:
    """What stands in the XML of an .xlsx and nowhere else; a Counter of nothing for other workbooks."""
    noticed: Counter[str] = Counter()
    if not zipfile.is_zipfile(path):
        return noticed
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not _SHEET.fullmatch(entry.filename):
                continue
            with archive.open(entry) as stream:
                for piece in _pieces(stream):
                    _look_at(piece, noticed)
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
    begins: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            begins.setdefault(top, []).append((left, bottom))
    merged: dict[int, tuple[int, str]] = {}
    start = sheet.start or (0, 0)
    for _ in range(start[0]):
        yield []
    for at, row in enumerate(sheet.iter_rows(), start[0]):
        cells = [""] * start[1] + [_text(value) for value in row]
        for column, (bottom, text) in list(merged.items()):
            if at > bottom:
                del merged[column]
            else:
                cells[column] = cells[column] or text
        for column, bottom in begins.get(at, ()):
            if column < len(cells):
                merged[column] = bottom, cells[column]
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
        found[0]["noticed"] = dict(+noticed)
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
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError):
        sys.stdout.write(str(RefusedSheet("workbook_unreadable")))
        return 3
    (folder / "sheets.json").write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
