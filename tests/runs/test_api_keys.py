"""Keys, as those who make and present them see them."""

from __future__ import annotations

import pytest

from runs.api_keys import Keys
from store.base.database import Database


def test_a_key_opens_what_it_was_made_for_until_it_is_revoked(database: Database) -> None:
    keys = Keys(database)
    text, made = keys.new(["north"], ["issues", "read"], "attendance")
    found = keys.of(text)
    assert found is not None
    assert (found.id, found.customers, found.scopes, found.label) == (
        made.id,
        ["north"],
        ["read", "issues"],
        "attendance",
    )
    assert keys.of(text[:-1]) is None
    assert keys.revoke(made.id)
    assert keys.of(text) is None
    (listed,) = keys.all()
    assert listed.revoked_at is not None
    assert not keys.revoke("none")


def test_a_key_that_opens_nothing_is_not_made(database: Database) -> None:
    keys = Keys(database)
    with pytest.raises(ValueError, match="no customer"):
        keys.new([], ["read"])
    assert keys.all() == []
