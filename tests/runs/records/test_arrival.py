"""What was synced and is not on the platform is told; and nothing that was seen ever is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.records.decode import read_json
from engine.records.kinds import Learner, Record
from runs.issues.by_hand import Settlement
from runs.model.answers import RunSummary
from runs.service import Service
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.draws import times
from tests.runs.schools import ACCOUNT, ADA, ALGEBRA, LOU, LOUS, SHEET, WELL, a_service, changed, later, states
from tests.store.databases import MakeUrl

RULE = "record.did_not_arrive"


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    return a_service(database, tmp_path)


def down(service: Service, *records: Any, hours: float = 0, complete: bool = True) -> RunSummary:
    return service.push("north", records, complete, as_of=later(hours=hours))


def up(service: Service, *records: Any, hours: float, complete: bool = True) -> RunSummary:
    return service.push("north", records, complete, "upward", as_of=later(hours=hours))


def told(service: Service) -> dict[str, tuple[str, str | None]]:
    return {source_id: how for (source_id, rule), how in states(service).items() if rule == RULE}


def test_what_is_not_there_though_the_platform_was_read_since_is_an_issue_and_the_verdict_stays(
    service: Service,
) -> None:
    run = down(service, *WELL)
    up(service, LOUS, hours=24)
    assert told(service) == {"I-1": ("new", None)}
    (row,) = service.issues("north").items
    assert (row.kind, row.source_id, row.verdict, row.rule) == ("instructor", "I-1", "sync", None)
    (issue,) = row.issues
    assert (issue.rule, issue.fix_in, issue.headline) == (RULE, "platform", True)
    assert f"Ada Lund was synced on Monday 23 November 2026 at 10:00 (run {run.id})" in issue.problem
    assert "the id I-1" in issue.fix
    answer = service.explain("north", "instructor", "I-1").answer
    assert answer is not None
    assert (answer.verdict, answer.problem, [one.rule for one in answer.also]) == ("sync", None, [RULE])


def test_a_session_without_its_sheet_is_told_as_well(service: Service) -> None:
    down(service, *WELL)
    up(service, ACCOUNT, LOUS, changed(SHEET, source_id="F-9", source_ref="S-9"), hours=26)
    assert told(service) == {"S-1": ("new", None)}


def test_a_session_after_the_days_that_were_read_is_not(service: Service) -> None:
    down(service, *WELL)
    up(service, ACCOUNT, LOUS, changed(SHEET, source_id="F-9", source_ref="S-9"), hours=13)
    assert told(service) == {}


@pytest.mark.parametrize(
    ("hours", "complete", "records"),
    [
        (11.9, True, [LOUS]),
        (-1, True, [LOUS]),
        (24, False, [LOUS]),
        (24, True, [ACCOUNT, LOUS]),
        # By their address alone, as effects find them.
        (24, True, [changed(ACCOUNT, source_kind=None, source_ref=None), LOUS]),
    ],
    ids=["before its delay", "before the run", "a part only", "it is there", "by address"],
)
def test_nothing_is_said(service: Service, hours: float, complete: bool, records: list[Record]) -> None:
    down(service, *WELL)
    up(service, *records, hours=hours, complete=complete)
    assert told(service) == {}


def test_an_account_that_could_not_be_read_may_be_theirs_and_the_run_says_so(service: Service) -> None:
    down(service, *WELL)
    for role, source_kind in (("banana", "learner"), ("learner", "banana")):
        line = {"kind": "account", "source_id": "A-1", "role": role, "source_kind": source_kind}
        run = up(service, LOUS, *read_json([msgspec.json.encode(line | {"first_name": 3})]), hours=24)
        assert told(service) == {}
        assert [note.code for note in run.remarks] == ["accounts_whose_unread"], role
        (noticed,) = service.health_of("north").of("upward").noticed
        assert "nothing is told of people who are missing" in noticed


@pytest.mark.parametrize(
    ("fault", "is_told"),
    [
        ({"birth_date": "long ago"}, True),
        ({"source_ref": "L-9", "email": "no address"}, True),
        ({"source_ref": "L-9", "unknown": 1}, True),
        ({"source_ref": "L-9", "unknown": 1, "source_kind": "instructor"}, True),
        ({"source_ref": "I-1", "unknown": 1, "source_kind": "instructor"}, False),
        ({"unknown": 1}, False),
        ({"source_kind": "banana", "source_ref": "I-1"}, False),
    ],
)
def test_what_could_not_be_read_of_anothers_account_hides_nobody(
    service: Service, fault: dict[str, Any], is_told: bool
) -> None:
    down(service, *WELL)
    line = {"kind": "account", "source_id": "A-2", "role": "learner", "source_kind": "learner", "source_ref": "L-1"}
    line |= {"source_ref": None, "email": "other@example.org"} if "source_ref" not in fault else {}
    up(service, LOUS, *read_json([msgspec.json.encode(line | fault)]), hours=24)
    assert told(service) == ({"I-1": ("new", None)} if is_told else {})


def test_it_lasts_until_the_platform_shows_it(service: Service) -> None:
    down(service, *WELL)
    up(service, LOUS, hours=24)
    down(service, *WELL, hours=25)
    assert told(service) == {"I-1": ("new", None)}
    # It is synced all the same, and counted beside.
    assert service.issues("north").unfollowed == 1
    assert service.issues("north").standing["synced"] == 4
    up(service, LOUS, hours=48)
    assert told(service) == {"I-1": ("open", None)}
    up(service, ACCOUNT, hours=49, complete=False)
    assert told(service) == {"I-1": ("resolved", "arrived")}
    assert service.issues("north").items == []
    assert service.issues("north").unfollowed == 0


def test_a_person_settles_it_like_any_other_issue(service: Service) -> None:
    down(service, *WELL)
    up(service, LOUS, hours=24)
    ((issue,),) = [row.issues for row in service.issues("north").items]
    for state, how in (("resolved", ("resolved", "by_hand")), ("open", ("open", None))):
        service.settle("north", issue.id, Settlement(state), "Nora")  # type: ignore[arg-type]
        assert told(service) == {"I-1": how}
    service.settle("north", issue.id, Settlement("resolved"), "Nora")
    up(service, LOUS, hours=48)
    assert told(service) == {"I-1": ("back", None)}


def test_it_lasts_no_longer_than_it_is_due(service: Service) -> None:
    down(service, *WELL)
    up(service, LOUS, hours=24)
    down(service, changed(ADA, status="left"), LOU, ALGEBRA, hours=25)
    assert told(service) == {"I-1": ("resolved", "left_out")}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "because its time was over: until then nothing showed that it had arrived. The message was: "),
        ("fr", "parce que son heure était passée : rien n’avait montré d’ici là que cela était arrivé. "),
    ],
)
def test_what_passed_before_it_was_seen_is_not_told_as_left_out_on_purpose(
    service: Service, language: str, said: str
) -> None:
    down(service, *WELL)
    up(service, ACCOUNT, LOUS, changed(SHEET, source_id="F-9", source_ref="S-9"), hours=26)
    down(service, *WELL, hours=60)
    assert told(service) == {"S-1": ("resolved", "left_window")}
    (row,) = service.issues("north", IssueFilter(kind="session", state="resolved"), language=language).items
    assert said in row.issues[0].problem.replace("\u00a0", " ")


def test_what_the_platform_showed_once_is_there_until_it_is_gone(service: Service) -> None:
    down(service, *WELL)
    up(service, ACCOUNT, LOUS, hours=24)
    up(service, LOUS, hours=48)
    assert told(service) == {}
    for hours in (72, 96):
        up(service, LOUS, hours=hours)
    assert told(service) == {}
    up(service, LOUS, hours=120)
    assert told(service) == {"I-1": ("new", None)}


def _learners(number: int) -> list[Learner]:
    return [
        Learner(source_id=f"L-{n}", first_name="Lou", last_name=f"Nr{n}", email=f"l{n}@example.org", groups=("G-1",))
        for n in range(1, number + 1)
    ]


def _accounts(learners: list[Learner]) -> list[Record]:
    return [
        changed(LOUS, source_id=f"A-{one.source_id}", source_ref=one.source_id, email=one.email) for one in learners
    ]


@pytest.mark.parametrize(("there", "many"), [(9, True), (10, False)])
def test_where_most_are_missing_it_is_said_once(
    sqlite_database: Database, tmp_path: Path, there: int, many: bool
) -> None:
    service = a_service(sqlite_database, tmp_path)
    learners = _learners(20)
    down(service, ADA, ALGEBRA, *learners)
    run = up(service, ACCOUNT, *_accounts(learners[:there]), hours=24)
    trips = [(trip.guard, trip.then, trip.kind, trip.number, trip.total) for trip in run.guards]
    assert trips == ([("not_arrived", "warn", "learner", 11, 20)] if many else [])
    assert len(told(service)) == (0 if many else 10)
    if many:
        (said,) = service.guard_words("north", run)
        assert "lacks 11 of 20 learners that should be there by now" in said.problem


def test_of_a_platform_that_was_never_read_nothing_is_said(service: Service) -> None:
    down(service, *WELL)
    run = up(service, SHEET, hours=26)
    assert (run.guards, told(service)) == ([], {})


LETTERS = "abcdefgh"


@example([({"a"}, True, 13.0), ({"b"}, True, 13.0)])
@settings(max_examples=times(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    readings=st.lists(
        st.tuples(st.sets(st.sampled_from(LETTERS)), st.booleans(), st.floats(1, 60)), min_size=1, max_size=4
    )
)
def test_nothing_that_was_seen_is_ever_told(
    sqlite_url: MakeUrl, tmp_path_factory: pytest.TempPathFactory, readings: Any
) -> None:
    """Of any readings, whole or in part, at any time: who is told was in none since the last that counts as gone."""
    folder = tmp_path_factory.mktemp("law")
    with Database.open(sqlite_url()) as database:
        service = a_service(database, folder)
        learners = [
            changed(LOU, source_id=letter, last_name=letter, email=f"{letter}@example.org") for letter in LETTERS
        ]
        down(service, ADA, ALGEBRA, *learners)
        hours = 0.0
        ever: set[str] = set()
        for there, complete, after in readings:
            hours += after
            up(service, *_accounts([one for one in learners if one.source_id in there]), hours=hours, complete=complete)
            ever |= there
            told_now = {row.source_id for row in service.issues("north", IssueFilter(rule=RULE)).items}
            assert told_now.isdisjoint(there)
            if len(readings) < 4:
                assert told_now.isdisjoint(ever)
            if hours < 12 or not any(whole for _, whole, _ in readings):
                assert not told_now
