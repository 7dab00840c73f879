"""Where a connector's values become records: through the engine's door, and what it refuses is told, not raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from connectors.contract import ConnectorError, Fetch
from engine.records.decode import Invalid, faults_of, read_mapping
from engine.records.kinds import Record
from engine.records.unread import Unread


class Raw(NamedTuple):
    """What a mapper makes of one row or object: values by field name, still as the source wrote them."""

    kind: str
    values: Mapping[str, Any]
    place: str
    """Where it stands, such as `users.csv:12`; for errors."""


ColumnsOf = Mapping[str, Mapping[str, str]]
"""Kind to field to the name of the column it was read from."""


def admitted(
    raws: Iterable[Raw], fetch: Fetch, nothing: ConnectorError | None = None, columns: ColumnsOf | None = None
) -> Iterator[Record]:
    """The records of these values, in order; each that is none goes to `fetch.invalid`.

    What could not be read is told by its column, where `columns` name it. Raises `nothing` when there were no values at
    all: an export that is empty by accident must not look like a school that everybody has left.
    """
    empty, before = True, len(fetch.invalid)
    for kind, values, place in raws:
        # Most cells of a wide table are empty: not asking the door about them saves a third of the time.
        found = read_mapping(kind, {name: value for name, value in values.items() if value != ""}, place)
        if columns is not None and (faults := faults_of(found)):
            found = _by_column(found, faults, columns.get(kind, {}))
        if isinstance(found, Invalid):
            fetch.invalid.append(found)
        else:
            empty = False
            yield found
    if nothing is not None and empty and len(fetch.invalid) == before:
        raise nothing


def _by_column(
    found: Record | Invalid, faults: tuple[Unread | str, ...], columns: Mapping[str, str]
) -> Record | Invalid:
    told = tuple(
        replace(one, values={"column": columns[one.field], **one.values})
        if isinstance(one, Unread) and one.field in columns
        else one
        for one in faults
    )
    return replace(found, **{"errors" if isinstance(found, Invalid) else "unread": told})
