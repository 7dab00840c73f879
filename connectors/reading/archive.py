"""The files that a path names: one file, a folder of them, or a ZIP. Nothing is ever unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from msgspec import Struct

from connectors.contract import Refused

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


class Named(Struct, frozen=True):
    """One file to read."""

    name: str
    """Without folders."""
    opens: Callable[[], IO[bytes]]

    @property
    def stem(self) -> str:
        """Its name without its ending, in small letters without spaces, `_` and `-`: how tables are found."""
        stem = PurePosixPath(self.name).stem.casefold()
        return "".join(letter for letter in stem if letter not in " _-")


@contextmanager
def opened(
    path: Path, system: str, limits: ArchiveLimits = LIMITS, endings: Collection[str] = READABLE
) -> Iterator[list[Named]]:
    """The readable files of a path by name. Raises Refused when there are none, or when the ZIP is not safe.

    `endings` are those of the files that are taken from a folder or ZIP, in small letters; a single file is read
    whatever it is called.
    """
    try:
        if path.is_dir():
            yield _checked(path, system, _in_folder(path, system, endings))
        elif not path.is_file():
            _refuse(system, path.name, "there is no such file or folder", "Check the path.")
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield _checked(path, system, _in_zip(path, archive, system, limits, endings))
        else:
            yield [Named(path.name, lambda: path.open("rb"))]
    except PermissionError:
        _refuse(system, path.name, "Muster may not read it", "Give its user the right to read it.")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        _refuse(system, path.name, f"it cannot be read to its end ({type(error).__name__})", "Send it again.")


def _in_folder(path: Path, system: str, endings: Collection[str]) -> list[Named]:
    home = path.resolve()
    found = []
    for each in sorted(path.iterdir()):
        if each.suffix.lower() not in endings or each.name.startswith(".") or not each.is_file():
            continue
        if not each.resolve().is_relative_to(home):
            _refuse(system, each.name, "it is a link that leads out of the folder", "Put the file itself there.")
        found.append(Named(each.name, lambda each=each: each.open("rb")))  # type: ignore[misc]
    return found


def _in_zip(
    path: Path, archive: zipfile.ZipFile, system: str, limits: ArchiveLimits, endings: Collection[str]
) -> list[Named]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    size = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or size > limits.size:
        todo = f"Send at most {limits.entries} files and {limits.size // 1024**2} MiB."
        _refuse(system, path.name, "the ZIP holds too many files, or too large ones", todo)
    found = []
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in entry.filename:
            _refuse(system, path.name, "the ZIP names a file outside itself", "Make it again.")
        if inside.suffix.lower() not in endings or inside.name.startswith(".") or "__MACOSX" in inside.parts:
            continue
        if entry.flag_bits & 1:
            _refuse(system, inside.name, "it is locked with a password", "Send it without one.")
        if entry.file_size > max(limits.small, entry.compress_size * limits.ratio):
            _refuse(system, inside.name, "it is packed too densely to be a roster", "Make the ZIP again.")
        # zipfile never gives more than the size that was checked here, whatever the entry really holds.
        found.append(Named(inside.name, lambda entry=entry: archive.open(entry)))  # type: ignore[misc]
    return sorted(found, key=lambda each: each.name)


def _checked(path: Path, system: str, found: list[Named]) -> list[Named]:
    if not found:
        _refuse(system, path.name, "there is no CSV or NDJSON file in it", "Put the exported files there.")
    stems = [each.stem for each in found]
    twice = next((each.name for each in found if stems.count(each.stem) > 1), None)
    if twice is not None:
        _refuse(system, twice, "there are two files of this name", "Leave one.")
    return found


def _refuse(system: str, call: str, found: str, todo: str) -> NoReturn:
    raise Refused(system, call, found, todo)
