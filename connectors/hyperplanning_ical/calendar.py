"""iCalendar as Hyperplanning writes it: events as properties by name. Unfolded and unescaped, not interpreted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from connectors.reading.times import aware
from engine.model.moments import zone

_FOLD = re.compile(rb"\r?\n[ \t]")
_LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;\"=]+=(?:\"[^\"]*\"|[^:;\"]*))*):(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Property(NamedTuple):
    """One property of an event."""

    parameters: dict[str, str]
    """By large name."""
    value: str
    """As written, still escaped."""

    @property
    def text(self) -> str:
        """The value of a text: line ends and commas as such."""
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value).strip()


Event = dict[str, Property]
"""Properties by large name; of one that comes twice, the first."""
NOTHING = Property({}, "")


def unfolded(body: bytes) -> tuple[str, bool]:
    """The text with its folded lines whole, and whether it had to be read as Windows-1252.

    Lines are folded by octets, also in the middle of a letter: they are joined before they are decoded.
    """
    whole = _FOLD.sub(b"", body).removeprefix(b"\xef\xbb\xbf")
    try:
        return whole.decode(), False
    except UnicodeDecodeError:
        return whole.decode("cp1252", "replace"), True


def is_whole(text: str) -> bool | None:
    """Whether a calendar has its end; None when it is no calendar at all."""
    stripped = text.strip()
    if stripped[:15].upper() != "BEGIN:VCALENDAR":
        return None
    return stripped[-13:].upper() == "END:VCALENDAR"


def events(text: str) -> Iterator[Event]:
    """Every event. What stands inside an event's own parts, such as an alarm, is not the event's."""
    event: Event | None = None
    inside = 0
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        name, value = found[1].upper(), found[3]
        if name == "BEGIN":
            if event is not None:
                inside += 1
            elif value.strip().upper() == "VEVENT":
                event, inside = {}, 0
        elif name == "END":
            if inside:
                inside -= 1
            elif event is not None:
                yield event
                event = None
        elif event is not None and not inside:
            event.setdefault(name, Property(_parameters(found[2]), value))


def instant(found: Property, zone_name: str) -> datetime | str:
    """A time in UTC: one that ends in Z, one in the zone it names, else wall-clock time in `zone_name`.

    A whole day begins at midnight. What cannot be read is handed on as text.
    """
    written = found.value.strip()
    try:
        if len(written) == 8:
            return aware(datetime.combine(date.fromisoformat(written), time()), zone_name)
        read = datetime.fromisoformat(written)
    except ValueError:
        return written
    named = found.parameters.get("TZID", zone_name)
    try:
        zone(named)
    except ZoneInfoNotFoundError:
        named = zone_name
    try:
        return aware(read, named)
    except ValueError:
        return written


def _parameters(written: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in re.findall(r";((?:[^;\"]|\"[^\"]*\")*)", written))
    return {name.upper(): value.strip('"') for name, _, value in pairs}
