"""The addresses of one issue's page, and of what changed: the history, and what has no source."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.auth import refuse_other_sites
from api.http.bodies import FORM, content_type, read_body, read_form
from api.http.dependencies import Asked, Within
from api.http.problem_details import ProblemError
from api.pages.history_text import history_page
from api.pages.showing import reader_of, reading_caller, shown
from api.pages.views_from import issue_page, unsourced_page
from engine.records.kinds import KINDS
from runs.issues.by_hand import SettledState, Settlement
from runs.model.errors import CannotSettle
from runs.service import Service

router = APIRouter(include_in_schema=False)

_A_PAGE = 50
ACTS: dict[str, SettledState] = {"snooze": "snoozed", "waive": "waived", "resolve": "resolved", "open": "open"}
"""What the forms can do, and the state that comes of it."""


@router.get("/customers/{customer}/issues/{issue_id}")
def show_issue(customer: str, issue_id: str, request: Request, service: Asked) -> Response:
    return _issue(request, service, customer, issue_id)


@router.post("/customers/{customer}/issues/{issue_id}")
async def settle_issue(customer: str, issue_id: str, request: Request, service: Asked, limits: Within) -> Response:
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    form = read_form(await read_body(request, limits.small_bytes))
    return await run_sync(_settle, request, service, customer, issue_id, form)


def _settle(request: Request, service: Service, customer: str, issue_id: str, form: dict[str, str]) -> Response:
    reader = reader_of(request, service, customer)
    caller = reading_caller(request)
    if "issues" not in caller.scopes:
        raise ProblemError("not-permitted", "This key has no `issues` scope. Ask for a key that has it.")
    try:
        service.settle(customer, issue_id, _wanted(form), caller.name, reader.language)
    except CannotSettle as error:
        return _issue(request, service, customer, issue_id, error.code, form)
    return RedirectResponse(f"/customers/{quote(customer)}/issues/{quote(issue_id)}", 303)


def _wanted(form: dict[str, str]) -> Settlement:
    state = ACTS.get(form.get("act", ""))
    if state is None:
        raise ProblemError("invalid-request", f"The form says `act`: one of {', '.join(ACTS)}.")
    written = form.get("until", "").strip()
    try:
        until = date.fromisoformat(written) if written else None
    except ValueError:
        raise CannotSettle("no_day", "That is no day.", "Wanted one as 2026-11-30.", "Correct it.") from None
    reason = form.get("reason", "").replace("\0", "")
    return Settlement(state, until, until_it_grows=form.get("until_it_grows") == "on", reason=reason)


def _issue(
    request: Request,
    service: Service,
    customer: str,
    issue_id: str,
    fault: str = "",
    sent: dict[str, str] | None = None,
) -> Response:
    reader = reader_of(request, service, customer)
    detail = service.issue(customer, issue_id, reader.language)
    may_settle = "issues" in reading_caller(request).scopes
    view = issue_page(reader, detail, may_settle=may_settle, now=service.clock(), fault=fault, sent=sent)
    return shown(request, "issue.html", reader, view, "", 422 if fault else 200)


@router.get("/customers/{customer}/history")
def show_history(
    customer: str,
    request: Request,
    service: Asked,
    cursor: str | None = None,
    day: str = "",
    kind: str = "",
) -> Response:
    reader = reader_of(request, service, customer)
    try:
        asked = date.fromisoformat(day) if day else None
    except ValueError:
        asked, day = None, ""
    kind = kind if kind in KINDS else ""
    page = service.history(customer, cursor, _A_PAGE, asked, kind or None)
    has_run = bool(service.runs(customer, None, 1).items)
    return shown(
        request, "history.html", reader, history_page(reader, page, day=day, kind=kind, has_run=has_run), "history"
    )


@router.get("/customers/{customer}/unsourced")
def show_unsourced(customer: str, request: Request, service: Asked, cursor: str | None = None) -> Response:
    reader = reader_of(request, service, customer)
    page = service.unsourced(customer, cursor, _A_PAGE)
    return shown(request, "unsourced.html", reader, unsourced_page(reader, page), "runs")
