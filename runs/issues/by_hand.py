"""Settling an issue by hand: snoozed, waived, resolved, or open again. What a person does stands in the history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.model.decisions import Match
from engine.model.moments import day_bounds
from engine.records.limits import LONGEST_REASON
from runs.issues.causes import turn, unlink
from runs.issues.lifecycle import UNPAUSED
from runs.model.errors import CannotSettle, UnknownIssue
from runs.model.waivers import RULES
from store.base.tables import IssueRow, RecordRow
from store.queries import questions as queries
from store.queries.feed import state_at
from store.writing import writes
from store.writing.causes import sizes_of
from store.writing.standing import stand

SettledState = Literal["snoozed", "waived", "resolved", "open"]

_matches = msgspec.json.Decoder(tuple[Match, ...])


class Settlement(Struct, frozen=True):
    """What a person wants to become of an issue."""

    state: SettledState
    until: date | None = None
    """Of a snooze the day it shows again; of a waiver its last day. Local days of the customer."""
    until_it_grows: bool = False
    """Of a snooze: it also shows again once more hangs on it."""
    reason: str | None = None


def settle(
    session: Session, customer: str, issue_id: str, wanted: Settlement, by: str, now: datetime, zone: str
) -> None:
    """Do it, in the caller's transaction. Raises UnknownIssue, CannotSettle."""
    found = queries.issue(session, customer, issue_id)
    if found is None:
        raise UnknownIssue
    record, issue = found
    state = state_at(issue, now)
    row, after = _settled(session, record, issue, wanted, by, now, zone)
    writes.settle_issues(session, [{"id": issue.id} | row])
    writes.write_changes(session, [_change(session, issue, state, after, now)])
    if wanted.state == "resolved":
        assert record.id is not None
        unlink(session, issue.id, record.id)
    else:
        turn(session, [issue.id])
    stand(session, customer)


def _settled(
    session: Session, record: RecordRow, issue: IssueRow, wanted: Settlement, by: str, now: datetime, zone: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that change, and what the history says."""
    reason = (wanted.reason or "").strip()[:LONGEST_REASON] or None
    if wanted.state == "open":
        return _opened(record, issue, now), {"state": "open", "why": "by_hand", "by": by}
    if issue.state == "resolved":
        raise CannotSettle("solved", "This issue is solved already.", "Wanted one that is not.", "")
    if issue.state == "waived" and issue.settled_by == RULES:
        raise _by_the_file()
    noted: dict[str, Any] = {"reason": reason, "settled_by": by}
    if wanted.state == "resolved":
        done: dict[str, Any] = {"state": "resolved", "closed_at": now, "resolution": "by_hand"}
        return done | UNPAUSED | noted, {"state": "resolved", "resolution": "by_hand", "reason": reason, "by": by}
    until = _until(wanted, now, zone)
    size = sizes_of(session, [issue.id])[issue.id] if wanted.until_it_grows else None
    paused: dict[str, Any] = {"state": wanted.state, "until": until, "snoozed_size": size}
    told = {"state": wanted.state, "until": until, "reason": reason, "by": by}
    return paused | noted, told | ({"until_it_grows": True} if wanted.until_it_grows else {})


def _until(wanted: Settlement, now: datetime, zone: str) -> datetime | None:
    if wanted.state == "waived":
        if not (wanted.reason or "").strip():
            raise CannotSettle(
                "no_reason", "The waiver has no reason.", "Wanted why it is accepted as it is.", "Give a reason."
            )
        if wanted.until is None:
            raise CannotSettle("no_end", "The waiver has no end.", "Wanted its last day.", "Give a day.")
        until = day_bounds(wanted.until, zone)[1]
    elif wanted.until is None:
        if not wanted.until_it_grows:
            raise CannotSettle(
                "no_end",
                "The snooze has no end.",
                "Wanted the day it shows again, or until it grows.",
                "Give one of them.",
            )
        return None
    else:
        until = day_bounds(wanted.until, zone)[0]
    if until <= now:
        raise CannotSettle("past", "That day is past.", "Wanted one to come.", "Give a later day.")
    return until


def _opened(record: RecordRow, issue: IssueRow, now: datetime) -> dict[str, Any]:
    """An issue that waits for a person again; one that was solved only where that was said by hand and is not so."""
    if issue.state == "waived" and issue.settled_by == RULES:
        raise _by_the_file()
    if issue.state != "resolved":
        if state_at(issue, now) not in ("snoozed", "waived"):
            raise CannotSettle("already_open", "This issue is open already.", "Wanted one that is not.", "")
        return {"state": "open"} | UNPAUSED
    flagged = record.verdict == "flag" and any(match.rule == issue.rule for match in _matches.decode(record.matches))
    matching = flagged or (record.verdict == "sync" and record.unfollowed)
    if issue.resolution != "by_hand" or not matching:
        raise CannotSettle(
            "not_by_hand",
            "This issue is solved, and nothing says that it is not.",
            "Wanted one that was marked as solved by hand.",
            "If the problem returns, the next run opens it again.",
        )
    return {"state": "open", "closed_at": None, "resolution": None} | UNPAUSED


def _by_the_file() -> CannotSettle:
    return CannotSettle(
        "by_rules",
        "The customer's file waives this issue.",
        "Wanted one that it does not.",
        "Edit `waivers:` in that file.",
    )


def _change(session: Session, issue: IssueRow, state: str, after: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "customer": issue.customer,
        "run_id": queries.newest_run(session, issue.customer),
        "record_id": issue.record_id,
        "at": now,
        "what": "issue",
        "subject": issue.rule,
        "before": msgspec.json.encode({"state": state}),
        "after": msgspec.json.encode({name: value for name, value in after.items() if value is not None}),
    }
