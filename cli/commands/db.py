"""`muster db`: the database: its tables, a copy of it, and what of it is too old to keep."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.environment import open_database, ready_database
from cli.terminal import CLEAN, PROBLEMS, Stopped, finish, note, say

app = typer.Typer(
    help="Make, upgrade, check, copy and clear out the database that MUSTER_DATABASE_URL names.", no_args_is_help=True
)


@app.command()
def upgrade() -> None:
    """Create the database, or bring it to this version. Safe to repeat.

    Example: MUSTER_DATABASE_URL=sqlite:///muster.db muster db upgrade
    """
    database = open_database()
    database.upgrade()
    say(f"{database.place} is up to date.")


@app.command()
def check() -> None:
    """Say whether the database is of this version; exit status 1 when it is not."""
    database = open_database()
    if database.missing:
        say(f"There is no database at {database.place}. Make one: muster db upgrade")
        finish(PROBLEMS)
    if database.behind():
        say(f"{database.place} is not of this version. Run: muster db upgrade")
        finish(PROBLEMS)
    say(f"{database.place} is up to date.")
    finish(CLEAN)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new file; it must not be there yet.")],
) -> None:
    """Copy the whole database to a new file, as it is at one moment, while it goes on being used.

    The copy is a SQLite database, from PostgreSQL too. It holds personal data: keep it where the database could stand.

    Example: muster db backup backup-2026-11-21.db
    """
    from store.upkeep.copying import CannotCopy, back_up

    database = ready_database()
    try:
        back_up(database, file)
    except CannotCopy as error:
        raise Stopped(str(error)) from None
    say(f"{database.place} is copied to {file}.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `muster db backup` wrote, with this version of Muster.")],
) -> None:
    """Fill an empty database, which is made if need be, from a backup.

    Example: MUSTER_DATABASE_URL=postgresql://muster@localhost/muster muster db restore backup-2026-11-21.db
    """
    from store.upkeep.copying import CannotCopy, restore

    database = open_database()
    try:
        restore(database, file)
    except CannotCopy as error:
        raise Stopped(str(error)) from None
    say(f"{database.place} is restored from {file}.")


@app.command()
def purge(
    days: Annotated[int, typer.Option(help="Keep what is not older than so many days.", min=1)] = 365,
    customer: Annotated[str | None, typer.Option(help="Only this customer; without it all of them.")] = None,
) -> None:
    """Take away what is older than a year: resolved issues, changes, runs, and records that left before.

    What is open stays, however old; so do runs that something left refers to. Run it every night if you like.

    Examples: muster db purge · muster db purge --days 90 --customer norvane
    """
    from datetime import UTC, datetime, timedelta

    from runs.retention.purge import purge as purged

    database = ready_database()
    now = datetime.now(UTC)
    busy = False
    for one in purged(database, now - timedelta(days=days), customer, lambda: datetime.now(UTC)):
        told = ", ".join(f"{number} {what}" for what, number in one.deleted.items()) or "nothing"
        say(f"{one.customer}: {told} deleted.")
        if one.busy:
            busy = True
            note(f"{one.customer}: a run is at work, so that only changes were deleted. Repeat it later.")
    finish(PROBLEMS if busy else CLEAN)
