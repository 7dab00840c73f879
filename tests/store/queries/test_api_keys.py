from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from store.base.database import Database
from store.base.run_tables import ApiKeyRow
from store.queries.api_keys import find_key, keys, new_key, revoke_key

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_key_is_found_by_its_text_until_it_is_revoked(database: Database) -> None:
    with database.writing() as session:
        text, row = new_key(session, ["north", "north"], ["read", "classify"], NOW, "Edusign")
    with database.reading() as session:
        found = find_key(session, text)
        assert found is not None
        assert (found.id, found.customers, found.scopes, found.label) == (
            row.id,
            ["north"],
            ["classify", "read"],
            "Edusign",
        )
    with database.writing() as session:
        assert revoke_key(session, row.id, NOW)
        assert not revoke_key(session, "unknown", NOW)
    with database.reading() as session:
        assert find_key(session, text) is None
        assert [key.revoked_at for key in keys(session)] == [NOW]


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:-1], lambda text: text + "x", lambda _: "", "muster_".join]
)
def test_any_other_text_finds_no_key(sqlite_database: Database, change) -> None:
    with sqlite_database.writing() as session:
        text, _ = new_key(session, ["*"], ["admin"], NOW)
        assert find_key(session, change(text)) is None


def test_the_secret_is_not_stored(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        text, _ = new_key(session, ["*"], ["admin"], NOW)
        row = session.exec(select(ApiKeyRow)).one()
        assert text.split("_", 2)[2] not in str(row.model_dump())


@pytest.mark.parametrize(("customers", "scopes"), [([], ["read"]), (["north"], []), (["north"], ["everything"])])
def test_a_key_opens_something_for_something(sqlite_database: Database, customers, scopes) -> None:
    with pytest.raises(ValueError, match="key"), sqlite_database.writing() as session:
        new_key(session, customers, scopes, NOW)
