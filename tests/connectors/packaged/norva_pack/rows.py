"""Reading a CSV file of one kind, for both connectors."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from connectors.contract import Fetch
from connectors.reading.admit import Raw, admitted
from engine.model.connector_spec import DataPath
from engine.records.kinds import Record


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector:`."""

    path: Annotated[DataPath | None, Meta(description="The export; without it, records are sent to Muster.")] = None


def rows_of(path: str, kind: str, fetch: Fetch) -> Iterator[Record]:
    """A record for each row; the columns are the fields."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        raws = (Raw(kind, row, f"row {number}") for number, row in enumerate(csv.DictReader(file), 2))
        yield from admitted(raws, fetch)
