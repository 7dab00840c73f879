"""How exchanges stand: judged from schedule and tries alone, and read for all customers at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.language.renderer import Messages
from engine.model.connector_spec import Schedule
from engine.model.rulebook import Customer, Rulebook
from engine.records.unread import Failure
from engine.rulefiles.library import Library
from runs.model.errors import FetchFailed
from runs.model.health import CustomerHealth, Exchange
from runs.queries.health import Ended, Tried, judge, worst
from runs.queries.health_words import said
from runs.service import Service
from store.base.database import Database
from tests.runs.execution.test_fetch import write
from tests.runs.schools import ADA, ALGEBRA, ILL, LOU, PLAIN, WELL, a_service, changed, later
from tests.runs.schools import NOW as THEN

NOW = datetime(2026, 11, 30, 10, 40, tzinfo=UTC)
"""A Monday, 11:40 in Paris."""
TIMES = ("12:00", "22:00")
REFUSED = Failure("key_refused", "refused", "Ypareo", "/learners")


def ended(status: Any, ago: timedelta, number: int = 1, **more: Any) -> Ended:
    return Ended(number, status, NOW - ago, NOW - ago, **more)


def stands(tried: Tried, times: tuple[str, ...] = TIMES, now: datetime = NOW) -> Exchange:
    return judge("downward", times, "Europe/Paris", tried, now)


LAST_NIGHT = timedelta(hours=13, minutes=39)


@pytest.mark.parametrize(
    ("status", "state", "stalled"),
    [
        ("completed", "well", False),
        ("completed_with_issues", "well", False),
        ("partial", "partial", False),
        ("held", "held", False),
        ("rejected", "rejected", False),
        ("failed", "failed", True),
        ("cut_off", "failed", True),
    ],
)
def test_while_nothing_planned_was_missed_the_last_try_says_how_it_stands(
    status: str, state: str, stalled: bool
) -> None:
    found = stands(Tried(last=ended(status, LAST_NIGHT), begun_at=NOW - LAST_NIGHT))
    assert (found.state, found.stalled, found.missed) == (state, stalled, 0)


def test_the_last_good_one_is_never_the_one_that_failed() -> None:
    good, bad = ended("completed", timedelta(days=2)), ended("failed", LAST_NIGHT, 2, failures=(REFUSED,))
    found = stands(Tried(bad, good, begun_at=bad.started_at))
    assert (found.last_good, found.last_try, found.run_id) == (good.as_of, bad.started_at, 2)
    assert found.failures == [REFUSED]


def test_what_was_planned_and_not_begun_is_counted_over_any_time() -> None:
    begun = timedelta(days=10, hours=2)
    tried = Tried(last=ended("failed", begun), begun_at=NOW - begun)
    found = stands(tried)
    assert (found.state, found.missed, found.stalled) == ("late", 20, True)
    assert found.late_since == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert stands(Tried(tried.last, begun_at=NOW - timedelta(days=730, hours=2))).missed == 1460


@pytest.mark.parametrize(("minutes", "state"), [(-1, "well"), (20, "well"), (29, "well"), (31, "late")])
def test_a_run_may_begin_a_little_after_its_time(minutes: int, state: str) -> None:
    noon = datetime(2026, 11, 30, 11, tzinfo=UTC)
    now = noon + timedelta(minutes=minutes)
    assert stands(Tried(last=ended("completed", LAST_NIGHT), begun_at=NOW - LAST_NIGHT), now=now).state == state


def test_a_run_that_begins_a_little_before_its_time_is_the_planned_one() -> None:
    early = datetime(2026, 11, 30, 10, 59, 58, tzinfo=UTC)
    tried = Tried(last=Ended(1, "completed", early, early), begun_at=early)
    assert stands(tried, now=early + timedelta(hours=3)).state == "well"


def test_one_that_is_at_work_is_not_late_and_says_so() -> None:
    tried = Tried(ended("completed", timedelta(days=3)), begun_at=NOW - timedelta(days=3), running_since=NOW)
    assert (stands(tried).state, stands(tried).running_since) == ("well", NOW)


def test_without_a_schedule_nothing_is_late_and_nothing_is_promised() -> None:
    old = ended("completed", timedelta(days=90))
    found = stands(Tried(old, old, begun_at=old.started_at), ())
    assert (found.state, found.last_good, found.next_run) == ("well", old.as_of, None)


def test_before_the_first_try_nothing_was_received() -> None:
    assert stands(Tried()).state == "never"


def test_a_direction_that_was_never_tried_hides_nothing_of_the_other() -> None:
    well, never, late = (Exchange("downward", state) for state in ("well", "never", "late"))
    assert [worst(some) for some in ([well, never], [never], [well, late], [never, late])] == [
        "well",
        "never",
        "late",
        "late",
    ]


FROM_A_FILE = PLAIN + "source: {connector: records, path: export.ndjson, system: Ypareo}\n"
FAILED = (
    "The last try (Ypareo → the platform), on Monday 23 November 2026 at 10:00, failed and changed nothing. What "
    "failed: the file of records, export.ndjson: there is no such file or folder. There has been no good exchange yet."
)
LATE = {
    "en": (
        "Exchanges (Ypareo → the platform) are overdue: none of the 2 that were planned since Monday 23 November 2026 "
        "at 12:00 was begun. The last good exchange was on Monday 23 November 2026 at 10:10. "
        "Exchanges are not being started: whoever runs Muster has to see to that. Until then no correction is picked "
        "up."
    ),
    "fr": (
        "Les échanges (Ypareo → la plateforme) sont en retard\u00a0: aucun des 2 prévus depuis le lundi 23 novembre "
        "2026 à 12:00 n’a commencé. Le dernier échange réussi date du lundi 23 novembre 2026 à 10:10. "
        "Les échanges ne sont pas lancés\u00a0: la personne qui exploite Muster doit y veiller. D’ici là, aucune "
        "correction n’est prise en compte."
    ),
}


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Service:
    service = a_service(database, tmp_path / "rules", north=FROM_A_FILE, south=PLAIN)
    service.environ = {"MUSTER_DATA": str(tmp_path / "data")}
    return service


def told(service: Service, language: str = "en") -> tuple[str, str, str]:
    (one,) = (one for one in service.health_of("north", language).exchanges if one.direction == "downward")
    return one.state, one.problem, one.fix


def test_a_day_of_exchanges_is_told_as_it_goes(service: Service, tmp_path: Path) -> None:
    assert told(service) == ("never", "Nothing has been exchanged yet (Ypareo → the platform).", "")
    with pytest.raises(FetchFailed):
        service.run("north")
    assert told(service) == ("failed", FAILED, "Check the path.")
    write(tmp_path / "data" / "north" / "export.ndjson", ILL)
    service.clock = lambda: later(minutes=10)
    service.run("north")
    assert told(service) == ("well", "", "")
    service.clock = lambda: later(days=1)
    assert [" ".join(told(service, language)) for language in LATE] == [f"late {text}" for text in LATE.values()]
    decision = service.classify("north", ILL).decisions[0]
    assert str(decision.fix).endswith("it will be picked up once exchanges work again.")
    assert str(service.explain("north", "instructor", "I-1").answer.fix).endswith("once exchanges work again.")
    service.push("north", [], True)
    assert told(service)[::2] == ("empty", "Look whether Ypareo still gives its records.")
    (tmp_path / "rules" / "customers" / "north.yaml").write_text(
        FROM_A_FILE + "guards: {nothing_received: {then: hold, at_least: 1}}\n"
    )
    service.library = Library(tmp_path / "rules", service.catalogue)
    service.push("north", [], True)
    state, problem, fix = told(service)
    assert (state, service.health_of("north").exchanges[0].held) == ("held", [4])
    assert problem.startswith("The last try (Ypareo → the platform), on Tuesday 24 November 2026 at 10:00, was stopped")
    assert fix == "Look at what it would do, and approve or reject it."
    service.reject("north", 4, "Ada")
    assert told(service)[0] == "rejected"


def test_a_piece_that_was_sent_mends_nothing_of_a_fetch_that_failed(service: Service) -> None:
    with pytest.raises(FetchFailed):
        service.run("north")
    service.push("north", ILL, False)
    assert told(service)[0] == "failed"
    service.push("south", ILL, False)
    one = service.health_of("south").of("downward")
    assert (one.state, one.last_good) == ("well", THEN)


def test_what_only_has_to_be_asked_again_is_promised_only_where_something_will_ask() -> None:
    away = Failure("no_answer_in_time", "unavailable", "Ypareo", "/learners")
    messages = Messages()
    book = Rulebook(Customer("north", "North", "en", "Europe/Paris", None, None, Schedule(), {}), (), {}, "")
    bad = ended("failed", LAST_NIGHT, failures=(away,))
    tried = Tried(bad, begun_at=bad.started_at)
    assert [said(stands(tried, times), book, messages, "en").fix for times in (TIMES, ())] == [
        "The exchange planned for Monday 30 November 2026 at 12:00 tries again.",
        "No further exchange is planned. Start one once the system answers.",
    ]
    late = said(stands(tried, now=NOW + timedelta(days=1)), book, messages, "en")
    assert late.fix.startswith("Exchanges are not being started")


def test_an_upward_exchange_that_is_planned_is_told_before_the_first_and_is_late_once_none_came(
    service: Service,
) -> None:
    def upward(language: str = "en") -> Exchange:
        return service.health_of("south", language).of("upward")

    assert [one.state for one in service.health_of("south").exchanges] == ["never", "never"]
    assert (upward().missed, upward().problem) == (0, "Nothing has been exchanged yet (the platform → the source).")
    service.push("south", WELL, True)
    assert (upward().state, service.health_of("south").state, service.health_of("south").knows) == (
        "never",
        "well",
        True,
    )
    service.clock = lambda: later(hours=13)
    service.push("south", WELL, True)
    assert (upward().state, upward().stalled) == ("late", True)
    assert upward().problem == (
        "An exchange (the platform → the source) is overdue: the one planned for Monday 23 November 2026 at 22:00 was "
        "not begun. There has been no good exchange yet."
    )
    service.clock = lambda: later(days=10)
    assert upward().problem == (
        "Exchanges (the platform → the source) are overdue: none of the 10 that were planned since Monday 23 November "
        "2026 at 22:00 was begun. There has been no good exchange yet."
    )
    assert [one.state for one in service.health().customers if one.customer == "south"] == ["late"]
    service.push("south", [], True, "upward")
    assert (upward().state, upward().missed) == ("well", 0)


def test_a_customer_that_never_exchanged_anything_is_late_once_a_planned_one_has_passed(service: Service) -> None:
    assert told(service)[0] == "never"
    service.clock = lambda: later(days=1)
    assert " ".join(told(service)) == (
        "late Exchanges (Ypareo → the platform) are overdue: none of the 2 that were planned since Monday 23 November "
        "2026 at 12:00 was begun. There has been no good exchange yet. Exchanges are not being started: whoever runs "
        "Muster has to see to that. Until then no correction is picked up."
    )
    assert {one.state for one in service.health().customers if one.customer == "north"} == {"late"}
    # Who only has batches classified is told of the planned run all the same: its exchanges are seen elsewhere.
    fixes = [one.fix for one in service.classify("north", ILL).decisions if one.kind == "instructor"]
    assert fixes
    assert str(fixes[0]).endswith("it will be picked up at the next run, on Tuesday 24 November 2026 at 12:00.")


def test_where_nothing_tells_since_when_a_way_is_planned_the_last_day_counts() -> None:
    assert stands(Tried(other_since=NOW - timedelta(days=400))).missed == 2
    assert stands(Tried(planned_since=NOW - timedelta(days=3))).missed == 6
    # What is planned since an hour ago was not missed before, however long the other way has gone.
    assert stands(Tried(other_since=NOW - timedelta(days=400), planned_since=NOW - timedelta(hours=1))).state == "never"


@pytest.mark.parametrize("state", ["late", "failed", "held", "rejected", "partial", "empty"])
def test_nothing_is_in_order_while_the_way_up_is_not(state: Any) -> None:
    ways = [Exchange("downward", "well"), Exchange("upward", state)]
    assert not CustomerHealth("north", worst(ways), ways).knows
    assert CustomerHealth("north", "well", [ways[0], Exchange("upward", "never")]).knows
    assert CustomerHealth("north", "well", ways[:1]).knows


def test_the_service_counts_how_customers_stand(service: Service) -> None:
    with pytest.raises(FetchFailed):
        service.run("north")
    service.push("south", WELL, True, "upward", by="key of the platform")
    assert [(one.customer, one.state) for one in service.health().customers] == [("north", "failed"), ("south", "well")]
    assert service.runs("south").items[0].asked_by == "key of the platform"


def test_what_the_last_good_one_showed_of_the_connection_stands_beside_how_exchanges_stand(
    database: Database, tmp_path: Path
) -> None:
    service = a_service(database, tmp_path)
    learners = [changed(LOU, source_id=f"L-{number}", email=f"l{number}@example.org") for number in range(20)]
    service.push("north", [ADA, ALGEBRA, *learners], True, as_of=THEN)
    down = service.health_of("north").of("downward")
    assert down.state == "well"
    assert [remark.values["kind"] for remark in down.remarks] == ["learner"]
    (text,) = down.noticed
    assert text.startswith("None of the 20 learners received has this: company.")
    service.push(
        "north", [ADA, ALGEBRA, *(changed(one, company="Norva") for one in learners)], True, as_of=later(hours=1)
    )
    assert service.health_of("north").of("downward").noticed == []
