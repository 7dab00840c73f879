"""What a benchmark prints: rows with a figure and a ratio."""

from __future__ import annotations

from msgspec import Struct


class Row(Struct, frozen=True):
    """One measured thing."""

    what: str
    figure: str
    ratio: float | None
    """How many times the one that it is compared with; None where nothing is."""
    to: str = "muster, matcher"
    """What the ratio is to."""


def show(rows: list[Row]) -> None:
    """Print rows as a table of Markdown."""
    print("| what | median | ratio |")
    print("|---|---:|---|")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} × {row.to}"
        print(f"| {row.what} | {row.figure} | {ratio} |", flush=True)
