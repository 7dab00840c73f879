"""What changed, day after day."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter, Response
from msgspec import Struct

from api.http.problem_details import ProblemError
from api.showing.happenings import happened, told
from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Visiting
from engine.model.moments import zone
from engine.records.kinds import KINDS
from runs.model.answers import HistoryDay

router = APIRouter(include_in_schema=False)

_A_PAGE = 50
_SAYS_MOST = ("verdict", "issue", "presence", "received", "field")
"""Of what happened to a record on one day, what is told first."""


class HistoryEntryView(Struct, frozen=True):
    """One record on one day."""

    at: datetime
    kind: str
    source_id: str
    name: str
    by_hand: bool
    headline: str
    """The one thing that says most."""
    details: tuple[tuple[str, ...], ...]
    """Everything that happened: each a sentence, and what belongs to it."""


class HistoryDayView(Struct, frozen=True):
    """One local day."""

    day: datetime
    """Any moment of it."""
    number: str
    """Names the day within the page."""
    entries: tuple[HistoryEntryView, ...]


class HistoryView(PageView, frozen=True):
    """What changed, day after day."""

    days: tuple[HistoryDayView, ...]
    exchanges: int
    """How many of the time asked for ended and wrote."""
    day: str
    """The day asked for, ISO 8601; empty without one."""
    kind: str
    kinds: tuple[tuple[str, str], ...]
    next_cursor: str | None


@router.get("/customers/{customer}/history")
def show_history(visit: Visiting, cursor: str | None = None, day: str = "", kind: str = "") -> Response:
    reader, service = visit.reader, visit.service
    try:
        asked = date.fromisoformat(day) if day else None
    except ValueError:
        raise ProblemError("invalid-request", "`day` takes a day, such as 2026-11-21.") from None
    page = service.history(visit.customer, cursor, _A_PAGE, asked, kind or None)
    where = zone(reader.rulebook.customer.zone)
    days: dict[date, list[HistoryEntryView]] = {}
    for one in page.items:
        days.setdefault(one.at.astimezone(where).date(), []).append(_entry(reader, one))
    view = HistoryView(
        days=tuple(HistoryDayView(entries[0].at, local.isoformat(), tuple(entries)) for local, entries in days.items()),
        exchanges=page.exchanges,
        day=day,
        kind=kind,
        kinds=tuple((name, reader.say(f"kinds.{name}")) for name in KINDS),
        next_cursor=page.next_cursor,
    )
    return visit.shown(view, "history")


def _entry(reader: Reader, one: HistoryDay) -> HistoryEntryView:
    first = min(one.happenings, key=lambda happening: _SAYS_MOST.index(happening.what))
    return HistoryEntryView(
        at=one.at,
        kind=one.kind,
        source_id=one.source_id,
        name=one.name,
        by_hand=one.by_hand,
        headline=happened(reader, one.kind, first),
        details=tuple(told(reader, one.kind, happening) for happening in one.happenings),
    )
