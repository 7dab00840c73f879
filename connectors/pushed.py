"""Records that are sent to us instead of fetched: by the API, or as a file given to `muster run --from`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, NoReturn

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import DOWNWARD, OF_PLATFORM, Record, field_names

System = Annotated[
    str,
    Meta(description="What people call the system the records come from; messages name it.", min_length=1),
]
Layer = Annotated[str | None, Meta(description="Connector layer to apply under the customer's rules: `ypareo`.")]
Provides = Annotated[
    dict[str, list[str]] | None,
    Meta(description="Kind to the fields that are ever sent; a rule on others is dormant. All when left out."),
]

OF_SOURCES = DOWNWARD


def everything(*kinds: str) -> dict[str, frozenset[str]]:
    """Every field of these kinds, as a spec's `provides`."""
    return {kind: frozenset(field_names(kind)) for kind in kinds}


class SourceOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: pushed`."""

    system: System
    layer: Layer = None
    provides: Provides = None


class PlatformOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: pushed-platform`."""

    system: System
    takes: Annotated[
        list[str], Meta(description="Kinds of the source's records that the platform takes.", min_length=1)
    ]
    layer: Layer = None
    provides: Provides = None


class PushedSource:
    """A source whose records are sent to us."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="pushed",
        title="the source",
        certainty="ours",
        side="source",
        options=SourceOptions,
        provides=everything(*OF_SOURCES),
        fetches={},
    )

    def __init__(self, options: SourceOptions, _around: ConnectorContext, /) -> None:
        self._system = options.system

    def records(self, _window: Window, _fetch: Fetch, /) -> Iterator[Record]:
        """Nothing can be fetched: Refused, and what to do instead."""
        nothing_to_fetch(self._system)


class PushedPlatform:
    """A platform whose accounts and sheets are sent to us."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="pushed-platform",
        title="the platform",
        certainty="ours",
        side="platform",
        options=PlatformOptions,
        provides=everything(*OF_PLATFORM),
        takes=frozenset(DOWNWARD),
        fetches={},
    )

    def __init__(self, options: PlatformOptions, _around: ConnectorContext, /) -> None:
        self._system = options.system

    def records(self, _window: Window, _fetch: Fetch, /) -> Iterator[Record]:
        """Nothing can be fetched: Refused, and what to do instead."""
        nothing_to_fetch(self._system)


def nothing_to_fetch(system: str) -> NoReturn:
    """Say that this system's records are sent, not fetched."""
    raise Refused(system, "fetch", "nothing_to_fetch")
