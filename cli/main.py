"""The `muster` command. Each subcommand imports what it runs on when it runs, so that all start at once."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from cli.commands import (
    check,
    classify,
    connectors,
    db,
    demo,
    explain,
    forget,
    held,
    impact,
    issue,
    key,
    new,
    outcomes,
    run,
    schema,
    serve,
    sheets,
)
from cli.environment import until_the_end
from cli.failures import told

app = typer.Typer(
    name="muster",
    help="Tells why a record did not sync between a source and a platform, and what to do about it.",
    epilog="Exit status: 0 clean, 1 problems found, 2 wrong use, 3 no database or disk. Documentation: docs/index.md.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(demo.demo)
app.command()(check.check)
app.command()(classify.classify)
app.command()(explain.explain)
app.command()(run.run)
app.command()(held.held)
app.command()(held.approve)
app.command()(held.reject)
app.command()(sheets.sheets)
app.command()(outcomes.outcomes)
app.command()(impact.impact)
app.command()(forget.forget)
app.command()(serve.serve)
app.command()(schema.schema)
app.command()(connectors.connectors)
app.add_typer(new.app, name="new")
app.add_typer(issue.app, name="issue")
app.add_typer(key.app, name="key")
app.add_typer(db.app, name="db")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"muster {version('muster')}")
        raise typer.Exit


@app.callback()
def _muster(
    _shown: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; failures become a sentence and an exit status."""
    given = arguments if arguments is not None else sys.argv[1:]
    with told(given), until_the_end:
        app(given, prog_name="muster")
