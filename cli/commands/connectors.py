"""`muster connectors`: what can be read, and what each gives."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from cli.options import Output
from cli.terminal import CLEAN, PROBLEMS, Stopped, columns, finish, note, say, say_json
from engine.model.connector_spec import ConnectorSpec

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
    name: Annotated[str | None, typer.Argument(help="One connector, with all that is known of it.")] = None,
    output: Output = "text",
) -> None:
    """List the connectors: their names and sides, where they know their system from, the kinds they give and take.

    Of one it tells the fields it gives, what a run fetches of it, what it requires and compares, and when.

    Examples: muster connectors --format json · muster connectors edusign
    """
    from connectors.registry import catalogue, not_loaded

    known = catalogue()
    for refused in not_loaded():
        note(f"muster: {refused}")
    if name is not None and name not in known:
        raise Stopped(f"There is no connector {name!r}. Wanted one of: {', '.join(sorted(known))}.")
    found = [_known_of(spec) for _, spec in sorted(known.items()) if name in (None, spec.name)]
    if output == "json":
        say_json(found)
    elif name is not None:
        say(columns([row for part, value in found[0].items() if value for row in _rows(part, value)]))
    else:
        rows = [["name", "system", "side", "known from", "gives", "takes"]]
        rows += [
            [
                each["name"],
                # Where the customer's file names the system, it may be any.
                "any" if "system" in known[each["name"]].options.__struct_fields__ else each["title"],
                each["side"],
                KNOWN_FROM[each["certainty"]],
                " ".join(each["gives"]) or "-",
                " ".join(each["takes"]) or "-",
            ]
            for each in found
        ]
        say(columns(rows))
    finish(PROBLEMS if not_loaded() else CLEAN)


def _known_of(spec: ConnectorSpec) -> dict[str, Any]:
    import msgspec

    from engine.model.connector_spec import FETCHED, TWICE_A_DAY
    from engine.records.kinds import KINDS

    def by_kind(fields: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
        return {kind: [name for name in KINDS[kind].__struct_fields__ if name in fields[kind]] for kind in fields}

    fetches = FETCHED[spec.side] if spec.fetches is None else spec.fetches
    found: dict[str, Any] = {
        "name": spec.name,
        "title": spec.title,
        "side": spec.side,
        "certainty": spec.certainty,
        "gives": [kind for kind in KINDS if kind in spec.provides],
        "takes": [kind for kind in KINDS if kind in spec.takes],
        "provides": by_kind(spec.provides),
        "fetches": {direction: sorted(kinds) for direction, kinds in fetches.items()},
        "needs": sorted(spec.needs),
    }
    if spec.side == "platform":
        found["requires"] = {kind: names for kind, names in by_kind(spec.requires).items() if kind in spec.takes}
        found["compares"] = {kind: list(pairs) for kind, pairs in spec.compares.items() if kind in spec.takes}
    return found | {"schedule": msgspec.to_builtins(spec.schedule or TWICE_A_DAY)}


def _rows(part: str, value: Any) -> list[list[str]]:
    """A part of what is known as rows: one for each kind or direction of it."""
    if not isinstance(value, dict):
        return [[part, value if isinstance(value, str) else " ".join(value), ""]]
    return [[part, key, " ".join(names)] for key, names in value.items() if names]
