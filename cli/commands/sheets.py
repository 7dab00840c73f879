"""`muster sheets`: the attendance that should be entered in the source, and the word that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import open_service
from cli.options import By, Customer, Output
from cli.telling import tell_health
from cli.terminal import PROBLEMS, Stopped, columns, local, note, say, say_json, whoever

if TYPE_CHECKING:
    from runs.queries.uploads import Attendance, SheetToUpload
    from runs.service import Service


def sheets(
    customer: Customer,
    uploaded: Annotated[
        list[str] | None,
        typer.Option(help="Confirm that this sheet, by the platform's id, was entered; may be repeated.", metavar="ID"),
    ] = None,
    by: By = None,
    output: Output = "text",
) -> None:
    """List the attendance that should be entered in the source, or confirm that it was.

    A sheet is listed once, for its first archiving, until it is confirmed. Muster itself writes nothing to the source.

    Examples: muster sheets norvane --format json · muster sheets norvane --uploaded crs_88
    """
    service = open_service()
    zone = service.rulebook(customer).customer.zone
    if uploaded:
        done = service.confirm_uploaded(customer, dict.fromkeys(uploaded), by or whoever())
        for name in done.already:
            note(f"{name} was confirmed before.")
        if done.unknown:
            raise Stopped(f"Never on the list: {', '.join(done.unknown)}. Nothing was noted of it.", status=PROBLEMS)
        note(f"{len(done.noted)} confirmed.")
        return
    found = _all(service, customer)
    if output == "json":
        say_json(found)
        return
    tell_health(service.health_of(customer, "en"), zone)
    if not found:
        note("Nothing to enter, of what was received.")
    for sheet in found:
        when = "" if sheet.starts_at is None else f", {local(sheet.starts_at, zone)}"
        say(f"{sheet.name or sheet.sheet_id}{when} (session {sheet.session_id}, sheet {sheet.sheet_id})")
        if sheet.refused is not None:
            why = sheet.refused.text or sheet.refused.code
            who = f", as told by {sheet.refused.told_by}" if sheet.refused.told_by else ""
            say(f"  refused on {local(sheet.refused.at, zone)}{who}{f': {why}' if why else ''}")
        rows = [[one.kind, one.source_id, one.name, *_said(one)] for one in sheet.attendance]
        rows += [
            [one.kind or "-", one.ref or "-", one.name or "", f"not sent: {one.why}", ""] for one in sheet.not_sent
        ]
        say(columns(rows, indent="  "))
        told = [*(one.says for one in sheet.attendance), *(one.says for one in sheet.not_sent)]
        for said in filter(None, told):
            say(f"  {said}")


def _said(one: Attendance) -> tuple[str, str]:
    late = f", {one.minutes_late} min late" if one.minutes_late else ""
    early = ", left early" if one.left_early else ""
    return f"{one.status}{late}{early}", one.reason or ""


def _all(service: Service, customer: str) -> list[SheetToUpload]:
    page = service.to_upload(customer, language="en")
    found = list(page.items)
    while page.next_cursor is not None:
        page = service.to_upload(customer, page.next_cursor, language="en")
        found += page.items
    return found
