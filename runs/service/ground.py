"""The ground that every question stands on: one database, one folder of rules, the messages, and the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlmodel import Session

from connectors.contract import ConnectorContext
from engine.language.renderer import Messages
from engine.model.connector_spec import Catalogue
from engine.model.problems import RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.library import Library
from runs.execution import fetch as fetching
from runs.execution.classifiers import Classifiers
from runs.model.errors import BrokenRulebook, UnknownCustomer, UnreadableCursor
from runs.queries.feed import FeedReader
from runs.queries.health import customer_health
from runs.queries.reader_messages import ReaderMessages
from runs.service.kept_rules import KeptRules
from runs.service.watch import Watch
from store.base.cursors import CursorError
from store.base.database import Database
from store.queries import questions as queries


class Ground:
    """What the service was opened on. Safe from several threads."""

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
        library.keeper = KeptRules(database, clock)
        self.catalogue = catalogue
        self.messages = messages
        self.environ = environ
        self.clock = clock
        self.around = around
        self.classifiers = Classifiers()
        self.watch = Watch(clock)

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

    def at_hand(self, customer_id: str) -> bool:
        """Whether what decides for a customer is loaded and built, so that asking for it costs nothing."""
        if not self.library.at_hand(customer_id):
            return False
        rulebook = self.library.known(customer_id)
        return rulebook is None or self.classifiers.built(rulebook)

    def must_know(self, customer_id: str) -> None:
        """Raises UnknownCustomer for an id without a rule file, be its rules usable or not."""
        if customer_id not in self.customers():
            raise UnknownCustomer(self.customers())

    @contextmanager
    def reading_feed(self, customer_id: str, language: str | None) -> Iterator[tuple[Session, FeedReader]]:
        """One state of the store, and what reads it as issues in words. Raises as ``rulebook``, UnknownLanguage."""
        rulebook = self.rulebook(customer_id)
        wording = ReaderMessages(self.messages, rulebook, language)
        with self.database.reading() as session:
            seen = queries.last_run(session, customer_id, "downward") is not None
            classifier = self.classifiers.of(rulebook, seen_before=seen)
            now = self.clock()
            health = customer_health(session, wording, len(self.library.problems(customer_id)), now)
            yield session, FeedReader(session, classifier, wording, now, health)


@contextmanager
def cursors() -> Iterator[None]:
    """Raises UnreadableCursor where the store met a cursor that it did not give."""
    try:
        yield
    except CursorError:
        raise UnreadableCursor from None
