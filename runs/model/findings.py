"""What a run found, before it is compared with what was known: every kind and id once, with its decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from engine.matching.classifier import Classifier, Decided
from engine.model.decisions import Decision
from engine.model.moments import Moment
from engine.records.decode import Invalid
from engine.records.kinds import Record
from engine.records.unread import Unread
from runs.model.arrivals import Arrivals
from runs.model.guard_findings import Trip
from runs.model.waivers import Waivers
from store.lookup import fingerprints
from store.lookup.archives import Archive
from store.lookup.outcomes import KnownOutcome

Items = Sequence[Record | Invalid]

Identity = tuple[str, str]


class Findings(Struct):
    """One run's findings, ready to be compared."""

    customer: str
    run_id: int
    as_of: datetime
    today: datetime
    """When the customer's day began."""
    items: Items
    """As received, without what runs add to them; then what is decided again."""
    prints: Mapping[Identity, bytes]
    """Fingerprint of all that was received under a kind and id."""
    decided: Decided
    classifier: Classifier
    kinds: frozenset[str]
    """Kinds that this run decides."""
    whole: frozenset[str]
    """Kinds of which nothing but what was received is looked at."""
    complete: frozenset[str]
    """Kinds of which everything was received; none where any part of the fetch failed."""
    leaves_after: int
    """How many complete runs must lack a record until it counts as gone."""
    archives: list[Archive]
    """What is to be remembered of archived sheets."""
    found: dict[Identity, Found] = field(default_factory=dict)
    """Each kind and id that was received, once; see ``decisions_of``."""
    again: dict[Identity, Found] = field(default_factory=dict)
    """The same of known records that were decided again: they ask what is decided of others, and that changed."""
    absent: dict[Identity, Found] = field(default_factory=dict)
    """What was named and never received; counted apart."""
    before: Moment | None = None
    """The moment of the last finished run in this direction."""
    meanwhile: Mapping[Identity, KnownOutcome | None] = {}
    """What was said of what came while the run was at work, by which it did not decide: who took note of it followed
    it."""
    waivers: Waivers = {}
    """What the customer's file accepts as it is."""
    effects: Mapping[str, Mapping[str, int]] = {}
    """Kind to how many synced records the platform would see as create, update and unchanged."""
    offers: Offers | None = None
    """What an upward run says of its sheets."""
    arrivals: Arrivals = Arrivals()
    """What should be on the platform and is not, and what is after all."""
    filled: Mapping[str, Mapping[str, int]] = {}
    """Kind to field to how many records had it, as last seen in a complete fetch."""
    trips: Sequence[Trip] = ()
    """What the guards found."""
    remarks: Sequence[Unread] = ()
    """What was left out because nothing needs it, once for each field and kind of fault."""
    approved: Findings | None = None
    """What is found once somebody approves the run, where a guard holds it."""

    @property
    def held(self) -> bool:
        """Whether a guard holds the run."""
        return any(trip.then == "hold" for trip in self.trips)


class Offers(Struct):
    """What a run says of the sheets that it decided."""

    go: dict[str, tuple[bytes, bytes]]
    """Sheet to itself and its marks, as JSON, of those that go up."""
    stay: list[str]
    """Sheets that do not."""


class Found(Struct):
    """One kind and id of a run."""

    position: int
    """Of the item that was decided."""
    decision: Decision | None
    later: bool = False
    """Whether it is left out for now only: by rules that time will end."""
    segments: tuple[str, ...] = ()
    """The platform accounts that it belongs to."""
    id: int = 0
    """Number of its row; 0 until it is written."""
    new: bool = False
    changed: bool = False
    returned: bool = False
    """Whether the run before had not received it."""
    own: bool = True
    """Whether the run has the word on it."""

    @property
    def print(self) -> bytes:
        """Fingerprint of what is decided, and of what stands on the record beside it."""
        return fingerprints.of_decision(self.decision, later=self.later, segments=self.segments)


def decisions_of(run: Findings) -> dict[Identity, Found]:
    """Each kind and id once, with its decision. One that came unreadable beside a readable one counts as unreadable.

    What cannot be read is told whatever its kind: of what nobody decides, nobody else would tell it.
    """
    found: dict[Identity, Found] = {}
    for position, (item, decision) in enumerate(zip(run.decided.items, run.decided.decisions, strict=True)):
        identity = fingerprints.identity(item)
        spoiled = isinstance(item, Invalid)
        if identity not in found or spoiled:
            own = spoiled or decides(run, identity[0])
            found[identity] = Found(
                position,
                decision if own else None,
                later=own and run.decided.later(position),
                segments=run.decided.segments(position),
                own=own,
            )
    return found


def decides(run: Findings, kind: str) -> bool:
    """Whether the run has the word on records of a kind; `record` is one whose kind could not be read."""
    return kind in run.kinds or kind == "record"
