"""Where a connector's values become records: through the engine's door, and what it refuses is told, not raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from connectors.contract import ConnectorError, Fetch
from engine.records.decode import Invalid, read_mapping
from engine.records.kinds import Record


class Raw(NamedTuple):
    """What a mapper makes of one row or object: values by field name, still as the source wrote them."""

    kind: str
    values: Mapping[str, Any]
    place: str
    """Where it stands, such as `users.csv:12`; for errors."""


def admitted(raws: Iterable[Raw], fetch: Fetch, nothing: ConnectorError | None = None) -> Iterator[Record]:
    """The records of these values, in order; each that is none goes to `fetch.invalid`.

    Raises `nothing` when there were no values at all: an export that is empty by accident must not look like a school
    that everybody has left.
    """
    empty, before = True, len(fetch.invalid)
    for kind, values, place in raws:
        # Most cells of a wide table are empty: not asking the door about them saves a third of the time.
        found = read_mapping(kind, {name: value for name, value in values.items() if value != ""}, place)
        if isinstance(found, Invalid):
            fetch.invalid.append(found)
        else:
            empty = False
            yield found
    if nothing is not None and empty and len(fetch.invalid) == before:
        raise nothing
