"""Issues: the feed, one issue, what a person makes of it, and what changed."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from engine.model.moments import day_bounds
from engine.model.rulebook import FIX_IN, FixIn, Rulebook
from engine.records.kinds import CREATORS, KINDS
from runs.execution.locking import turn
from runs.issues import by_hand
from runs.issues.by_hand import Settlement
from runs.model.answers import FeedPage, HistoryPage, IssueDetail
from runs.model.errors import UnknownFilter, UnknownIssue, UnknownKind
from runs.queries.feed import other_of
from runs.queries.history import day_by_day, happenings, opened
from runs.service.ground import Ground, cursors
from store.queries import feed as stored_feed
from store.queries import questions as queries
from store.queries.feed import IssueFilter
from store.queries.questions import PAGE
from store.writing import standing
from store.writing.causes import waiting_for
from store.writing.standing import Counts

_MOST_WAITING = 20
"""Records that wait for an issue, listed with it."""


def issues(
    on: Ground,
    customer_id: str,
    which: IssueFilter | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    language: str | None = None,
) -> FeedPage:
    """A page of the feed, in words.

    Raises UnknownCustomer, BrokenRulebook, UnreadableCursor, UnknownLanguage, UnknownKind, and UnknownFilter for a
    rule, an account or an issue that there is not.
    """
    which = which or IssueFilter()
    with on.reading_feed(customer_id, language) as (session, reading), cursors():
        _must_be_there(session, on.rulebook(customer_id), which)
        page = stored_feed.issues(session, customer_id, which, cursor, limit, on.clock())
        stands = standing.counts(session, customer_id, on.clock())
        rows = reading.rows(page.items)
        return FeedPage(
            rows, page.next_cursor, page.total, page.folded, reading.health, stands.totals, stands.unfollowed
        )


def _must_be_there(session: Session, rulebook: Rulebook, which: IssueFilter) -> None:
    """See to it that what is asked for can be found: an empty answer to a slip would say that all is well."""
    customer = rulebook.customer
    if which.kind is not None and which.kind not in KINDS:
        raise UnknownKind(tuple(KINDS))
    if which.segment is not None and which.segment not in customer.segments:
        raise UnknownFilter("segment", which.segment, sorted(customer.segments))
    if which.created_by is not None and which.created_by not in CREATORS:
        raise UnknownFilter("created_by", which.created_by, CREATORS, called="creator")
    if which.fix_in is not None and which.fix_in not in (places := _places(rulebook)):
        raise UnknownFilter("fix_in", which.fix_in, places, called="place")
    if which.rule is not None:
        known = [rule.id for rule in rulebook.rules]
        # Of a rule that was taken away its issues are still there.
        if which.rule not in known and not stored_feed.has_issues(session, customer.id, which.rule):
            raise UnknownFilter("rule", which.rule, known)
    if which.waits_for is not None and queries.issue(session, customer.id, which.waits_for) is None:
        raise UnknownFilter("waits_for", "", (), called="issue")


def _places(rulebook: Rulebook) -> list[FixIn]:
    """Where something can be mended for the customer: only with some does anything stand in between."""
    between = "aggregator" in rulebook.places or any(rule.fix_in == "aggregator" for rule in rulebook.rules)
    return [place for place in FIX_IN if place != "aggregator" or between]


def issue(on: Ground, customer_id: str, issue_id: str, language: str | None = None) -> IssueDetail:
    """One issue with its history. Raises UnknownCustomer, BrokenRulebook, UnknownIssue, UnknownLanguage."""
    with on.reading_feed(customer_id, language) as (session, reading):
        found = queries.issue(session, customer_id, issue_id)
        if found is None:
            raise UnknownIssue
        record, issue = found
        assert record.id is not None
        issues = queries.issues_of(session, record.id)
        around = reading.around([one.id for one in issues])
        return IssueDetail(
            issue=reading.issue(record, issue, around),
            record=reading.row(record, issues, around),
            history=sorted(
                [*happenings(queries.issue_history(session, customer_id, issue_id)), opened(issue)],
                key=lambda one: (one.run_id, one.at),
                reverse=True,
            ),
            waiting=[other_of(one) for one in waiting_for(session, issue_id, _MOST_WAITING)],
        )


def settle(
    on: Ground, customer_id: str, issue_id: str, wanted: Settlement, by: str, language: str | None = None
) -> IssueDetail:
    """Snooze, waive, resolve or open an issue by hand, and give it as it is then. ``by`` says who does it.

    Raises UnknownCustomer, BrokenRulebook, UnknownIssue, UnknownLanguage, CannotSettle.
    """
    zone = on.rulebook(customer_id).customer.zone
    with on.database.writing() as session:
        turn(session, customer_id)
        by_hand.settle(session, customer_id, issue_id, wanted, by, on.clock(), zone)
    return issue(on, customer_id, issue_id, language)


def history(
    on: Ground,
    customer_id: str,
    cursor: str | None = None,
    limit: int = PAGE,
    day: date | None = None,
    kind: str | None = None,
) -> HistoryPage:
    """What changed, day after day, newest first; ``day`` is a local one of the customer.

    Raises UnknownCustomer, BrokenRulebook, UnreadableCursor.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownKind(tuple(KINDS))
    span = None if day is None else day_bounds(day, on.rulebook(customer_id).customer.zone)
    on.must_know(customer_id)
    with on.database.reading() as session, cursors():
        return day_by_day(session, customer_id, cursor, limit, span, kind)


def counts(on: Ground, customer_id: str) -> Counts:
    """How the customer stands: records by kind and verdict, issues by rule and state. Raises UnknownCustomer."""
    on.must_know(customer_id)
    with on.database.reading() as session:
        return standing.counts(session, customer_id, on.clock())
