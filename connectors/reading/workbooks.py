"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods): each sheet as the CSV file that it could have been saved as.

They are opened in a process of their own, `workbook_child`, within limits: memory and time that one takes harm nobody.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from connectors.contract import Refused
from engine.records.limits import LARGEST_WORKBOOK, MEBIBYTE
from engine.records.unread import Unread, unread

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_NAMED = re.compile(r"\.(xlsx|xlsm|xlsb|xls|ods)\b", re.IGNORECASE)
_LONGEST = 180.0
"""Seconds by the clock; its own limit is of the processor."""
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = MEBIBYTE
_REFUSED = 3


class Sheet(Struct, frozen=True):
    """One sheet of a workbook."""

    name: str
    """How it is told: the workbook's name, and the sheet's where there are several."""
    stem_of: str
    """What stands for a file's name: the workbook's where it has one sheet, else the sheet's."""
    opens: Callable[[], IO[bytes]]
    told: tuple[Unread, ...]


def is_workbook_name(name: str) -> bool:
    """Whether days in a file of this name may be days, and no texts."""
    return _NAMED.search(name) is not None


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, whatever it is called."""
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
                return bool({"xl/workbook.xml", "xl/workbook.bin"} & names) or (
                    "mimetype" in names and b"opendocument.spreadsheet" in archive.open("mimetype").read(100)
                )
        except (zipfile.BadZipFile, ValueError, IndexError, OverflowError, RuntimeError, KeyError, NotImplementedError):
            return False
    with path.open("rb") as stream:
        return stream.read(len(_OLD)) == _OLD


@contextmanager
def sheets_of(name: str, opens: Callable[[], IO[bytes]], system: str) -> Iterator[list[Sheet]]:
    """The sheets that hold anything, as CSV in UTF-8. Raises Refused for a workbook that is none, or too large."""
    with tempfile.TemporaryDirectory(prefix="muster-workbook-") as kept:
        folder = Path(kept)
        book = folder / f"book{Path(name).suffix.lower()}"
        size = 0
        with opens() as stream, book.open("wb") as copy:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST_WORKBOOK:
                    raise Refused(system, name, "workbook_too_large", size=LARGEST_WORKBOOK // MEBIBYTE)
                copy.write(chunk)
        _convert(book, folder, name, system)
        book.unlink()
        found = json.loads((folder / "sheets.json").read_text("utf-8"))
        if not found:
            raise Refused(system, name, "workbook_empty")
        yield [
            Sheet(
                name if len(found) == 1 else f"{name} ({each['name']})",
                Path(name).stem if len(found) == 1 else each["name"],
                _opener(folder / f"{number}.csv"),
                tuple(_told(name, each["noticed"])),
            )
            for number, each in enumerate(found)
        ]


def _told(file: str, noticed: dict[str, int]) -> Iterator[Unread]:
    if number := noticed.get("hidden", 0):
        yield unread("workbook_hidden_rows", file=file, number=number)
    if number := noticed.get("formulas", 0):
        yield unread("workbook_formulas", file=file, number=number)
    if number := noticed.get("errors", 0):
        yield unread("workbook_errors", file=file, number=number)


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _convert(book: Path, folder: Path, name: str, system: str) -> None:
    """Run the other process; Refused by what it says, or by how it ended."""
    command = [sys.executable, "-I", "-m", "connectors.reading.workbook_child", str(book), str(folder)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own module, on a file of ours
            command, capture_output=True, timeout=_LONGEST, check=False, stdin=subprocess.DEVNULL, env={}
        )
    except subprocess.TimeoutExpired:
        raise Refused(system, name, "workbook_too_costly") from None
    if ended.returncode == _REFUSED:
        code = ended.stdout.decode("ascii", "replace")
        raise Refused(system, name, code)
    if ended.returncode != 0:
        raise Refused(system, name, "workbook_too_costly")
