"""A held run: why it waits, what it would do, and the forms that settle it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from msgspec import Struct

from api.http.problem_details import ProblemError
from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Sent, Visit, Visiting
from runs.model.answers import HeldEntry, RunSummary
from runs.model.errors import AlreadySettled, Busy, RulebookEdited

router = APIRouter(include_in_schema=False)

_A_PAGE = 100
_FAULTS = {AlreadySettled: "settled", Busy: "busy", RulebookEdited: "edited"}


class HeldEntryView(Struct, frozen=True):
    """One thing that a held run would do."""

    what: str
    """`leaves`, `not_received`, `verdict` or `new`."""
    kind: str
    source_id: str
    name: str
    before: tuple[str, str]
    """Verdict and rule in words."""
    after: tuple[str, str]


class HeldView(PageView, frozen=True):
    """A run that waits, or waited, for a person's word."""

    id: int
    started: datetime
    status: str
    settled_at: datetime | None
    settled_by: str
    """Who settled it, in words; empty while nobody has."""
    said: tuple[tuple[str, str], ...]
    """What the guards found and what to do, in words."""
    entries: tuple[HeldEntryView, ...]
    total: int
    next_cursor: str | None
    may_settle: bool
    fault: str
    """Why it could not be settled, in words; empty where nothing was wrong."""


@router.get("/customers/{customer}/runs/{run_id}/held")
def show_held(visit: Visiting, run_id: int, cursor: str | None = None) -> Response:
    return _held(visit, run_id, cursor)


@router.post("/customers/{customer}/runs/{run_id}/held")
def settle_run(form: Sent, visit: Visiting, run_id: int) -> Response:
    visit.needs("runs")
    settle = {"approve": visit.service.approve, "reject": visit.service.reject}.get(form.get("act", ""))
    if settle is None:
        raise ProblemError("invalid-request", "The form says `act`: approve or reject.")
    try:
        settle(visit.customer, run_id, visit.caller.name)
    except (AlreadySettled, Busy, RulebookEdited) as error:
        return _held(visit, run_id, None, _FAULTS[type(error)])
    return RedirectResponse(f"/customers/{quote(visit.customer)}/runs", 303)


def _held(visit: Visit, run_id: int, cursor: str | None, fault: str = "") -> Response:
    reader = visit.reader
    held = visit.service.held(visit.customer, run_id, cursor, _A_PAGE, reader.language)
    view = HeldView(
        id=held.run.id,
        started=held.run.as_of,
        status=held.run.status,
        settled_at=held.run.settled_at,
        settled_by=_by_whom(reader, held.run),
        said=tuple((one.problem, one.fix) for one in held.said),
        entries=tuple(_entry(reader, one) for one in held.items),
        total=held.total,
        next_cursor=held.next_cursor,
        may_settle=held.run.status == "held" and "runs" in visit.caller.scopes,
        fault=reader.say(f"held.{fault}") if fault else "",
    )
    return visit.shown(view, "runs", 409 if fault else 200)


def _by_whom(reader: Reader, run: RunSummary) -> str:
    """Who settled it, in words; empty while nobody has."""
    if run.settled_by is None:
        return ""
    if run.status == "superseded":
        return reader.say("held.by_run", run=run.settled_by)
    return reader.say("held.by", who=reader.actor(run.settled_by))


def _entry(reader: Reader, entry: HeldEntry) -> HeldEntryView:
    def verdict(written: str | None) -> tuple[str, str]:
        word, _, rule = (written or "").partition(" ")
        said = reader.words.known(reader.language, f"verdict.{word}", word)
        return said, reader.rule(rule) if rule else ""

    return HeldEntryView(
        what=entry.what,
        kind=entry.kind,
        source_id=entry.source_id,
        name=entry.name,
        before=verdict(entry.before),
        after=verdict(entry.after),
    )
