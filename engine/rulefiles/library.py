"""Loading: a rules folder in, rulebooks out; once, or kept up to date with the files while a service runs.

A file that broke leaves the last good rulebook of its customer in force and its problems on record, also one that
another process or an earlier one found good and a keeper kept; one customer's file never stops another's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock, RLock
from typing import Protocol

from msgspec import Struct

from engine.model.connector_spec import Catalogue
from engine.model.problems import Problem, RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.folders import BASE, Folders
from engine.rulefiles.kept_files import packed, restored
from engine.rulefiles.loader import Loader

SECONDS_BETWEEN_LOOKS = 1.0
"""Files are looked at no more often than this; a change is in force about so long after it was saved."""


def load(rules: Path, customer_id: str, catalogue: Catalogue, *, allow_private_hosts: bool = False) -> Rulebook:
    """The effective rulebook of one customer. Raises RuleFileError with all problems, and nothing else."""
    return Loader(rules, catalogue, allow_private_hosts=allow_private_hosts).rulebook(customer_id)


def load_base(rules: Path, catalogue: Catalogue) -> Rulebook:
    """The base rules alone, as the rulebook of a customer `base` without source or platform."""
    return Loader(rules, catalogue).rulebook(BASE)


def customers(rules: Path) -> list[str]:
    """Ids of the customers that have a file in the folder, sorted."""
    return list(Folders.of(rules).customer_ids())


class Keeper(Protocol):
    """Who keeps the files of rulebooks that were good, beyond this process. Never raises."""

    def keep(self, rulebook: Rulebook, files: bytes) -> None:
        """Keep the files of a rulebook that is in force."""

    def last(self, customer: str) -> bytes | None:
        """The files that were in force last."""


def sound(rules: Path, catalogue: Catalogue, *, allow_private_hosts: bool = False) -> Iterator[Rulebook]:
    """The base rules, and the rulebook of each customer whose files have no errors."""
    loader = Loader(rules, catalogue, allow_private_hosts=allow_private_hosts)
    for name in (BASE, *loader.customers()):
        with suppress(RuleFileError):
            yield loader.rulebook(name)


class _Shelved(Struct, frozen=True):
    """What is known of one customer's rules."""

    stamps: object
    good: Rulebook | None
    problems: tuple[Problem, ...]
    """Of the files as they are now; empty when they are in force."""


class Library:
    """Rulebooks by customer. Safe from several threads."""

    def __init__(
        self,
        rules: Path,
        catalogue: Catalogue,
        *,
        clock: Callable[[], float] = time.monotonic,
        allow_private_hosts: bool = False,
    ) -> None:
        self._loader = Loader(rules, catalogue, allow_private_hosts=allow_private_hosts)
        self.keeper: Keeper | None = None
        """None while good files are only remembered by this process."""
        self._restore = partial(restored, catalogue=catalogue, allow_private_hosts=allow_private_hosts)
        self._clock = clock
        self._lock = RLock()
        self._loading = Lock()
        """Held while files are read: who asks for what is shelved does not wait for that."""
        self._ids: tuple[str, ...] = ()
        self._shared: tuple[object, ...] = ()
        self._listed: float | None = None
        self._shelved: dict[str, _Shelved] = {}
        self._looked: dict[str, float] = {}

    def customers(self) -> tuple[str, ...]:
        """Ids of the customers that have a file, sorted; a broken file's too."""
        with self._lock:
            now = self._clock()
            if self._listed is None or now - self._listed >= SECONDS_BETWEEN_LOOKS:
                shared = self._loader.shared_stamps()
                if shared != self._shared:  # the same object while it is the same: each customer's is held against it
                    self._shared = shared
                    self._ids = self._loader.customers()
                self._listed = now
                for gone in self._shelved.keys() - {BASE, *self._ids}:
                    del self._shelved[gone]
                    self._looked.pop(gone, None)
            return self._ids

    def rulebook(self, customer_id: str) -> Rulebook:
        """The last good rulebook; of the base rules alone for `base`.

        Raises KeyError for an unknown customer, and RuleFileError when its files were never good.
        """
        shelved = self._look(customer_id)
        if shelved.good is None:
            raise RuleFileError(shelved.problems)
        return shelved.good

    def known(self, customer_id: str) -> Rulebook | None:
        """The rulebook as far as it is loaded; nothing is read for it."""
        shelved = self._shelved.get(customer_id)
        return None if shelved is None else shelved.good

    def at_hand(self, customer_id: str) -> bool:
        """Whether `rulebook` answers without reading files: what is loaded is what the files are, or there is none."""
        try:
            known, stamps = self._at_hand(customer_id)
        except KeyError:
            return True
        return known is not None and known.stamps == stamps

    def problems(self, customer_id: str) -> tuple[Problem, ...]:
        """Why the newer files of a customer are not in force; empty when they are. KeyError when unknown."""
        return self._look(customer_id).problems

    def broken(self) -> dict[str, tuple[Problem, ...]]:
        """The customers whose files are not in force as they are, with the problems."""
        found = {customer_id: self.problems(customer_id) for customer_id in self.customers()}
        return {customer_id: problems for customer_id, problems in found.items() if problems}

    def _look(self, customer_id: str) -> _Shelved:
        known, stamps = self._at_hand(customer_id)
        if known is not None and known.stamps == stamps:
            return known
        with self._loading:
            # Another may have loaded it meanwhile.
            known, stamps = self._at_hand(customer_id)
            if known is None or known.stamps != stamps:
                known = self._load(customer_id, stamps, known.good if known is not None else None)
                with self._lock:
                    self._shelved[customer_id] = known
                    self._looked[customer_id] = self._clock()
            return known

    def _at_hand(self, customer_id: str) -> tuple[_Shelved | None, object]:
        """What is shelved, and the stamps that its files have now, or had a moment ago."""
        with self._lock:
            others = self.customers()
            if customer_id not in others and customer_id != BASE:
                raise KeyError(customer_id)
            now, known = self._clock(), self._shelved.get(customer_id)
            if known is not None and now - self._looked[customer_id] < SECONDS_BETWEEN_LOOKS:
                return known, known.stamps
            stamps = (self._shared, self._loader.stamp(customer_id))
            if known is not None and known.stamps == stamps:
                self._looked[customer_id] = now
            return known, stamps

    def _load(self, customer_id: str, stamps: object, good: Rulebook | None) -> _Shelved:
        try:
            rulebook = self._loader.rulebook(customer_id, self._ids)
        except RuleFileError as error:
            if good is None and self.keeper is not None and (kept := self.keeper.last(customer_id)) is not None:
                good = self._restore(kept, customer_id)
            return _Shelved(stamps, good, error.problems)
        if self.keeper is not None and customer_id != BASE:
            files = packed(self._loader, rulebook)
            if files is not None:
                self.keeper.keep(rulebook, files)
        return _Shelved(stamps, rulebook, ())
