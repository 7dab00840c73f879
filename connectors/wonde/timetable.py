"""Classes, who is in them, and lessons of Wonde; and the weeks that lessons must be asked for by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from connectors.contract import Window
from connectors.reading.admit import Raw
from connectors.reading.times import days_of
from connectors.wonde.answers import Object, instant, many, named, one, text
from connectors.wonde.people import People
from engine.model.moments import day_bounds

_ID = re.compile(r"A\d+")


class Timetable(Struct):
    """How classes and lessons of one school are read, and the small tables they refer to."""

    people: People
    subjects: dict[str, str] = {}
    classes: dict[str, tuple[str, str]] = {}
    """Class to its name and subject."""
    teachers: set[str] = set()
    """Ids of those who stand in a class as its employees."""

    def class_(self, row: Object) -> Raw:
        """A class; one without a name has none here either."""
        own = text(row.get("id"))
        name, subject = text(row.get("name")), self.subject(row.get("subject"))
        self.classes[own] = (name, subject)
        values = {
            "source_id": own,
            "mis_id": text(row.get("mis_id")),
            "name": name,
            "code": text(row.get("code")),
            "subject": subject,
            "segment_keys": {"site_code": [self.people.school]},
            "status": "active",
            "modified_at": instant(row.get("updated_at")),
        }
        return Raw("class", values, f"class {own}".strip())

    def enrolments(self, row: Object, read: Collection[str]) -> Iterator[Raw]:
        """Who is in a class, of the lists that were read: else everybody would be in it whom nobody knows."""
        people = self.people
        teachers = [people.known(each, people.employees) for each in many(row.get("employees"))]
        self.teachers.update(teachers)
        if "students" in read:
            for each in many(row.get("students")):
                yield self._enrolment(row, people.known(each, people.students), "learner")
        if "employees" in read:
            for teacher in teachers:
                yield self._enrolment(row, teacher, "instructor")

    def _enrolment(self, row: Object, person: str, role: str) -> Raw:
        own = text(row.get("id"))
        values = {
            "source_id": f"{own}:{person}:{role}" if own and person else "",
            "class_id": own,
            "person_id": person,
            "role": role,
            "status": "active",
        }
        return Raw("enrolment", values, f"class {own}".strip())

    def lesson(self, row: Object) -> Raw:
        """A session: its class is the group expected."""
        own = text(row.get("id"))
        class_ = one(row.get("class"))
        class_id = text(class_.get("id")) or text(row.get("class"))
        name, subject = self.classes.get(class_id, ("", ""))
        employees = [row.get("employee"), *many(row.get("employees"))]
        found = [self.people.known(each, self.people.employees) for each in employees]
        values = {
            "source_id": own,
            "mis_id": text(row.get("mis_id")),
            "name": text(class_.get("name")) or name,
            "starts_at": instant(row.get("start_at")),
            "ends_at": instant(row.get("end_at")),
            "room": named(row.get("room")),
            "topic": self.subject(class_.get("subject")) or subject,
            "segment_keys": {"site_code": [self.people.school]},
            "instructor_ids": list(dict.fromkeys(each for each in found if each)),
            "group_ids": [class_id] if class_id else [],
            "modified_at": instant(row.get("updated_at")),
        }
        return Raw("session", values, f"lesson {own}".strip())

    def subject(self, value: Any) -> str:
        """A subject's name, of the object, of its id, or as it stands; an id that nobody explains is none."""
        written = text(value)
        return named(value) or self.subjects.get(written, "" if _ID.fullmatch(written) else written)


def weeks(window: Window, zone_name: str, first_of_week: int) -> list[tuple[datetime, datetime]]:
    """The window cut at the local midnights at which a week begins: one call covers one week only."""
    first, _ = days_of(window, zone_name)
    begins = first + timedelta(days=(first_of_week - first.weekday() - 1) % 7 + 1)
    edges = [window.starts]
    while (edge := day_bounds(begins, zone_name)[0]) < window.ends:
        edges.append(edge)
        begins += timedelta(days=7)
    return list(zip(edges, [*edges[1:], window.ends], strict=True))
