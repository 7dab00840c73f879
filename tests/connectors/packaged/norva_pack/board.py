"""Norva Board, a platform that wants telephones and shows last names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from connectors.contract import ConnectorContext, Fetch, Window
from engine.model.connector_spec import ConnectorSpec, Schedule
from engine.records.kinds import Record
from norva_pack.rows import Options, rows_of


class NorvaBoard:
    """Accounts by telephone number: no address is needed."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="norva-board",
        title="Norva Board",
        certainty="ours",
        side="platform",
        options=Options,
        provides={"account": frozenset({"source_id", "source_kind", "source_ref", "first_name", "last_name"})},
        takes=frozenset({"learner"}),
        layer_file=Path(__file__).with_name("norva-board.yaml"),
        fetches={"downward": frozenset({"account"})},
        needs=frozenset({"path"}),
        requires={"learner": frozenset({"last_name", "phone"})},
        compares={"learner": {"last_name": "last_name"}},
        schedule=Schedule(("06:00",)),
    )

    def __init__(self, options: Options, _around: ConnectorContext, /) -> None:
        self._path = options.path or ""

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """All accounts."""
        yield from rows_of(self._path, "account", fetch)
