"""Hyperplanning by its CSV exports: people, with the groups they are in. It has no sessions and no ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.hyperplanning.normal import LAYER, TITLE
from connectors.hyperplanning_csv.export import people
from connectors.reading.admit import admitted
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.kinds import Record

PROVIDES = {
    "learner": frozenset(
        {
            *("source_id", "first_name", "last_name", "email", "birth_date", "training", "section", "families"),
            *("groups", "segment_keys"),
        }
    ),
    "instructor": frozenset({"source_id", "first_name", "last_name", "email", "birth_date"}),
}
FIRST_YEAR = 1930
FirstYear = Annotated[
    int,
    Meta(
        description="First of the hundred years in which a year of two digits lies: by 1930, 30 is 1930, 29 is 2029.",
        ge=1800,
        le=2100,
    ),
]


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: hyperplanning-csv`."""

    path: Annotated[DataPath, Meta(description="The CSV export, or a folder or ZIP of them, in the data folder.")]
    first_year: FirstYear = FIRST_YEAR


class HyperplanningCsv:
    """People as Hyperplanning exports them."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="hyperplanning-csv",
        title=TITLE,
        certainty="observed",
        side="source",
        options=Options,
        provides=PROVIDES,
        layer=LAYER,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Every person, in the order of the files' names."""
        path = Path(self._options.path)
        nothing = Refused(TITLE, path.name, "no_rows")
        yield from admitted(people(path, self._around.id_key, self._options.first_year, fetch), fetch, nothing)
