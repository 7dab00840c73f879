"""Sessions: the courses between two days, each as often as it is placed, with those who are expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import Struct

from connectors.contract import ConnectorError, Fetch, Window
from connectors.http.client import Http
from connectors.hyperplanning.labels import JOINED, PROMOTION, TD, Labels
from connectors.hyperplanning.normal import session_id, touches
from connectors.hyperplanning.soap import (
    Faults,
    SoapFault,
    SoapService,
    Structure,
    batched,
    found_keys,
    keys_of,
    value_of,
)
from connectors.reading.admit import Raw
from connectors.reading.times import aware, days_of

_BATCH = 200


class Course(NamedTuple):
    """What a course has whenever it is placed."""

    promotions: list[str]
    """Those of its TD groups among them."""
    groups: list[str]
    learners: list[str]
    families: list[str]


class Placed(Struct, frozen=True):
    """One session of a course (séance)."""

    course: str
    seance: Structure
    starts: datetime | None
    """Wall-clock time."""
    starts_at: datetime | str
    ends_at: datetime | str

    @property
    def id(self) -> str:
        """Empty when its start cannot be read: there is nothing to tell it by."""
        return session_id(self.course, self.starts) if self.starts else ""


class Timetable:
    """The sessions of one window."""

    def __init__(self, http: Http, labels: Labels, window: Window, zone: str, fetch: Fetch) -> None:
        self._http = http
        self._labels = labels
        self._service: SoapService = labels.service
        self._window = window
        self._zone = zone
        self._fetch = fetch
        first, last = days_of(window, zone)
        self._days = (("ADate1", first.isoformat()), ("ADate2", last.isoformat()))
        self._faults = Faults(fetch)
        self._families: list[str] = []

    def sessions(self) -> Iterator[Raw]:
        """Every placed session of the window. Parents are left out: their children are the sessions."""
        options = self._labels.options
        if options.session_families and self._labels.has(options.calls.session_heading):
            self._families = self._labels.families(options.calls.session_genre, options.session_families)
        cancelled = {placed.id: placed for placed in self._cancelled() if placed.id}
        keys = self._service.keys("TousLesCoursEntre2Dates", *self._days)
        for batch in batched(keys, _BATCH):
            parents = self._http.together(self._is_parent, batch)
            real = [key for key, is_parent in zip(batch, parents, strict=True) if not is_parent]
            placed = [one for one in self._placed(real) if touches(self._window, one.starts_at, one.ends_at)]
            yield from self._told(placed, cancelled)
            for one in placed:
                cancelled.pop(one.id, None)
        yield from self._told(list(cancelled.values()), cancelled)

    def _cancelled(self) -> list[Placed]:
        """Sessions that were cancelled, where the service tells them."""
        call = self._labels.options.calls.cancelled
        if not self._labels.has(call):
            return []
        try:
            found = self._service.structures(str(call), *self._days)
            keys = [item.text.strip() for each in found if (item := each.get("")) is not None and item.text]
            placed = [self._one(value_of(each, "Cours"), each) for each in found if "" not in each]
            placed += self._placed(keys)
        except ConnectorError as error:
            self._fetch.partial.append(error)
            return []
        return [one for one in placed if touches(self._window, one.starts_at, one.ends_at)]

    def _is_parent(self, key: str) -> bool:
        """Whether a course is left out: it stands for its children, or is not there any more."""
        try:
            is_parent = self._service.flag("CoursEstUnCoursPere", ("ACours", key))
        except SoapFault as fault:
            self._faults.tell(fault)
            return True
        self._faults.well()
        return is_parent

    def _placed(self, keys: list[str]) -> list[Placed]:
        """When these courses take place, whatever the week."""
        many = "DetailDesSeancesPlaceesTableauDeCours"
        if self._service.has(many):
            found = self._service.structures(many, ("ATableau", ("THpSvcWCleCours", keys))) if keys else []
            return [self._one(value_of(each, "Cours"), each) for each in found]

        def of(key: str) -> list[Structure]:
            return self._service.structures("DetailDesSeancesPlaceesDuCours", ("ACours", key))

        details = self._http.together(of, keys)
        return [self._one(key, each) for key, of_key in zip(keys, details, strict=True) for each in of_key]

    def _one(self, course: str, seance: Structure) -> Placed:
        written, duration = value_of(seance, "JourEtHeureDebut"), value_of(seance, "Duree")
        starts = wall_clock(written)
        if starts is None:
            return Placed(course, seance, None, written, "")
        try:
            begins = aware(starts, self._zone)
        except ValueError:
            return Placed(course, seance, None, written, "")
        try:
            # Fractions of a day are not exact: 0.0833333 is two hours.
            ends = aware(starts + timedelta(minutes=round(float(duration.replace(",", ".")) * 24 * 60)), self._zone)
        except (ValueError, OverflowError):
            return Placed(course, seance, starts, begins, duration)
        return Placed(course, seance, starts, begins, ends)

    def _told(self, placed: list[Placed], cancelled: dict[str, Placed]) -> Iterator[Raw]:
        """These sessions with what their courses and keys stand for."""
        keys = list(dict.fromkeys(one.course for one in placed))
        courses = dict(zip(keys, self._http.together(self._course, keys), strict=True))
        seances = [(one, course) for one in placed if (course := courses[one.course]) is not None]
        details = list(self._http.together(lambda pair: self._seance(pair[0]), seances))
        subjects = self._labels.subjects(detail["subject"] for detail in details)
        rooms = self._labels.rooms(room for detail in details for room in detail["rooms"])
        promotions = self._labels.promotions(key for _, course in seances for key in course.promotions)
        remote_types = {name.casefold() for name in self._labels.options.remote_types}
        self._fetch.received += len(seances)
        for (one, course), detail in zip(seances, details, strict=True):
            self._labels.seen.update(dict.fromkeys(course.groups))
            subject = subjects.get(detail["subject"], "")
            values = {
                "source_id": one.id,
                "mis_id": one.course,
                "name": subject,
                "topic": subject,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
                "room": ", ".join(rooms[room] for room in detail["rooms"] if rooms[room]),
                "status": "cancelled" if one.id in cancelled else "",
                "families": course.families,
                "training": ", ".join(promotions[key] for key in course.promotions),
                "instructor_ids": detail["instructors"],
                "learner_ids": course.learners,
                "group_ids": course.groups,
            }
            if remote_types:
                values["remote"] = detail["type"].casefold() in remote_types
            yield Raw("session", values, f"cours {one.course}")

    def _course(self, key: str) -> Course | None:
        """What belongs to a course; None when the service refuses this one, which is told once for each call."""
        owner = ("ACours", key)
        options = self._labels.options
        joined, heading = options.calls.session_joined, options.calls.session_heading
        try:
            promotions = self._service.keys("PromotionsDuCours", owner)
            tds = self._service.keys("TDOptionsDuCours", owner)
            groups = [*(f"{PROMOTION}:{each}" for each in promotions), *(f"{TD}:{each}" for each in tds)]
            promotions += [each for each in found_keys(map(self._labels.part_of, tds)) if each not in promotions]
            if self._labels.has(joined):
                groups += [f"{JOINED}:{each}" for each in self._service.keys(str(joined), owner)]
            learners = self._service.keys("EtudiantsDuCours", owner)
            families = self._labels.headings(str(heading), self._families, owner)
        except SoapFault as fault:
            self._faults.tell(fault)
            return None
        self._faults.well()
        return Course(promotions, groups, learners, families)

    def _seance(self, one: Placed) -> dict[str, Any]:
        """Subject, type, instructors and rooms of this very session; those of the course where it tells none."""
        owner, seance = ("ACours", one.course), one.seance
        instructors, rooms = keys_of(seance, "TableauEnseignant"), keys_of(seance, "TableauSalle")
        keys, text = self._service.keys, self._service.text
        return {
            "subject": value_of(seance, "Matiere") or text("MatiereCours", owner),
            "type": value_of(seance, "TypeCours") or text("TypeCours", owner),
            "instructors": keys("EnseignantsDuCours", owner) if instructors is None else instructors,
            "rooms": keys("SallesDuCours", owner) if rooms is None else rooms,
        }


def wall_clock(written: str) -> datetime | None:
    """The local time that the service writes as `2026-11-24T09:00:00Z`: the Z is no offset. None for no time."""
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return None
