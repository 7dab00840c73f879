"""Keys that a migration gives to stored records are those that a run writes."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from engine.records.kinds import Contract, Enrolment
from store.base.database import Database
from store.lookup.later_keys import delete_later_keys, write_later_keys
from tests.runs.schools import ACCOUNT, NOW, WELL, a_service

KEYS = {"account": "name", "enrolment": "person", "contract": "learner"}
"""Those that migrations have given."""


def kept(connection: sa.Connection) -> list[tuple[bytes, int]]:
    table = sa.table("record_key", sa.column("digest", sa.LargeBinary()), sa.column("record_id"))
    return sorted((bytes(digest), number) for digest, number in connection.execute(sa.select(table)))


def test_keys_of_stored_records_are_given_and_taken_away_as_a_run_writes_them(
    database: Database, tmp_path: Path
) -> None:
    enrolled = Enrolment(source_id="E-1", person_id="L-1", class_id="C-1", role="learner")
    bound = Contract(source_id="K-1", learner_id="L-1")
    a_service(database, tmp_path).push("north", [*WELL, ACCOUNT, enrolled, bound], True, as_of=NOW)
    with database._engine.begin() as connection:
        before = kept(connection)
        delete_later_keys(connection, KEYS)
        assert len(before) - len(kept(connection)) == 3  # one of the account, contract and enrolment
        write_later_keys(connection, KEYS)
        assert kept(connection) == before
