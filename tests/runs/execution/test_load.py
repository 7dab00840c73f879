"""What a run loads: all that deciding beside the whole store would have asked for, in one step."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.matching.never_received import NEVER_RECEIVED, never_received, tell
from engine.records.decode import Invalid
from engine.records.fields import SEGMENTED
from engine.records.kinds import Mark, Record, kind_of
from engine.relations.definitions import RELATIONS
from runs.execution.classifiers import Classifiers
from runs.execution.decide import decide
from runs.execution.fetch import pushed
from runs.execution.load import load
from runs.model.loaded import hidden
from runs.model.order import Order
from runs.records.effects import effects_in
from store.base.database import Database
from store.base.enums import Direction
from store.lookup.known import StoredRecords
from tests.runs.schools import ACCOUNT, ADA, ALGEBRA, LOU, NOW, PLAIN, SHEET, a_service, changed, later

PRESENT = Mark(source_id="F-1:L-1", sheet_id="F-1", person_kind="learner", person_ref="L-1", state="present")

_SEGMENTS = "segments: {east: {site_code: [E]}, west: {site_code: [W]}}\n"
_AROUND = """
rules:
  session.instructor_of_two_segments:
    for: session
    when: {some: {instructors: {segments: {at_least: 2}}}}
    then: note
    messages: {en: {problem: "In two segments: {{ name }}.", fix: "Nothing to do."}}
    examples:
      - {matches: true, record: {}, related: {instructors: [{segments: [east, west]}]}}
      - {matches: false, record: {}, related: {instructors: [{segments: [east]}]}}
