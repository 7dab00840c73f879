"""What the engine must know of connectors without importing any: name, options, what they give and take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Side = Literal["source", "platform"]
Certainty = Literal["ours", "standard", "published", "observed", "mapped", "unsaid"]
"""Where what a connector knows of its system comes from: our own format, a published standard, what the vendor
publishes, programs and exports seen to work, the customer's own column map. Its README says it fact by fact."""

Secret = Annotated[str, Meta(extra={"secret": True}, description="A secret, written `${MUSTER_<CUSTOMER>_...}`.")]
Url = Annotated[str, Meta(extra={"url": True}, description="Address of the system, https.")]
DataPath = Annotated[str, Meta(extra={"path": True}, description="A file or folder in the customer's data folder.")]


class ConnectorSpec(Struct, frozen=True):
    """One connector, as rule files and `muster check` see it."""

    name: str
    """What a customer file writes under `connector:`, and the name of the connector's layer."""
    title: str
    """What people call the system, as messages write it: `Ypareo`."""
    side: Side
    options: type[Struct]
    """What else a customer file may write beside `connector:`; described fields, as records have."""
    provides: Mapping[str, frozenset[str]]
    """Kind to the fields it can give (`source_id` always). A rule on anything else is dormant."""
    takes: frozenset[str] = frozenset()
    """Kinds that a platform takes from the source: only these are decided. Empty for a source."""
    layer: str = ""
    """File name of its layer under rules/connectors; its own name when empty."""
    given: Callable[[Mapping[str, Any]], Mapping[str, frozenset[str]]] | None = None
    """What of `provides` it gives with these options, as a customer's file has them; absent: all of it."""

    certainty: Certainty = "unsaid"


Catalogue = Mapping[str, ConnectorSpec]
