"""Kept rules: the last good rule files of each customer, in the database, for every process and after a restart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from engine.model.rulebook import Rulebook
from engine.model.versions import parts_of
from store.base.database import Database
from store.queries import rulebooks


class KeptRules:
    """Implements ``engine.rulefiles.library.Keeper``. A database that cannot be asked keeps nothing and has nothing."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def keep(self, rulebook: Rulebook, files: bytes) -> None:
        """Keep what has just been read and is good, unless it is what was kept last."""
        customer = rulebook.customer.id
        with suppress(SQLAlchemyError):
            if self.last(customer) == files:
                return
            with self._database.writing() as session:
                rulebooks.keep(session, customer, rulebook.version, parts_of(rulebook), files, self._clock())

    def last(self, customer: str) -> bytes | None:
        """The last that was good; None where none was kept."""
        with suppress(SQLAlchemyError), self._database.reading() as session:
            return rulebooks.last_in_force(session, customer)
        return None
