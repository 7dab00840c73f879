"""Keys: who may ask, from making a key to revoking it. Only digests are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from store.base.database import Database
from store.base.enums import Scope
from store.base.run_tables import ApiKeyRow
from store.queries import api_keys


class Keys:
    """The keys of one database. Safe from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new(self, customers: Collection[str], scopes: Collection[Scope], label: str = "") -> tuple[str, ApiKeyRow]:
        """Make a key; the text is to be shown now and is never known again. Raises ValueError, as ``new_key``."""
        with self._database.writing() as session:
            return api_keys.new_key(session, customers, scopes, datetime.now(UTC), label)

    def of(self, presented: str) -> ApiKeyRow | None:
        """The key that somebody presents, None when there is none or it was revoked."""
        with self._database.reading() as session:
            return api_keys.find_key(session, presented)

    def all(self) -> Sequence[ApiKeyRow]:
        """Every key, newest first, the revoked too."""
        with self._database.reading() as session:
            return api_keys.keys(session)

    def revoke(self, key_id: str) -> bool:
        """Revoke a key; False when there is none of that id. Revoking twice keeps the first time."""
        with self._database.writing() as session:
            return api_keys.revoke_key(session, key_id, datetime.now(UTC))
