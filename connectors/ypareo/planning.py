"""Sessions of Ypareo (`cours`) as records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.reading.admit import Raw
from connectors.ypareo.answers import Row, at, code, codes, french_day, moment
from connectors.ypareo.options import Options
from connectors.ypareo.people import Group


def session(found: Row, place: str, options: Options, groups: Mapping[str, Group], zone: str) -> Raw:
    """One session. Its times are wall-clock times of the customer's zone."""
    expected = codes(found.get("codesGroupe"))
    values = {
        "source_id": code(found.get("codeSeance")),
        "name": found.get("nomMatiere"),
        "topic": found.get("nomMatiere"),
        "starts_at": moment(found.get("date"), found.get("heureDebut"), zone),
        "ends_at": moment(found.get("date"), found.get("heureFin"), zone),
        "room": ", ".join(options.rooms.get(room, room) for room in codes(found.get("codesSalle"))),
        "remote": found.get("isDistance"),
        "training": next((groups[group].training for group in expected if group in groups), ""),
        "instructor_ids": codes(found.get("codesPersonnel")),
        "learner_ids": codes(found.get("codesApprenant")),
        "group_ids": expected,
    }
    if options.session_state:
        state = at(found, options.session_state)
        # A word that the customer's file does not know is handed on, so that it is told.
        values["status"] = options.session_states.get(str(state), state)
    if options.training_state:
        values["training_status"] = at(found, options.training_state)
    return Raw("session", values, place)


def meets(group: Row, first: date, last: date) -> bool:
    """Whether a group can have sessions on these days: it began by the last and ended no sooner than the first."""
    begins, ends = (_day(group.get(name)) for name in ("dateDebut", "dateFin"))
    return (begins is None or begins <= last) and (ends is None or ends >= first)


def _day(found: Any) -> date | None:
    read = french_day(found)
    return read if isinstance(read, date) else None
