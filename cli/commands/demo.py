"""`muster demo`: invented customers in a database, classified, and the pages served."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import open_database, until_the_end
from cli.ports import must_be_free
from cli.terminal import COLOURS, columns, note, paint, progress, say

if TYPE_CHECKING:
    from runs.model.answers import RunSummary
    from runs.service import Service

HOST = "127.0.0.1"


def demo(
    port: Annotated[int, typer.Option(help="Port to serve on.", min=1, max=65535)] = 8000,
    database: Annotated[
        Path | None,
        typer.Option(help="SQLite file to keep it in; without it a temporary one, gone at the end.", dir_okay=False),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Whether to serve the pages.")] = True,
) -> None:
    """Seed a database with invented customers, classify them, and serve the pages.

    Nothing here is real: people, schools and addresses are made up. Authentication is off, so it serves this
    machine only.

    Examples: muster demo · muster demo --port 8080 --database muster-demo.db · muster demo --no-serve
    """
    if serve:
        must_be_free(HOST, port)
    kept = True
    if database is None:
        database = Path(until_the_end.enter_context(TemporaryDirectory(prefix="muster-demo-"))) / "muster.db"
        kept = False
    service = _service(database)
    _seed(service)
    if kept or serve:
        note(f"Stored in {database}{'' if kept else ', until the end'}.")
    if serve:
        _serve(service, port)


def _service(database: Path) -> Service:
    from connectors.registry import catalogue
    from engine.language.renderer import Messages
    from engine.model.package_files import RULES
    from engine.rulefiles.library import Library
    from runs.service import Service

    found = open_database(f"sqlite:///{database}")
    found.upgrade()
    # The packaged rules, whatever MUSTER_RULES says: the samples are made for them.
    return Service(found, Library(RULES, catalogue()), catalogue(), Messages())


def _seed(service: Service) -> None:
    from cli.demo import CUSTOMERS
    from cli.demo.seeding import DAYS, seed

    seen = all(service.runs(customer, limit=1).total for customer in CUSTOMERS)
    days = DAYS[-1:] if seen else DAYS
    latest: dict[tuple[str, str], RunSummary] = {}
    with progress("classifying") as on_page:
        for summary in seed(service, datetime.now(UTC), days, on_page):
            latest[summary.customer, summary.direction] = summary
    say(_table(list(latest.values())))
    say()
    for customer in CUSTOMERS:
        runs = [summary.issues for (whose, _), summary in latest.items() if whose == customer]
        # Each run counts the customer's open issues as they are after it, so the last one's number holds.
        new, resolved = (sum(issues.get(state, 0) for issues in runs) for state in ("new", "resolved"))
        name = service.rulebook(customer).customer.name
        say(f"{name}: {runs[-1].get('open', 0)} issues open; since the runs before, {new} new and {resolved} resolved.")


def _table(summaries: list[RunSummary]) -> str:
    from runs.model.asked import COUNTED

    names = [name for name in COUNTED if name not in ("received", "related")]
    rows = [["customer", "kind", *(name.replace("_", " ") for name in names)]]
    for summary in sorted(summaries, key=lambda each: each.customer):
        rows += [
            [summary.customer, kind, *(str(counts.get(name, 0)) for name in names)]
            for kind, counts in summary.counts.items()
            if any(counts.get(name) for name in names)
        ]
    totals = [str(sum(int(row[place]) for row in rows[1:])) for place in range(2, 2 + len(names))]
    rows.append(["all", "", *totals])
    lines = columns(rows, right=range(2, 2 + len(names))).splitlines()
    return "\n".join([paint(lines[0], None, bold=True), *lines[1:-1], paint(lines[-1], None, bold=True)])


def _serve(service: Service, port: int) -> None:
    from api.app import create_app
    from api.serve import serve as serve_app
    from cli.demo import CUSTOMERS

    address = f"http://{HOST}:{port}"
    say()
    say(f"Pages  {paint(address + '/', 'cyan')}")
    say(f"API    {paint(f'{address}/v1/customers/{CUSTOMERS[0]}/issues', 'cyan')}")
    say(f"Schema {paint(address + '/openapi.json', 'cyan')}")
    note(f"{paint('Authentication is off', COLOURS['flag'])}: this is a demonstration. Stop with Ctrl-C.")
    serve_app(create_app(service, demo=True), host=HOST, port=port)
