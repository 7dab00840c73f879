"""Rows of tables, JSON and XML alike: each can be asked for a column, and knows where it stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from connectors.columns.maps import Cell
from connectors.columns.xml_rows import NotXmlError, XmlRows, xml_rows
from connectors.contract import NOT_JSON, Fetch, Garbled, Refused
from connectors.reading.archive import READABLE, Named
from connectors.reading.lines import Lines
from connectors.reading.tables import Table, folded
from engine.records.decode import Invalid
from engine.records.limits import LARGEST_LIST
from engine.records.unread import Value, unread

Format = Literal["csv", "json", "xml"]
ENDINGS = READABLE | {".xml"}

_JSON = (".json", ".ndjson", ".jsonl")


class Line(NamedTuple):
    """One row."""

    cell: Cell
    place: str
    """Where it stands, such as `planning.csv:12`."""


class Source(NamedTuple):
    """A file, or the body of an answer, to read rows from."""

    system: str
    file: Named
    table: str
    """The name that the customer's file has for it; also the key of its list in a JSON object."""
    fetch: Fetch

    def refused(self, code: str, **values: Value) -> Refused:
        """The error for a file that a person must mend."""
        return Refused(self.system, self.file.name, code, **values)


def format_of(file: Named) -> Format:
    """What a file is, by its ending."""
    name = file.name.lower()
    return "xml" if name.endswith(".xml") else "json" if name.endswith(_JSON) else "csv"


def rows_of(
    source: Source, form: Format, columns: Collection[str], needed: Collection[str], at: str, shape: XmlRows
) -> Iterator[Line]:
    """Every row. What cannot be read as one goes to `fetch.invalid`.

    `needed` columns must be there: a CSV table without one is Refused, an object of JSON or a row of XML without one
    is told. `at` is where the list stands in a JSON object, `shape` how rows stand in XML.
    """
    if form == "csv":
        yield from _of_csv(source, columns, needed)
    elif form == "json":
        yield from _of_json(source, needed, at)
    else:
        yield from _of_xml(source, needed, shape)


def _of_csv(source: Source, columns: Collection[str], needed: Collection[str]) -> Iterator[Line]:
    table = Table(source.file, source.system, {folded(name): name for name in columns}, source.fetch)
    table.need(needed)
    if lacking := [column for column in columns if column not in table]:
        source.fetch.note("columns_not_there", file=source.file.name, columns=tuple(lacking))
    for row in table.rows():
        yield Line(row.__getitem__, row.place)


def _of_xml(source: Source, needed: Collection[str], shape: XmlRows) -> Iterator[Line]:
    name, read = source.file.name, 0
    try:
        for number, cells in xml_rows(source.file, shape):
            read += 1
            place = f"{name}:{number}"
            if _has(needed, cells.__contains__, place, source.fetch):
                yield Line(cells.get, place)
    except NotXmlError as broken:
        if not read:
            raise source.refused(broken.code, **broken.values) from None
        place = f"{name}:{broken.values['line']}"
        source.fetch.invalid.append(Invalid("record", place, (unread("xml_unreadable_from_here"),)))
        source.fetch.partial.append(source.refused("xml_spoiled"))
    else:
        if not read:
            raise source.refused("xml_without_rows")
    source.fetch.page(name, read)


def _of_json(source: Source, needed: Collection[str], at: str) -> Iterator[Line]:
    """Lines of JSON, or one JSON value that holds a list."""
    if not source.file.name.lower().endswith((".ndjson", ".jsonl")):
        with source.file.opens() as stream:
            body = stream.read(LARGEST_LIST + 1)
        if len(body) > LARGEST_LIST:
            raise source.refused("json_too_large")
        items: Iterable[tuple[int, Any]] = enumerate(listed(_whole(source, body), at, source.table, source), 1)
    else:
        items = _lines(source)
    read = 0
    for number, item in items:
        read += 1
        yield from json_row(item, needed, f"{source.file.name}:{number}", source.fetch)
    if not read:
        raise source.refused("json_without_rows")
    source.fetch.page(source.file.name, read)


def _lines(source: Source) -> Iterator[tuple[int, Any]]:
    with source.file.opens() as stream:
        for number, line in enumerate(Lines(stream, (b"\n",)), 1):
            if not line.strip(b"\xef\xbb\xbf \t\r\n"):
                continue
            try:
                yield number, msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
            except NOT_JSON:
                yield number, None


def _whole(source: Source, body: bytes) -> Any:
    """The JSON value of a file. What stands behind it is told, and nothing is taken for gone then."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(text)
    except NOT_JSON:
        pass
    try:
        decoded = text.decode().lstrip()
        _, end = json.JSONDecoder().raw_decode(decoded)
        found = msgspec.json.decode(decoded[:end])  # which takes no half characters
    except (ValueError, RecursionError):
        raise source.refused("json_spoiled") from None
    line = decoded.count("\n", 0, end) + 2
    name = source.file.name
    source.fetch.invalid.append(Invalid("record", f"{name}:{line}", (unread("text_behind_the_json"),)))
    source.fetch.partial.append(source.refused("text_behind_the_json"))
    return found


def listed(value: Any, at: str, table: str, source: Source) -> list[Any]:
    """The list of rows in a JSON value: at the path, else the value itself, else under the table's name.

    Raises Garbled when there is none.
    """
    found = value
    for name in at.split(".") if at else ():
        found = found.get(name) if isinstance(found, dict) else None
    if not at and isinstance(found, dict):
        found = {folded(name): each for name, each in found.items()}.get(folded(table))
    if not isinstance(found, list):
        raise Garbled(source.system, source.file.name, "no_list_of_rows")
    return found


def json_row(item: Any, needed: Collection[str], place: str, fetch: Fetch) -> Iterator[Line]:
    """The row that an object is; none, and told, where it is no object or lacks a column that must be there."""
    if not isinstance(item, dict):
        fetch.invalid.append(Invalid("record", place, (unread("row_no_object"),)))
    elif _has(needed, item.__contains__, place, fetch):
        yield Line(cell_of(item), place)


def cell_of(item: dict[str, Any]) -> Cell:
    """Columns of a JSON object: a name as it stands, else a path of names; a list on the way gives a list."""

    def cell(column: str) -> Any:
        if column in item:
            return item[column]
        found: Any = item
        for name in column.split("."):
            found = _inside(found, name)
        return found

    return cell


def _inside(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [found for each in value if (found := _inside(each, name)) is not None]
    return value.get(name) if isinstance(value, dict) else None


def _has(needed: Collection[str], there: Any, place: str, fetch: Fetch) -> bool:
    """Whether a row has these columns, be they empty; told when not."""
    missing = [column for column in needed if not there(column)]
    if missing:
        fetch.invalid.append(Invalid("record", place, (unread("row_without_columns", columns=tuple(missing)),)))
    return not missing
