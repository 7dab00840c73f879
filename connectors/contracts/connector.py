"""Apprenticeship contracts and their learners, from a file in the shape that Campus Skills takes: CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.columns.access import Access, Wanted
from connectors.columns.connector import mapped
from connectors.columns.maps import RowMap, ValueForm, fields_given
from connectors.contract import ConnectorContext, Fetch, Window
from connectors.contracts.shape import CONTRACT, IDS, LEARNER, LIST
from connectors.pushed import System
from connectors.reading.times import DayOrder
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.kinds import Record

_KINDS = {"contract": CONTRACT, "learner": LEARNER}


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: contracts`."""

    path: Annotated[DataPath, Meta(description="The file of contracts, CSV or JSON, in the customer's data folder.")]
    days: Annotated[
        DayOrder | None,
        Meta(
            description="How days are written. DD/MM/YYYY, as the documents say, when left out, unless all of the file "
            "show another order."
        ),
    ] = None
    system: System | None = None


class Contracts:
    """Contracts on their way to Campus Skills."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="contracts",
        title="the file of contracts",
        certainty="published",
        side="source",
        options=Options,
        provides=fields_given(iter([_KINDS])),
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._access = Access(path=options.path)
        self._rows = RowMap(_KINDS, ValueForm(days=options.days), around, "DD/MM/YYYY")
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Contracts, each with its learner; a learner with two contracts once."""
        tables = [(Wanted(LIST, self._rows.columns, ids=IDS), self._rows)]
        yield from mapped(self._access, self.spec.title, tables, window, fetch, self._around, "days")
