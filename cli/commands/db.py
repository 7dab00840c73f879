"""`muster db`: the database's tables."""

from __future__ import annotations

import typer

from cli.environment import open_database
from cli.terminal import CLEAN, PROBLEMS, finish, say

app = typer.Typer(help="Create, upgrade or check the database that MUSTER_DATABASE_URL names.", no_args_is_help=True)


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
