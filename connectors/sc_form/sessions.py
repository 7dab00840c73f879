"""Sessions of SC-Form, with the hours that each enrolled person has in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.contract import Fetch
from connectors.reading.admit import Raw
from connectors.reading.times import DayOrder, ordered_time
from connectors.sc_form.people import text
from connectors.sc_form.shapes import Meeting, Slot

IN_COMPANY = 3
"""Type_Seance of hours in the company: nobody signs a sheet there."""


def signing(found: Meeting) -> list[Slot]:
    """The hours in which somebody signs."""
    return [slot for slot in found.Seances_Persos or () if slot.Type_Seance != IN_COMPANY]


class Sessions:
    """Makes records of sessions, and counts what a person should know of."""

    def __init__(self, zone: str, remote_types: Sequence[int]) -> None:
        self._zone = zone
        self._remote_types = remote_types
        self._left_out = 0
        self._own_hours = 0

    def raw(self, found: Meeting, order: DayOrder, keys: Mapping[str, str]) -> Raw | None:
        """The session; None when all its hours are spent in the company."""
        slots = signing(found)
        if found.Seances_Persos and not slots:
            self._left_out += 1
            return None
        self._own_hours += sum(self._has_own_hours(slot, found) for slot in slots)
        day = (found.Date or "").strip().partition("T")[0]
        rooms = [room.Libelle.strip() for room in found.Salles or () if room.Libelle and room.Libelle.strip()]
        values = {
            "source_id": text(found.ID),
            "name": found.Libelle,
            "topic": found.Libelle,
            "training": found.Libelle_Action,
            "starts_at": ordered_time(f"{day} {found.Debut}" if found.Debut else "", order, self._zone),
            "ends_at": ordered_time(f"{day} {found.Fin}" if found.Fin else "", order, self._zone),
            "room": ", ".join(rooms) or found.Libelle_Lieu,
            "remote": self._remote(slots),
            "segment_keys": dict(keys),
            "instructor_ids": [each for who in found.Intervenants or () if (each := text(who.ID))],
            "learner_ids": list(_humans(slots)),
        }
        return Raw("session", values, f"Seance {text(found.ID)}")

    def tell(self, fetch: Fetch) -> None:
        """What was counted."""
        if self._left_out:
            fetch.note("sessions_left_out", number=self._left_out)
        if self._own_hours:
            fetch.note("own_hours", number=self._own_hours)

    def _remote(self, slots: Sequence[Slot]) -> bool | None:
        """Whether everybody is at a distance; None where some are, or where it is not said."""
        said = {slot.Type_Seance in self._remote_types for slot in slots if slot.Type_Seance is not None}
        return said.pop() if len(said) == 1 else None

    @staticmethod
    def _has_own_hours(slot: Slot, found: Meeting) -> bool:
        return bool(slot.Debut and slot.Fin) and (slot.Debut, slot.Fin) != (found.Debut, found.Fin)


def _humans(slots: Sequence[Slot]) -> Iterator[str]:
    """Ids of the humans (Stagiaire), not of their enrolments (Inscrit)."""
    for slot in slots:
        if slot.Inscrit is not None and slot.Inscrit.Stagiaire is not None and text(slot.Inscrit.Stagiaire.ID):
            yield text(slot.Inscrit.Stagiaire.ID)
