"""One issue: what happened to it, what waits for it, and the forms that settle it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.http.problem_details import ProblemError
from api.showing.happenings import history_of
from api.showing.issue_rows import IssueView, OtherView, issue_row, other_row
from api.showing.rendering import PageView
from api.showing.visits import Sent, Visit, Visiting
from engine.model.moments import zone
from runs.issues.by_hand import SettledState, Settlement
from runs.model.answers import FeedIssue
from runs.model.asked import PAUSED
from runs.model.errors import CannotSettle
from runs.model.waivers import RULES

router = APIRouter(include_in_schema=False)

ACTS: dict[str, SettledState] = {"snooze": "snoozed", "waive": "waived", "resolve": "resolved", "open": "open"}
"""What the forms can do, and the state that comes of it."""


class IssuePageView(PageView, frozen=True):
    """One issue with what happened to it."""

    kind: str
    source_id: str
    shown_id: str
    name: str
    issue: IssueView
    history: tuple[tuple[datetime, tuple[str, ...]], ...]
    """Each moment with what happened: a sentence, and what belongs to it."""
    waiting: tuple[OtherView, ...]
    """The first records that wait for it."""
    more_waiting: int
    """How many more there are."""
    acts: tuple[str, ...]
    """What this reader may do with it: `snooze`, `waive`, `resolve`, `open`."""
    tomorrow: str
    """The first day that may be given, ISO 8601."""
    fault: str
    """Why what was sent could not be done, in words; empty where nothing was sent."""
    sent: dict[str, str]
    """What was sent then, to be shown again."""


@router.get("/customers/{customer}/issues/{issue_id}")
def show_issue(visit: Visiting, issue_id: str) -> Response:
    return _issue(visit, issue_id)


@router.post("/customers/{customer}/issues/{issue_id}")
def settle_issue(form: Sent, visit: Visiting, issue_id: str) -> Response:
    visit.needs("issues")
    try:
        visit.service.settle(visit.customer, issue_id, _wanted(form), visit.caller.name, visit.reader.language)
    except CannotSettle as error:
        return _issue(visit, issue_id, error.code, form)
    return RedirectResponse(f"/customers/{quote(visit.customer)}/issues/{quote(issue_id)}", 303)


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


def _issue(visit: Visit, issue_id: str, fault: str = "", sent: dict[str, str] | None = None) -> Response:
    reader = visit.reader
    detail = visit.service.issue(visit.customer, issue_id, reader.language)
    row = detail.record
    tomorrow = visit.service.clock().astimezone(zone(reader.rulebook.customer.zone)).date() + timedelta(days=1)
    view = IssuePageView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issue=issue_row(reader, detail.issue),
        history=history_of(reader, row.kind, detail.history),
        waiting=tuple(map(other_row, detail.waiting)),
        more_waiting=max(0, sum(detail.issue.waiting.values()) - len(detail.waiting)),
        acts=_acts(detail.issue) if "issues" in visit.caller.scopes else (),
        tomorrow=tomorrow.isoformat(),
        fault=reader.say(f"cannot.{fault}") if fault else "",
        sent=sent or {},
    )
    return visit.shown(view, status=422 if fault else 200)


def _acts(issue: FeedIssue) -> tuple[str, ...]:
    """What can be done with an issue in its state."""
    if issue.state == "waived" and issue.settled_by == RULES:
        return ()
    if issue.state == "resolved":
        return ("open",) if issue.resolution == "by_hand" else ()
    return ("open", "resolve") if issue.state in PAUSED else ("snooze", "waive", "resolve")
