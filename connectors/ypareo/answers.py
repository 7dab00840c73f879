"""Ypareo's answers: lists or objects keyed by code, rows whose fields come and go, days and clocks of France."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import msgspec

from connectors.contract import NOT_JSON, Garbled
from connectors.reading.times import ordered_day, wall_clock

TITLE = "Ypareo"

Listed = list[msgspec.Raw] | dict[str, msgspec.Raw]
"""A list as it comes: some sites answer with an array, others with an object keyed by code."""
Row = dict[str, Any]
# Not a Struct: an object without content comes as `[]`, and options name fields that no document tells of.

_row = msgspec.json.Decoder(Row)
_listed: msgspec.json.Decoder[Listed] = msgspec.json.Decoder(Listed)


def items(found: Listed, wrapped_in: str, call: str) -> list[msgspec.Raw]:
    """The rows of an answer, undecoded; `wrapped_in` is the name under which some sites put the whole list."""
    if isinstance(found, dict):
        if wrapped_in not in found:
            return list(found.values())
        try:
            return items(_listed.decode(found[wrapped_in]), "", call)
        except NOT_JSON:
            raise Garbled(TITLE, call, "no_list_under", name=wrapped_in) from None
    return found


def row(raw: msgspec.Raw, call: str) -> Row:
    """One row."""
    try:
        return _row.decode(raw)
    except NOT_JSON:
        raise Garbled(TITLE, call, "item_no_object") from None


def at(found: Any, path: str) -> Any:
    """The value at a dotted path, such as `site.nomSite`; None where there is none."""
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def several(found: Any) -> list[Any]:
    """What a list holds that may also be an object keyed by code, one value alone, or nothing."""
    if found is None or found == "":
        return []
    if isinstance(found, Mapping):
        return list(found.values())
    return found if isinstance(found, list) else [found]


def codes(found: Any) -> list[str]:
    """The codes of a list, which may also be written with commas in one text."""
    if isinstance(found, str):
        found = found.split(",")
    return [text for value in several(found) if (text := code(value))]


def code(found: Any) -> str:
    """A code as an id; empty for none."""
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()


def french_day(found: Any) -> date | Any:
    """A day written dd/MM/yyyy, by some calls dd-MM-yyyy; what is wrong with another."""
    return ordered_day(found, "DD/MM/YYYY") if isinstance(found, str) and found.strip() else found


def moment(on: Any, clock: Any, zone: str) -> datetime | Any:
    """A wall-clock time of that zone in UTC; what cannot be read is handed on as text, so that the door tells it."""
    where = french_day(on)
    if not isinstance(where, date) or not isinstance(clock, str):
        return f"{on} {clock}" if on or clock else None
    try:
        return wall_clock(where, time.fromisoformat(clock.strip()), zone)
    except ValueError:
        return f"{on} {clock}"
