"""Any system that nobody has written a connector for: its exports or its tables by address, by a column map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from connectors.columns.access import Access, Wanted, reading
from connectors.columns.maps import Kinds, RowMap, check_kinds, check_together, fields_given
from connectors.contract import ConnectorContext, Fetch, Refused, Window, asking_for
from connectors.pushed import Layer, System, everything
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import each_part
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import DOWNWARD, Record

_REMEMBERED = 500_000
"""Rows' records of which equal ones are left out; an export repeats a learner in every row of a timetable."""


class TableMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the system."""

    kinds: Kinds
    call: Annotated[str, Meta(description="Path under `url`; the table's name when left out.")] = ""
    rows: Annotated[
        str,
        Meta(
            description="Where the list stands in a JSON answer, such as `data.items`; else the answer itself, or "
            "what stands under the table's name."
        ),
    ] = ""

    def __post_init__(self) -> None:
        check_kinds(self.kinds)


class Options(Access, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a customer file writes beside `connector: columns`."""

    system: System
    tables: Annotated[
        dict[str, TableMap],
        Meta(description="Table to what its rows are; a file is found by the table's name.", min_length=1),
    ]
    layer: Layer = None

    def __post_init__(self) -> None:
        self.check([table.call for table in self.tables.values()])
        check_together({name: table.kinds for name, table in self.tables.items()})


def given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What these options' maps fill."""
    return fields_given(table["kinds"] for table in options["tables"].values())


class Columns:
    """Tables of any system, by column map."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="columns",
        title="the source",
        certainty="mapped",
        side="source",
        options=Options,
        provides=everything(*DOWNWARD),
        given=given,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Table by table; one that fails makes the fetch partial."""
        options = self._options
        tables = [
            (Wanted(name, row_map.columns, at=table.rows, call=table.call), row_map)
            for name, table in options.tables.items()
            for row_map in [RowMap(table.kinds, options.written, self._around)]
        ]
        yield from mapped(options, options.system, tables, window, fetch, self._around)


def mapped(
    access: Access,
    title: str,
    tables: list[tuple[Wanted, RowMap]],
    window: Window,
    fetch: Fetch,
    around: ConnectorContext,
    option: str = "written.days",
) -> Iterator[Record]:
    """The records of these tables, equal ones once. Refused when they hold no row at all.

    `option` is where the customer may say how days are written.
    """
    with reading(access, title, window, fetch, around) as rows, ExitStack() as again:

        def raws(wanted: Wanted, row_map: RowMap) -> Iterator[Raw]:
            if access.path is not None:
                # Read once more and told nobody, should some day not tell by itself how it is written.
                unheard = again.enter_context(reading(access, title, window, Fetch(), around))
                file = wanted.table if len(tables) > 1 else Path(access.path).name
                row_map.reading(file, lambda: (line.cell for line in unheard(wanted)), fetch, option)
            with asking_for(wanted.table if wanted.call else ""):
                for line in rows(wanted):
                    yield from row_map.raws(line.cell, line.place)

        every = each_part((raws(wanted, row_map) for wanted, row_map in tables), fetch)
        nothing = Refused(title, "tables", "tables_without_rows")
        columns = {kind: of for _, row_map in tables for kind, of in row_map.columns_of.items()}
        yield from admitted(once(every), fetch, nothing, columns)


def once(raws: Iterator[Raw]) -> Iterator[Raw]:
    """Each of these values once, as far as is remembered; the engine makes the rest one."""
    seen: set[int] = set()
    for raw in raws:
        mark = hash((raw.kind, msgspec.json.encode(raw.values)))
        if mark not in seen:
            if len(seen) < _REMEMBERED:
                seen.add(mark)
            yield raw
