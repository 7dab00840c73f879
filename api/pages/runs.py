"""What was exchanged, newest first."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from msgspec import Struct

from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Visiting
from engine.language.unread import failure_text, unread_text
from runs.model.answers import RunSummary
from runs.model.asked import COUNTED
from runs.model.order import BY_SCHEDULE

router = APIRouter(include_in_schema=False)

_A_PAGE = 30


class RunView(Struct, frozen=True):
    """One exchange."""

    started: datetime
    direction: str
    status: str
    received: int
    counts: tuple[tuple[str, int], ...]
    """What became of what was received, to how many; these add up."""
    error: str
    """What failed, in words; empty where nothing did."""
    notes: tuple[str, ...]
    """How something had to be read, in words."""
    id: int
    said: tuple[str, ...]
    """What the guards found, and how many known records were decided again, in words."""
    was_held: bool
    asked_by: str
    """Who asked for it, in words; empty where nobody knows."""


class RunsView(PageView, frozen=True):
    """What was exchanged, newest first."""

    runs: tuple[RunView, ...]
    next_cursor: str | None


@router.get("/customers/{customer}/runs")
def show_runs(visit: Visiting, cursor: str | None = None) -> Response:
    page = visit.service.runs(visit.customer, cursor, _A_PAGE)
    runs = []
    for run in page.items:
        found = visit.service.guard_words(visit.customer, run, visit.reader.language)
        runs.append(_run(visit.reader, run, tuple(one.problem for one in found)))
    return visit.shown(RunsView(tuple(runs), page.next_cursor), "runs")


def _run(reader: Reader, run: RunSummary, said: tuple[str, ...]) -> RunView:
    """A run with its counts added up over all kinds."""
    ends = [reader.sender, reader.platform]
    again = sum(run.again.values())
    return RunView(
        started=run.as_of,
        direction=" → ".join(ends if run.direction == "downward" else reversed(ends)),
        status=run.status,
        received=run.received,
        counts=tuple(
            (name, sum(numbers.get(name, 0) for numbers in run.counts.values()))
            for name in COUNTED
            if name != "received"
        ),
        error=" ".join(failure_text(failure, reader.language) for failure in run.failures),
        notes=tuple(unread_text(remark, reader.language) for remark in run.remarks),
        id=run.id,
        said=said if not again else (*said, reader.say("runs.again", n=again)),
        asked_by=_asked(reader, run.asked_by),
        was_held=run.status in ("held", "approved", "rejected", "superseded"),
    )


def _asked(reader: Reader, by: str) -> str:
    if by == BY_SCHEDULE:
        return reader.say("runs.by_schedule")
    return reader.say("runs.asked_by", who=reader.actor(by)) if by else ""
