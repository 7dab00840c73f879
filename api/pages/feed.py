"""The feed: what a person must do, searched, filtered and as a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, get_args
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Depends, Response
from msgspec import Struct

from api.answers.feed_csv import as_csv
from api.http.problem_details import ProblemError
from api.showing.issue_rows import IssueView, issue_row
from api.showing.outlooks import OutlookView, outlook_of
from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Sent, Visit, Visiting
from engine.language.wording import wording
from engine.model.decisions import Verdict
from engine.model.rulebook import FIX_IN
from engine.records.kinds import CREATORS, KINDS, UPWARD
from engine.records.limits import LONGEST_SEARCH
from runs.model.answers import FeedPage, FeedRow
from runs.model.asked import MOST_COUNTED, OPEN, PAUSED, Counts, IssueFilter, Listed, Sort

router = APIRouter(include_in_schema=False)

FILTERS = ("last_run", "kind", "segment", "created_by", "fix_in", "state", "rule", "sort")
SOON = timedelta(hours=48)
"""What begins to matter within this is said to press."""
_A_PAGE = 30
_ELSEWHERE = 10
_ALWAYS = frozenset({"to_fix", "later", "left_out", "synced"})
"""Those that are shown though there be none."""
_OTHERS: tuple[Verdict, ...] = ("skip", "sync")
_DONE = ("snoozed", "waived", "resolved")
"""States of issues that wait for nobody."""


class RecordView(Struct, frozen=True):
    """One record of the feed with all that is wrong with it."""

    kind: str
    source_id: str
    shown_id: str
    """The id that people see in the source."""
    name: str
    issues: tuple[IssueView, ...]
    problem: str | None
    """Why it is left out, where nothing is wrong with it."""
    outlook: OutlookView
    presses: datetime | None
    """When what is wrong begins to matter, if that is soon."""
    missed: datetime | None
    """When it began to matter, if that is over."""


class FeedView(PageView, frozen=True):
    """The feed."""

    received: bool
    """Whether anything ever was."""
    counts: tuple[tuple[str, int], ...]
    """What the last run did, to how many records; empty before the first."""
    records: tuple[RecordView, ...]
    elsewhere: tuple[RecordView, ...]
    """On a search: those found with nothing to fix."""
    total: int
    counted_as: str
    """What they all are, where that is not to be fixed: what the last run did, or a state of issues; else empty."""
    at_least: bool
    """Whether there may be more than the total: a feed is counted only so far."""
    search: str
    chosen: dict[str, str]
    """Filter to its value, empty where it is not set."""
    options: dict[str, tuple[tuple[str, str], ...]]
    """Filter to the values it takes, each with its words."""
    rule_chosen: str
    """The rule filtered by, in words; empty without one."""
    waits_for: str
    """The issue that all of them wait for; empty without one."""
    folded: int
    """How many more only wait for these."""
    paused: tuple[tuple[str, int], ...]
    """States of issues that wait for nobody now, each with how many there are."""
    narrowed: bool
    """Whether a filter or a search leaves something out."""
    filtered: bool
    csv: str
    """Address of the same feed as a spreadsheet."""
    next_cursor: str | None


def given(
    last_run: str = "",
    kind: str = "",
    segment: str = "",
    created_by: str = "",
    fix_in: str = "",
    state: str = "",
    rule: str = "",
    sort: str = "",
    waits_for: str = "",
) -> dict[str, str]:
    """The filters of an address, as written. No search: names do not belong in addresses."""
    return locals()


Given = Annotated[dict[str, str], Depends(given)]


@router.get("/customers/{customer}")
def show_feed(visit: Visiting, given: Given, cursor: str = "") -> Response:
    return _feed(visit, given | {"cursor": cursor})


@router.post("/customers/{customer}")
def search_feed(form: Sent, visit: Visiting) -> Response:
    return _feed(visit, form)


@router.get("/customers/{customer}/issues.csv")
def download(visit: Visiting, given: Given) -> Response:
    return _csv(visit, given)


@router.post("/customers/{customer}/issues.csv")
def download_search(form: Sent, visit: Visiting) -> Response:
    return _csv(visit, form)


def _csv(visit: Visit, given: dict[str, str]) -> Response:
    words = visit.request.app.state.pages.words
    return as_csv(words, visit.service, visit.customer, _filter(given), visit.reader.language)


def _feed(visit: Visit, given: dict[str, str]) -> Response:
    reader, service, customer = visit.reader, visit.service, visit.customer
    which = _filter(given)
    page = service.issues(customer, which, given.get("cursor") or None, _A_PAGE, reader.language)
    elsewhere: list[FeedRow] = []
    if which.search and which.last_run is None and not given.get("cursor"):
        for verdict in _OTHERS:
            also = msgspec.structs.replace(which, verdict=verdict, state=None, fix_in=None, rule=None)
            elsewhere += service.issues(customer, also, None, _ELSEWHERE, reader.language).items
    return visit.shown(_view(visit, page, which, elsewhere), "feed")


def _filter(given: dict[str, str]) -> IssueFilter:
    """The filters of an address or a form; empty ones are none, and an unknown value is a 422 problem."""
    written = {
        name: given.get(name, "").replace("\0", "").strip()[:LONGEST_SEARCH]
        for name in (*FILTERS, "search", "waits_for")
    }
    named = {name: text for name, text in written.items() if text}
    if named.get("last_run") == "to_fix":
        del named["last_run"]  # the feed as it is
    try:
        which = msgspec.convert(named, IssueFilter)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-request", f"A filter is not what was wanted: {error}.") from None
    return which


def _view(visit: Visit, page: FeedPage, which: IssueFilter, elsewhere: list[FeedRow]) -> FeedView:
    reader, service, customer = visit.reader, visit.service, visit.reader.rulebook.customer
    now, counts = service.clock(), service.counts(customer.id)
    options = _options(reader, counts, which)
    chosen = {name: getattr(which, name) or "" for name in FILTERS}
    chosen["sort"] = "" if which.sort == "newest" else which.sort
    given = {name: value for name, value in chosen.items() if value}
    asked = given | ({"waits_for": which.waits_for} if which.waits_for else {})
    narrowing = given.keys() - {"sort"}
    address = f"/customers/{quote(customer.id)}/issues.csv"
    return FeedView(
        received=bool(counts.records),
        counts=tuple(
            (name, number)
            for name, number in (*counts.totals.items(), ("unfollowed", counts.unfollowed))
            if number or name in _ALWAYS
        ),
        records=tuple(_record(reader, row, now) for row in page.items),
        elsewhere=tuple(_record(reader, row, now) for row in elsewhere),
        total=page.total,
        counted_as=chosen["last_run"] or (which.state if which.state in _DONE else ""),
        at_least=page.total >= MOST_COUNTED,
        search=which.search or "",
        chosen=chosen,
        options=options,
        rule_chosen=dict(options["rule"]).get(which.rule or "", ""),
        waits_for=which.waits_for or "",
        folded=page.folded,
        paused=tuple((state, counts.states[state]) for state in PAUSED if counts.states.get(state)),
        narrowed=bool(narrowing or which.search or which.waits_for),
        filtered=bool(given),
        csv=f"{address}?{urlencode(asked)}" if asked else address,
        next_cursor=page.next_cursor,
    )


def _options(reader: Reader, counts: Counts, which: IssueFilter) -> dict[str, tuple[tuple[str, str], ...]]:
    states = [*OPEN, *(state for state in _DONE if state in counts.states)]
    titles = _titles(reader, {*counts.rules, *([which.rule] if which.rule else ())})
    places = [place for place in FIX_IN if place != "aggregator" or place in reader.rulebook.places]
    return {
        "last_run": tuple((name, reader.say(f"counts.{name}")) for name in get_args(Listed)),
        "kind": tuple((kind, reader.say(f"kinds.{kind}")) for kind in KINDS if kind in counts.records),
        "segment": tuple((name, name) for name in sorted(reader.rulebook.customer.segments)),
        "created_by": tuple(
            (name, reader.say(f"creator.{name}")) for name in CREATORS if counts.records.keys() & UPWARD
        ),
        "fix_in": tuple((place, reader.place(place) or "") for place in places),
        "state": tuple((state, reader.say(f"state.{state}")) for state in states),
        "rule": tuple(sorted(titles.items(), key=lambda pair: pair[1].casefold())),
        "sort": tuple((sort, reader.say(f"sort.{sort}")) for sort in get_args(Sort)),
    }


def _titles(reader: Reader, rules: Collection[str]) -> dict[str, str]:
    """Rule to its title; to one that several share the kind is said, so that they can be told apart."""
    titles = {rule: reader.rule(rule) for rule in rules}
    times = Counter(titles.values())
    words = wording(reader.language)
    return {
        rule: reader.say("feed.of_kind", title=title, kind=words.kind(rule.partition(".")[0]).one)
        if times[title] > 1
        else title
        for rule, title in titles.items()
    }


def _record(reader: Reader, row: FeedRow, now: datetime) -> RecordView:
    matters_at = row.matters_at if any(issue.state in OPEN for issue in row.issues) else None
    return RecordView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issues=tuple(issue_row(reader, issue) for issue in row.issues),
        problem=None if row.issues else row.problem,
        outlook=outlook_of(reader, row.kind, row),
        presses=matters_at if matters_at is not None and now < matters_at <= now + SOON else None,
        missed=matters_at if matters_at is not None and matters_at <= now else None,
    )
