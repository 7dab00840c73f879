"""Ammon, whose interfaces are not published: the generic connector with the structure code as a required column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from connectors.columns.access import Access, Wanted
from connectors.columns.connector import mapped
from connectors.columns.maps import FieldColumns, RowMap, check_kinds, check_together, fields_given
from connectors.contract import ConnectorContext, Fetch, Window
from connectors.pushed import everything
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import Record

_KEY = "segment_keys.structure_code"
_PROVIDES = everything("learner", "instructor", "session", "contract")


class AmmonTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table."""

    structure_code: Annotated[
        str, Meta(description="Column of the structure code; every row must have it.", min_length=1)
    ]
    kinds: Annotated[
        dict[Literal["learner", "instructor", "session", "contract"], FieldColumns],
        Meta(description="Kind to field to column; as in the connector `columns`.", min_length=1),
    ]
    call: Annotated[str, Meta(description="Path under `url`; the table's name when left out.")] = ""
    rows: Annotated[str, Meta(description="Where the list stands in a JSON answer, such as `data.items`.")] = ""

    def __post_init__(self) -> None:
        check_kinds(self.kinds)


class Options(Access, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a customer file writes beside `connector: ammon`."""

    tables: Annotated[
        dict[str, AmmonTable],
        Meta(description="Table to what its rows are; a file is found by the table's name.", min_length=1),
    ]

    def __post_init__(self) -> None:
        self.check([table.call for table in self.tables.values()])
        check_together({name: table.kinds for name, table in self.tables.items()})


def given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What these options' maps fill, and the structure code."""
    found = fields_given(table["kinds"] for table in options["tables"].values())
    return {kind: fields | {"segment_keys"} for kind, fields in found.items()}


class Ammon:
    """Tables of Ammon, by column map, segmented by structure code."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="ammon", title="Ammon", certainty="mapped", side="source", options=Options, provides=_PROVIDES, given=given
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Table by table; one that fails makes the fetch partial."""
        options = self._options
        tables = []
        for name, table in options.tables.items():
            code = table.structure_code
            kinds = {kind: {_KEY: code, **columns} for kind, columns in table.kinds.items()}
            row_map = RowMap(kinds, options.written, self._around)
            tables.append((Wanted(name, row_map.columns, needed=[code], at=table.rows, call=table.call), row_map))
        yield from mapped(options, self.spec.title, tables, window, fetch, self._around)
