"""What a run was given and what is known beside it: all that its decisions rest on, and nothing to ask further."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from engine.matching.classifier import Classifier
from engine.records.kinds import Record
from runs.model.arrivals import Arrivals
from runs.model.findings import Identity
from runs.model.received import Received
from store.base.run_tables import RunRow
from store.lookup.archives import Archive
from store.lookup.outcomes import KnownOutcome
from store.queries.uploads import Sent
from store.writing.writes import KnownRecord

Verdicts = Mapping[Identity, str | None]
"""Kind and id to the verdict that stands on the record."""


class SheetMemory(Struct, frozen=True):
    """What runs remember of some sheets."""

    archives: Mapping[str, Archive] = {}
    """By the sheet's id."""
    any_before: bool = False
    """Whether any run of the customer ever received a sheet."""
    names: Mapping[Identity, str] = {}
    """Of those whom something is to be said of."""
    uploaded: Mapping[str, Sent] = {}
    """Sheet to what of it was confirmed as entered in the source."""


class Loaded(Struct, frozen=True):
    """Everything that a run decides on, as it was at one moment."""

    run_id: int
    classifier: Classifier
    received: Received
    prints: Mapping[Identity, bytes]
    """Fingerprint of all that was received under a kind and id, and of what is decided again."""
    whole: frozenset[str]
    """Kinds of which everything was received, so that what is missing is no longer there."""
    known: Mapping[Identity, KnownRecord] = {}
    """What is known of what was received, and of the kinds that were asked for completely."""
    finished: int = 0
    """How many of the customer's runs were finished; another number says that one ended since."""
    earlier: RunRow | None = None
    """The last run in the same direction."""
    last_downward: datetime | None = None
    """The moment of the last downward run."""
    parts: Mapping[str, str] | None = None
    """What the rulebook of the earlier run was made of, where that was another."""
    kinds: Collection[str] = ()
    """Kinds of which anything is stored."""
    beside: Collection[Record] = ()
    """The known records that relations lead to from what was received."""
    again: Sequence[Record] = ()
    """Known records that are decided again, because what they ask of others came out otherwise."""
    verdicts: Verdicts = {}
    """Of the people among these."""
    totals: Mapping[str, int] = {}
    """How many records have a verdict, of kinds of which a part came that is large enough for a jump."""
    sheets: SheetMemory = SheetMemory()
    outcomes: Mapping[Identity, KnownOutcome] = {}
    """What was said of what came as it was when it was said."""
    arrivals: Arrivals = Arrivals()
    """What should be on the platform and is not, by the verdicts that stand."""


def hidden(whole: frozenset[str], prints: Collection[Identity]) -> frozenset[str]:
    """Kinds of which nothing but what was received is looked at; a sheet comes with all of its marks."""
    marked = "sheet" in whole and any(kind == "mark" for kind, _ in prints)
    return whole | {"mark"} if marked else whole
