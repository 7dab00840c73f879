"""`muster issue`: the feed in the terminal, and what a person says of an issue."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.environment import open_service
from cli.options import By, Customer, Language, Output
from cli.telling import tell_health
from cli.terminal import CLEAN, PROBLEMS, Stopped, columns, finish, local, note, say, say_json, whoever

if TYPE_CHECKING:
    from runs.issues.by_hand import Settlement
    from runs.model.answers import FeedIssue, FeedPage, IssueDetail

app = typer.Typer(help="List the issues of a customer, snooze, waive, resolve or reopen one.", no_args_is_help=True)

IssueId = Annotated[str, typer.Argument(metavar="ISSUE", help="Its id, from: muster issue list.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the next reader.")]


@app.command("list")
def list_issues(
    customer: Customer,
    sort: Annotated[
        Literal["newest", "frees", "soon"],
        typer.Option(help="newest first; what most others wait for first; what matters soonest first."),
    ] = "newest",
    state: Annotated[
        Literal["new", "open", "back", "snoozed", "waived", "resolved"] | None,
        typer.Option(help="Only issues in this state; the open ones when left out."),
    ] = None,
    segment: Annotated[
        str | None, typer.Option(help="Only records of this platform account, one of the customer's segments.")
    ] = None,
    created_by: Annotated[
        str | None,
        typer.Option(
            help="Only accounts and sheets made by api (the connector), owner, administrator, user, instructor."
        ),
    ] = None,
    unfold: Annotated[
        bool, typer.Option("--all", help="Also records that only wait for another record's issue.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many records at most.", min=1, max=500)] = 50,
    language: Language = None,
    output: Output = "text",
) -> None:
    """List what needs a person: record, problem, and how many others wait for it.

    Exit 1 when there is something, or when exchanges do not go well, so that there may be.

    Examples: muster issue list norvane · muster issue list norvane --sort soon --format json
    """
    from runs.model.asked import IssueFilter

    service = open_service()
    fold = False if unfold else None
    which = IssueFilter(state=state, segment=segment, created_by=created_by, sort=sort, fold=fold)
    page = service.issues(customer, which, None, limit, language)
    if output == "json":
        say_json(page)
    else:
        if page.standing:
            note(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in page.standing.items() if number))
        say(_table(page))
        if page.folded:
            note(f"{page.folded} more only wait for these. List them with --all.")
        if page.next_cursor:
            note(f"The first {len(page.items)} of {page.total}.")
        if page.health is not None:
            tell_health(page.health, service.rulebook(customer).customer.zone)
    finish(CLEAN if not page.items and (page.health is None or page.health.knows) else PROBLEMS)


@app.command()
def show(customer: Customer, issue: IssueId, language: Language = None, output: Output = "text") -> None:
    """Show one issue: what is wrong, what to do, what waits for it.

    Example: muster issue show norvane q3J8vN0fT2aB
    """
    service = open_service()
    detail = service.issue(customer, issue, language)
    _tell(detail, output, service.rulebook(customer).customer.zone)


@app.command()
def snooze(
    customer: Customer,
    issue: IssueId,
    until: Annotated[str | None, typer.Option(help="The day it shows again, as 2026-11-30.", metavar="DAY")] = None,
    until_it_grows: Annotated[bool, typer.Option(help="Show it again once more waits for it.")] = False,
    reason: Reason = None,
    by: By = None,
    output: Output = "text",
) -> None:
    """Take an issue off the list until a day, or until it grows.

    Example: muster issue snooze norvane q3J8vN0fT2aB --until 2026-11-30
    """
    from runs.issues.by_hand import Settlement

    wanted = Settlement("snoozed", _day(until), until_it_grows=until_it_grows, reason=reason)
    _settle(customer, issue, wanted, by, output)


@app.command()
def waive(
    customer: Customer,
    issue: IssueId,
    until: Annotated[str, typer.Option(help="Its last day, as 2027-06-30.", metavar="DAY")],
    reason: Annotated[str, typer.Option(help="Why it is accepted, for whoever asks in half a year.")],
    by: By = None,
    output: Output = "text",
) -> None:
    """Accept an issue as it is, until a day.

    Example: muster issue waive norvane q3J8vN0fT2aB --until 2027-06-30 --reason "External jury members"
    """
    from runs.issues.by_hand import Settlement

    _settle(customer, issue, Settlement("waived", _day(until), reason=reason), by, output)


@app.command()
def resolve(customer: Customer, issue: IssueId, reason: Reason = None, by: By = None, output: Output = "text") -> None:
    """Say that an issue is solved, where no run can see it. One that still finds it opens it again.

    Example: muster issue resolve norvane q3J8vN0fT2aB --reason "Entered in the ERP by hand"
    """
    from runs.issues.by_hand import Settlement

    _settle(customer, issue, Settlement("resolved", reason=reason), by, output)


@app.command()
def reopen(customer: Customer, issue: IssueId, by: By = None, output: Output = "text") -> None:
    """Put an issue back on the list that was snoozed, waived, or solved by hand.

    Example: muster issue reopen norvane q3J8vN0fT2aB
    """
    from runs.issues.by_hand import Settlement

    _settle(customer, issue, Settlement("open"), by, output)


def _day(written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError:
        raise Stopped(f"{written!r} is no day. Wanted one as 2026-11-30.") from None


def _settle(customer: str, issue: str, wanted: Settlement, by: str | None, output: Literal["text", "json"]) -> None:
    service = open_service()
    _tell(service.settle(customer, issue, wanted, by or whoever()), output, service.rulebook(customer).customer.zone)


def _table(page: FeedPage) -> str:
    rows = [["issue", "kind", "name", "state", "waiting", "rule"]]
    rows += [
        [issue.id, row.kind, row.name, issue.state, str(sum(issue.waiting.values())), issue.rule]
        for row in page.items
        for issue in row.issues
    ]
    return columns(rows, right=(4,))


def _tell(detail: IssueDetail, output: Literal["text", "json"], zone: str) -> None:
    if output == "json":
        say_json(detail)
        return
    issue = detail.issue
    say(f"{detail.record.name} ({detail.record.kind} {detail.record.source_id}): {issue.rule}, {_state(issue, zone)}")
    if issue.closed_at is not None and issue.state == "resolved":
        say(f"It was: {issue.problem}")
        say(f"Closed {local(issue.closed_at, zone)}.")
        for each in issue.corrected:
            say(f"  corrected: {each.kind} {each.source_id} {each.field}: {_shown(each.before)} → {_shown(each.after)}")
    else:
        say(issue.problem)
        say(issue.fix)
    if issue.reason or issue.settled_by:
        from runs.model.waivers import RULES

        by = {None: "", RULES: " (the customer's file)"}.get(issue.settled_by, f" ({issue.settled_by})")
        say(f"  reason: {issue.reason or 'none given'}{by}")
    for one in detail.waiting:
        say(f"  waits for this: {one.kind} {one.name} ({one.source_id})")
    for one in issue.waits_for:
        say(f"  first to be mended: {one.kind} {one.name} ({one.source_id}): {one.rule}")


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _state(issue: FeedIssue, zone: str) -> str:
    text = str(issue.state)
    if issue.until is not None:
        last = issue.until - timedelta(seconds=1 if issue.state == "waived" else 0)
        text += f" until {local(last, zone).partition(' ')[0]}"
    if issue.until_it_grows:
        text += " until it grows" if issue.until is None else " or until it grows"
    if issue.resolution is not None:
        text += f" ({issue.resolution})"
    return text
