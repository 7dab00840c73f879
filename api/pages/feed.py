"""The feed: what a person must do, searched, filtered and as a spreadsheet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Response
from msgspec import Struct

from api.answers.feed_csv import as_csv
from api.http.parameters import LONGEST_TEXT
from api.http.problem_details import ProblemError
from api.showing.issue_rows import IssueView, issue_row
from api.showing.reader import Reader
from api.showing.rendering import PageView
from api.showing.visits import Sent, Visit, Visiting
from engine.model.rulebook import FIX_IN
from engine.records.kinds import KINDS
from runs.execution.schedules import next_run
from runs.model.answers import FeedPage, FeedRow
from runs.model.asked import MOST_COUNTED, OPEN, PAUSED, Counts, IssueFilter, Sort

router = APIRouter(include_in_schema=False)

FILTERS = ("verdict", "kind", "fix_in", "state", "rule", "sort")
SOON = timedelta(hours=48)
"""What begins to matter within this is said to press."""
_A_PAGE = 30
_ELSEWHERE = 10
_LONGEST_OPTION = 90
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
    verdict: str | None
    not_received_since: datetime | None
    presses: datetime | None
    """When what is wrong begins to matter, if that is soon."""


class FeedView(PageView, frozen=True):
    """The feed."""

    last_run: datetime | None
    next_run: datetime | None
    rules_broken: int
    """Mistakes in the newest rule files, which are not in use."""
    held: tuple[int, ...]
    """Numbers of the runs that wait for a person's word."""
    counts: tuple[tuple[str, int], ...]
    """Verdict to how many records; empty before the first run."""
    records: tuple[RecordView, ...]
    elsewhere: tuple[RecordView, ...]
    """On a search: those found with nothing to fix."""
    total: int
    counted_as: str
    """What they all are, where that is not to be fixed: `skip`, `sync` or a state of issues; else empty."""
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


@router.get("/customers/{customer}")
def show_feed(visit: Visiting) -> Response:
    return _feed(visit, dict(visit.request.query_params))


@router.post("/customers/{customer}")
def search_feed(form: Sent, visit: Visiting) -> Response:
    return _feed(visit, form)


@router.get("/customers/{customer}/issues.csv")
def download(visit: Visiting) -> Response:
    return _csv(visit, dict(visit.request.query_params))


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
    if which.search and which.verdict is None and not given.get("cursor"):
        for verdict in ("skip", "sync"):
            also = msgspec.structs.replace(which, verdict=verdict, state=None, fix_in=None, rule=None)
            elsewhere += service.issues(customer, also, None, _ELSEWHERE, reader.language).items
    return visit.shown(_view(visit, page, which, elsewhere), "feed")


def _filter(given: dict[str, str]) -> IssueFilter:
    """The filters of an address or a form; empty ones are none, and an unknown value is a 422 problem."""
    written = {
        name: given.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT] for name in (*FILTERS, "search", "waits_for")
    }
    named = {name: text for name, text in written.items() if text}
    if named.get("verdict") == "flag":
        del named["verdict"]  # the feed as it is
    try:
        which = msgspec.convert(named, IssueFilter)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-request", f"A filter is not what was wanted: {error}.") from None
    if which.kind is not None and which.kind not in KINDS:
        raise ProblemError("invalid-request", f"The filter `kind` takes one of {', '.join(KINDS)}.")
    return which


def _view(visit: Visit, page: FeedPage, which: IssueFilter, elsewhere: list[FeedRow]) -> FeedView:
    reader, service, customer = visit.reader, visit.service, visit.reader.rulebook.customer
    now, counts = service.clock(), service.counts(customer.id)
    last = service.runs(customer.id, None, 1, "downward").items or service.runs(customer.id, None, 1).items
    chosen = {name: getattr(which, name) or "" for name in FILTERS}
    chosen["sort"] = "" if which.sort == "newest" else which.sort
    given = {name: value for name, value in chosen.items() if value}
    asked = given | ({"waits_for": which.waits_for} if which.waits_for else {})
    narrowing = given.keys() - {"sort"}
    address = f"/customers/{quote(customer.id)}/issues.csv"
    return FeedView(
        last_run=last[0].as_of if last else None,
        next_run=next_run(customer.schedule.downward, customer.zone, now),
        rules_broken=len(service.library.problems(customer.id)),
        held=tuple(run.id for run in service.waiting(customer.id)),
        counts=_totals(counts),
        records=tuple(_record(reader, row, now) for row in page.items),
        elsewhere=tuple(_record(reader, row, now) for row in elsewhere),
        total=page.total,
        counted_as=chosen["verdict"] or (which.state if which.state in _DONE else ""),
        at_least=page.total >= MOST_COUNTED,
        search=which.search or "",
        chosen=chosen,
        options=_options(reader, counts),
        rule_chosen=reader.rule(which.rule) if which.rule else "",
        waits_for=which.waits_for or "",
        folded=page.folded,
        paused=tuple((state, counts.states[state]) for state in PAUSED if counts.states.get(state)),
        narrowed=bool(narrowing or which.search or which.waits_for),
        filtered=bool(given),
        csv=f"{address}?{urlencode(asked)}" if asked else address,
        next_cursor=page.next_cursor,
    )


def _totals(counts: Counts) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for numbers in counts.verdicts.values():
        for verdict, number in numbers.items():
            found[verdict] = found.get(verdict, 0) + number
    return tuple((verdict, found.get(verdict, 0)) for verdict in ("flag", "sync", "skip")) if found else ()


def _options(reader: Reader, counts: Counts) -> dict[str, tuple[tuple[str, str], ...]]:
    states = [*OPEN, *(state for state in _DONE if state in counts.states)]
    rules = sorted(((_clipped(reader.rule(rule)), rule) for rule in counts.rules), key=lambda pair: pair[0].casefold())
    return {
        "verdict": tuple((verdict, reader.say(f"counts.{verdict}")) for verdict in ("flag", "skip", "sync")),
        "kind": tuple((kind, reader.say(f"kinds.{kind}")) for kind in KINDS if kind in counts.verdicts),
        "fix_in": tuple((place, reader.place(place) or "") for place in FIX_IN),
        "state": tuple((state, reader.say(f"state.{state}")) for state in states),
        "rule": tuple((rule, words) for words, rule in rules),
        "sort": tuple((sort, reader.say(f"sort.{sort}")) for sort in get_args(Sort)),
    }


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_OPTION else text[: _LONGEST_OPTION - 1].rstrip() + "…"


def _record(reader: Reader, row: FeedRow, now: datetime) -> RecordView:
    waits = any(issue.state in OPEN for issue in row.issues)
    return RecordView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issues=tuple(issue_row(reader, issue) for issue in row.issues),
        problem=None if row.issues else row.problem,
        verdict=row.verdict,
        not_received_since=row.not_received_since,
        presses=row.matters_at if waits and row.matters_at is not None and row.matters_at <= now + SOON else None,
    )
