"""`muster connectors`: what can be read, and what each gives."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.terminal import columns, say


def connectors(
    output: Annotated[
        Literal["text", "json"], typer.Option("--format", help="text for people, json for programs.")
    ] = "text",
) -> None:
    """List the connectors: their names, sides, and the kinds they give and take.

    Example: muster connectors --format json
    """
    import msgspec

    from connectors.registry import catalogue
    from engine.records import KINDS

    found = [
        {
            "name": name,
            "title": spec.title,
            "side": spec.side,
            "gives": [kind for kind in KINDS if kind in spec.provides],
            "takes": [kind for kind in KINDS if kind in spec.takes],
        }
        for name, spec in sorted(catalogue().items())
    ]
    if output == "json":
        say(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    rows = [["name", "system", "side", "gives", "takes"]]
    rows += [
        [
            str(each["name"]),
            str(each["title"]),
            str(each["side"]),
            " ".join(each["gives"]) or "-",
            " ".join(each["takes"]) or "-",
        ]
        for each in found
    ]
    say(columns(rows))
