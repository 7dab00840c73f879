"""The page of a held run: why it waits, what it would do, and the forms that settle it."""

from __future__ import annotations

from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.auth import refuse_other_sites
from api.http.bodies import FORM, content_type, read_body, read_form
from api.http.dependencies import Asked, Within
from api.http.problem_details import ProblemError
from api.pages.locale import Reader
from api.pages.showing import reader_of, reading_caller, shown
from api.pages.views import HeldEntryView, HeldView
from runs.model.answers import HeldEntry, HeldRun, RunSummary
from runs.model.errors import AlreadySettled, Busy, RulebookEdited
from runs.service import Service

router = APIRouter(include_in_schema=False)

_A_PAGE = 100
_FAULTS = {AlreadySettled: "settled", Busy: "busy", RulebookEdited: "edited"}


@router.get("/customers/{customer}/runs/{run_id}/held")
def show_held(customer: str, run_id: int, request: Request, service: Asked, cursor: str | None = None) -> Response:
    return _held(request, service, customer, run_id, cursor)


@router.post("/customers/{customer}/runs/{run_id}/held")
async def settle_run(customer: str, run_id: int, request: Request, service: Asked, limits: Within) -> Response:
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    form = read_form(await read_body(request, limits.small_bytes))
    return await run_sync(_settle, request, service, customer, run_id, form.get("act", ""))


def _settle(request: Request, service: Service, customer: str, run_id: int, act: str) -> Response:
    reader_of(request, service, customer)
    caller = reading_caller(request)
    if "runs" not in caller.scopes:
        raise ProblemError("not-permitted", "This key has no `runs` scope. Ask for a key that has it.")
    settle = {"approve": service.approve, "reject": service.reject}.get(act)
    if settle is None:
        raise ProblemError("invalid-request", "The form says `act`: approve or reject.")
    try:
        settle(customer, run_id, caller.name)
    except (AlreadySettled, Busy, RulebookEdited) as error:
        return _held(request, service, customer, run_id, None, _FAULTS[type(error)])
    return RedirectResponse(f"/customers/{quote(customer)}/runs", 303)


def _held(
    request: Request, service: Service, customer: str, run_id: int, cursor: str | None, fault: str = ""
) -> Response:
    reader = reader_of(request, service, customer)
    held = service.held(customer, run_id, cursor, _A_PAGE, reader.language)
    waits = held.run.status == "held"
    view = _view(reader, held, may_settle=waits and "runs" in reading_caller(request).scopes, fault=fault)
    return shown(request, "held.html", reader, view, "runs", 409 if fault else 200)


def _view(reader: Reader, held: HeldRun, *, may_settle: bool, fault: str) -> HeldView:
    return HeldView(
        id=held.run.id,
        started=held.run.as_of,
        status=held.run.status,
        settled_at=held.run.settled_at,
        settled_by=_by_whom(reader, held.run),
        said=tuple((one.problem, one.fix) for one in held.said),
        entries=tuple(_entry(reader, one) for one in held.items),
        total=held.total,
        next_cursor=held.next_cursor,
        may_settle=may_settle,
        fault=reader.say(f"held.{fault}") if fault else "",
    )


def _by_whom(reader: Reader, run: RunSummary) -> str:
    """Who settled it, in words; empty while nobody has."""
    if run.settled_by is None:
        return ""
    if run.status == "superseded":
        return reader.say("held.by_run", run=run.settled_by)
    return reader.say("held.by", who=run.settled_by)


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
