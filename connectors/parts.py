"""Reading a system part by part: one that fails is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from connectors.contract import ConnectorError, Fetch

T = TypeVar("T")


def each_part(parts: Iterable[Iterator[T]], fetch: Fetch) -> Iterator[T]:
    """All that the parts give, in order. The error of one that failed goes to `fetch.partial`.

    Raises the first error when nothing was given and no part went well: then nothing useful can be read at all.
    """
    failed: list[ConnectorError] = []
    useful = False
    for part in parts:
        try:
            for found in part:
                useful = True
                yield found
        except ConnectorError as error:
            failed.append(error)
        else:
            useful = True
    if failed and not useful:
        raise failed[0]
    fetch.partial.extend(failed)
