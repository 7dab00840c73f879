"""CSV tables as they really come: any usual separator, a title above the header, old encodings, ragged rows.

A column is found by its published name, whatever its case, spaces, `_` and `-`. Columns nobody asked for are left
out. A row that cannot be read is told with its place, never with its values, and the next one goes on.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from rapidfuzz import fuzz, process

from connectors.contract import Fetch, Refused
from connectors.reading.archive import Named
from connectors.reading.lines import Lines
from engine.records.decode import Invalid
from engine.records.folding import normal
from engine.records.limits import LONGEST_LINE, MOST_LINES
from engine.records.unread import Unread, unread

_SEPARATORS = ",;\t|"
_HEAD = 64 * 1024
_HEADER_WITHIN = 10
"""Rows among which the header is looked for: exports write a title, a date or nothing above it."""
_CHUNK = 1024 * 1024
_LIKE = 84
"""Of a hundred: how like a column's name must be to one that is missing to be told."""
_MOST_UNKNOWN = 200
_LONGEST_NAME = 60


def folded(name: str) -> str:
    """A column's name as it is compared."""
    name = normal("NFC", name)
    return "".join(letter for letter in name.strip("\ufeff \t\"'").casefold() if letter not in " _-\u00a0")


class Row:
    """One row: cells by the column's published name, trimmed; empty where the row or the table has none."""

    __slots__ = ("_cells", "_columns", "place")

    def __init__(self, cells: list[str], columns: Mapping[str, int], place: str) -> None:
        self._cells = cells
        self._columns = columns
        self.place = place

    def __getitem__(self, column: str) -> str:
        index = self._columns.get(column, -1)
        return self._cells[index].strip() if 0 <= index < len(self._cells) else ""

    def listed(self, column: str) -> list[str]:
        """The values of a cell that holds several, separated by commas."""
        return [part for each in self[column].split(",") if (part := each.strip())]


class Header:
    """Where a table's columns stand, and how its cells are separated."""

    def __init__(self, cells: list[str], separator: str, at: int, known: Mapping[str, str]) -> None:
        self.separator = separator
        self.at = at
        """How many rows stand above it."""
        self.width = len(cells)
        names = [known.get(folded(cell)) for cell in cells]
        published = {name for cell, name in zip(cells, names, strict=True) if name and folded(cell) == folded(name)}
        # Beside a column of the published name, one of another name is a column nobody asked for.
        names = [
            name if name not in published or folded(cell) == folded(name or "") else None
            for cell, name in zip(cells, names, strict=True)
        ]
        self.twice = sorted(name for name, times in Counter(filter(None, names)).items() if times > 1)
        self.columns = {name: index for index, name in enumerate(names) if name is not None}
        self.unknown = [cell.strip() for cell, name in zip(cells, names, strict=True) if name is None and cell.strip()]


