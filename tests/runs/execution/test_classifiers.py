"""The moment a run speaks for, and the times of change that only runs can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import select

from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from runs.execution import classifiers
from runs.service import Service
from store.base.database import Database
from store.base.tables import RecordRow
from tests.runs.schools import (
    ACCOUNT,
    ADA,
    ALGEBRA,
    LOU,
    NOW,
    PLAIN,
    a_service,
    changed,
    later,
    states,
)

SINCE = """
rules:
  account.before_sync:
    for: account
    when: {modified_at: {before: last_sync}}
    then: flag
    fix_in: platform
    messages: {en: {problem: "Before {{ last_sync | time }}.", fix: Nothing to do.}}
    examples:
      - {matches: true, last_sync: 2026-11-23T10:00:00+01:00, record: {modified_at: 2026-11-23T09:00:00+01:00}}
      - {matches: false, last_sync: 2026-11-23T10:00:00+01:00, record: {modified_at: 2026-11-23T11:00:00+01:00}}
"""


def reason(service: Service, source_id: str) -> str | None:
    answer = service.explain("north", "session", source_id).answer
    assert answer is not None
    return answer.rule


def test_a_downward_run_is_itself_the_last_so_that_it_brings_what_changed_since_the_one_before(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [ADA, LOU, ALGEBRA], True, as_of=NOW)
    edited = changed(ALGEBRA, room="B 13", modified_at=later(hours=12), starts_at=later(days=3), ends_at=later(days=4))
    service.clock = lambda: later(hours=13)
    (answer,) = service.classify("north", [edited], as_of=later(hours=13)).decisions
    assert (answer.verdict, answer.rule) == ("skip", "session.changed_since_sync")

    run = service.push("north", [ADA, LOU, edited], True, as_of=later(hours=24))
    assert run.counts["session"]["synced"] == 1
    service.clock = lambda: later(hours=25)
    assert reason(service, "S-1") is None


def test_an_upward_run_takes_the_last_downward_one_for_it(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN + SINCE)
    service.push("north", [ADA, LOU, ALGEBRA], True, as_of=NOW)
    accounts = [changed(ACCOUNT, source_id=f"A{hours}", modified_at=later(hours=hours)) for hours in (-1, 0, 1)]
    # Not its own moment, nor that of the upward run before it.
    for hours in (2, 4):
        service.push("north", accounts, True, "upward", as_of=later(hours=hours))
        assert [key for key in states(service) if key[1] == "account.before_sync"] == [("A-1", "account.before_sync")]


def test_before_the_first_run_there_is_no_last_one(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path, north=PLAIN + SINCE)
    old = changed(ACCOUNT, modified_at=later(days=-300))
    service.push("north", [old], True, "upward", as_of=NOW)
    assert ("A-1", "account.before_sync") not in states(service)
    assert service.classify("north", []).last_sync is None


def test_without_a_time_of_change_from_the_source_a_run_remembers_one(database: Database, tmp_path: Path) -> None:
    provides = "{session: [name, starts_at, ends_at, instructor_ids]}"
    rulebook = f"{PLAIN}source: {{connector: pushed, system: Ypareo, provides: {provides}}}\n"
    service = a_service(database, tmp_path, north=rulebook)
    plain = changed(ALGEBRA, created_at=None, modified_at=None)
    service.push("north", [plain], True, as_of=NOW)
    service.push("north", [plain], True, as_of=later(hours=1))
    (same,) = service.classify("north", [plain], as_of=later(hours=2)).decisions
    (moved,) = service.classify("north", [changed(plain, room="C 1")], as_of=later(hours=2)).decisions
    rules = [remark.rule for remark in (*moved.also,)] + [moved.rule]
    assert "session.changed_since_sync" in rules
    assert "session.changed_since_sync" not in [remark.rule for remark in same.also] + [same.rule]
    # The run that brings it brings it: it is not held back by itself.
    service.push("north", [changed(plain, room="C 1")], True, as_of=later(hours=3))
    with database.reading() as session:
        row = session.exec(select(RecordRow)).one()
    assert (row.modified_at, row.rule != "session.changed_since_sync") == (later(hours=3), True)
    assert row.data is not None
    assert b"modified_at" not in row.data


def test_of_many_compiled_rulebooks_those_asked_for_last_are_kept(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = a_service(database, tmp_path)
    of = {
        name: msgspec.structs.replace(rulebook, customer=msgspec.structs.replace(rulebook.customer, id=name))
        for rulebook in [service.rulebook("north")]
        for name in ("a", "b", "c")
    }
    compiled = list[str]()

    class Counted(Classifier):
        def __init__(self, rulebook: Rulebook, *more: Any) -> None:
            compiled.append(rulebook.customer.id)
            super().__init__(rulebook, *more)

    monkeypatch.setattr(classifiers, "Classifier", Counted)
    monkeypatch.setattr(classifiers, "MOST_BUILT", 2)
    kept = classifiers.Classifiers()
    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.of(of[name], seen_before=True).rulebook.customer.id == name
    # The third took the place of the second, which nobody had asked for since.
    assert compiled == ["a", "b", "c", "b"]
    assert [kept.built(of[name]) for name in ("a", "b", "c")] == [True, True, False]
