"""Wonde: students, employees, classes and lessons of a school, copied from whatever system it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window, asking_for
from connectors.http.client import Http, bearer
from connectors.reading.admit import admitted
from connectors.reading.parts import each_part
from connectors.wonde.answers import one, text
from connectors.wonde.options import Options
from connectors.wonde.people import PERSON
from connectors.wonde.school import SchoolReading
from engine.model.connector_spec import ConnectorSpec
from engine.model.moments import zone
from engine.records.kinds import Record

HOP = "SIS → Wonde"
_VENDOR = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.wonde\.com")
"""Whole names only: what ends so may have another host, a query or a fragment before it."""


class _Found(Struct):
    data: dict[str, Any] | list[Any]


class Wonde:
    """Rosters and timetables through Wonde."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="wonde",
        title="Wonde",
        certainty="published",
        side="source",
        options=Options,
        provides={
            "learner": PERSON | {"birth_date", "training", "groups", "tutor_name", "tutor_email"},
            "instructor": PERSON | {"birth_date", "teaching", "left_on"},
            "person": PERSON | {"role"},
            "class": frozenset(
                {"source_id", "mis_id", "name", "code", "subject", "segment_keys", "status", "modified_at"}
            ),
            "enrolment": frozenset({"source_id", "class_id", "person_id", "role", "status"}),
            "session": frozenset(
                {
                    *("source_id", "mis_id", "name", "starts_at", "ends_at", "room", "topic", "segment_keys"),
                    *("instructor_ids", "group_ids", "modified_at"),
                }
            ),
        },
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """School by school: people, classes, who is in them, lessons. The freshness is that of the stalest school."""
        copied: list[datetime | None] = []
        given = len(fetch.invalid)
        empty = True
        for record in each_part((self._school(each, window, fetch, copied) for each in self._options.schools), fetch):
            empty = False
            yield record
        if empty and len(fetch.invalid) == given and not self._options.changed_within_days:
            if fetch.partial:
                raise fetch.partial[0]
            raise Refused(self.spec.title, "schools/{school}", "nothing_of_any_school")
        known = [each for each in copied if each is not None]
        if known and len(known) == len(copied):
            fetch.freshness[HOP] = min(known)

    def _school(self, school: str, window: Window, fetch: Fetch, copied: list[datetime | None]) -> Iterator[Record]:
        with asking_for(school):
            url, found = self._find(school, fetch)
        with self._http(url, fetch) as http:
            reading = SchoolReading(
                http=http,
                school=school,
                options=self._options,
                window=window,
                zone=self._zone(text(found.get("timezone"))),
                fetch=fetch,
            )
            parts = (admitted(part, fetch) for part in reading.parts(one(found.get("extended"))))
            yield from each_part(parts, fetch, school)
            fetch.partial.extend(reading.withheld)
            copied.append(reading.copied)

    def _find(self, school: str, fetch: Fetch) -> tuple[str, Mapping[str, Any]]:
        """The address of the region that has the school, and what is told of it.

        The wrong region answers with nothing rather than an error, so both are one finding here.
        """
        url = self._options.url
        found = self._ask(url, school, fetch)
        domain = text(one(found.get("region")).get("domain")).casefold()
        here = urlsplit(url)
        if found and domain and domain != here.netloc.casefold():
            if not (_VENDOR.fullmatch(domain) and _VENDOR.fullmatch(here.hostname or "")):
                raise Refused(self.spec.title, "schools/{school}", "school_in_another_region", domain=domain)
            # The vendor's own regions share the token; no other host is sent it.
            url = f"{here.scheme}://{domain}{here.path}"
            fetch.note("school_served_from", school=school, domain=domain)
            found = self._ask(url, school, fetch)
        if not found:
            raise Refused(self.spec.title, "schools/{school}", "no_such_school")
        return url, found

    def _ask(self, url: str, school: str, fetch: Fetch) -> Mapping[str, Any]:
        with self._http(url, fetch) as http:
            try:
                return one(http.get_json("schools/{school}", _Found, path={"school": school}).data)
            except Refused as error:
                if error.status == 404:
                    return {}
                raise

    def _http(self, url: str, fetch: Fetch) -> Http:
        return Http(self.spec.title, url, fetch, self._around, auth=bearer(self._options.token))

    def _zone(self, name: str) -> str:
        """The school's own zone, in which its weeks begin; the customer's where it tells none."""
        with suppress(ZoneInfoNotFoundError):
            return zone(name).key if name else self._around.zone
        return self._around.zone
