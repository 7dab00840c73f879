"""Hyperplanning by its iCalendar feeds: sessions with the time of their last change, and people from its CSV export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from connectors.contract import (
    ConnectorContext,
    ConnectorError,
    Fetch,
    Garbled,
    Refused,
    Unavailable,
    Window,
    asking_for,
)
from connectors.http.client import Http
from connectors.hyperplanning.normal import LAYER, TITLE, group_name, promotions_of, session_id, touches
from connectors.hyperplanning_csv.connector import FIRST_YEAR, FirstYear
from connectors.hyperplanning_csv.connector import PROVIDES as PEOPLE
from connectors.hyperplanning_csv.export import people
from connectors.hyperplanning_ical.calendar import NOTHING, Event, events, instant, is_whole, unfolded
from connectors.hyperplanning_ical.description import Instructors, groups_of, is_cancelled, lines_of, no_lesson
from connectors.reading.admit import Raw, admitted
from connectors.reading.ids import hashed
from connectors.reading.parts import Parts
from engine.model.connector_spec import ConnectorSpec, DataPath, Secret
from engine.model.moments import zone as zone_of
from engine.records.kinds import Instructor, Record

_UID_PARTS = 3
_SESSION = frozenset(
    {
        *("source_id", "mis_id", "name", "topic", "starts_at", "ends_at", "room", "remote", "status", "training"),
        *("segment_keys", "instructor_ids", "group_ids", "modified_at"),
    }
)


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: hyperplanning-ical`."""

    links: Annotated[Secret, Meta(description="The feed's link, or several with a space between; each is a secret.")]
    promotions: Annotated[
        tuple[str, ...],
        Meta(description="The promotion that each link is of, in their order, for events that do not tell."),
    ] = ()
    people: Annotated[
        DataPath | None,
        Meta(description="CSV exports of learners and instructors; a feed has no address of anybody."),
    ] = None
    remote_types: Annotated[
        tuple[str, ...], Meta(description="Types of course that are held at a distance. Left out: it is not known.")
    ] = ()
    first_year: FirstYear = FIRST_YEAR


def _given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """Without a list of people there are only the instructors' names, and the section stands with the session."""
    listed = bool(options.get("people"))
    silent = {"segment_keys"} if listed else set()
    session = _SESSION - silent - (set() if options.get("remote_types") else {"remote"})
    if listed:
        return {**PEOPLE, "session": session}
    return {"instructor": frozenset({"source_id", "first_name", "last_name"}), "session": session}


