"""The last good rules stay in force over restarts, for every process and every way to ask."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runs.model.errors import BrokenRulebook, UnknownCustomer
from runs.retention import purge
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import ILL, NOW, PLAIN, a_service

BROKEN = PLAIN + "rules: {session.room_missing: {then: flagg}}\n"
STRICT = PLAIN + "rules: {session.room_missing: {then: flag}}\n"


def decided(service: Service) -> str:
    return service.classify("north", ILL).rulebook_version


def test_a_restart_with_a_broken_file_goes_on_with_the_last_good_rules_and_says_so(
    database: Database, tmp_path: Path
) -> None:
    good = decided(a_service(database, tmp_path, north=PLAIN))
    strict = decided(a_service(database, tmp_path, north=STRICT))
    assert strict != good
    service = a_service(database, tmp_path, north=BROKEN)
    assert decided(service) == strict
    run = service.push("north", ILL, True)
    assert (run.rulebook_version, run.remarks[0].code) == (strict, "rule_files_with_mistakes")  # type: ignore[union-attr]
    health = service.health_of("north", "fr")
    assert (health.problems, health.usable, health.rulebook_version) == (1, True, strict)
    assert health.rules.startswith("Le dernier fichier de règles contient une erreur et n’est pas utilisé.")
    assert [(one.problems, one.usable) for one in service.health().customers] == [(1, True)]


def test_what_was_never_good_is_refused_and_what_was_taken_away_is_gone(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BrokenRulebook):
        decided(a_service(database, tmp_path, north=BROKEN))
    decided(a_service(database, tmp_path, north=PLAIN))
    (tmp_path / "customers" / "north.yaml").unlink()
    with pytest.raises(UnknownCustomer):
        decided(a_service(database, tmp_path, south=PLAIN))


def test_a_purge_leaves_the_last_good_rules(database: Database, tmp_path: Path) -> None:
    a_service(database, tmp_path, north=PLAIN).push("north", ILL, True)
    strict = decided(a_service(database, tmp_path, north=STRICT))
    purge.purge(database, NOW + timedelta(days=900), None, lambda: NOW)
    assert decided(a_service(database, tmp_path, north=BROKEN)) == strict


def test_a_database_that_is_not_there_yet_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'none.db'}") as bare:
        assert a_service(bare, tmp_path, north=PLAIN).rulebook("north").customer.name == "North"
