"""`muster connectors`: what can be read, and what each gives."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.terminal import columns, say

KNOWN_FROM = {
    "ours": "our own format",
    "standard": "a published standard",
    "published": "the vendor",
    "observed": "working programs",
    "mapped": "the customer's map",
    "unsaid": "not said",
}
"""Words for where what a connector knows of its system comes from; its README says more."""


def connectors(
    output: Annotated[
        Literal["text", "json"], typer.Option("--format", help="text for people, json for programs.")
    ] = "text",
) -> None:
    """List the connectors: their names and sides, where they know their system from, the kinds they give and take.

    Example: muster connectors --format json
    """
    import msgspec

    from connectors.registry import catalogue
    from engine.records.kinds import KINDS

    specs = [spec for _, spec in sorted(catalogue().items())]
    if output == "json":
        found = [
            {
                "name": spec.name,
                "title": spec.title,
                "side": spec.side,
                "certainty": spec.certainty,
                "gives": [kind for kind in KINDS if kind in spec.provides],
                "takes": [kind for kind in KINDS if kind in spec.takes],
            }
            for spec in specs
        ]
        say(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    rows = [["name", "system", "side", "known from", "gives", "takes"]]
    rows += [
        [
            spec.name,
            # Where the customer's file names the system, it may be any.
            "any" if "system" in spec.options.__struct_fields__ else spec.title,
            spec.side,
            KNOWN_FROM[spec.certainty],
            " ".join(kind for kind in KINDS if kind in spec.provides) or "-",
            " ".join(kind for kind in KINDS if kind in spec.takes) or "-",
        ]
        for spec in specs
    ]
    say(columns(rows))
