"""`muster key`: the keys that open the API."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from typing import Annotated

import typer

from cli.environment import ready_database, rules_folder
from cli.terminal import Stopped, columns, note, say

app = typer.Typer(help="Make, list and revoke the keys that open the API.", no_args_is_help=True)


@app.command()
def new(
    customer: Annotated[list[str], typer.Option(help="A customer that the key opens; may be repeated; * for all.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: classify, runs, read, issues, admin; may be repeated; read when left out."),
    ] = None,
    label: Annotated[str, typer.Option(help="A word to recognise it by, such as the system that uses it.")] = "",
) -> None:
    """Make a key and print it, once: only its digest is kept.

    Example: muster key new --customer norvane --scope classify --scope read --label edusign
    """
    from engine.rulefiles.library import customers
    from runs.api_keys import Keys
    from runs.model.asked import EVERY_CUSTOMER, SCOPES

    known = customers(rules_folder())
    unknown = [each for each in customer if each not in (*known, EVERY_CUSTOMER)]
    if unknown:
        raise Stopped(
            f"There is no customer {unknown[0]!r}. Wanted one of {', '.join(known) or 'none yet'}, or {EVERY_CUSTOMER}."
        )
    wanted = scope or ["read"]
    scopes = [each for each in SCOPES if each in wanted]
    if len(scopes) != len(set(wanted)):
        raise Stopped(f"A scope is not known. Wanted some of {', '.join(SCOPES)}.")
    text, key = Keys(ready_database(create=True)).new(customer, scopes, label)
    note(f"Key {key.id} opens {', '.join(key.customers)} for {', '.join(key.scopes)}. It is not shown again.")
    say(text)


@app.command("list")
def list_keys() -> None:
    """List the keys: never the keys themselves, only what they open.

    Example: muster key list
    """
    from runs.api_keys import Keys

    rows = [["id", "label", "customers", "scopes", "made", "revoked"]]
    rows += [
        [
            key.id,
            key.label or "-",
            " ".join(key.customers),
            " ".join(key.scopes),
            f"{key.created_at:%Y-%m-%d}",
            f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else "-",
        ]
        for key in Keys(ready_database()).all()
    ]
    say(columns(rows))


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="Its id, from: muster key list.")]) -> None:
    """Revoke a key, for good.

    Example: muster key revoke 3f9a0c12b7de
    """
    from runs.api_keys import Keys

    if not Keys(ready_database()).revoke(key_id):
        raise Stopped("There is no key of that id. Wanted an id from: muster key list.")
    note(f"Key {key_id} opens nothing any more.")
