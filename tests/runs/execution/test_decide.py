"""What a run decides, as a function of what it received and what is known: no database is near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.registry import catalogue
from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from engine.records.kinds import Mark, Record
from engine.rulefiles.library import Library
from runs.execution.decide import decide
from runs.execution.fetch import pushed
from runs.model.findings import Findings, Identity
from runs.model.loaded import Loaded, SheetMemory
from runs.model.order import Order
from runs.records.absence import missing
from store.base.enums import Direction
from store.base.run_tables import RunRow
from store.lookup import fingerprints
from store.queries.uploads import Sent
from store.writing.writes import KnownRecord
from tests.runs.schools import (
    ACCOUNT,
    ADA,
    ALGEBRA,
    ILL,
    LOU,
    NOW,
    PLAIN,
    SHEET,
    WELL,
    changed,
    later,
)

ARCHIVED = changed(SHEET, archived=True, starts_at=later(hours=-3), ends_at=later(hours=-1))
PRESENT = Mark(source_id="F-1:L-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="present")


@pytest.fixture
def rulebook(tmp_path: Path) -> Rulebook:
    customers = tmp_path / "customers"
    customers.mkdir()
    (customers / "north.yaml").write_text(PLAIN, encoding="utf-8")
    return Library(tmp_path, catalogue()).rulebook("north")


def run(
    rulebook: Rulebook,
    items: Sequence[Record],
    *,
    at: datetime = NOW,
    direction: Direction = "downward",
    complete: bool = True,
    after: Findings | None = None,
    approves: int | None = None,
    whole: Sequence[str] = (),
    **known: Any,
) -> Findings:
    """What a run finds; ``after`` is the one that was written before it."""
    received = pushed(items, direction, None, complete=complete)
    order = Order(rulebook, direction, at, complete, lambda _: None, approves=approves)
    given = {} if after is None else {"known": remembered_of(after), "earlier": row_of(after, rulebook)}
    loaded = Loaded(
        run_id=2 if after else 1,
        classifier=Classifier(rulebook, provided_by(rulebook, REMEMBERED if after else ())),
        received=received,
        prints=fingerprints.of_batch(items),
        whole=received.asked if approves else received.complete.union(whole),
        **{**given, **known},
    )
    return decide(order, loaded)


def remembered_of(found: Findings) -> dict[Identity, KnownRecord]:
    """What the store would know after a run."""
    return {
        identity: KnownRecord(
            id=number,
            fingerprint=found.prints[identity],
            decided=fingerprints.of_decision(one.decision),
            verdict=None if one.decision is None else one.decision.verdict,
            rule=None if one.decision is None else one.decision.rule,
            verdict_at=found.as_of,
            modified_at=None,
            starts_at=getattr(found.items[one.position], "starts_at", None),
            not_received_since=None,
            not_received_runs=0,
            left_at=None,
        )
        for number, (identity, one) in enumerate(found.found.items(), 1)
    }


def row_of(found: Findings, rulebook: Rulebook) -> RunRow:
    return RunRow(
        id=1,
        customer="north",
        direction="downward",
        status="completed",
        as_of=found.as_of,
        started_at=found.as_of,
        heartbeat_at=found.as_of,
        rulebook_version=rulebook.version,
        filled={kind: dict(counts) for kind, counts in found.filled.items()},
    )


def verdicts(found: Findings) -> dict[str, tuple[str, str | None]]:
    return {
        source_id: (one.decision.verdict, one.decision.rule)
        for (_, source_id), one in found.found.items()
        if one.decision is not None
    }


def learners(number: int) -> list[Record]:
    return [changed(LOU, source_id=f"L-{place}", email=f"l{place}@example.org") for place in range(number)]


def test_the_first_run_downward_decides_each_record_and_tells_what_the_platform_would_see(rulebook: Rulebook) -> None:
    found = run(rulebook, [*ILL, ACCOUNT])
    assert verdicts(found) == {
        "I-1": ("flag", "instructor.email_missing"),
        "L-1": ("flag", "learner.sessions_unsynced"),
        "S-1": ("flag", "session.instructor_without_email"),
    }
    assert found.effects == {}
    assert (found.trips, found.before, found.approved) == ([], None, None)
    assert found.complete == {"instructor", "learner", "session", "record"}


def test_what_stands_beside_the_batch_is_seen_as_if_it_had_come(rulebook: Rulebook) -> None:
    alone = run(rulebook, [ALGEBRA], complete=False)
    assert verdicts(alone) == {"S-1": ("flag", "session.instructor_without_email")}
    there: dict[str, Any] = {"complete": False, "beside": [ADA, LOU], "kinds": {"instructor", "learner"}}
    assert verdicts(run(rulebook, [ALGEBRA], **there)) == {"S-1": ("sync", None)}
    # Of a kind that came whole, what is not among it is no longer there.
    assert verdicts(run(rulebook, [ALGEBRA], **there, whole=["instructor"])) == verdicts(alone)


def test_who_is_synced_says_what_a_session_lacks_on_its_sheet(rulebook: Rulebook) -> None:
    sheet = changed(SHEET, learner_refs=())
    known = {"beside": [ADA, LOU, sheet], "kinds": {"instructor", "learner", "sheet"}, "complete": False}
    there = run(rulebook, [ALGEBRA], **known, verdicts={("learner", "L-1"): "sync", ("instructor", "I-1"): "sync"})
    assert there.effects["session"] == {"create": 0, "update": 1, "unchanged": 0}
    flagged = run(rulebook, [ALGEBRA], **known, verdicts={("learner", "L-1"): "flag", ("instructor", "I-1"): "sync"})
    assert flagged.effects["session"] == {"create": 0, "update": 0, "unchanged": 1}


def test_the_second_run_misses_what_did_not_come(rulebook: Rulebook) -> None:
    first = run(rulebook, WELL)
    second = run(rulebook, [ADA, ALGEBRA], at=later(hours=1), after=first, whole=["learner"])
    known = remembered_of(first)
    assert missing(second, known, second.found).aging == [known["learner", "L-1"]]
    assert second.before is not None
    assert second.before.as_of == NOW
    # A part that could not be read leaves everything where it is.
    assert missing(run(rulebook, [ADA], at=later(hours=1), after=first, complete=False), known, []).aging == []


def test_a_guard_holds_a_run_that_says_what_approving_it_would_do(rulebook: Rulebook) -> None:
    first = run(rulebook, [ADA, *learners(60), ALGEBRA])
    held = run(rulebook, [ADA, *learners(40), ALGEBRA], at=later(hours=1), after=first)
    assert [(trip.guard, trip.then, trip.kind, trip.number, trip.total) for trip in held.trips] == [
        ("removals", "hold", "learner", 20, 60)
    ]
    assert held.approved is not None
    gone = [missing(one, remembered_of(first), one.found).aging for one in (held, held.approved)]
    assert [len(ones) for ones in gone] == [20, 20]
    # Nothing at all of a kind is not taken for gone, until somebody says so.
    nothing = run(rulebook, [ADA, ALGEBRA], at=later(hours=1), after=first)
    assert [trip.guard for trip in nothing.trips] == ["nothing_received"]
    assert nothing.approved is not None
    gone = [missing(one, remembered_of(first), one.found).aging for one in (nothing, nothing.approved)]
    assert [len(ones) for ones in gone] == [0, 60]


def test_a_part_that_jumps_is_measured_against_all_that_there_is(rulebook: Rulebook) -> None:
    first = run(rulebook, [ADA, ALGEBRA, *learners(30)], complete=False)
    without = [ADA, ALGEBRA, *(changed(one, email=None) for one in learners(30))]
    jumps = {
        total: [
            (trip.guard, trip.number, trip.total)
            for trip in run(
                rulebook, without, at=later(hours=1), complete=False, after=first, totals={"learner": total}
            ).trips
        ]
        for total in (299, 300)
    }
    assert jumps == {299: [("verdict_jump", 30, 299)], 300: []}


def test_an_approved_run_passes_the_guards(rulebook: Rulebook) -> None:
    first = run(rulebook, [ADA, *learners(60), ALGEBRA])
    approved = run(rulebook, [ADA, ALGEBRA], at=later(hours=1), after=first, approves=2)
    assert (approved.trips, approved.held, approved.approved) == ((), False, None)
    assert approved.whole == {"instructor", "learner", "session", "class", "enrolment", "contract", "person", "record"}
    assert len(missing(approved, remembered_of(first), approved.found).aging) == 60


def test_a_sheet_archived_again_upward_is_flagged_with_who_changed_and_does_not_go(rulebook: Rulebook) -> None:
    first = run(rulebook, [ARCHIVED, PRESENT], direction="upward", sheets=SheetMemory(any_before=True))
    (archive,) = first.archives
    assert (archive.first_archived_at, archive.times_archived, archive.archived) == (NOW, 1, True)
    memory = SheetMemory({"F-1": archive}, any_before=True, names={("learner", "L-1"): "Lou Ørsted"})
    absent = changed(PRESENT, state="absent")
    later_on = {"at": later(hours=30), "direction": "upward", "beside": [LOU], "kinds": {"learner"}}
    same = run(rulebook, [ARCHIVED, PRESENT], **later_on, sheets=memory)
    assert same.archives == []
    again = run(rulebook, [ARCHIVED, absent], **later_on, sheets=memory)
    assert verdicts(again)["F-1"] == ("flag", "sheet.archived_again")
    sheet: Any = again.decided.record(0)
    assert sheet.changed_names == ("Lou Ørsted",)
    assert again.offers is not None
    assert (again.offers.go, again.offers.stay) == ({}, ["F-1"])
    # One that was confirmed is not decided as if it still had to go.
    confirmed = {"F-1": Sent(NOW, msgspec.json.encode([PRESENT]))}
    sent = run(rulebook, [ARCHIVED, PRESENT], **later_on, sheets=msgspec.structs.replace(memory, uploaded=confirmed))
    assert verdicts(sent)["F-1"] == ("skip", "sheet.already_uploaded")
