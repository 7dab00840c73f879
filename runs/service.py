"""The service: everything the web and the terminal ask for, on one database and one folder of rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from connectors.contract import ConnectorContext
from engine.analysis.availability import REMEMBERED, provided_by
from engine.language.renderer import Messages
from engine.matching.classifier import Classifier
from engine.model.connector_spec import Catalogue
from engine.model.moments import day_bounds
from engine.model.problems import RuleFileError
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import KINDS, Record
from engine.rulefiles.library import Library
from runs.execution import approve as approving
from runs.execution import fetch as fetching
from runs.execution.approve import held_row
from runs.execution.classifiers import Classifiers
from runs.execution.execute import carry_out
from runs.execution.locking import turn
from runs.guards.guard_words import said
from runs.issues.by_hand import Settlement, settle
from runs.keys import Keys
from runs.model.answers import (
    Classification,
    CustomerHealth,
    Explained,
    FeedPage,
    GuardSaid,
    Health,
    HeldEntry,
    HeldRun,
    HistoryPage,
    IssueDetail,
    RunPage,
    RunSummary,
    UnsourcedPage,
)
from runs.model.errors import BrokenRulebook, UnknownCustomer, UnknownIssue, UnknownKind, UnknownRun, UnreadableCursor
from runs.model.order import Order
from runs.model.received import OnPage, Received
from runs.queries import uploads as uploading
from runs.queries.classify import classified
from runs.queries.explain import Kept, explained, kept
from runs.queries.feed import FeedReader, other_of, summary
from runs.queries.history import day_by_day, happenings, opened
from runs.queries.impact import Impact, Side, impact
from runs.queries.reader_messages import ReaderMessages
from runs.queries.unsourced import unsourced
from runs.queries.uploads import Confirmed, UploadPage
from store import feed as stored_feed
from store import holds, queries
from store.causes import waiting_for
from store.cursors import CursorError
from store.database import Database
from store.enums import Direction
from store.feed import IssueFilter
from store.queries import PAGE
from store.standing import Counts, counts

_MOST_WAITING = 20
"""Records that wait for an issue, listed with it."""


class Service:
    """One service for web and terminal alike. Safe from several threads."""

    def __init__(
        self,
        database: Database,
        library: Library,
        catalogue: Catalogue,
        messages: Messages,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        around: ConnectorContext = fetching.AROUND,
    ) -> None:
        self.database = database
        self.library = library
        self.catalogue = catalogue
        self.messages = messages
        self.environ = environ
        self.clock = clock
        self.around = around
        self.keys = Keys(database)
        self._classifiers = Classifiers()

    def customers(self) -> list[str]:
        """Ids of the customers that have a rule file."""
        return list(self.library.customers())

    def rulebook(self, customer_id: str) -> Rulebook:
        """The rulebook in force. Raises UnknownCustomer, BrokenRulebook."""
        try:
            return self.library.rulebook(customer_id)
        except KeyError:
            raise UnknownCustomer(self.customers()) from None
        except RuleFileError as error:
            raise BrokenRulebook(error.problems) from None

    def dormant(self, customer_id: str) -> Mapping[str, tuple[str, ...]]:
        """Rules that are not evaluated for the customer, with the reasons. Raises UnknownCustomer, BrokenRulebook."""
        rulebook = self.rulebook(customer_id)
        with self.database.reading() as session:
            seen = queries.last_run(session, customer_id, "downward") is not None
        return self._classifiers.of(rulebook, seen_before=seen).dormant

    def classify(
        self,
        customer_id: str,
        items: Sequence[Record | Invalid],
        language: str | None = None,
        as_of: datetime | None = None,
    ) -> Classification:
        """Decide a batch and store nothing. Relations see the batch first, then the last known records.

        ``language`` is the customer's when None. Raises UnknownCustomer, BrokenRulebook, UnknownLanguage.
        """
        rulebook = self.rulebook(customer_id)
        wording = ReaderMessages(self.messages, rulebook, language)
        with self.database.reading() as session:
            return classified(session, self._classifiers, wording, rulebook, items, as_of or self.clock())

    def push(
        self,
        customer_id: str,
        items: Iterable[Record | Invalid],
        complete: bool,
        direction: Direction = "downward",
        as_of: datetime | None = None,
        on_page: OnPage | None = None,
    ) -> RunSummary:
        """Decide pushed records and store them as a run, in one transaction at its end.

        A downward run decides the source's kinds, an upward one sheets and accounts; what else is among the items is
        stored as related records. ``complete`` says that a record of the decided kinds which is not among them is no
        longer there, unless nothing at all of its kind is; without it nothing is ever taken for gone.
        Raises UnknownCustomer, BrokenRulebook, Busy, Overtaken.
        """
        return self._run(
            customer_id,
            direction,
            as_of,
            on_page,
            lambda _, __, into: fetching.pushed(items, direction, on_page, complete=complete, into=into),
            complete=complete,
        )

    def run(
        self,
        customer_id: str,
        direction: Direction = "downward",
        as_of: datetime | None = None,
        on_page: OnPage | None = None,
        from_path: Path | None = None,
    ) -> RunSummary:
        """Fetch from the customer's source and platform, or read a file or folder, and store it as a run.

        Raises as ``push`` does, NothingToFetch, and FetchFailed when a system gave nothing (stored as a failed run).
        """

        def receive(rulebook: Rulebook, moment: datetime, into: Received) -> Received:
            if from_path is not None:
                return fetching.from_path(rulebook, direction, from_path, self.environ, on_page, into)
            return fetching.fetched(rulebook, direction, moment, self.environ, on_page, into, self.around)

        if from_path is None:
            fetching.must_fetch(self.rulebook(customer_id), direction)
        return self._run(customer_id, direction, as_of, on_page, receive, complete=True)

    def _run(
        self,
        customer_id: str,
        direction: Direction,
        as_of: datetime | None,
        on_page: OnPage | None,
        receive: Callable[[Rulebook, datetime, Received], Received],
        *,
        complete: bool,
    ) -> RunSummary:
        rulebook = self.rulebook(customer_id)
        moment = as_of or self.clock()
        problems = len(self.library.problems(customer_id))

        def begin(into: Received) -> None:
            if problems:
                into.notes = [f"Mistakes in the newest rule files: {problems}. The last good ones were used instead."]
            receive(rulebook, moment, into)

        order = Order(rulebook, direction, moment, complete, begin, on_page)
        return summary(carry_out(self.database, self._classifiers, order, self.clock), self.clock())

    def held(
        self,
        customer_id: str,
        run_id: int,
        cursor: str | None = None,
        limit: int = PAGE,
        language: str | None = None,
    ) -> HeldRun:
        """Why a run is, or was, held, and what it would do, by name.

        Raises UnknownCustomer, BrokenRulebook, UnknownRun, NotHeld, UnreadableCursor, UnknownLanguage.
        """
        self.rulebook(customer_id)
        told = summary(held_row(self.database, customer_id, run_id), self.clock())
        with self.database.reading() as session, _cursors():
            page = holds.entries(session, run_id, cursor, limit)
        return HeldRun(
            run=told,
            said=self.guard_words(customer_id, told, language),
            items=[msgspec.convert(row.model_dump(), HeldEntry) for row in page.items],
            next_cursor=page.next_cursor,
            total=page.total,
        )

    def guard_words(self, customer_id: str, run: RunSummary, language: str | None = None) -> list[GuardSaid]:
        """What the guards found in a run, in words. Raises UnknownCustomer, BrokenRulebook, UnknownLanguage."""
        rulebook = self.rulebook(customer_id)
        spoken = ReaderMessages(self.messages, rulebook, language).language
        held = any(trip.then == "hold" for trip in run.guards)
        return [said(trip, rulebook, self.messages, spoken, held=held) for trip in run.guards]

    def waiting(self, customer_id: str) -> list[RunSummary]:
        """The held runs that wait for a person's word, newest first. Raises UnknownCustomer."""
        self._known(customer_id)
        with self.database.reading() as session:
            return [summary(row, self.clock()) for row in holds.waiting(session, customer_id)]

    def approve(self, customer_id: str, run_id: int, by: str, on_page: OnPage | None = None) -> RunSummary:
        """Do what a held run would have done, as a run of its own, which is answered. ``by`` is who says so.

        Raises UnknownCustomer, BrokenRulebook, UnknownRun, NotHeld, AlreadySettled, RulebookEdited, Busy, Overtaken.
        """
        rulebook = self.rulebook(customer_id)
        row = approving.approve(self.database, self._classifiers, rulebook, run_id, by, self.clock, on_page)
        return summary(row, self.clock())

    def reject(self, customer_id: str, run_id: int, by: str) -> RunSummary:
        """Forget what a held run received. Raises UnknownCustomer, UnknownRun, NotHeld, AlreadySettled."""
        self._known(customer_id)
        return summary(approving.reject(self.database, customer_id, run_id, by, self.clock()), self.clock())

    def to_upload(self, customer_id: str, cursor: str | None = None, limit: int = PAGE) -> UploadPage:
        """The attendance that should be entered in the source.

        Raises UnknownCustomer, BrokenRulebook, UnreadableCursor.
        """
        rulebook = self.rulebook(customer_id)
        with self.database.reading() as session, _cursors():
            return uploading.to_upload(session, rulebook, cursor, limit)

    def confirm_uploaded(self, customer_id: str, sheets: Mapping[str, datetime | None]) -> Confirmed:
        """Note that sheets, by the platform's id, were entered in the source; at a moment of None: now.

        Raises UnknownCustomer.
        """
        self._known(customer_id)
        now = self.clock()
        with self.database.writing() as session:
            turn(session, customer_id)
            return uploading.confirm(session, customer_id, {name: at or now for name, at in sheets.items()})

    def issues(
        self,
        customer_id: str,
        which: IssueFilter | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
        language: str | None = None,
    ) -> FeedPage:
        """A page of the feed, in words. Raises UnknownCustomer, BrokenRulebook, UnreadableCursor, UnknownLanguage."""
        with self._reading(customer_id, language) as (session, reading), _cursors():
            page = stored_feed.issues(session, customer_id, which or IssueFilter(), cursor, limit, self.clock())
            return FeedPage(reading.rows(page.items), page.next_cursor, page.total, page.folded)

    def issue(self, customer_id: str, issue_id: str, language: str | None = None) -> IssueDetail:
        """One issue with its history. Raises UnknownCustomer, BrokenRulebook, UnknownIssue, UnknownLanguage."""
        with self._reading(customer_id, language) as (session, reading):
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
        self, customer_id: str, issue_id: str, wanted: Settlement, by: str, language: str | None = None
    ) -> IssueDetail:
        """Snooze, waive, resolve or open an issue by hand, and give it as it is then. ``by`` says who does it.

        Raises UnknownCustomer, BrokenRulebook, UnknownIssue, UnknownLanguage, CannotSettle.
        """
        zone = self.rulebook(customer_id).customer.zone
        with self.database.writing() as session:
            turn(session, customer_id)
            settle(session, customer_id, issue_id, wanted, by, self.clock(), zone)
        return self.issue(customer_id, issue_id, language)

    def history(
        self,
        customer_id: str,
        cursor: str | None = None,
        limit: int = PAGE,
        day: date | None = None,
        kind: str | None = None,
    ) -> HistoryPage:
        """What changed, day after day, newest first; ``day`` is a local one of the customer.

        Raises UnknownCustomer, BrokenRulebook, UnreadableCursor.
        """
        span = None if day is None else day_bounds(day, self.rulebook(customer_id).customer.zone)
        self._known(customer_id)
        with self.database.reading() as session, _cursors():
            return day_by_day(session, customer_id, cursor, limit, span, kind)

    def unsourced(self, customer_id: str, cursor: str | None = None, limit: int = PAGE) -> UnsourcedPage:
        """Accounts and sheets of the platform without a record in the source; never deleted, only told.

        Raises UnknownCustomer, UnreadableCursor.
        """
        self._known(customer_id)
        with self.database.reading() as session, _cursors():
            return unsourced(session, customer_id, cursor, limit)

    def explain(self, customer_id: str, kind: str, source_id: str, language: str | None = None) -> Explained:
        """Where a record is and why, decided now. `never_received` is an answer too.

        Raises UnknownCustomer, BrokenRulebook, UnknownLanguage, and UnknownKind for a kind that is none.
        """
        rulebook = self.rulebook(customer_id)
        if kind not in KINDS:
            raise UnknownKind(tuple(KINDS))
        wording = ReaderMessages(self.messages, rulebook, language)
        with self.database.reading() as session:
            seen = queries.last_run(session, customer_id, "downward") is not None
            classifier = self._classifiers.of(rulebook, seen_before=seen)
            return explained(session, classifier, wording, kind, source_id, self.clock())

    def kept(self, customer_id: str, kind: str, source_id: str) -> Kept:
        """A record as it is stored, and its open issues. Raises UnknownCustomer."""
        self._known(customer_id)
        with self.database.reading() as session:
            return kept(session, customer_id, kind, source_id)

    def impact(
        self,
        customer_id: str,
        edited: Rulebook | None = None,
        language: str | None = None,
        on_page: OnPage | None = None,
    ) -> Impact:
        """What an edit of the rules changes for the records that are stored, as at the last run. Nothing is written.

        ``edited`` is compared with the rules in force; without it, these are compared with what the last run decided.
        Raises UnknownCustomer, BrokenRulebook, UnknownLanguage, NothingStored.
        """
        in_force = self._side(self.rulebook(customer_id), language)
        after = None if edited is None else self._side(edited, language)
        with self.database.reading() as session:
            if after is None:
                return impact(session, None, in_force, on_page)
            return impact(session, in_force, after, on_page)

    def _side(self, rulebook: Rulebook, language: str | None) -> Side:
        # Not from the shelf: it holds one rulebook of a customer.
        classifier = Classifier(rulebook, provided_by(rulebook, REMEMBERED))
        return Side(classifier, ReaderMessages(self.messages, rulebook, language), self.messages)

    def runs(
        self, customer_id: str, cursor: str | None = None, limit: int = PAGE, direction: Direction | None = None
    ) -> RunPage:
        """What was exchanged and when, newest first. Raises UnknownCustomer, UnreadableCursor."""
        self._known(customer_id)
        now = self.clock()
        with self.database.reading() as session, _cursors():
            page = queries.runs(session, customer_id, cursor, limit, direction)
            return RunPage([summary(run, now) for run in page.items], page.next_cursor, page.total)

    def run_summary(self, customer_id: str, run_id: int) -> RunSummary:
        """One run. Raises UnknownCustomer, UnknownRun."""
        self._known(customer_id)
        with self.database.reading() as session:
            found = queries.run(session, customer_id, run_id)
        if found is None:
            raise UnknownRun
        return summary(found, self.clock())

    def counts(self, customer_id: str) -> Counts:
        """How the customer stands: records by kind and verdict, issues by rule and state. Raises UnknownCustomer."""
        self._known(customer_id)
        with self.database.reading() as session:
            return counts(session, customer_id, self.clock())

    def health(self) -> Health:
        """How the service stands, in counts only. Never raises for what the database or a rule file does."""
        found: list[CustomerHealth] = []
        try:
            database = not self.database.behind()
        except SQLAlchemyError:
            database = False
        for customer_id in self.customers():
            try:
                found.append(self._health_of(customer_id, database=database))
            except KeyError:
                continue  # its file was taken away just now
            except SQLAlchemyError:
                database = False
                found.append(self._health_of(customer_id, database=False))
        return Health(database and not any(one.problems for one in found), database, found)

    def _health_of(self, customer_id: str, *, database: bool) -> CustomerHealth:
        problems = len(self.library.problems(customer_id))
        usable = True
        try:
            self.library.rulebook(customer_id)
        except RuleFileError:
            usable = False
        if not database:
            return CustomerHealth(customer_id, problems, usable)
        with self.database.reading() as session:
            last = {way: queries.last_run(session, customer_id, way) for way in fetching.DECIDED}
            latest = queries.runs(session, customer_id, limit=1).items
        return CustomerHealth(
            customer=customer_id,
            problems=problems,
            usable=usable,
            last_downward=None if (run := last["downward"]) is None else run.finished_at,
            last_upward=None if (run := last["upward"]) is None else run.finished_at,
            last_status=summary(latest[0], self.clock()).status if latest else None,
        )

    def _known(self, customer_id: str) -> None:
        if customer_id not in self.customers():
            raise UnknownCustomer(self.customers())

    @contextmanager
    def _reading(self, customer_id: str, language: str | None) -> Iterator[tuple[Session, FeedReader]]:
        rulebook = self.rulebook(customer_id)
        wording = ReaderMessages(self.messages, rulebook, language)
        with self.database.reading() as session:
            seen = queries.last_run(session, customer_id, "downward") is not None
            classifier = self._classifiers.of(rulebook, seen_before=seen)
            yield session, FeedReader(session, classifier, wording, self.clock())


@contextmanager
def _cursors() -> Iterator[None]:
    try:
        yield
    except CursorError:
        raise UnreadableCursor from None
