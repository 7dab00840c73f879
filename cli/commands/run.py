"""`muster run`: one pass over one customer, stored."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.environment import open_service
from cli.options import Customer, Output
from cli.terminal import (
    CLEAN,
    PROBLEMS,
    Stopped,
    columns,
    finish,
    instant,
    local,
    note,
    progress,
    say,
    say_json,
    whoever,
)

if TYPE_CHECKING:
    from runs.model.answers import RunSummary


def run(
    customer: Customer,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Read this file, folder or ZIP instead of the customer's systems."),
    ] = None,
    direction: Annotated[
        Literal["downward", "upward"],
        typer.Option(help="downward: source to platform; upward: platform to source."),
    ] = "downward",
    as_of: Annotated[
        str | None, typer.Option(help="Decide as at this day or time instead of now.", metavar="TIME")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Who asks for it, as runs tell it: `schedule` in a crontab. You, when left out.", metavar="WHO"
        ),
    ] = None,
    output: Output = "text",
) -> None:
    """Fetch a customer's records, decide them, and remember: runs, records, issues.

    Issues do not change the exit status; a run that could read only a part, or was held, makes it 1.

    Examples: muster run norvane · muster run norvane --from export.zip --direction upward
    """
    if source is not None and not source.exists():
        raise Stopped(f"There is no file or folder {source}.")
    service = open_service()
    zone = service.rulebook(customer).customer.zone
    with progress(f"{customer}, {direction}") as on_page:
        summary = service.run(
            customer,
            direction=direction,
            as_of=instant(as_of, zone) if as_of else None,
            on_page=on_page,
            from_path=source,
            by=by or whoever(),
        )
    if output == "json":
        say_json(summary)
    else:
        say(counts_table(summary))
        note(
            f"Run {summary.id}, {summary.direction}, as of {local(summary.as_of, zone)}: {summary.status}. "
            f"{summary.changed} of {summary.received} records new or changed; issues: {issues_line(summary)}."
        )
        if seen := effects_line(summary):
            note(f"The platform would see: {seen}.")
    for hop, at in summary.freshness.items():
        note(f"note: {hop}: data of {local(datetime.fromisoformat(at), zone)}")
    for remark in summary.notes:
        note(f"note: {remark}")
    for found in service.guard_words(customer, summary):
        note(f"{found.problem} {found.fix}")
    if summary.status == "held":
        note(f"What it would do, by name: muster held {customer} {summary.id}")
    if summary.error:
        note(f"muster: {summary.error} ({summary.recovery})")
    finish(CLEAN if summary.status in ("completed", "completed_with_issues") else PROBLEMS)


def counts_table(summary: RunSummary) -> str:
    """Kind by kind, how many were received and how they were decided."""
    from runs.model.asked import COUNTED

    rows = [["kind", *(name.replace("_", " ") for name in COUNTED)]]
    rows += [[kind, *(str(counts.get(name, 0)) for name in COUNTED)] for kind, counts in summary.counts.items()]
    return columns(rows, right=range(1, len(COUNTED) + 1))


def effects_line(summary: RunSummary) -> str:
    """What the platform would see of what is synced: `12 create, 3 update`; empty where it tells nothing."""
    totals: dict[str, int] = {}
    for kind in summary.effects.values():
        for what, number in kind.items():
            totals[what] = totals.get(what, 0) + number
    return ", ".join(f"{number} {what}" for what, number in totals.items() if number)


def issues_line(summary: RunSummary) -> str:
    """How many issues the run opened and closed: `12 new, 3 resolved`."""
    return ", ".join(f"{number} {state}" for state, number in summary.issues.items() if number) or "none"
