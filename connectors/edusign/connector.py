"""Edusign: students and professors as accounts, courses as attendance sheets with their marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.edusign.answers import TITLE, Listed, One, Row, instant, one, real_status, rows, text
from connectors.edusign.options import Options, given
from connectors.edusign.people import CALLS, Kind, Origins, account
from connectors.edusign.sheets import marks, people_on, sheet
from connectors.http.client import Http, bearer
from connectors.http.pages import FetchedPage
from connectors.pushed import everything, nothing_to_fetch
from connectors.reading.admit import Raw, admitted
from connectors.reading.parts import Parts
from connectors.reading.times import days_of
from engine.model.connector_spec import ConnectorSpec
from engine.records.kinds import OF_PLATFORM, Record

COURSES = "v1/course"
REASONS = "v1/justified-absence/absence-reason"
ABSENCES = "v1/justified-absence"

_PEOPLE_A_PAGE = 100
_LONGEST_SPAN = timedelta(days=89)
"""From first to last day: the list of sheets takes no more than 90 days."""


class Edusign:
    """Attendance sheets: the target of sessions and the people on them."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="edusign",
        title=TITLE,
        certainty="observed",
        side="platform",
        options=Options,
        provides=everything(*OF_PLATFORM),
        takes=frozenset({"learner", "instructor", "session"}),
        given=given,
        needs=frozenset({"token"}),
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._options = options
        self._around = around

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """All accounts, then the sheets that start in the window, each followed by its marks."""
        if self._options.token is None:
            nothing_to_fetch(TITLE)
        with Http(
            TITLE,
            self._options.url,
            fetch,
            self._around,
            auth=bearer(self._options.token),
            connections=self._options.workers,
            meaning=real_status,
        ) as http:
            yield from _Reading(self._options, self._around, window, fetch, http).records()


class _Reading:
    """One fetch."""

    def __init__(self, options: Options, around: ConnectorContext, window: Window, fetch: Fetch, http: Http) -> None:
        self._options = options
        self._zone = around.zone
        self._window = window
        self._fetch = fetch
        self._http = http
        self._parts = Parts(fetch)
        self._origins = Origins(options)
        self._reasons: dict[str, str] | None = None

    def records(self) -> Iterator[Record]:
        for kind in CALLS:
            with self._parts.part():
                yield from admitted(self._people(kind), self._fetch)
        with self._parts.part():
            yield from admitted(self._sheets(), self._fetch)
        self._parts.end()

    def _people(self, kind: Kind) -> Iterator[Raw]:
        for page in self._pages(CALLS[kind], {"limit": _PEOPLE_A_PAGE}):
            for found in page:
                self._origins.learn(kind, found)
                yield account(kind, found, self._origins, self._options)
        # Only now: of an incomplete list nobody could say who is made by hand.
        self._origins.complete(kind)

    def _sheets(self) -> Iterator[Raw]:
        seen: set[str] = set()
        for first, last in _spans(*days_of(self._window, self._zone)):
            days = {"start": first.isoformat(), "end": last.isoformat()}
            for page in self._pages(COURSES, days, self._options.first_sheet_page):
                courses = [course for course in page if self._is_asked_for(course, seen)]
                self._learn_missing(courses)
                for course in courses:
                    yield sheet(course, self._origins, self._options)
                    yield from marks(course, self._origins, self._reason)

    def _is_asked_for(self, course: Row, seen: set[str]) -> bool:
        """Whether a sheet is one of the window, not yet read: days are asked with one to spare on both sides."""
        own, starts = text(course.get("ID")), instant(course.get("START"))
        if own and own in seen:
            return False
        seen.add(own)
        return not isinstance(starts, datetime) or self._window.starts <= starts < self._window.ends

    def _learn_missing(self, courses: Iterable[Row]) -> None:
        """Ask for those on the sheets whom the lists no longer hold, such as archived ones."""
        on_them = [people_on(course) for course in courses]
        for kind in CALLS:
            if self._origins.knows(kind):
                missing = self._origins.missing(kind, (own for each in on_them for own in each[kind]))
                for own, found in self._http.together(partial(self._one, kind), missing, self._options.workers):
                    self._origins.learn(kind, found, own)

    def _one(self, kind: Kind, own: str) -> tuple[str, Row]:
        """One person by Edusign's id; nothing is known of one that is gone."""
        call = f"{CALLS[kind]}/{{id}}"
        try:
            return own, one(self._http.get_json(call, One, path={"id": own}), call)
        except Refused as error:
            if error.status != 404:
                raise
            return own, {}

    def _reason(self, absence: str) -> str:
        """The reason of an absence: what a sheet names is the absence that was handed in, or a reason itself."""
        if self._reasons is None:
            self._reasons = {}
            with self._parts.part():
                for page in self._pages(REASONS, {}, paged=False):
                    self._reasons.update((text(found.get("ID")), text(found.get("ID"))) for found in page)
            if absence not in self._reasons:
                with self._parts.part():
                    for page in self._pages(ABSENCES, {}):
                        self._reasons.update((text(found.get("ID")), text(found.get("TYPE"))) for found in page)
        return self._reasons.get(absence) or absence

    def _pages(self, call: str, params: dict[str, Any], first: int = 0, *, paged: bool = True) -> Iterator[list[Row]]:
        """The rows of each page. The size of a page is the platform's to choose: a shorter one is the last."""
        longest = 0

        def following(page: FetchedPage[Listed]) -> dict[str, Any] | None:
            nonlocal longest
            longest = max(longest, page.rows)
            more = paged and page.rows > 0 and page.rows >= longest
            return {"page": first + page.number + 1} if more else None

        asked = {**params, "page": first} if paged else params
        for envelope in self._http.pages(call, Listed, params=asked, rows=_count, following=following):
            found = rows(envelope, call)
            self._parts.well = True
            yield found


def _count(envelope: Listed) -> int:
    return len(envelope.result or ())


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days in stretches that the list takes, with one to spare on both sides, as its days are not the school's."""
    start, end = first - timedelta(days=1), last + timedelta(days=1)
    while start <= end:
        yield start, min(start + _LONGEST_SPAN, end)
        start += _LONGEST_SPAN + timedelta(days=1)