class HyperplanningIcal:
    """Timetables as Hyperplanning publishes them."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="hyperplanning-ical",
        title=TITLE,
        certainty="observed",
        side="source",
        options=Options,
        provides={**PEOPLE, "session": _SESSION},
        given=_given,
        layer=LAYER,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around
        self._remote_types = {name.casefold() for name in options.remote_types}

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then the sessions of each feed, then instructors known by their names only.

        A feed that fails leaves the others; a course that stands in two feeds comes twice and is one.
        """
        links = self._options.links.split()
        promotions = self._options.promotions
        if promotions and len(promotions) != len(links):
            raise Refused(TITLE, "promotions", "promotions_for_links", links=len(links), promotions=len(promotions))
        instructors = Instructors(self._around.id_key)
        given = False
        for person in self._people(fetch):
            if isinstance(person, Instructor):
                instructors.know(person.source_id, person.last_name or "", person.first_name or "")
            yield person
        told, failed = Parts(fetch), list[ConnectorError]()
        for index, link in enumerate(links):
            promotion = promotions[index] if promotions else ""
            try:
                with asking_for(promotion or str(index + 1)):
                    yield from admitted(self._sessions(link, promotion, window, fetch, instructors), fetch)
                given = True
            except ConnectorError as error:
                failed.append(error)
        if failed and not given:
            raise failed[0]
        for each in failed:
            told.tell(each)
        yield from admitted(_met(instructors), fetch)

    def _people(self, fetch: Fetch) -> Iterator[Record]:
        options = self._options
        if options.people is None:
            return
        path = Path(options.people)
        nothing = Refused(TITLE, path.name, "no_rows")
        yield from admitted(people(path, self._around.id_key, options.first_year, fetch), fetch, nothing)

    def _sessions(
        self, link: str, promotion: str, window: Window, fetch: Fetch, instructors: Instructors
    ) -> Iterator[Raw]:
        """The sessions of one feed that meet the window: a feed holds the whole year."""
        with Http(TITLE, link, fetch, self._around) as http:
            text, is_old = unfolded(http.get("", accept="text/calendar, */*").body)
        whole = is_whole(text)
        if whole is None and text.lstrip()[:1] == "<":
            raise Refused(TITLE, "", "web_page_for_a_calendar")
        if whole is None:
            raise Garbled(TITLE, "", "no_icalendar")
        if not whole:
            raise Unavailable(TITLE, "", "calendar_cut_off")
        if is_old:
            fetch.note("calendar_read_as_windows_1252")
        count = 0
        left_out: Counter[str] = Counter()
        for count, event in enumerate(events(text), 1):
            starts_at, ends_at = (instant(event.get(name, NOTHING), self._around.zone) for name in ("DTSTART", "DTEND"))
            if not touches(window, starts_at, ends_at):
                continue
            if (kind := no_lesson(event)) is not None:
                left_out[kind] += 1
            else:
                values = self._session(event, promotion, instructors) | {"starts_at": starts_at, "ends_at": ends_at}
                yield Raw("session", values, f"event {count}")
        if left_out["holiday"]:
            fetch.note("holidays_left_out", number=left_out["holiday"])
        if left_out["booking"]:
            fetch.note("bookings_left_out", number=left_out["booking"])
        fetch.page("the link", count)

    def _session(self, event: Event, promotion: str, instructors: Instructors) -> dict[str, Any]:
        zone = self._around.zone
        summary, description = event.get("SUMMARY", NOTHING).text, event.get("DESCRIPTION", NOTHING).text
        lines = lines_of(description)
        own = groups_of(lines)
        groups = own or ([group_name(promotion)] if promotion else [])
        course, source_id = self._ids(event)
        cancelled = event.get("STATUS", NOTHING).value.strip().upper() == "CANCELLED"
        values: dict[str, Any] = {
            "source_id": source_id,
            "mis_id": course,
            "name": lines.get("subject") or summary,
            "topic": lines.get("subject", ""),
            "room": lines.get("rooms") or event.get("LOCATION", NOTHING).text,
            "status": "cancelled" if cancelled or is_cancelled(summary, description, lines.get("type", "")) else "",
            # Not the link's promotion: a course in two feeds that tells none would contradict itself.
            "training": ", ".join(promotions_of(own)),
            "instructor_ids": instructors.ids(lines.get("instructors", "")),
            "group_ids": groups,
            "modified_at": instant(event.get("LAST-MODIFIED", NOTHING), zone),
        }
        if self._remote_types:
            values["remote"] = lines.get("type", "").casefold() in self._remote_types
        if self._options.people is None:
            # Learners are not known, whose section it would be.
            values["segment_keys"] = {"section": promotions_of(groups)}
        return values

    def _ids(self, event: Event) -> tuple[str, str]:
        """Key of the course and id of the session: `Cours-55120-1-...` at nine is the `55120:202611240900` of SOAP.

        The rest of a UID names the calendar's owner. An event of another form gets a hash of its UID and start.
        """
        uid, starts_at = event.get("UID", NOTHING).text, event.get("DTSTART", NOTHING)
        parts = uid.split("-", _UID_PARTS)
        starts = instant(starts_at, self._around.zone)
        if parts[0].casefold() == "cours" and len(parts) > 1 and parts[1].isdigit() and not isinstance(starts, str):
            return parts[1], session_id(parts[1], starts.astimezone(zone_of(self._around.zone)))
        return "", hashed(self._around.id_key, "session", uid, starts_at.value) if uid else ""


def _met(instructors: Instructors) -> Iterator[Raw]:
    for source_id, (last, first) in instructors.met.items():
        yield Raw(
            "instructor", {"source_id": source_id, "last_name": last, "first_name": first}, "an instructor's name"
        )
