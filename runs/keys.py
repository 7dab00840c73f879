"""Keys: who may ask, from making a key to revoking it. Only digests are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from runs.model.asked import Scope
from store import api_keys
from store.database import Database
from store.run_tables import ApiKeyRow


class Key(Struct, frozen=True):
    """One key, without the key itself."""

    id: str
    label: str
    """What it is for, in its maker's words."""
    customers: list[str]
    """Ids of the customers it opens; `*` is all of them."""
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """The keys of one database. Safe from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new(self, customers: Collection[str], scopes: Collection[Scope], label: str = "") -> tuple[str, Key]:
        """Make a key; the text is to be shown now and is never known again. Raises ValueError, as ``new_key``."""
        with self._database.writing() as session:
            text, row = api_keys.new_key(session, customers, scopes, datetime.now(UTC), label)
            return text, _key(row)

    def of(self, presented: str) -> Key | None:
        """The key that somebody presents, None when there is none or it was revoked."""
        with self._database.reading() as session:
            row = api_keys.find_key(session, presented)
        return None if row is None else _key(row)

    def all(self) -> list[Key]:
        """Every key, newest first, the revoked too."""
        with self._database.reading() as session:
            return [_key(row) for row in api_keys.keys(session)]

    def revoke(self, key_id: str) -> bool:
        """Revoke a key; False when there is none of that id. Revoking twice keeps the first time."""
        with self._database.writing() as session:
            return api_keys.revoke_key(session, key_id, datetime.now(UTC))


def _key(row: ApiKeyRow) -> Key:
    return msgspec.convert({name: getattr(row, name) for name in Key.__struct_fields__}, Key)
