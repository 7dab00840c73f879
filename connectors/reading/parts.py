"""Parts of a fetch that may fail alone: what failed is told, the rest goes on, and a dead system is no part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

import msgspec

from connectors.contract import ConnectorError, Fetch, asking_for

T = TypeVar("T")

DENIED = (401, 403)
"""Statuses of a right that is missing, where rights are given call by call."""


class Parts:
    """The parts of one fetch. Safe to use from threads."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.well = False
        """Whether any answer was good; the connector says so."""

    @contextmanager
    def part(self) -> Iterator[None]:
        """What fails within goes to `partial`.

        While no answer was good, only a missing right is taken for a part: all else is true of the whole system, and
        is raised.
        """
        try:
            yield
        except ConnectorError as error:
            if not self.well and error.status not in DENIED:
                raise
            self.tell(error)

    def tell(self, error: ConnectorError) -> None:
        """Say once that something failed."""
        if not any(told.failure == error.failure for told in self._fetch.partial):
            self._fetch.partial.append(error)

    def end(self) -> None:
        """Raise when nothing but refusals came: then the key opens nothing at all."""
        if not self.well and self._fetch.partial:
            raise self._fetch.partial.pop(0)


def each_part(parts: Iterable[Iterator[T]], fetch: Fetch, about: str = "") -> Iterator[T]:
    """All that parts give which do not hang together, such as files, in order; what failed goes to `partial`.

    ``about`` is what they all are of, as ``asking_for`` says it. Raises the first error when nothing was given and no
    part went well: then nothing useful can be read at all.
    """
    failed: list[ConnectorError] = []
    useful = False
    for part in parts:
        try:
            with asking_for(about):
                for found in part:
                    useful = True
                    yield found
        except ConnectorError as error:
            failed.append(error)
        else:
            useful = True
    if failed and not useful:
        # With all that failed as the first did.
        first = failed[0].failure
        alike = [
            one.failure.about for one in failed if msgspec.structs.replace(one.failure, about=first.about) == first
        ]
        failed[0].failure = msgspec.structs.replace(first, about=tuple(dict.fromkeys(chain(*alike))))
        raise failed[0]
    fetch.partial.extend(failed)
