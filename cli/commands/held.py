"""`muster held`, `muster approve`, `muster reject`: runs that wait for a person's word."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.run import counts_table, issues_line
from cli.environment import open_service
from cli.options import By, Customer, Output
from cli.telling import tell_rules
from cli.terminal import CLEAN, PROBLEMS, Stopped, columns, finish, local, note, progress, say, say_json, whoever

if TYPE_CHECKING:
    from runs.model.answers import HeldEntry, HeldRun
    from runs.service import Service

DOES = {
    "leaves": "counts as gone",
    "not_received": "not received any more",
    "verdict": "changes",
    "new": "new",
}

Number = Annotated[
    int | None, typer.Argument(metavar="[RUN]", help="The run's number; when left out, the only one that waits.")
]


def held(
    customer: Customer,
    run: Number = None,
    language: Annotated[
        str | None, typer.Option("--lang", help="Language of the sentences; the customer's when left out.")
    ] = None,
    output: Output = "text",
) -> None:
    """Show why a run is held, and what it would do, by name.

    First come the records that would be lost, then those that would no longer be synced, last the new ones.

    Example: muster held norvane
    """
    import msgspec

    service = open_service()
    number = the_run(service, customer, run)
    found, entries = _all(service, customer, number, language)
    tell_rules(service, customer)
    if output == "json":
        whole = msgspec.structs.replace(found, items=entries, next_cursor=None)
        say_json(whole)
        return
    zone = service.rulebook(customer).customer.zone
    note(f"Run {number}, {found.run.direction}, as of {local(found.run.as_of, zone)}: {found.run.status}.")
    for one in found.said:
        note(f"{one.problem} {one.fix}")
    say(
        columns(
            [
                ["it would", "kind", "id", "name", "is", "would be"],
                *([DOES[one.what], one.kind, one.source_id, one.name, *_verdicts(one)] for one in entries),
            ]
        )
    )
    if found.run.status == "held":
        note(f"If that is right: muster approve {customer} {number}. If not: muster reject {customer} {number}")


def approve(customer: Customer, run: Number = None, by: By = None) -> None:
    """Let a held run do what it would have done.

    It is done as a run of its own at the held one's moment, with what was received then. Look at it first with:
    muster held CUSTOMER.

    Example: muster approve norvane 42
    """
    service = open_service()
    number = the_run(service, customer, run)
    zone = service.rulebook(customer).customer.zone
    with progress(f"{customer}, run {number}") as on_page:
        done = service.approve(customer, number, by or whoever(), on_page)
    say(counts_table(done))
    note(
        f"Run {number} is approved: run {done.id}, as of {local(done.as_of, zone)}: {done.status}; "
        f"issues: {issues_line(done)}."
    )
    finish(CLEAN if done.status in ("completed", "completed_with_issues") else PROBLEMS)


def reject(customer: Customer, run: Number = None, by: By = None) -> None:
    """Forget what a held run received. Nothing was changed by it, and nothing will be.

    Example: muster reject norvane 42
    """
    service = open_service()
    number = the_run(service, customer, run)
    service.reject(customer, number, by or whoever())
    note(f"Run {number} is rejected: nothing was changed.")


def the_run(service: Service, customer: str, number: int | None) -> int:
    """The number of the run that is meant."""
    if number is not None:
        return number
    waiting = [one.id for one in service.waiting(customer)]
    if not waiting:
        raise Stopped(f"No run of {customer} waits for anybody's word.")
    if len(waiting) > 1:
        raise Stopped(f"Several runs of {customer} wait: {', '.join(map(str, waiting))}. Say which.")
    return waiting[0]


def _all(service: Service, customer: str, number: int, language: str | None) -> tuple[HeldRun, list[HeldEntry]]:
    from runs.model.asked import LARGEST_PAGE

    found = page = service.held(customer, number, None, LARGEST_PAGE, language)
    entries = list(page.items)
    while page.next_cursor is not None:
        page = service.held(customer, number, page.next_cursor, LARGEST_PAGE, language)
        entries += page.items
    return found, entries


def _verdicts(entry: HeldEntry) -> tuple[str, str]:
    return entry.before or "", entry.after or ""
