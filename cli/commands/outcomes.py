"""`muster outcomes`: what the platform did with what was synced, told from a file."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from cli.environment import open_service
from cli.options import By, Customer, Output
from cli.terminal import CLEAN, PROBLEMS, finish, note, say, say_json, whoever

_AT_ONCE = 5_000


def outcomes(
    customer: Customer,
    file: Annotated[Path, typer.Argument(help="One outcome a line, as JSON.", exists=True, dir_okay=False)],
    by: By = None,
    output: Output = "text",
) -> None:
    """Tell what became of what was synced: what the platform did with each record, or the source with a sheet.

    A line is such as {"kind": "learner", "source_id": "20881", "outcome": "refused", "code": "...", "text": "..."}.
    A refusal is an issue until something later is told or the record changes. The exit status is 1 when a line could
    not be read, or is of a record that is not known.

    Examples: muster outcomes norvane outcomes.ndjson
    """
    from engine.records.limits import LONGEST_LINE
    from runs.model.outcomes import OutcomeNoted, OutcomesNoted, read_outcome

    service = open_service()
    noted: list[OutcomeNoted] = []
    with file.open("rb") as lines:
        told = (read_outcome(line) for line in iter(lambda: lines.readline(LONGEST_LINE), b"") if not line.isspace())
        # In parts, so that nobody waits for a long file, and what is told of a record again counts in its order.
        while some := list(islice(told, _AT_ONCE)):
            noted += service.note_outcomes(customer, some, by or whoever()).outcomes
    done = OutcomesNoted.of(noted)
    if output == "json":
        say_json(done)
    else:
        for number, one in enumerate(noted, 1):
            if one.said in ("invalid", "unknown"):
                note(f"Outcome {number} is {one.said}: {one.error or f'{one.kind} {one.source_id}'}")
        say(", ".join(f"{number} {said}" for said, number in done.counts.items() if number) or "Nothing was told.")
    finish(PROBLEMS if done.counts["invalid"] or done.counts["unknown"] else CLEAN)
