from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from connectors.registry import catalogue
from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import Mark, Session
from engine.rulefiles.library import load
from runs.model.errors import NothingStored
from runs.queries.impact import Impact, Side, impact
from runs.queries.reader_messages import ReaderMessages
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import ADA, ALGEBRA, ILL, LOU, NOW, PLAIN, SHEET, a_service, changed, later

WITHOUT_EMAIL = changed(LOU, source_id="L-5", first_name="Max", last_name="Roe", email=None)
SOON = [
    changed(ALGEBRA, source_id=f"S-{day}", starts_at=later(days=day), ends_at=later(days=day, hours=1))
    for day in (1, 2)
]
FAR = [
    Session(
        source_id=f"F-{number}",
        name=f"Chess {number}",
        room="B 12",
        starts_at=later(days=8, minutes=number),
        ends_at=later(days=8, minutes=number + 45),
        instructor_ids=("I-1",),
        group_ids=("G-1",),
    )
    for number in range(30)
]
SCHOOL = [ADA, LOU, WITHOUT_EMAIL, *SOON, *FAR]


def edited(folder: Path, more: str, name: str = "north") -> Rulebook:
    customers = folder / "edited" / "customers"
    customers.mkdir(parents=True, exist_ok=True)
    (customers / f"{name}.yaml").write_text(PLAIN + more, encoding="utf-8")
    return load(folder / "edited", name, catalogue())


def numbers(found: Impact) -> dict[str, int]:
    return {difference: sum(rules.values()) for difference, rules in found.by_rule.items() if rules}


def test_an_edit_that_skips_thirty_sessions_names_them_first_and_writes_nothing(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    run = service.push("north", SCHOOL, True, as_of=NOW)
    before = [service.issues("north"), service.runs("north")]
    found = service.impact("north", edited(tmp_path, "settings: {window_days: 7}\n"))
    assert (found.run_id, found.as_of, found.compared_with, found.decided) == (run.id, NOW, "rules_in_force", 35)
    assert found.by_rule["newly_skipped"] == {"sync → session.outside_window": 30}
    assert [effect.name for effect in found.newly_skipped] == sorted(session.name or "" for session in FAR)
    assert {(effect.before.verdict, effect.after.verdict) for effect in found.newly_skipped} == {("sync", "skip")}
    assert all("7" in (effect.after.problem or "") for effect in found.newly_skipped)
    assert numbers(found) == {"newly_skipped": 30}
    assert [service.issues("north"), service.runs("north")] == before
    assert msgspec.json.decode(msgspec.json.encode(found))["newly_skipped"][0]["name"] == "Chess 0"


@pytest.mark.parametrize(
    ("more", "difference", "records", "rules"),
    [
        (
            "rules: {learner.email_missing: {then: note}}\n",
            "no_longer_flagged",
            ["L-5"],
            "learner.email_missing → sync",
        ),
        ("rules: {learner.email_missing: {then: skip}}\n", "newly_skipped", ["L-5"], None),
        ("rules: {learner.email_missing: {fix_in: support}}\n", "changed_message", ["L-5"], None),
        ("settings: {email_domains: [other.example.org]}\n", "newly_flagged", ["I-1", "L-1"], None),
        (
            "rules: {learner.email_missing: {messages: {en: {problem: Oh, fix: Do}}}}\n",
            "changed_message",
            ["L-5"],
            None,
        ),
    ],
)
def test_each_difference_is_told_apart(
    sqlite_database: Database, tmp_path: Path, more: str, difference: str, records: list[str], rules: str | None
) -> None:
    service = a_service(sqlite_database, tmp_path)
    service.push("north", SCHOOL, True, as_of=NOW)
    found = service.impact("north", edited(tmp_path, more))
    # What waits for these, or names them in a note, is told beside them.
    people = [effect.source_id for effect in getattr(found, difference) if effect.kind != "session"]
    assert sorted(people) == records
    assert numbers(found)[difference] >= len(records)
    assert rules is None or rules in found.by_rule[difference]


def test_what_was_skipped_and_is_synced_is_told_last(sqlite_database: Database, tmp_path: Path) -> None:
    service = a_service(sqlite_database, tmp_path, north=f"{PLAIN}settings: {{window_days: 7}}\n")
    service.push("north", SCHOOL, True, as_of=NOW)
    assert numbers(service.impact("north", edited(tmp_path, ""))) == {"newly_synced": 30}


def test_an_edit_that_says_nothing_changes_nothing_whatever_the_runs_were(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    bad = Invalid(kind="learner", source_id="L-9", errors=("`email` is a number; wanted text.",))
    service.push("north", [*SCHOOL, bad], True, as_of=NOW)
    service.push("north", [SHEET, Mark(source_id="M-1", sheet_id="F-1")], True, "upward", as_of=later(hours=1))
    archived = changed(SHEET, archived=True)
    service.push("north", [archived, Mark(source_id="M-1", sheet_id="F-1")], True, "upward", as_of=later(hours=2))
    service.push("north", [changed(ADA, email=None)], False, as_of=later(hours=3))
    found = service.impact("north", edited(tmp_path, ""))
    assert (numbers(found), found.unreadable) == ({}, 1)


def test_rules_edited_in_place_are_compared_with_what_the_last_run_decided(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", SCHOOL, True, as_of=NOW)
    assert numbers(service.impact("north")) == {}
    again = a_service(database, tmp_path, north=f"{PLAIN}settings: {{window_days: 7}}\n")
    found = again.impact("north")
    assert (found.compared_with, numbers(found)) == ("last_run", {"newly_skipped": 30})
    assert found.version_before != found.version_after


def test_it_makes_no_difference_how_many_are_read_at_a_time(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    service.push("north", [*SCHOOL, *ILL], True, as_of=NOW)
    before, after = service.rulebook("north"), edited(tmp_path, "settings: {window_days: 7}\n")

    def side(rulebook: Rulebook) -> Side:
        classifier = Classifier(rulebook, provided_by(rulebook, REMEMBERED))
        return Side(classifier, ReaderMessages(service.messages, rulebook, None), service.messages)

    with database.reading() as session:
        found = [impact(session, side(before), side(after), size=size) for size in (1, 7, 1_000)]
    assert found[0] == found[1] == found[2]


def test_what_was_never_run_cannot_be_tried(sqlite_database: Database, tmp_path: Path) -> None:
    service: Service = a_service(sqlite_database, tmp_path)
    with pytest.raises(NothingStored):
        service.impact("north")