"""
"""A rule that asks related records for what hangs on others in turn."""


def _drawn(draw: random.Random, number: int) -> list[Record]:
    """Some records of a small school, so many to an id and to each other that most relations lead somewhere."""

    def some(prefix: str, most: int = 3) -> tuple[str, ...]:
        return tuple(sorted({f"{prefix}-{draw.randrange(5)}" for _ in range(draw.randrange(most))}))

    def person(kind: Any, prefix: str, **more: Any) -> Any:
        number = draw.randrange(5)
        site = draw.choice([{}, {"site_code": ("E",)}, {"site_code": ("W",)}])
        return changed(
            kind,
            source_id=f"{prefix}-{number}",
            last_name=f"Number {draw.randrange(3)}",
            email=draw.choice([None, f"p{draw.randrange(4)}@example.org"]),
            segment_keys=site,
            **more,
        )

    made: list[Record] = []
    for _ in range(number):
        match draw.randrange(6):
            case 0:
                made.append(person(LOU, "L", groups=some("G")))
            case 1:
                made.append(person(ADA, "I"))
            case 2 | 3:
                made.append(
                    changed(
                        ALGEBRA,
                        source_id=f"S-{draw.randrange(5)}",
                        room=draw.choice([None, "B 12"]),
                        instructor_ids=some("I"),
                        learner_ids=some("L"),
                        group_ids=some("G"),
                    )
                )
            case 4:
                ref = draw.choice(["learner", "instructor"])
                made.append(
                    changed(
                        ACCOUNT,
                        source_id=f"A-{draw.randrange(5)}",
                        source_kind=ref,
                        source_ref=f"{ref[0].upper()}-{draw.randrange(5)}",
                        email=f"p{draw.randrange(4)}@example.org",
                        role=ref,
                    )
                )
            case _:
                number = draw.randrange(4)
                made += [
                    changed(
                        SHEET,
                        source_id=f"F-{number}",
                        source_ref=f"S-{draw.randrange(5)}",
                        learner_refs=some("L"),
                        instructor_refs=some("I"),
                        archived=draw.random() < 0.5,
                    ),
                    changed(PRESENT, source_id=f"F-{number}:L-1", sheet_id=f"F-{number}"),
                ]
    return list({(kind_of(one), one.source_id): one for one in made}.values())


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("every_rule", [True, False])
def test_what_is_loaded_is_all_that_deciding_asks_for(
    sqlite_database: Database, tmp_path: Path, seed: int, every_rule: bool
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same each time
    service = a_service(sqlite_database, tmp_path, north=PLAIN + _SEGMENTS + _AROUND)
    rulebook = service.rulebook("north")
    service.push("north", _drawn(draw, 40), False, as_of=NOW)
    if not every_rule:
        # So that nothing is looked up because some other rule happens to ask for it.
        only = tuple(rule for rule in rulebook.rules if rule.id == "session.instructor_of_two_segments")
        rulebook = msgspec.structs.replace(rulebook, rules=only)
    followed: Counter[str] = Counter()
    classifiers = Classifiers()
    for hour in range(1, 12):
        direction: Direction = draw.choice(["downward", "downward", "upward"])
        complete = draw.random() < 0.1
        items = _drawn(draw, draw.randrange(1, 6))
        order = Order(rulebook, direction, later(hours=hour), complete, lambda _: None)
        loaded = load(sqlite_database, classifiers, order, pushed(items, direction, None, complete=complete), 0)
        found = decide(order, loaded)
        decided = found.decided
        with sqlite_database.reading() as session:
            stored = StoredRecords(session, "north").without(hidden(loaded.whole, loaded.prints))
            received = decided.items[: len(decided.items) - len(found.absent)]
            open_ended = loaded.classifier.decide(received, decided.moment, stored, found.kinds)
            if direction == "downward":
                once = {name for name, one in loaded.known.items() if one.rule != NEVER_RECEIVED}
                tell(open_ended, never_received(open_ended, once).ids)
            assert decided.decisions == open_ended.decisions
            told = StoredRecords(session, "north").kinds
            assert effects_in(decided, loaded.kinds, loaded.verdicts) == effects_in(open_ended, told, stored.verdicts)
            for position, decision in enumerate(decided.decisions):
                record = decided.record(position)
                if decision is None or isinstance(record, Invalid):
                    continue
                kind = kind_of(record)
                if kind in SEGMENTED:
                    assert decided.situation.segments(record) == open_ended.situation.segments(record)
                matched = [match.rule for match in decision.matches]
                assert [decided.facts(position, rule) for rule in matched] == [
                    open_ended.facts(position, rule) for rule in matched
                ]
                names = {name for of, name in loaded.classifier.relations if of == kind}
                names |= {"sessions"} if kind in ("learner", "instructor") else set()
                names |= {"marks"} if kind == "sheet" else set()
                assert names <= RELATIONS[kind].keys()
                for name in names:
                    there = decided.situation.related(record, name)
                    assert there == open_ended.situation.related(record, name)
                    followed[name] += bool(there)
        service.push("north", items, complete, direction, later(hours=hour))
    assert followed["instructors"]


def test_the_segments_of_a_known_person_are_those_of_its_known_sessions(
    sqlite_database: Database, tmp_path: Path
) -> None:
    service = a_service(sqlite_database, tmp_path, north=PLAIN + _SEGMENTS + _AROUND)
    east, west = ({"site_code": (place,)} for place in "EW")
    there = [
        ADA,
        changed(LOU, segment_keys=east, groups=()),
        changed(LOU, source_id="L-2", segment_keys=west, groups=()),
        changed(ALGEBRA, learner_ids=("L-1", "L-2"), group_ids=()),
    ]
    service.push("north", there, False, as_of=NOW)
    order = Order(service.rulebook("north"), "downward", later(hours=1), False, lambda _: None)
    received = pushed([changed(ALGEBRA, source_id="S-2", group_ids=())], "downward", None, complete=False)
    found = decide(order, load(sqlite_database, Classifiers(), order, received, 2))
    (decision,) = found.decided.decisions
    assert decision is not None
    assert "session.instructor_of_two_segments" in {match.rule for match in decision.matches}
