"""Customers: what a customer's file says beside its rules: name, language, zone, systems, schedule, segments."""

from __future__ import annotations

import re
from typing import get_args
from zoneinfo import available_timezones

from engine.language.wholeness import FALLBACK
from engine.model.connector_spec import Schedule, Side
from engine.model.rulebook import ConnectorUse, Customer
from engine.records.kinds import SegmentKey
from engine.records.suggest import did_you_mean
from engine.rulefiles.parse.connector_options import read_use
from engine.rulefiles.parse.examples import zone_named
from engine.rulefiles.parse.option_values import OptionContext
from engine.rulefiles.parse.waivers import read_waivers
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Mapping, Sequence

KEYS = (
    "name",
    "language",
    "zone",
    "source",
    "platform",
    "schedule",
    "segments",
    "waivers",
    "settings",
    "rules",
    "guards",
    "places",
    "spreadsheet",
)
"""Everything a customer's file can hold."""
REQUIRED = ("name", "language", "zone")

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LOOSE_TIME = re.compile(r"([0-9]{1,2})[:hH.]([0-9]{2})?")
_SEGMENT_KEYS: tuple[str, ...] = get_args(SegmentKey)


def read_customer(root: Mapping, languages: tuple[str, ...], around: OptionContext, reading: ShapeReader) -> Customer:
    """The customer of a file. With problems noted, it is as much as could be read, and not to be used."""
    parts = {entry.name: entry for entry in reading.known(root, KEYS, "a customer's file")}
    for key in (key for key in REQUIRED if key not in parts):
        hint = {
            "name": "write `name:` and what people call the organisation",
            "language": f"write `language:` and one of {', '.join(languages)}",
            "zone": "write `zone:` and an IANA name such as Europe/Paris",
        }[key]
        reading.problem(root.place, "missing-key", f"the customer has no `{key}`", hint)
    name = reading.text(parts["name"].value, "`name`") if "name" in parts else None
    language = None
    if "language" in parts:
        if languages:
            language = reading.one_of(parts["language"].value, languages, "language", "unknown-language")
        else:
            language = reading.text(parts["language"].value, "`language`")
    return Customer(
        id=around.customer,
        name=name or around.customer,
        language=language or FALLBACK,
        zone=_zone(parts.get("zone"), reading),
        source=_use(parts.get("source"), "source", around, reading),
        platform=_use(parts.get("platform"), "platform", around, reading),
        schedule=_schedule(parts.get("schedule"), reading),
        segments=_segments(parts.get("segments"), reading),
        waivers=read_waivers(parts.get("waivers"), reading),
    )


def _use(entry: KeyValue | None, side: Side, around: OptionContext, reading: ShapeReader) -> ConnectorUse | None:
    return None if entry is None else read_use(entry, side, around, reading)


def _zone(entry: KeyValue | None, reading: ShapeReader) -> str:
    text = reading.text(entry.value, "`zone`") if entry is not None else None
    if entry is None or text is None:
        return "UTC"
    if zone_named(text):
        return text
    known = sorted(zone for zone in available_timezones() if zone_named(zone))
    message = f"unknown time zone ‘{shown(text)}’"
    hint = did_you_mean(text, known) if len(text) > 2 else ""
    if not hint.startswith("did"):
        hint = "write an IANA name such as Europe/Paris"
    reading.problem(entry.value.place, "unknown-zone", message, hint)
    return "UTC"


def _schedule(entry: KeyValue | None, reading: ShapeReader) -> Schedule:
    mapping = reading.mapping(entry.value, "`schedule`", entry.key.place) if entry is not None else None
    times: dict[str, tuple[str, ...]] = {}
    names = ("downward", "upward")
    for part in reading.known(mapping, names, "a schedule") if mapping is not None else ():
        hint = f"write `{part.name}: [12:00, 22:00]`"
        sequence = reading.sequence(part.value, f"`{part.name}`", hint)
        found: list[str] = []
        for item in sequence.items if sequence is not None else ():
            text = reading.text(item, f"a time of `{part.name}`")
            if text is None:
                continue
            if not _TIME.fullmatch(text):
                loose = _LOOSE_TIME.fullmatch(text)
                better = f"{int(loose[1]):02}:{loose[2] or '00'}" if loose else "22:00"
                hint = f"write `{better if _TIME.fullmatch(better) else '22:00'}`"
                reading.problem(item.place, "bad-time-of-day", f"‘{shown(text)}’ is no time of day", hint)
            elif text in found:
                message = f"`{part.name}` has {text} twice"
                reading.problem(item.place, "bad-time-of-day", message, "keep one of them")
            else:
                found.append(text)
        times[part.name] = tuple(sorted(found))
    return Schedule(**times)


def _segments(entry: KeyValue | None, reading: ShapeReader) -> dict[str, dict[str, tuple[str, ...]]]:
    mapping = reading.mapping(entry.value, "`segments`", entry.key.place) if entry is not None else None
    made: dict[str, dict[str, tuple[str, ...]]] = {}
    for account in mapping.entries if mapping is not None else ():
        keys = reading.mapping(account.value, f"the segment ‘{shown(account.name)}’", account.key.place)
        if keys is None:
            continue
        if not keys.entries:
            hint = f"write `{account.name}: {{site_code: [S-1, S-2]}}`"
            message = f"the segment ‘{shown(account.name)}’ says nothing"
            reading.problem(account.key.place, "empty", message, hint)
        wanted: dict[str, tuple[str, ...]] = {}
        for key in reading.known(keys, _SEGMENT_KEYS, "a segment", "unknown-segment-key"):
            what = f"‘{key.name}’ of the segment ‘{shown(account.name)}’"
            if isinstance(key.value, Sequence):
                values = reading.texts(key.value, what)
                if values is not None and not values:
                    reading.problem(key.value.place, "empty", f"{what} lists nothing", "write at least one value")
            else:
                one = reading.text(key.value, what)
                values = (one,) if one is not None else None
            if values:
                wanted[key.name] = values
        made[account.name] = wanted
    return made
