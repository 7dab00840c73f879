"""Impact: what edited rules would make of the records that are stored, beside what is made of them now.

Nothing is written. Records are read some thousands at a time, so that a large customer needs no more memory than
what differs. Both sides are decided for the moment of the last run, so that only the rules can tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.language.renderer import Messages
from engine.matching.classifier import Classifier, Decided
from engine.model.decisions import Decision, Match, Verdict
from engine.model.rulebook import FixIn, Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import UPWARD, Record
from engine.relations.neighbourhood import KnownRecords
from runs.execution.classifiers import moment_of
from runs.execution.fetch import start_of_day
from runs.model.errors import NothingStored
from runs.model.received import OnPage
from runs.queries.cached_lookup import Seen
from runs.queries.message_edits import reworded
from runs.queries.reader_messages import ReaderMessages
from runs.records.archiving import recall, remembered
from store.lookup.known import StoredRecords
from store.lookup.scanning import Stored, stored_records
from store.queries import questions as queries

Difference = Literal["newly_skipped", "newly_flagged", "no_longer_flagged", "changed_message", "newly_synced"]
ORDER: tuple[Difference, ...] = (
    "newly_skipped",
    "newly_flagged",
    "no_longer_flagged",
    "changed_message",
    "newly_synced",
)
"""Worst first: what is newly skipped is lost without a word."""

Item = Record | Invalid

_CHUNK = 20_000
_matches = msgspec.json.Decoder(tuple[Match, ...])


class Said(Struct, frozen=True):
    """What becomes of a record under one rulebook."""

    verdict: Verdict | None
    """None: the record is not decided at all, for the platform does not take its kind."""
    rule: str | None = None
    problem: str | None = None
    """None also where only the stored decision is known, whose messages may have been worded otherwise."""
    fix: str | None = None
    fix_in: FixIn | None = None
    also: tuple[str, ...] = ()
    """The other rules that matched, notes included."""


class RecordImpact(Struct, frozen=True):
    """One record that fares otherwise."""

    kind: str
    source_id: str
    name: str
    starts_at: datetime | None
    """Of sessions and sheets."""
    before: Said
    after: Said


class Impact(Struct):
    """All that an edit would change, as lists of records, worst first."""

    customer: str
    run_id: int
    """The last run, whose records these are."""
    as_of: datetime
    compared_with: Literal["rules_in_force", "last_run"]
    """What the edited rules are compared with: the rules in force, or what the last run decided by them."""
    version_before: str
    version_after: str
    decided: int = 0
    unreadable: int = 0
    """Stored records that no rule can be tried on: what was received of them could not be read."""
    by_rule: dict[str, dict[str, int]] = {}
    """Difference to deciding rule, as `before → after`, to how many records."""
    newly_skipped: list[RecordImpact] = []
    newly_flagged: list[RecordImpact] = []
    no_longer_flagged: list[RecordImpact] = []
    changed_message: list[RecordImpact] = []
    newly_synced: list[RecordImpact] = []

    def of(self, difference: Difference) -> list[RecordImpact]:
        """The records of one difference."""
        found: list[RecordImpact] = getattr(self, difference)
        return found


class Side(Struct, frozen=True):
    """One rulebook, ready to decide and to tell."""

    classifier: Classifier
    wording: ReaderMessages
    messages: Messages

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook itself."""
        return self.classifier.rulebook

    def decide(
        self, items: Sequence[Item], kind: str, at: tuple[datetime, datetime | None], known: KnownRecords
    ) -> Decided:
        """Decide those of the kind as at a moment and the last downward run before it."""
        return self.classifier.decide(items, moment_of(self.rulebook, *at), known, {kind})


def impact(
    session: Session, before: Side | None, after: Side, on_page: OnPage | None = None, size: int = _CHUNK
) -> Impact:
    """What the rules ``after`` would change; ``before`` None compares with the stored decisions.

    ``size`` records are in memory at a time, with what is around them.
    Raises NothingStored for a customer without a finished run.
    """
    customer = after.rulebook.customer.id
    down = queries.last_run(session, customer, "downward")
    up = queries.last_run(session, customer, "upward")
    last = max((run for run in (down, up) if run is not None), key=lambda run: run.id or 0, default=None)
    if last is None or last.id is None:
        raise NothingStored
    compared = _Compared(
        Impact(
            customer=customer,
            run_id=last.id,
            as_of=last.as_of,
            compared_with="last_run" if before is None else "rules_in_force",
            version_before=last.rulebook_version if before is None else before.rulebook.version,
            version_after=after.rulebook.version,
        ),
        before,
        after,
    )
    for kind in sorted(after.classifier.taken | (frozenset() if before is None else before.classifier.taken)):
        run = up if kind in UPWARD else down
        if run is None:
            continue
        # A downward run is itself the last one when it decides.
        at = (run.as_of, None if down is None else down.as_of)
        for rows in stored_records(session, customer, kind, start_of_day(after.rulebook, run.as_of), size):
            compared.add(session, kind, rows, at)
            if on_page is not None:
                on_page("deciding", compared.found.decided)
    return compared.counted()


