"""`muster forget`: one person's data taken away, everywhere."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from cli.environment import ready_database
from cli.options import Customer, Output
from cli.terminal import CLEAN, Stopped, columns, finish, note, say, say_json


def forget(
    customer: Customer,
    kind: Annotated[Literal["learner", "instructor", "person"], typer.Argument(help="Kind of the person's record.")],
    source_id: Annotated[str, typer.Argument(metavar="ID", help="Its id where it comes from.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Output = "text",
) -> None:
    """Take one person's data away: their records and accounts, the issues and history of these, and what sessions,
    sheets, issues and the history of others say of them.

    Take the person out of the source and the platform first: the next run brings back what they still give. Backups
    are not touched.

    Example: muster forget norvane learner 40712 --yes
    """
    from runs.retention.forget import forget as forgotten

    database = ready_database()
    if not yes:
        if not sys.stdin.isatty():
            raise Stopped("This cannot be undone, and nobody is here to be asked. Repeat it with --yes.")
        typer.confirm(f"Take away all that is stored of this {kind} of {customer}? It cannot be undone.", abort=True)
    found = forgotten(database, customer, kind, source_id, lambda: datetime.now(UTC))
    if output == "json":
        say_json(found)
        finish(CLEAN)
    rows = [[str(number), f"{what} deleted"] for what, number in found.deleted.items()]
    rows += [[str(number), f"{what} of others cleared"] for what, number in found.cleared.items()]
    say(columns(rows, right=(0,)) if rows else "Nothing was stored of that person.")
    if found.named_in:
        note("An address or the name still stands in these records of others, as their own (such as a tutor's):")
        note(columns([list(identity) for identity in found.named_in], indent="  "))
    finish(CLEAN)
