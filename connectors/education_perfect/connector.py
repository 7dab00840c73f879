"""Education Perfect, as a platform: it publishes no API, so its accounts are sent to us, not fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from connectors.contract import ConnectorContext, Fetch, Window
from connectors.pushed import everything, nothing_to_fetch
from engine.model.connector_spec import ConnectorSpec, Schedule
from engine.records.kinds import Record


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """A customer file writes nothing beside `connector: education-perfect`."""


class EducationPerfect:
    """A learning platform: the target of rosters; it waits for no lesson."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="education-perfect",
        title="Education Perfect",
        certainty="ours",
        side="platform",
        options=Options,
        provides=everything("account"),
        takes=frozenset({"learner", "instructor", "person", "class", "enrolment"}),
        fetches={},
        schedule=Schedule(downward=("02:00",)),
    )

    def __init__(self, _options: Options, _around: ConnectorContext, /) -> None:
        pass

    def records(self, _window: Window, _fetch: Fetch, /) -> Iterator[Record]:
        """Nothing can be fetched: Refused, and what to do instead."""
        nothing_to_fetch(self.spec.title)
