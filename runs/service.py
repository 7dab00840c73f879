"""The service: everything the web and the terminal ask for, on one database and one folder of rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.catalogue import Catalogue
from engine.door import Invalid
from engine.records import Record
from engine.rulebook import Rulebook
from runs.answers import Classification, Explained, FeedPage, Health, IssueDetail, RunPage, RunSummary
from store.database import Database
from store.queries import PAGE, Counts, IssueFilter
from store.tables import Direction

if TYPE_CHECKING:
    from engine.loading import Library
    from engine.messages import Messages

OnPage = Callable[[str, int], None]
"""Called with (what is being done, how many so far) while a run works."""


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
    ) -> None:
        self.database = database
        self.library = library
        self.catalogue = catalogue
        self.messages = messages
        self.environ = environ
        self.clock = clock

    def customers(self) -> list[str]:
        """Ids of the customers that have a rule file."""
        raise NotImplementedError

    def rulebook(self, customer_id: str) -> Rulebook:
        """The rulebook in force. Raises UnknownCustomer, BrokenRulebook."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        longer there; without it nothing is ever taken for gone. Raises UnknownCustomer, BrokenRulebook, Busy, Overtaken.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def issues(
        self,
        customer_id: str,
        which: IssueFilter | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
        language: str | None = None,
    ) -> FeedPage:
        """A page of the feed, in words. Raises UnknownCustomer, BrokenRulebook, UnreadableCursor, UnknownLanguage."""
        raise NotImplementedError

    def issue(self, customer_id: str, issue_id: str, language: str | None = None) -> IssueDetail:
        """One issue with its history. Raises UnknownCustomer, UnknownIssue."""
        raise NotImplementedError

    def explain(self, customer_id: str, kind: str, source_id: str, language: str | None = None) -> Explained:
        """Where a record is and why, decided now. `never_received` is an answer too.

        Raises UnknownCustomer, BrokenRulebook, and UnknownKind for a kind that is none.
        """
        raise NotImplementedError

    def runs(
        self, customer_id: str, cursor: str | None = None, limit: int = PAGE, direction: Direction | None = None
    ) -> RunPage:
        """What was exchanged and when, newest first. Raises UnknownCustomer, UnreadableCursor."""
        raise NotImplementedError

    def run_summary(self, customer_id: str, run_id: int) -> RunSummary:
        """One run. Raises UnknownCustomer, UnknownRun."""
        raise NotImplementedError

    def counts(self, customer_id: str) -> Counts:
        """How the customer stands: records by kind and verdict, issues by rule and state. Raises UnknownCustomer."""
        raise NotImplementedError

    def health(self) -> Health:
        """How the service stands, in counts only. Never raises."""
        raise NotImplementedError
