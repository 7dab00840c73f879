"""Muster's own files: records as NDJSON, or as CSV with one file per kind or a `kind` column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct

from connectors.contract import NOT_JSON, ConnectorContext, Fetch, Refused, Window
from connectors.pushed import Layer, Provides, System, everything
from connectors.reading.admit import Raw, admitted
from connectors.reading.archive import Named, opened
from connectors.reading.lines import Lines
from connectors.reading.tables import Row, Table, folded
from connectors.reading.times import local
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.decode import Invalid, read_json
from engine.records.fields import fields_of
from engine.records.kinds import KINDS, Record, SegmentKey
from engine.records.limits import LARGEST_LIST

TITLE = "the file of records"
JSON_ENDINGS = (".ndjson", ".jsonl", ".json")
_KEYS = "segment_keys."
_OTHER_NAMES = {"enrollments": "enrolment", "people": "person", "classes": "class"}
FILES = {f"{kind}s": kind for kind in KINDS} | {kind: kind for kind in KINDS} | _OTHER_NAMES
"""A CSV file's name without its ending to the kind of its rows."""
_CHUNK = 2_000


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: records`."""

    path: Annotated[DataPath, Meta(description="A file, or a folder or ZIP of files, in the data folder.")]
    system: System | None = None
    layer: Layer = None
    provides: Provides = None


class Records:
    """Records that another program wrote in our normal form."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="records",
        title=TITLE,
        certainty="ours",
        side="source",
        options=Options,
        provides=everything(*KINDS),
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._path = Path(options.path)
        self._zone = around.zone

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Every record of every file, by the files' names. Platform records may be among them."""
        with opened(self._path, TITLE) as files:
            before = fetch.received + len(fetch.invalid)
            for file in files:
                if file.name.lower().endswith(JSON_ENDINGS):
                    yield from _of_json(file, fetch)
                else:
                    yield from admitted(_of_csv(file, self._zone, fetch), fetch)
            if fetch.received + len(fetch.invalid) == before:
                raise Refused(TITLE, self._path.name, "no_records")


def columns() -> dict[str, str]:
    """Every column a CSV of records may have, folded name to published name."""
    names = ["kind", *(f"{_KEYS}{key}" for key in SegmentKey.__args__)]  # type: ignore[attr-defined]
    names += [field.name for kind in KINDS for field in fields_of(kind).values() if not field.computed]
    return {folded(name): name for name in names}


def _of_csv(file: Named, zone: str, fetch: Fetch) -> Iterator[Raw]:
    table = Table(file, TITLE, columns(), fetch)
    kind = FILES.get(file.stem)
    table.need(("source_id",) if kind else ("kind", "source_id"))
    for row in table.rows(kind or "record"):
        yield _raw(row, row["kind"] or kind or "", table, zone)


def _raw(row: Row, kind: str, table: Table, zone: str) -> Raw:
    """Values that are not empty; a time without an offset is wall-clock time of the customer's zone."""
    fields = fields_of(kind) if kind in KINDS else {}
    values: dict[str, object] = {}
    for column in table.columns:
        text = row[column]
        # In a table of several kinds, most columns belong to others, and are empty.
        if not text or column == "kind":
            continue
        field = fields.get(column)
        values[column] = local(text, zone) if field is not None and field.type == "instant" else text
    return Raw(kind, values, row.place)


def _of_json(file: Named, fetch: Fetch) -> Iterator[Record]:
    """Lines of JSON, or one JSON list when that is what the file is."""
    with file.opens() as stream:
        head = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"[":
        with file.opens() as stream:
            body = stream.read(LARGEST_LIST + 1)
        if len(body) > LARGEST_LIST:
            raise Refused(TITLE, file.name, "list_too_large")
        try:
            raws = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=list[msgspec.Raw])
        except NOT_JSON:
            raise Refused(TITLE, file.name, "file_not_json") from None
        yield from _read(file.name, ((number, bytes(raw)) for number, raw in enumerate(raws, 1)), "item", fetch)
    else:
        yield from _read(file.name, _lines(file), "line", fetch)


def _lines(file: Named) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; of one that is too long, only its beginning."""
    with file.opens() as stream:
        for number, line in enumerate(Lines(stream, (b"\n",)), 1):
            if text := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                yield number, text


def _read(name: str, numbered: Iterable[tuple[int, bytes]], unit: str, fetch: Fetch) -> Iterator[Record]:
    """Records by chunks, so that a large file is never held; an error is named by its place in the whole file."""
    remaining = iter(numbered)
    while chunk := list(islice(remaining, _CHUNK)):
        for (number, raw), found in zip(chunk, read_json([raw for _, raw in chunk]), strict=True):
            if not isinstance(found, Invalid):
                yield found
            elif found.source_id.startswith("item ") and not _has_id(raw):
                place = f"{name}:{number}" if unit == "line" else f"{name}: item {number}"
                fetch.invalid.append(msgspec.structs.replace(found, source_id=place))
            else:
                fetch.invalid.append(found)
        fetch.page(name, len(chunk))


def _has_id(raw: bytes) -> bool:
    """Whether an object that is no record has an id all the same, by which it is then named."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and bool(found.get("source_id"))
