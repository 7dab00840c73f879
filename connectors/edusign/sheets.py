"""Courses as sheets, and each signature on them as a mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.edusign.answers import Row, holds, instant, text
from connectors.edusign.options import Options
from connectors.edusign.people import Kind, Origins
from connectors.reading.admit import Raw

_PROFESSOR = re.compile(r"PROFESSOR(?:_(\d+))?")


def people_on(course: Row) -> dict[Kind, list[str]]:
    """Edusign's ids of everybody on a sheet."""
    students = [text(each.get("studentId")) for each in _objects(course.get("STUDENTS"))]
    return {"learner": [own for own in students if own], "instructor": list(_professors(course))}


def sheet(course: Row, origins: Origins, options: Options) -> Raw:
    """One course."""
    own, ref = text(course.get("ID")), origins.source_ref(course)
    on_it = people_on(course)
    values = {
        "source_id": own,
        "source_ref": ref,
        "name": course.get("NAME"),
        "starts_at": instant(course.get("START")),
        "ends_at": instant(course.get("END")),
        "created_by": "api" if ref else _creator(text(course.get("CREATOR_ID")), origins, options),
        "archived": holds(course.get("LOCKED")),
    }
    for kind, refs in on_it.items():
        if origins.knows(kind):
            values[f"{kind}_refs"] = [origins.of(kind, each) for each in refs]
    return Raw("sheet", values, f"v1/course {own}")


def marks(course: Row, origins: Origins, reasons: Any) -> Iterator[Raw]:
    """The attendance on a course: of its students as far as it is known, and of its professors who signed."""
    own, locked = text(course.get("ID")), holds(course.get("LOCKED"))
    if origins.knows("learner"):
        for each in _objects(course.get("STUDENTS")):
            student = text(each.get("studentId"))
            values = _attendance(each, locked, reasons)
            yield _mark(own, "learner", student, origins, values)
    if origins.knows("instructor"):
        for professor, signed in _professors(course).items():
            # Who has not signed may have been there all the same.
            yield _mark(own, "instructor", professor, origins, {"state": "present"} if signed else {})


def _mark(course: str, kind: Kind, person: str, origins: Origins, values: Row) -> Raw:
    place = f"{course}:{kind}:{person}"
    about = {
        "source_id": place if course and person else "",
        "sheet_id": course,
        "person_kind": kind,
        "person_ref": origins.of(kind, person),
    }
    return Raw("mark", {**about, **values}, f"v1/course {place}")


def _attendance(found: Row, locked: bool, reasons: Any) -> Row:
    """One state of several flags: who came late and left early left early, with the minutes late beside it."""
    there = holds(found.get("state")) and not holds(found.get("excluded"))
    delay = found.get("delay")
    minutes = round(delay) if isinstance(delay, int | float) and delay > 0 else None
    absence = text(found.get("absenceId"))
    state = ""
    if there:
        state = "left_early" if found.get("earlyDeparture") else "late" if minutes else "present"
    elif absence:
        state = "excused"
    elif locked or holds(found.get("excluded")):
        # Until the sheet is closed, who has not signed may still do so.
        state = "absent"
    return {
        "state": state,
        "minutes_late": minutes if there else None,
        "reason_code": reasons(absence) if absence else "",
        "justified": True if absence else (False if state == "absent" else None),
        "comment": found.get("comment"),
    }


def _professors(course: Row) -> dict[str, bool]:
    """Edusign's ids of the professors in order, and whether each has signed."""
    slots = sorted(
        (
            int(found[1] or 1),
            text(course[name]),
            bool(course.get(f"PROFESSOR_SIGNATURE{name.removeprefix('PROFESSOR')}")),
        )
        for name in course
        if (found := _PROFESSOR.fullmatch(name))
    )
    signed = {professor: has_signed for _, professor, has_signed in slots if professor}
    for presence in _objects(course.get("PROFESSORS_PRESENCES")):
        professor = text(presence.get("professorId"))
        if professor:
            signed[professor] = signed.get(professor, False) or bool(presence.get("signature"))
    return signed


def _creator(creator: str, origins: Origins, options: Options) -> str:
    if creator in options.creators:
        return options.creators[creator]
    return "instructor" if creator and origins.is_one("instructor", creator) else ""


def _objects(found: Any) -> list[Row]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