class _Compared:
    """The two sides on one list of records after the other."""

    def __init__(self, found: Impact, before: Side | None, after: Side) -> None:
        self.found = found
        self._before = before
        self._after = after
        self._reworded = frozenset() if before is None else reworded(before.rulebook, after.classifier, after.messages)
        self._by_rule: dict[Difference, Counter[str]] = {difference: Counter() for difference in ORDER}

    def add(self, session: Session, kind: str, rows: Sequence[Stored], at: tuple[datetime, datetime | None]) -> None:
        """Decide and compare these records of a kind."""
        readable = [(row, record) for row in rows if (record := row.record) is not None]
        self.found.unreadable += len(rows) - len(readable)
        known = StoredRecords(session, self.found.customer)
        items: Sequence[Item] = [record for _, record in readable]
        if kind == "sheet":
            marks = known.lookup({("mark", "sheet", record.source_id) for _, record in readable})
            # With what runs remember of sheets, which stands beside what was received.
            items = [*items, *marks]
            items, _ = remembered(items, recall(session, self.found.customer, items), at[0])
        seen = Seen(known)
        after = self._after.decide(items, kind, at, seen)
        before = None if self._before is None else self._before.decide(items, kind, at, seen)
        differing: list[tuple[int, Difference | None, Decision | None, Decision | None]] = []
        for place, (row, _) in enumerate(readable):
            now = after.decisions[place]
            then = before.decisions[place] if before is not None else _stored(kind, row)
            self.found.decided += now is not None or then is not None
            difference = _difference(then, now)
            if difference or _matches_of(then) != _matches_of(now) or self._may_be_reworded(now):
                differing.append((place, difference, then, now))
        # One side after the other: messages keep what they worked out of the rulebook they last saw.
        told = [_said(self._before, before, place, then) for place, _, then, _ in differing]
        telling = [_said(self._after, after, place, now) for place, _, _, now in differing]
        for (place, difference, _, _), then_said, now_said in zip(differing, told, telling, strict=True):
            if difference is None and then_said == (_without_words(now_said) if before is None else now_said):
                continue
            row = readable[place][0]
            self._add(
                difference or "changed_message",
                RecordImpact(kind, row.source_id, row.name, row.starts_at, then_said, now_said),
            )

    def _may_be_reworded(self, decision: Decision | None) -> bool:
        return not self._reworded.isdisjoint(match.rule for match in _matches_of(decision))

    def _add(self, difference: Difference, effect: RecordImpact) -> None:
        self.found.of(difference).append(effect)
        then, now = (said.rule or said.verdict or "not decided" for said in (effect.before, effect.after))
        self._by_rule[difference][f"{then} → {now}"] += 1

    def counted(self) -> Impact:
        """What was found, with its counts."""
        self.found.by_rule = {name: dict(counter.most_common()) for name, counter in self._by_rule.items()}
        return self.found


def _stored(kind: str, row: Stored) -> Decision | None:
    return None if row.verdict is None else Decision(kind, row.source_id, row.verdict, _matches.decode(row.matches))


def _difference(before: Decision | None, after: Decision | None) -> Difference | None:
    """What an edit does to a record's verdict; None where nothing."""
    then = None if before is None else before.verdict
    now = None if after is None else after.verdict
    if then == now:
        return None
    if now == "skip" or (now is None and then == "sync"):
        # What is not decided any more is not synced any more either.
        return "newly_skipped"
    if now == "flag":
        return "newly_flagged"
    return "no_longer_flagged" if then == "flag" else "newly_synced"


def _matches_of(decision: Decision | None) -> tuple[Match, ...]:
    return () if decision is None else decision.matches


def _said(side: Side | None, decided: Decided | None, place: int, decision: Decision | None) -> Said:
    if decision is None:
        return Said(None)
    if side is None or decided is None:
        headline = decision.matches[0] if decision.rule is not None else None
        others = (*decision.also, *decision.notes)
        return Said(
            verdict=decision.verdict,
            rule=decision.rule,
            fix_in=None if headline is None else headline.fix_in,
            also=tuple(match.rule for match in others),
        )
    answer = side.wording.answer(decided, place)
    return Said(
        verdict=answer.verdict,
        rule=answer.rule,
        problem=answer.problem,
        fix=answer.fix,
        fix_in=answer.fix_in,
        also=tuple(remark.rule for remark in (*answer.also, *answer.notes)),
    )


def _without_words(said: Said) -> Said:
    return msgspec.structs.replace(said, problem=None, fix=None)
