"""Norva Plan, a source of learners without addresses and telephones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from connectors.contract import ConnectorContext, Fetch, Window
from engine.model.connector_spec import ConnectorSpec, Schedule
from engine.records.kinds import Record
from norva_pack.rows import Options, rows_of


class NorvaPlan:
    """Learners only."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="norva-plan",
        title="Norva Plan",
        certainty="ours",
        side="source",
        options=Options,
        provides={"learner": frozenset({"source_id", "first_name", "last_name"})},
        needs=frozenset({"path"}),
        schedule=Schedule(("05:00",)),
    )

    def __init__(self, options: Options, _around: ConnectorContext, /) -> None:
        self._path = options.path or ""

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """All learners."""
        yield from rows_of(self._path, "learner", fetch)
