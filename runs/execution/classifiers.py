"""Deciding for a customer: the compiled rulebook, the moment, and the times of change that only runs can tell."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import cast

import msgspec

from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import Record
from runs.execution.schedules import next_run
from runs.model.findings import Items
from store.base.enums import Direction
from store.base.run_tables import RunRow
from store.lookup import fingerprints
from store.writing.writes import KnownRecord

_MODIFIED = "modified_at"


MOST_BUILT = 128
"""Compiled rulebooks that are kept: some megabytes each, and a service may have thousands of customers."""


class Classifiers:
    """Compiled rulebooks, each built once; of many, those that were asked for last. Safe from several threads."""

    def __init__(self) -> None:
        self._building = threading.Lock()
        """Held while one is built: who asks for what is built does not wait for that."""
        self._built: OrderedDict[tuple[str, bool], Classifier] = OrderedDict()
        self._order = threading.Lock()

    def of(self, rulebook: Rulebook, *, seen_before: bool) -> Classifier:
        """The rulebook ready to decide; ``seen_before`` when there was a run that later ones compare with."""
        found = self._known(rulebook, seen_before)
        if found is not None:
            self._keep(found, seen_before)
            return found
        with self._building:
            found = self._known(rulebook, seen_before)  # another may have built it meanwhile
            if found is None:
                provided = provided_by(rulebook, REMEMBERED if seen_before else frozenset())
                found = Classifier(rulebook, provided)
            self._keep(found, seen_before)
            return found

    def built(self, rulebook: Rulebook) -> bool:
        """Whether `of` has nothing to build, as far as that can be told without asking for runs."""
        return any(self._known(rulebook, seen_before) is not None for seen_before in (True, False))

    def _keep(self, built: Classifier, seen_before: bool) -> None:
        """Keep it as the one that was asked for last."""
        key = built.rulebook.customer.id, seen_before
        with self._order:
            self._built[key] = built
            self._built.move_to_end(key)
            while len(self._built) > MOST_BUILT:
                self._built.popitem(last=False)

    def _known(self, rulebook: Rulebook, seen_before: bool) -> Classifier | None:
        found = self._built.get((rulebook.customer.id, seen_before))
        return found if found is not None and found.rulebook.version == rulebook.version else None


def moment_of(
    rulebook: Rulebook,
    as_of: datetime,
    last_sync: datetime | None,
    direction: Direction = "downward",
    *,
    stalled: bool = False,
) -> Moment:
    """The moment of a classification, with the next planned run of that direction: none where exchanges are stalled."""
    customer = rulebook.customer
    times = getattr(customer.schedule, direction)
    return Moment(
        as_of=as_of,
        zone=customer.zone,
        last_sync=last_sync,
        next_run=None if stalled else next_run(times, customer.zone, as_of),
        stalled=stalled,
    )


def sync_of(run: RunRow | None) -> datetime | None:
    """The moment of the last downward run; None before the first."""
    return None if run is None else run.as_of


def undated(items: Items) -> list[Record]:
    """The records of which their source tells no time of change, though their kind has one."""
    return [item for item in items if not isinstance(item, Invalid) and getattr(item, _MODIFIED, item) is None]


def dated(
    items: Items,
    undated_ones: Collection[Record],
    prints: Mapping[tuple[str, str], bytes],
    known: Mapping[tuple[str, str], KnownRecord],
    as_of: datetime,
) -> Items:
    """The items with the time that runs saw them change: now, where they differ from what is known.

    What was never received before has none: when it was made is not known.
    """
    if not undated_ones:
        return items
    without = {id(record) for record in undated_ones}
    found: list[Record | Invalid] = []
    for item in items:
        then = known.get(fingerprints.identity(item)) if id(item) in without else None
        if then is None:
            found.append(item)
            continue
        same = then.fingerprint == prints[fingerprints.identity(item)]
        seen = then.modified_at if same else as_of
        found.append(item if seen is None else msgspec.structs.replace(cast("Record", item), modified_at=seen))
    return found
