"""One school of Wonde, read part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import ConnectorError, Fetch, Refused, Window
from connectors.http.client import Http
from connectors.reading.admit import Raw
from connectors.wonde.answers import Listing, Object, following, instant, newest, text
from connectors.wonde.options import FIRST_OF_WEEK, Options
from connectors.wonde.people import People
from connectors.wonde.timetable import Timetable, weeks

_NEEDED = {
    "students": ("contact_details", "classes"),
    "employees": ("contact_details",),
    "classes": ("students", "employees"),
    "lessons": ("class", "employee"),
}
"""Relations without which every record of the list would be wrong: told as a part that failed."""
_USEFUL = {
    "students": ("education_details", "registration", "year"),
    "students-leaver": ("contact_details", "education_details"),
    "employees": ("employment_details", "classes"),
    "lessons": ("employees", "room"),
}
"""Relations that are asked for as well; one that never comes is noted, save those that few schools have."""
_DELETED = {
    **dict.fromkeys(("student", "students"), "learner"),
    **dict.fromkeys(("employee", "employees"), "instructor"),
    **dict.fromkeys(("class", "classes"), "class"),
}
"""What the type of a deletion is to us; others are nobody of ours."""
_RARE = frozenset({"classes", "employees"})


class SchoolReading:
    """One reading of one school."""

    def __init__(self, *, http: Http, school: str, options: Options, window: Window, zone: str, fetch: Fetch) -> None:
        self._http = http
        self._school = school
        self._options = options
        self._window = window
        self._zone = zone
        self._fetch = fetch
        self._people = People(school=school, options=options)
        self._timetable = Timetable(people=self._people)
        self._well: set[str] = set()
        self._undecided: list[Object] = []
        self._told: set[str] = set()
        self._lessons_refused = False
        self.copied: datetime | None = None
        """When Wonde last copied anything of it."""
        self.withheld: list[ConnectorError] = []
        """What the school does not share though nothing is right without it, and what was asked for only in part."""

    def parts(self, extended: Mapping[str, Any]) -> Iterator[Iterator[Raw]]:
        """Everything, in the order in which one part needs another. `extended` is what the school says it has."""
        writes = extended.get("allows_writeback")
        if isinstance(writes, bool):
            self._fetch.note("takes_attendance_back" if writes else "takes_no_attendance_back", school=self._school)
        yield self._subjects()
        yield self._students()
        if self._options.left_within_days:
            yield self._leavers()
        yield self._employees()
        yield self._classes()
        yield self._unclear()
        if self._options.left_within_days:
            yield self._deletions()
        if self._options.lessons and extended.get("has_timetables") is False:
            self._fetch.note("school_without_timetable", school=self._school)
        elif self._options.lessons:
            for begins, ends in weeks(self._window, self._zone, FIRST_OF_WEEK[self._options.week_starts]):
                # A right that is missing is missing for every week; an illness may pass by the next.
                if not self._lessons_refused:
                    yield self._lessons(begins, ends)

    def _subjects(self) -> Iterator[Raw]:
        for row in self._rows("subjects"):
            self._timetable.subjects[text(row.get("id"))] = text(row.get("name"))
        yield from ()

    def _students(self) -> Iterator[Raw]:
        for row in self._rows("students", changed=True):
            self._people.students[text(row.get("id"))] = self._people.id_of(row)
            yield self._people.student(row)
        self._well.add("students")

    def _leavers(self) -> Iterator[Raw]:
        """Who left lately. Somebody who came back has another id and the same upi, and is no leaver."""
        here = set(self._people.students.values())
        for row in self._rows("students-leaver", asking=self._left_lately()):
            known = self._people.id_of(row)
            if known not in here and known not in self._told:
                self._told.add(known)
                yield self._people.student(row, left=True)

    def _employees(self) -> Iterator[Raw]:
        for row in self._rows("employees", changed=True):
            self._people.employees[text(row.get("id"))] = self._people.id_of(row)
            found = self._people.employee(row)
            if found is None:
                self._undecided.append(row)
            else:
                yield found
        self._well.add("employees")

    def _classes(self) -> Iterator[Raw]:
        for row in self._rows("classes", changed=True):
            yield self._timetable.class_(row)
            yield from self._timetable.enrolments(row, self._well)
        self._well.add("classes")

    def _unclear(self) -> Iterator[Raw]:
        """Employees of whom nothing tells whether they teach: those of a class do."""
        for row in self._undecided:
            teaches = self._people.id_of(row) in self._timetable.teachers
            found = self._people.employee(row, teaches=True) if teaches or "classes" not in self._well else None
            yield found or self._people.unclear(row)

    def _deletions(self) -> Iterator[Raw]:
        """Deleted classes, and people where they are known by the id that the entry tells.

        Lessons of a deleted class have no entry; they just do not come any more.
        """
        people, unnamed = self._people, 0
        for row in self._rows("deletions", asking=self._left_lately()):
            own, kind = text(row.get("id")), _DELETED.get(text(row.get("type")).casefold())
            if row.get("restored_at"):
                continue
            gone = {
                "source_id": own,
                "mis_id": text(row.get("mis_id")),
                "segment_keys": {"site_code": [self._school]},
                "modified_at": instant(row.get("deleted_at")),
            }
            place = f"deletion {own}".strip()
            if kind == "class":
                if own not in self._timetable.classes:
                    yield Raw("class", gone | {"status": "ended"}, place)
            elif kind is not None:
                here = people.students if kind == "learner" else people.employees
                if self._options.people_by == "upi":
                    unnamed += own not in here
                elif own not in here and own not in self._told:
                    self._told.add(own)
                    yield Raw(kind, gone | {"status": "left"}, place)
        if unnamed and self._options.changed_within_days:
            self._fetch.note("deleted_without_upi", school=self._school, number=unnamed)

    def _lessons(self, begins: datetime, ends: datetime) -> Iterator[Raw]:
        bounds = {"lessons_start_after": _stamp(begins), "lessons_start_before": _stamp(ends)}
        try:
            for row in self._rows("lessons", asking=bounds):
                yield self._timetable.lesson(row)
        except Refused:
            self._lessons_refused = True
            raise

    def _left_lately(self) -> dict[str, str]:
        """Never before what changed is asked for: of somebody who came back since, only the leaving would be seen."""
        left, changed = self._options.left_within_days, self._options.changed_within_days
        return self._lately(min(left, changed) if changed else left)

    def _lately(self, days: int) -> dict[str, str]:
        return {"updated_after": _stamp(self._window.starts - timedelta(days=days))}

    def _rows(
        self, name: str, *, changed: bool = False, asking: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The objects of a list, with the relations it is asked for; those that never came are told once."""
        asked = [*_NEEDED.get(name, ()), *_USEFUL.get(name, ())]
        if name == "students" and self._options.tutors != "none":
            asked += ["contacts", "contacts.contact_details"]
        params = dict(asking or {})
        if changed and self._options.changed_within_days:
            params = self._lately(self._options.changed_within_days)
            self.withheld.append(Refused("Wonde", f"schools/{{school}}/{name}", "only_what_changed"))
        pages = self._http.pages(
            f"schools/{{school}}/{name}",
            Listing,
            rows=lambda page: len(page.data),
            following=following,
            path={"school": self._school},
            params={"include": ",".join(asked) or None, "per_page": self._options.page_size, **params},
        )
        came: set[str] = set()
        for page in pages:
            self.copied = max(filter(None, [self.copied, newest(page.data)]), default=None)
            for row in page.data:
                came.update(row)
                yield row
        if came:
            self._tell_missing(name, [each for each in asked if each not in came and "." not in each])

    def _tell_missing(self, name: str, missing: list[str]) -> None:
        """A relation that no object has is a right that is missing, not something to correct person by person."""
        needed = [each for each in missing if each in _NEEDED.get(name, ())]
        if needed:
            call = f"schools/{{school}}/{name}"
            error = Refused("Wonde", call, "relations_withheld", relations=tuple(needed), school=self._school)
            if not any(other.failure == error.failure for other in self.withheld):
                self.withheld.append(error)
        others = tuple(each for each in missing if each not in needed and each not in _RARE)
        if others:
            self._fetch.note("relations_not_shared", school=self._school, relations=others, name=name)


def _stamp(at: datetime) -> str:
    """A moment as Wonde's parameters write it. Its zone is told nowhere; all times that it sends are in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
