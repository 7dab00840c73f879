"""Outlooks: the three answers on a record. What the last run did with it, what the next will do, what the platform has.

None stands for another. What the last run did is stored on the record. What the next will do is decided at its moment;
where it leaves the record out by rules that time will end, the first run after that end is tried in turn, so that a
record is decided a few times at most, and many together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlmodel import Session

from engine.matching.classifier import Classifier, Decided
from engine.model.connector_spec import HELD_AGAINST
from engine.model.moments import Moment
from engine.records.kinds import OF_PLATFORM, Record, kind_of
from engine.relations.neighbourhood import KnownRecords, Situation
from runs.execution.classifiers import moment_of, sync_of
from runs.execution.fetch import start_of_day
from runs.execution.schedules import next_run
from runs.model.answers import NextRun, OnPlatform, Outlook
from runs.queries.cached_lookup import Seen
from runs.records.effects import PLACES, there
from store.base.enums import Direction, LastRun, last_run_of
from store.base.tables import RecordRow, read_segments
from store.lookup.known import StoredRecords, record_of
from store.lookup.outcomes import KnownOutcome
from store.lookup.outcomes import outcomes as outcomes_of
from store.queries import questions as queries
from store.queries import uploads

_MOST_TRIES = 5
"""Runs at which a record is decided to learn which of them will take it."""


class Around:
    """The last and the coming runs of a customer, as seen from now."""

    def __init__(
        self, session: Session, classifier: Classifier, now: datetime, stalled: Collection[Direction] = ()
    ) -> None:
        """``stalled`` are the directions in which no run may be promised."""
        self.now = now
        self._rulebook = classifier.rulebook
        self._stalled = stalled
        runs = {way: queries.last_run(session, self._rulebook.customer.id, way) for way in _DIRECTIONS}
        self._sync = sync_of(runs["downward"])
        # What was decided holds for its run; when the next one comes is told as of now.
        self._last: Mapping[Direction, Moment] = {
            way: self._moment(now if run is None else run.as_of, way) for way, run in runs.items()
        }

    def last(self, kind: str) -> Moment:
        """The moment of the last run that decides records of the kind; now before the first."""
        return self._last[direction_of(kind)]

    def coming(self, kind: str, at: datetime) -> datetime | None:
        """Start of the first run at that moment or after, and after now; None where none is planned."""
        after = max(self.now, at - datetime.resolution)
        return next_run(self._times(direction_of(kind)), self._rulebook.customer.zone, after)

    def moment(self, kind: str, at: datetime) -> Moment:
        """The moment of a run to come: a downward one will itself be the last."""
        way = direction_of(kind)
        moment = self._moment(at, way)
        return msgspec.structs.replace(moment, last_sync=at) if way == "downward" else moment

    def _moment(self, at: datetime, way: Direction) -> Moment:
        # Both told as of now: when the next one comes, and whether it may be promised.
        coming = moment_of(self._rulebook, self.now, self._sync, way, stalled=way in self._stalled)
        return msgspec.structs.replace(coming, as_of=at)

    def promised(self, kind: str) -> bool:
        """Whether a planned run may be promised."""
        return direction_of(kind) not in self._stalled

    def _times(self, way: Direction) -> Sequence[str]:
        schedule = self._rulebook.customer.schedule
        return schedule.upward if way == "upward" else schedule.downward


_DIRECTIONS: tuple[Direction, ...] = ("downward", "upward")


def direction_of(kind: str) -> Direction:
    """In which direction records of a kind are decided."""
    return "upward" if kind in OF_PLATFORM else "downward"


class Outlooks:
    """Looks ahead for stored records; what is known around them is asked of the store once."""

    def __init__(self, session: Session, classifier: Classifier, around: Around) -> None:
        self._session = session
        self._classifier = classifier
        self._around = around
        self._customer = classifier.rulebook.customer.id
        self.stored = StoredRecords(session, self._customer)
        self.known: KnownRecords = Seen(self.stored)
        self.next: dict[int, tuple[Decided, int]] = {}
        """Number of a record to its decision by the next run, as a batch and the place in it."""

    def of(self, rows: Sequence[RecordRow]) -> list[Outlook]:
        """The three answers on each, in order."""
        records = {row.id: record for row in rows if (record := record_of(row)) is not None}
        taken = self._taken(rows, records)
        sheets = [row.source_id for row in rows if row.kind == "sheet"]
        listed = uploads.listed(self._session, self._customer, sheets)
        places = self._on_platform(rows, records, listed)
        found = []
        for row in rows:
            assert row.id is not None
            last = self.last_run(row)
            coming = self._around.coming(row.kind, self._around.now)
            expected = taken.get(row.id)
            promised = self._around.promised(row.kind)
            said: NextRun = "out"
            if last == "related":
                said = "none_planned" if coming is None else "out"
            elif coming is None:
                said = "none_planned"
            elif expected is not None:
                said = "goes" if expected == coming else "later"
            if row.kind == "sheet" and _of_sheet(listed.get(row.source_id), gone=False) == "to_enter":
                said, expected = "listed", None
            found.append(
                Outlook(
                    last_run=last,
                    next_run=said,
                    next_run_at=coming if promised else None,
                    expected_on=expected if promised or said == "later" else None,
                    on_platform=places[row.id][0],
                    **_told(*places[row.id]),
                    segments=read_segments(row.segments),
                )
            )
        return found

    def last_run(self, row: RecordRow) -> LastRun:
        """What the last run that decided the record did with it."""
        if row.not_received_since is not None:
            return "not_received"
        today = start_of_day(self._classifier.rulebook, self._around.now)
        if row.verdict is None and row.starts_at is not None and row.starts_at < today and self._decides(row.kind):
            # Its day is over, and with that its verdict.
            return "left_out"
        return last_run_of(row.verdict, later=row.later, folded=row.folded)

    def never_received(self, kind: str) -> Outlook:
        """The answers on what nobody ever sent."""
        coming = self._around.coming(kind, self._around.now)
        return Outlook(
            last_run="never_received",
            next_run="none_planned" if coming is None else "out",
            next_run_at=coming if self._around.promised(kind) else None,
            on_platform="not_told",
        )

    def _decides(self, kind: str) -> bool:
        return kind in self._classifier.taken and self._classifier.provided.kind(kind)

    def _taken(self, rows: Sequence[RecordRow], records: Mapping[int | None, Record]) -> dict[int, datetime]:
        """Number of a record to the run that will take it, of those that some run will if nothing changes."""
        waiting: dict[int, tuple[Record, datetime]] = {}
        for row in rows:
            at = self._around.coming(row.kind, self._around.now)
            if row.id in records and at is not None and self._may_turn(row):
                assert row.id is not None
                waiting[row.id] = (records[row.id], at)
        taken: dict[int, datetime] = {}
        for tried in range(_MOST_TRIES):
            again: dict[int, tuple[Record, datetime]] = {}
            for at, numbers in _by_run(waiting):
                decided = self._decide([waiting[number][0] for number in numbers], at)
                for position, number in enumerate(numbers):
                    if not tried:
                        self.next[number] = decided, position
                    decision = decided.decisions[position]
                    if decision is not None and decision.verdict == "sync":
                        taken[number] = at
                    elif (later := self._later(decided, position)) is not None:
                        again[number] = (waiting[number][0], later)
            waiting = again
        return taken

    def _may_turn(self, row: RecordRow) -> bool:
        """Whether the next run may decide the record otherwise though nothing about it changes.

        What is flagged stays so, but where time ends the rule.
        """
        if row.not_received_since is not None:
            return False
        return row.verdict != "flag" or row.rule in self._classifier.clocked

    def _decide(self, records: Sequence[Record], at: datetime) -> Decided:
        return self._classifier.decide(records, self._around.moment(kind_of(records[0]), at), self.known)

    def _later(self, decided: Decided, position: int) -> datetime | None:
        """The first run after time may have ended what keeps the record out."""
        turns = decided.turns(position)
        return self._around.coming(kind_of(decided.items[position]), min(turns)) if turns else None  # type: ignore[arg-type]

    def _on_platform(
        self,
        rows: Sequence[RecordRow],
        records: Mapping[int | None, Record],
        listed: Mapping[str, uploads.ListedSheet],
    ) -> dict[int, tuple[OnPlatform, KnownOutcome | None]]:
        stored, provided = self.stored.kinds, self._classifier.provided
        against = {
            kind for kind, other in HELD_AGAINST.items() if other in stored and provided.kind(other) and kind in stored
        }
        asked = {row.id: records[row.id] for row in rows if row.kind in against and row.id in records}
        pairs = {(kind, place) for kind in against for place in PLACES[HELD_AGAINST[kind]]}
        situation = Situation([*asked.values()], self.known, relations=pairs)
        outcomes = outcomes_of(self._session, self._customer, [(row.kind, row.source_id) for row in rows])
        found: dict[int, tuple[OnPlatform, KnownOutcome | None]] = {}
        for row in rows:
            assert row.id is not None
            told: OnPlatform = "not_told"
            outcome = outcomes.get((row.kind, row.source_id))
            if outcome is not None and outcome.outcome == "refused" and outcome.fingerprint == row.fingerprint:
                # Of what it holds now: another record may be taken.
                found[row.id] = "refused", outcome
                continue
            if row.id in asked:
                told = "not_seen" if there(asked[row.id], situation) is None else "seen"
            elif row.kind in OF_PLATFORM:
                told = _of_sheet(
                    listed.get(row.source_id) if row.kind == "sheet" else None, gone=row.not_received_since is not None
                )
            if outcome is not None and outcome.outcome != "refused" and told in ("not_told", "not_seen"):
                told = "confirmed"
            found[row.id] = told, outcome
        return found


def _told(place: OnPlatform, outcome: KnownOutcome | None) -> dict[str, Any]:
    """When that was so and who said it, where it is known from what was said."""
    if outcome is None or place != ("refused" if outcome.outcome == "refused" else "confirmed"):
        return {}
    return {"told_at": outcome.at, "told_by": outcome.told_by or None}


def _of_sheet(upload: uploads.ListedSheet | None, *, gone: bool) -> OnPlatform:
    """Of what the platform itself holds: whether its attendance has to be entered in the source, or was."""
    if upload is not None and upload.uploaded_at is not None:
        return "confirmed"
    if upload is not None and upload.withdrawn_at is None:
        return "to_enter"
    return "not_seen" if gone else "seen"


def _by_run(waiting: Mapping[int, tuple[Record, datetime]]) -> Iterable[tuple[datetime, list[int]]]:
    """The numbers that are decided together: those of one run."""
    found: dict[tuple[datetime, Direction], list[int]] = {}
    for number, (record, at) in waiting.items():
        found.setdefault((at, direction_of(kind_of(record))), []).append(number)
    return [(at, numbers) for (at, _), numbers in found.items()]
