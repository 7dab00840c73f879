"""The files that a path names: one, a folder of them, or a ZIP; a workbook is its sheets. No ZIP is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from msgspec import Struct

from connectors.contract import Refused
from connectors.reading.workbooks import WORKBOOKS, is_workbook, sheets_of
from engine.records.limits import MOST_WORKBOOKS
from engine.records.unread import Unread

READABLE = frozenset({".csv", ".txt", ".tsv", ".ndjson", ".jsonl", ".json"})


class ArchiveLimits(Struct, frozen=True):
    """What a ZIP may be at most."""

    entries: int = 1_000
    size: int = 4 * 1024**3
    """Bytes of all its files, unpacked."""
    ratio: int = 200
    """Rosters pack about 10 to 1, repeated rows up to 100 to 1; an archive bomb a thousand to 1 and more."""
    small: int = 1024 * 1024
    """Bytes, unpacked, up to which a file may be as dense as it likes."""


LIMITS = ArchiveLimits()
_MOST_FOLDERS = 200
_MOST_NAMED = 5


class Named(Struct, frozen=True):
    """One file to read."""

    name: str
    """Without folders."""
    opens: Callable[[], IO[bytes]]
    called: str = ""
    """What is looked at in place of the name to find a table, as for a sheet of a workbook."""
    told: tuple[Unread, ...] = ()
    """What was noticed of it before it is read."""

    @property
    def stem(self) -> str:
        """Its name without its ending, in small letters without spaces, `_` and `-`: how tables are found."""
        stem = (self.called or PurePosixPath(self.name).stem).casefold()
        return "".join(letter for letter in stem if letter not in " _-")


@contextmanager
def opened(
    path: Path, system: str, limits: ArchiveLimits = LIMITS, endings: frozenset[str] = READABLE
) -> Iterator[list[Named]]:
    """The readable files of a path by name. Raises Refused when there are none, or when the ZIP is not safe.

    `endings` are those of the files that are taken from a folder or ZIP, in small letters; a single file is read
    whatever it is called.
    """
    try:
        with ExitStack() as books:
            if path.is_dir():
                found = _in_folder(path, system, endings | WORKBOOKS) or _below(path, system, endings | WORKBOOKS)
                yield _checked(path, system, _sheets(found, system, books))
                return
            if not path.is_file():
                raise Refused(system, path.name, "no_such_file")
            if is_workbook(path):
                yield _checked(
                    path, system, _sheets([Named(path.name, lambda: path.open("rb"))], system, books, {path.name})
                )
                return
            if not zipfile.is_zipfile(path):
                yield [Named(path.name, lambda: path.open("rb"))]
                return
            archive = books.enter_context(_opened(path))
            found = _in_zip(path, archive, system, limits, endings | WORKBOOKS)
            yield _checked(path, system, _sheets(found, system, books))
    except PermissionError:
        raise Refused(system, path.name, "may_not_read") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Refused(system, path.name, "not_read_to_its_end", error=type(error).__name__) from None


def _sheets(found: list[Named], system: str, books: ExitStack, known: Collection[str] = ()) -> list[Named]:
    """The files, and in place of each workbook its sheets."""
    plain = []
    most = sum(PurePosixPath(file.name).suffix.lower() in WORKBOOKS for file in found)
    if most > MOST_WORKBOOKS:
        raise Refused(system, found[0].name, "too_many_workbooks", number=most, most=MOST_WORKBOOKS)
    for file in found:
        if file.name not in known and PurePosixPath(file.name).suffix.lower() not in WORKBOOKS:
            plain.append(file)
            continue
        sheets = books.enter_context(sheets_of(file.name, file.opens, system))
        plain += [Named(sheet.name, sheet.opens, sheet.stem_of, sheet.told) for sheet in sheets]
    return plain


def _opened(path: Path) -> zipfile.ZipFile:
    """The ZIP. BadZipFile also where its list of files is damaged, which zipfile tells by whatever breaks in it."""
    try:
        archive = zipfile.ZipFile(path)
    except (ValueError, IndexError, struct.error, OverflowError, RuntimeError) as error:
        raise zipfile.BadZipFile(type(error).__name__) from None
    if not all(entry.filename for entry in archive.infolist()):  # asking whether one is a folder fails
        archive.close()
        raise zipfile.BadZipFile("a file without a name")
    return archive


def _in_folder(path: Path, system: str, endings: frozenset[str]) -> list[Named]:
    home = path.resolve()
    found = []
    for each in sorted(path.iterdir()):
        if each.suffix.lower() not in endings or each.name.startswith(".") or not each.is_file():
            continue
        if not each.resolve().is_relative_to(home):
            raise Refused(system, each.name, "link_out_of_the_folder")
        found.append(Named(each.name, lambda each=each: each.open("rb")))  # type: ignore[misc]
    return found


def _below(path: Path, system: str, endings: frozenset[str]) -> list[Named]:
    """The files of the only folder in it that has any. Refused where several have, by their names."""
    home = path.resolve()
    folders = [
        each
        for each in sorted(path.iterdir())
        if each.is_dir() and not each.name.startswith(".") and each.resolve().is_relative_to(home)
    ]
    having = [(each, found) for each in folders[:_MOST_FOLDERS] if (found := _in_folder(each, system, endings))]
    if len(having) > 1:
        raise Refused(system, path.name, "in_subfolders", folders=tuple(each.name for each, _ in having[:_MOST_NAMED]))
    return having[0][1] if having else []


def _in_zip(
    path: Path, archive: zipfile.ZipFile, system: str, limits: ArchiveLimits, endings: frozenset[str]
) -> list[Named]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    size = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or size > limits.size:
        raise Refused(system, path.name, "zip_too_large", files=limits.entries, size=limits.size // 1024**2)
    found = []
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in entry.filename:
            raise Refused(system, path.name, "zip_reaches_outside")
        if inside.suffix.lower() not in endings or inside.name.startswith(".") or "__MACOSX" in inside.parts:
            continue
        if entry.flag_bits & 1:
            raise Refused(system, inside.name, "zip_locked")
        if entry.file_size > max(limits.small, entry.compress_size * limits.ratio):
            raise Refused(system, inside.name, "zip_too_dense")
        # zipfile never gives more than the size that was checked here, whatever the entry really holds.
        found.append(Named(inside.name, lambda entry=entry: archive.open(entry)))  # type: ignore[misc]
    return sorted(found, key=lambda each: each.name)


def _checked(path: Path, system: str, found: list[Named]) -> list[Named]:
    if not found:
        raise Refused(system, path.name, "nothing_readable_in_it")
    stems = [each.stem for each in found]
    twice = next((each.name for each in found if stems.count(each.stem) > 1), None)
    if twice is not None:
        raise Refused(system, twice, "two_of_this_name")
    return found
