"""Sheets: the attendance that is to be entered in the source, and the forms that say that it was, or was refused."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from msgspec import Struct

from api.http.problem_details import ProblemError
from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Sent, Visit, Visiting
from engine.model.moments import zone
from engine.records.limits import LONGEST_REFUSAL
from runs.model.health import State
from runs.model.outcomes import read_outcome
from runs.queries.uploads import Attendance, SheetToUpload, SourceRefusal

router = APIRouter(include_in_schema=False)

_A_PAGE = 20
"""So many that a form with all of them ticked, and their ids, stays within what a form may bring."""
_SHEET = "sheet-"
"""What the fields of a form begin with that name a sheet."""
_ACTS = {"entered": "created", "refused": "refused"}


class PersonView(Struct, frozen=True):
    """One person's attendance."""

    kind: str
    source_id: str
    name: str
    said: str
    """The attendance in words."""
    more: tuple[str, ...]
    """Reason, remark, and what to do where the attendance is not known."""


class SheetView(Struct, frozen=True):
    """One sheet that is to be entered."""

    number: int
    sheet_id: str
    session_id: str | None
    name: str
    starts_at: datetime | None
    until: str
    """When it ends, in words; empty where that is not known."""
    refused: str
    """That the source refused it, when and why; empty where it did not."""
    people: tuple[PersonView, ...]
    left_out: tuple[str, ...]
    """Who is on it and does not go up, as sentences."""


class SheetsView(PageView, frozen=True):
    """What is to be entered in the source."""

    source: str
    platform: str
    sheets: tuple[SheetView, ...]
    total: int
    next_cursor: str | None
    state: State
    """How the exchanges stand that read attendance."""
    last_good: datetime | None
    received: bool
    """Whether a sheet was ever received."""
    may_say: bool
    cursor: str
    """Where this page begins."""
    ticked: tuple[str, ...]
    """Sheets that something was said of and not noted."""
    longest: int
    """Of a reason, in characters."""
    reason: str
    """What was written, where it could not be noted."""
    fault: str
    """Why nothing was noted, in words; empty where nothing was wrong."""


@router.get("/customers/{customer}/sheets")
def show_sheets(visit: Visiting, cursor: str | None = None) -> Response:
    return _sheets(visit, cursor)


@router.post("/customers/{customer}/sheets")
def settle_sheets(form: Sent, visit: Visiting) -> Response:
    visit.needs("runs")
    act, cursor = form.get("act", ""), form.get("cursor") or None
    reason = form.get("reason", "").replace("\0", "").replace("\r\n", "\n").strip()
    if act not in _ACTS:
        raise ProblemError("invalid-request", "The form says `act`: entered or refused.")
    ticked = tuple(value for name, value in form.items() if name.startswith(_SHEET))
    fault = "" if ticked else "none_ticked"
    if act == "refused":
        fault = fault or ("too_long" if len(reason) > LONGEST_REFUSAL else "" if reason else "no_reason")
    if fault:
        return _sheets(visit, cursor, fault, reason, ticked)
    told = {"kind": "sheet", "outcome": _ACTS[act]} | ({"text": reason} if act == "refused" else {})
    outcomes = [read_outcome(msgspec.json.encode(told | {"source_id": sheet_id})) for sheet_id in ticked]
    done = visit.service.note_outcomes(visit.customer, outcomes, visit.caller.name)
    if done.counts["noted"] + done.counts["already"] < len(ticked):
        return _sheets(visit, cursor, "not_noted", reason)
    return RedirectResponse(f"/customers/{quote(visit.customer)}/sheets", 303)


def _sheets(
    visit: Visit, cursor: str | None, fault: str = "", reason: str = "", ticked: tuple[str, ...] = ()
) -> Response:
    reader, service = visit.reader, visit.service
    page = service.to_upload(visit.customer, cursor, _A_PAGE, reader.language)
    upward = service.health_of(visit.customer, reader.language).of("upward")
    view = SheetsView(
        source=reader.source,
        platform=reader.platform,
        sheets=tuple(_sheet(reader, sheet) for sheet in page.items),
        total=page.total,
        next_cursor=page.next_cursor,
        state=upward.state,
        last_good=upward.last_good,
        received="sheet" in service.counts(visit.customer).records,
        may_say="runs" in visit.caller.scopes,
        cursor=cursor or "",
        ticked=ticked,
        longest=LONGEST_REFUSAL,
        reason=reason,
        fault=reader.say(f"sheets.{fault}", source=reader.source, most=LONGEST_REFUSAL) if fault else "",
    )
    status = {"": 200, "not_noted": 409}.get(fault, 422)
    return visit.shown(view, "sheets", status)


def _sheet(reader: Reader, sheet: SheetToUpload) -> SheetView:
    return SheetView(
        number=sheet.upload_id,
        sheet_id=sheet.sheet_id,
        session_id=sheet.session_id,
        name=sheet.name or sheet.sheet_id,
        starts_at=sheet.starts_at,
        until=_until(reader, sheet),
        refused="" if sheet.refused is None else _refused(reader, sheet.refused),
        people=tuple(_person(reader, one) for one in sheet.attendance),
        left_out=tuple(one.says for one in sheet.not_sent),
    )


def _until(reader: Reader, sheet: SheetToUpload) -> str:
    """The end: its time of day, with the day where that is another than the start's."""
    if sheet.ends_at is None:
        return ""
    where = zone(reader.rulebook.customer.zone)
    start, end = sheet.starts_at, sheet.ends_at.astimezone(where)
    if start is None or start.astimezone(where).date() != end.date():
        return reader.say("sheets.until", when=reader.when(end))
    return reader.say("sheets.until", when=reader.clock(end))


def _refused(reader: Reader, refused: SourceRefusal) -> str:
    why = refused.text or refused.code
    by = reader.say("sheets.told_by", who=reader.actor(refused.told_by)) if refused.told_by else ""
    said = {"source": reader.source, "when": reader.when(refused.at), "by": by}
    return reader.say("sheets.refused_because", why=why, **said) if why else reader.say("sheets.was_refused", **said)


def _person(reader: Reader, one: Attendance) -> PersonView:
    said = [reader.say(f"sheets.status.{one.status}")]
    if one.minutes_late:
        said.append(reader.say("sheets.late", n=one.minutes_late))
    if one.left_early:
        said.append(reader.say("sheets.left_early"))
    more = (
        reader.say("sheets.reason_is", reason=one.reason) if one.reason else None,
        reader.say("sheets.comment", comment=one.comment) if one.comment else None,
        one.says,
    )
    return PersonView(one.kind, one.source_id, one.name, ", ".join(said), tuple(filter(None, more)))
