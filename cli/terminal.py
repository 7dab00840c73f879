"""What all commands share: data on stdout, everything else on stderr, four exit statuses.

0 clean    1 problems found    2 wrong use    3 the database or the disk cannot be used now
"""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from typing import Final, Literal, NoReturn

import typer

CLEAN: Final = 0
PROBLEMS: Final = 1
WRONG_USE: Final = 2
UNUSABLE: Final = 3

Colour = Literal["red", "yellow", "green", "cyan", "bright_black"]
COLOURS: dict[str, Colour] = {"flag": "red", "skip": "yellow", "sync": "green", "note": "cyan"}


class Stopped(Exception):
    """The command cannot go on. Its text says what was found, what was wanted and what to do."""

    def __init__(self, text: str, status: int = WRONG_USE) -> None:
        self.status = status
        super().__init__(text)


def say(text: str = "") -> None:
    """One or more lines of data, on stdout."""
    typer.echo(text)


def note(text: str = "") -> None:
    """One or more lines about what is going on, on stderr."""
    typer.echo(text, err=True)


def finish(status: int) -> NoReturn:
    """End the command with this exit status."""
    raise typer.Exit(status)


def paint(text: str, colour: Colour | None, *, bold: bool = False) -> str:
    """The text in a colour, where stdout shows colours and `NO_COLOR` is not set."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return typer.style(text, fg=colour, bold=bold)


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: str = "") -> str:
    """Rows as aligned columns; `right` names the columns that stand on the right, as numbers do."""
    if not rows:
        return ""
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            " " * (width - _width(cell)) + cell if place in right else cell + " " * (width - _width(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns the text takes on a terminal: accents written apart take none, wide letters two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int], None]]:
    """Show how far a long work is, on stderr and only on a terminal. Gives a function of (step, count)."""
    if not sys.stderr.isatty():
        yield lambda _step, _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task(title, total=None)
        yield lambda step, count: shown.update(task, description=f"{title}: {step}", completed=count)


def instant(text: str, zone_name: str) -> datetime:
    """What `--as-of` says: an ISO 8601 instant; without an offset in the customer's zone; a day alone is its noon."""
    from engine.model.moments import zone

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Stopped(
            f"--as-of says {text!r}, which is no day or time. "
            "Write a day such as 2026-11-21, or a time such as 2026-11-21T15:00+01:00."
        ) from None
    if "T" not in text and " " not in text:
        found = datetime.combine(found.date(), time(12), zone(zone_name))
    return found if found.tzinfo else found.replace(tzinfo=zone(zone_name))


def local(moment: datetime, zone_name: str) -> str:
    """An instant as wall-clock time of a zone: `2026-11-21 15:00`."""
    from engine.model.moments import zone

    return f"{moment.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}"


def whoever() -> str:
    """Who sits at the terminal, as runs tell who asked for them."""
    import getpass

    try:
        return f"command ({getpass.getuser()})"
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        return "command"


def say_json(answer: object) -> None:
    """Write an answer to stdout as the API gives it, indented."""
    import msgspec

    say(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
