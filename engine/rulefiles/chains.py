"""Layers that were laid over each other, kept by the process: whoever loads rules lays each chain once."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from msgspec import Struct

from engine.rulefiles.folders import Stamp
from engine.rulefiles.layers import Laid

Key = tuple[object, ...]
"""One entry for each layer, the base first: its files, in which state they were, and all else that laying asks for."""

MOST_BASES = 4
"""Rules folders differ in few things, and an edited base is soon gone for good."""
MOST_CHAINS = 200


class Chain(Struct, frozen=True):
    """Layers laid so far, and out of which files in which state."""

    key: Key = ()
    laid: Laid = Laid()
    files: tuple[tuple[Path, Stamp | None], ...] = ()
    """Each with its state when it was read."""


class Chains:
    """The chains kept, the oldest base going first, with all that was laid over it. Safe from several threads."""

    def __init__(self) -> None:
        self._kept: dict[Key, Chain] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Chain | None:
        """The chain of these layers, if it was laid."""
        return self._kept.get(key)

    def keep(self, chain: Chain) -> None:
        """Keep a chain, and let go of others where there are too many."""
        with self._lock:
            self._kept[chain.key] = chain
            while len(bases := [key for key in self._kept if len(key) == 1]) > MOST_BASES:
                self._drop(bases[0])
            while len(self._kept) > MOST_CHAINS:
                self._drop(next(key for key in self._kept if len(key) > 1))

    def _drop(self, key: Key) -> None:
        for longer in [one for one in self._kept if one[: len(key)] == key]:
            del self._kept[longer]
