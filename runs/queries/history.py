"""Histories: what happened to a record or an issue, and what changed for a customer day after day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlmodel import Session

from runs.model.answers import Happening, HistoryDay, HistoryPage
from runs.model.corrections import Correction
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, IssueRow
from store.queries import history as stored
from store.queries import questions as queries
from store.queries.history import HistoryEntry

_corrections = msgspec.json.Decoder(list[Correction])


def corrections_in(written: bytes | None) -> list[Correction]:
    """What was corrected, as it stands on an issue."""
    return [] if written is None else _corrections.decode(written)


def happenings(changes: Sequence[tuple[ChangeRow, RunRow]]) -> list[Happening]:
    """Changes as entries of a history."""
    return [_happening(change, run.as_of) for change, run in changes]


def _happening(change: ChangeRow, as_of: datetime) -> Happening:
    before, after = _value(change.before), _value(change.after)
    common: dict[str, Any] = {
        "at": change.at or as_of,
        "run_id": change.run_id,
        "what": change.what,
        "subject": change.subject,
    }
    if change.what != "issue":
        return Happening(**common, before=before, after=after)
    told: dict[str, Any] = after if isinstance(after, dict) else {"state": after}
    until = told.get("until")
    return Happening(
        **common,
        before=before.get("state") if isinstance(before, dict) else before,
        after=told.get("state"),
        resolution=told.get("resolution"),
        resolved_by=told.get("resolved_by"),
        corrected=msgspec.convert(told.get("because", []), list[Correction]),
        why=told.get("why"),
        until=None if until is None else datetime.fromisoformat(until),
        reason=told.get("reason"),
        by=told.get("by"),
    )


def _value(written: bytes | None) -> Any:
    return None if written is None else msgspec.json.decode(written)


def opened(issue: IssueRow) -> Happening:
    """That an issue was found for the first time; waived at once, it says so in its state."""
    return Happening(issue.opened_at, issue.opened_run_id, "issue", issue.rule, None, "new")


def received(run: RunRow) -> Happening:
    """That a record was received for the first time."""
    assert run.id is not None
    return Happening(at=run.as_of, run_id=run.id, what="received", subject="")


def day_by_day(
    session: Session,
    customer: str,
    cursor: str | None,
    limit: int,
    span: tuple[datetime, datetime] | None = None,
    kind: str | None = None,
) -> HistoryPage:
    """A page of what changed for a customer, newest run first; ``span`` narrows it to runs between two moments.

    Raises CursorError.
    """
    page = stored.entries(session, customer, cursor, limit, span, kind)
    changes = stored.changes_of(session, page.items)
    opened_ones = stored.opened_in(session, page.items)
    days = [_day(entry, changes, opened_ones) for entry in page.items]
    return HistoryPage(days, page.next_cursor, queries.ended(session, customer, span))


def _day(
    entry: HistoryEntry,
    changes: dict[tuple[int, int, bool], list[ChangeRow]],
    opened_ones: dict[tuple[int, int], list[IssueRow]],
) -> HistoryDay:
    run, record = entry.run, entry.record
    assert run.id is not None
    assert record.id is not None
    mine = changes.get((run.id, record.id, entry.by_hand), [])
    found = [_happening(change, run.as_of) for change in mine]
    if not entry.by_hand:
        found += [opened(issue) for issue in opened_ones.get((run.id, record.id), [])]
        if record.first_run_id == run.id:
            found.append(received(run))
    return HistoryDay(
        at=max((one.at for one in found), default=run.as_of),
        run_id=run.id,
        direction=run.direction,
        by_hand=entry.by_hand,
        kind=record.kind,
        source_id=record.source_id,
        name=record.name,
        happenings=found,
    )