def find_header(file: Named, known: Mapping[str, str]) -> Header | None:
    """The header among the first rows: the row with most known names, two at least. None when there is none.

    `known` maps the folded name to the published one; several names may be the same column.
    """
    with file.opens() as stream:
        head = stream.read(_HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        try:
            # The last letter may be cut off by the limit.
            text = codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            text = head.decode("cp1252", "replace")
    best: Header | None = None
    for separator in _SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for at in range(_HEADER_WITHIN):
            try:
                cells = next(reader)
            except (StopIteration, csv.Error):
                break
            found = Header(cells, separator, at, known)
            if len(found.columns) >= 2 and (best is None or len(found.columns) > len(best.columns)):
                best = found
    return best


def encoding_of(file: Named, system: str) -> str:
    """UTF-8, UTF-16 by its mark, else Windows-1252 when the whole file fits it. Refused when it is no text."""
    decoder, fits, cp1252 = codecs.getincrementaldecoder("utf-8")(), True, True
    with file.opens() as stream:
        head = stream.read(2)
    marked = head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if marked:
        decoder = codecs.getincrementaldecoder("utf-16")()
    with file.opens() as stream:
        while chunk := stream.read(_CHUNK):
            if not marked and b"\x00" in chunk:
                raise Refused(system, file.name, "not_text")
            if fits:
                fits = _decodes(decoder, chunk)
            cp1252 = cp1252 and not any(byte in chunk for byte in b"\x81\x8d\x8f\x90\x9d")
    if fits and _decodes(decoder, b"", final=True):
        return "utf-16" if marked else "utf-8-sig"
    if marked or not cp1252:
        raise Refused(system, file.name, "neither_utf8_nor_windows_1252")
    return "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


class Table:
    """One CSV file whose columns are known."""

    def __init__(self, file: Named, system: str, columns: Mapping[str, str], fetch: Fetch) -> None:
        """`columns`: folded name to published name. Raises Refused when no header is found, a column stands twice, or
        the characters cannot be told."""
        self.file = file
        self._system = system
        self._fetch = fetch
        for told in file.told:
            fetch.note(told.code, **told.values)
        header = find_header(file, columns)
        if header is None:
            known = tuple(dict.fromkeys(columns.values()))[:8]
            raise Refused(system, file.name, "no_header", columns=known)
        if header.twice:
            raise Refused(system, file.name, "columns_twice", columns=tuple(header.twice))
        self._header = header
        self._encoding = encoding_of(file, system)
        if self._encoding == "cp1252":
            fetch.note("read_as_windows_1252", file=file.name)
        for given, near in _misspelt(header, columns):
            fetch.note("column_looks_like", file=file.name, column=given, near=near)

    @property
    def columns(self) -> Collection[str]:
        """The published names of the columns it has."""
        return self._header.columns

    def need(self, columns: Collection[str]) -> None:
        """Refused when one of these columns is missing."""
        missing = sorted(set(columns) - set(self._header.columns))
        if missing:
            raise Refused(self._system, self.file.name, "columns_missing", columns=tuple(missing))

    def __contains__(self, column: str) -> bool:
        return column in self._header.columns

    def rows(self, kind: str = "record", count: bool = True) -> Iterator[Row]:
        """Every row that is not blank, streamed. `kind` is what a row is to be, for rows that cannot be read; `count`
        is off for a pass that only looks something up, so that nothing is counted or told twice."""
        header, name = self._header, self.file.name
        read = 0
        with self.file.opens() as stream:
            lines = Lines(io.TextIOWrapper(stream, self._encoding, newline=""), ("\n", "\r"))
            reader = csv.reader(lines, delimiter=header.separator)
            above = header.at
            while True:
                line = reader.line_num + 1
                lines.cut = False
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except csv.Error:
                    if count:
                        self._tell(kind, f"{name}:{line}", unread("row_unreadable"))
                    continue
                if above >= 0:
                    above -= 1
                    continue
                if not any(cell and not cell.isspace() for cell in cells):
                    continue
                read += 1
                fault = _fault(cells, header.width, reader.line_num - line, cut=lines.cut)
                if fault is None:
                    yield Row(cells, header.columns, f"{name}:{line}")
                elif count:
                    self._tell(kind, f"{name}:{line}", fault)
        if count:
            self._fetch.page(name, read)

    def _tell(self, kind: str, place: str, fault: Unread) -> None:
        self._fetch.invalid.append(Invalid(kind, place, (fault,)))


def _misspelt(header: Header, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Columns that are not read, each with the one it looks like, of those that the header lacks."""
    lacking = {name: column for name, column in known.items() if column not in header.columns}
    for given in header.unknown[:_MOST_UNKNOWN]:
        if len(given) > _LONGEST_NAME:
            continue
        found = process.extractOne(folded(given), lacking.keys(), scorer=fuzz.ratio, score_cutoff=_LIKE)
        if found is not None:
            yield given, lacking[found[0]]


def _fault(cells: list[str], width: int, lines: int, *, cut: bool) -> Unread | None:
    """Why a row cannot be trusted. One that is short is only short: exports leave out empty cells at the end."""
    if cut:
        return unread("line_too_long", most=LONGEST_LINE)
    if lines > MOST_LINES:
        return unread("row_spans_lines", lines=lines)
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return unread("too_many_cells", cells=len(cells), header=width)
    return None


class Tables:
    """The tables of one package, each found by its file's name."""

    def __init__(
        self,
        files: Collection[Named],
        system: str,
        columns: Mapping[str, Collection[str]],
        fetch: Fetch,
        aliases: Mapping[str, str] | None = None,
        own: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`columns`: table (a folded file name) to its columns' published names; `aliases`: other name to published;
        `own`: the same for one table alone."""
        self._files = {file.stem: file for file in files if file.stem in columns}
        self._system = system
        self._columns = columns
        self._aliases = aliases or {}
        self._own = own or {}
        self._fetch = fetch
        self._opened: dict[str, Table] = {}

    def __contains__(self, table: str) -> bool:
        return table in self._files

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when it is not there."""
        if name not in self._opened:
            known = {folded(column): column for column in self._columns[name]}
            aliases = {**self._aliases, **self._own.get(name, {})}
            others = {folded(other): column for other, column in aliases.items() if column in self._columns[name]}
            self._opened[name] = Table(self._files[name], self._system, others | known, self._fetch)
        return self._opened[name]

    def usable(self, name: str, needed: Collection[str]) -> bool:
        """Whether a table that no record needs is there and can be read; one that is there and cannot is told once."""
        if name not in self._files:
            return False
        try:
            self.table(name).need(needed)
        except Refused as refusal:
            file, values = self._files[name].name, refusal.failure.values
            if refusal.failure.code == "columns_missing":
                self._fetch.note("side_table_without_columns", file=file, columns=values["columns"])
            else:
                self._fetch.note("side_table_unreadable", file=file)
            del self._files[name]
            return False
        return True

    def rows(self, name: str, needed: Collection[str], kind: str = "record", count: bool = True) -> Iterator[Row]:
        """Rows of the table of that name; none when it is not there. Refused when a `needed` column is missing."""
        if name in self._files:
            table = self.table(name)
            table.need(needed)
            yield from table.rows(kind, count)
