"""Aurion and Auriga: favourites, the saved queries of a school, by a column map; from files or by address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from connectors.columns.access import Access, Wanted, reading
from connectors.columns.connector import once
from connectors.columns.maps import FieldColumns, RowMap, check_kinds, check_together, fields_given
from connectors.columns.rows import Format
from connectors.contract import ConnectorContext, Fetch, Refused, Window, asking_for
from connectors.pushed import everything
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import each_part
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import Record

Generation = Literal["aurion", "auriga"]
_ZONES: dict[Generation, str] = {"aurion": "Europe/Paris", "auriga": "UTC"}
_KEY = "segment_keys.favourite"


class Options(Access, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a customer file writes beside `connector: aurion`."""

    favourites: Annotated[
        dict[str, str],
        Meta(description="Id of each favourite to the name of its column map under `columns`.", min_length=1),
    ]
    columns: Annotated[
        dict[str, dict[Literal["learner", "instructor", "session"], FieldColumns]],
        Meta(description="Name to kind to field to the favourite's column; as in the connector `columns`."),
    ]
    generation: Annotated[
        Generation, Meta(description="Times without an offset are of Paris in Aurion, and UTC in Auriga.")
    ] = "aurion"
    call: Annotated[
        str, Meta(description="Path under `url` of a favourite, with its id as `{favourite}`; not published.")
    ] = "{favourite}"
    format: Annotated[Format, Meta(description="What an address answers with; a file tells it by its ending.")] = "xml"

    def __post_init__(self) -> None:
        self.check([self.call], ["favourite"])
        for kinds in self.columns.values():
            check_kinds(kinds)
        if not set(self.favourites.values()) <= set(self.columns):
            raise ValueError("`favourites` names a column map that is not under `columns`")
        check_together({favourite: self.columns[name] for favourite, name in self.favourites.items()})


def given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What the favourites' maps fill, and the key that each favourite is."""
    found = fields_given(options["columns"][name] for name in options["favourites"].values())
    return {kind: fields | {"segment_keys"} for kind, fields in found.items()}


class Aurion:
    """Sessions and people of a school's favourites."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="aurion",
        title="Aurion",
        certainty="mapped",
        side="source",
        options=Options,
        provides=everything("learner", "instructor", "session"),
        given=given,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        zone = options.written.zone or _ZONES[options.generation]
        self._written = msgspec.structs.replace(options.written, zone=zone)
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Favourite by favourite; one that fails makes the fetch partial."""
        title, options = self.spec.title, self._options
        with reading(options, title, window, fetch, self._around) as rows:
            left_out = 0

            def of(favourite: str, name: str) -> Iterator[Raw]:
                nonlocal left_out
                # A favourite is built for one part of a school: it is what a school is segmented by.
                kinds = {kind: {_KEY: f"={favourite}", **columns} for kind, columns in options.columns[name].items()}
                row_map = RowMap(kinds, self._written, self._around)
                wanted = Wanted(favourite, row_map.columns, call=options.call, path={"favourite": favourite})
                with asking_for(favourite):
                    for line in rows(wanted):
                        for raw in row_map.raws(line.cell, line.place):
                            if raw.kind == "session" and "source_id" not in raw.values:
                                left_out += 1
                            else:
                                yield raw

            every = each_part((of(favourite, name) for favourite, name in options.favourites.items()), fetch)
            nothing = Refused(title, "favourites", "favourites_without_rows")
            yield from admitted(once(every), fetch, nothing)
            if left_out:
                fetch.note("place_holders_left_out", number=left_out)
