"""What the lines of an event's description say: `Matière : Statistiques`, `Enseignants : Mme DELORGE, M. QUIST`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from connectors.hyperplanning.normal import group_names
from connectors.hyperplanning_ical.calendar import NOTHING, Event
from connectors.reading.ids import hashed
from engine.records.folding import fold_name

_NAMES = {
    "matiere": "subject",
    "type": "type",
    "enseignant": "instructors",
    "salle": "rooms",
    "promotion": "promotions",
    "td": "tds",
    "option": "options",
    "regroupement": "joined",
    "memo": "memo",
}
"""A line's name, without accents and plural, to what it is here."""
_HOLIDAYS = frozenset({"jours feries", "jour ferie", "ferie", "feries", "vacances", "conges"})
_NOTHING = ("", "-")
_TITLE = re.compile(r"(?:mme|mlle|mr|m|dr|pr|madame|mademoiselle|monsieur)\.?\s+", re.IGNORECASE)
CANCELLED = "cours annule"


def lines_of(description: str) -> dict[str, str]:
    """Its lines by what they are. The memo is free text and comes to its end: a line in it is no line of ours."""
    found: dict[str, str] = {}
    name = ""
    for line in description.split("\n"):
        written, colon, value = line.partition(":")
        known = "" if name == "memo" else _NAMES.get(_singular(written), "") if colon else ""
        if known:
            name = known
            found.setdefault(name, value.strip())
        elif name:
            found[name] += "\n" + line
    return {name: "" if value.strip() in _NOTHING else value.strip() for name, value in found.items()}


def groups_of(lines: dict[str, str]) -> list[str]:
    """Every group a session is for: promotions, their TD groups and options, joined groups."""
    names = ("promotions", "tds", "options", "joined")
    return [group for name in names for group in group_names(lines.get(name, ""))]


NoLesson = Literal["holiday", "booking"]


def no_lesson(event: Event) -> NoLesson | None:
    """What an event is instead of a lesson. None for a lesson, also one that lacks much.

    Holidays are whole days, or say so; a room that somebody booked has neither subject, nor people, nor groups.
    """
    uid = fold_name(event.get("UID", NOTHING).text)
    if uid.startswith("cours"):
        return None
    category = fold_name(event.get("CATEGORIES", NOTHING).text)
    day = event.get("DTSTART", NOTHING)
    if uid.startswith("ferie") or category in _HOLIDAYS or len(day.value.strip()) == len("20261201"):
        return "holiday"
    lines = lines_of(event.get("DESCRIPTION", NOTHING).text)
    booked = uid.startswith("reservation") or category.startswith("reservation")
    if booked or ("rooms" in lines and not (lines.get("subject") or lines.get("instructors") or groups_of(lines))):
        return "booking"
    return None


def is_cancelled(*texts: str) -> bool:
    """Whether one of these texts begins by saying that the session is cancelled."""
    return any(fold_name(text).startswith(CANCELLED) for text in texts)


class Instructors:
    """Instructors by the names that events write. A calendar has neither their ids nor their addresses."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._full: dict[str, list[str]] = {}
        self._last: dict[str, list[str]] = {}
        self.met: dict[str, tuple[str, str]] = {}
        """Those who are known by their name in events only: id to last and first name, in the order met."""

    def know(self, source_id: str, last: str, first: str) -> None:
        """One whom the school's own list names."""
        self._full.setdefault(fold_name(f"{last} {first}"), []).append(source_id)
        self._last.setdefault(fold_name(last), []).append(source_id)

    def ids(self, written: str) -> list[str]:
        """Ids of the instructors that a line names: of the list where exactly one fits, else of their names."""
        return list(dict.fromkeys(self._id(name) for name in _names(written)))

    def _id(self, name: str) -> str:
        folded = fold_name(name)
        for known in (self._full, self._last):
            fitting = known.get(folded, [])
            if len(fitting) == 1:
                return fitting[0]
        source_id = hashed(self._key, "instructor", folded)
        self.met.setdefault(source_id, _last_and_first(name))
        return source_id


def _names(written: str) -> Iterator[str]:
    for part in written.split(","):
        name = _TITLE.sub("", " ".join(part.split()), count=1)
        if name not in _NOTHING:
            yield name


def _last_and_first(name: str) -> tuple[str, str]:
    """Last and first name: the words in capitals, and the others. Without capitals nobody can tell where one ends."""
    words = name.split()
    capitals = [word for word in words if word.isupper() and len(word.strip(".")) > 1]
    if not capitals:
        return name, ""
    rest = set(words).difference(capitals)
    return _joined(capitals), _joined(word for word in words if word in rest)


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)


def _singular(written: str) -> str:
    return fold_name(written.replace("(s)", "")).removesuffix("s")
