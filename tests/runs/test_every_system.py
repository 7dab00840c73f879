"""Every system that can be read, run as a customer runs it: what is decided, and what a run says when it fails."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.registry import catalogue, connectors
from engine.language.languages import languages
from engine.language.unread import failure_text, unread_text
from engine.records.kinds import KINDS
from engine.rulefiles.check.check import _dormant as dormant
from engine.rulefiles.library import load
from runs.execution.fetch import DECIDED
from runs.model.answers import RunSummary
from runs.model.errors import FetchFailed
from runs.service import Service
from store.base.database import Database
from tests.connectors.spoiling import cut, page, status
from tests.connectors.trying import SAMPLED, fake_of, read
from tests.engine.test_unread import ENGLISH
from tests.runs import systems
from tests.runs.systems import CALLS, SYSTEMS, Calls, Switch, Tried, calling, patient
from tests.store.databases import MakeUrl

GOLDEN = Path(__file__).parent / "golden"
PERSONAL = ("first_name", "last_name", "email", "secondary_email", "phone", "tutor_name", "tutor_email", "username")


def golden(name: str, found: list[str]) -> None:
    """The lines as they stand in the file; `MUSTER_WRITE_GOLDEN=1` writes it anew, to be looked at in the diff."""
    path = GOLDEN / name
    if os.environ.get("MUSTER_WRITE_GOLDEN"):
        path.write_text("".join(f"{each}\n" for each in found), encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines() == found


# What is decided


@pytest.fixture(scope="module")
def ran_once(
    sqlite_url: MakeUrl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Tried, tuple[RunSummary, Service]]]:
    with ExitStack() as stack:
        found = {}
        for tried in SYSTEMS:
            url, _ = stack.enter_context(systems.serving(tried))
            database = stack.enter_context(Database.open(sqlite_url()))
            service = systems.service_of(tried, url, database, tmp_path_factory.mktemp("fake"))
            found[tried] = (systems.first_run(service, tried), service)
        yield found


@pytest.fixture
def ran(ran_once: dict[Tried, tuple[RunSummary, Service]]) -> Iterator[dict[Tried, tuple[RunSummary, Service]]]:
    """Every system, run once."""
    with ExitStack() as stack:
        for _, service in ran_once.values():
            stack.enter_context(service.database)
        yield ran_once


def test_no_connector_that_can_be_tried_is_left_out() -> None:
    assert {tried.connector for tried in SYSTEMS} == set(SAMPLED)
    assert {tried.connector for tried in SYSTEMS if not tried.on_files} == set(CALLS)
    # The others are sent their records.
    assert set(connectors()) - set(SAMPLED) == {"pushed", "pushed-platform", "education-perfect"}


def test_every_system_is_read_and_decided(ran: dict[Tried, tuple[RunSummary, Service]]) -> None:
    said = {str(tried): systems.line(tried, summary) for tried, (summary, _) in ran.items()}
    written = (GOLDEN / "systems.txt").read_text(encoding="utf-8")
    # A connector that nobody has looked at yet passes once its samples are decided; then its line is kept, too.
    new = [] if os.environ.get("MUSTER_WRITE_GOLDEN") else [name for name in said if f"{name}: " not in written]
    for name in new:
        assert re.fullmatch(r".*: completed(_with_issues)?; .*\d \w.*", said[name])
    golden("systems.txt", [line for name, line in said.items() if name not in new])


@pytest.mark.parametrize("tried", SYSTEMS, ids=str)
def test_what_is_flagged_is_told_in_every_language(tried: Tried, ran: dict[Tried, tuple[RunSummary, Service]]) -> None:
    told = systems.flagged(ran[tried][1], DECIDED[tried.direction] if tried.connector == "edusign" else KINDS)
    assert len({each.rule for each in told.values()}) == 1
    assert len({each.message for each in told.values()}) == len(told)
    for each in told.values():
        assert each.name in each.message
        assert "{" not in each.message
    # Words of one language do not stand in the other.
    assert "the file" not in told["fr"].message
    assert " the " not in told["fr"].message


# What `muster check` says

NEVER_GIVEN = {"oneroster": "company", "oneroster-rest": "company", "sds": "company", "wonde": "company"}
"""Source to a field of learners that it has not; of the others it is the status."""


@pytest.mark.parametrize("tried", [each for each in SYSTEMS if each.side == "source"], ids=str)
def test_a_rule_on_what_a_system_never_gives_is_told(tried: Tried, tmp_path: Path) -> None:
    field = NEVER_GIVEN.get(tried.connector, "status")
    value = "left" if field == "status" else "Norvane"
    said = {"problem": "Not synced: {{ name }}.", "fix": "Ask us."}
    rule = {
        "for": "learner",
        "when": {field: {"is": "present"}},
        "then": "skip",
        "examples": [{"matches": True, "record": {field: value}}, {"matches": False, "record": {"phone": "0199"}}],
        "messages": dict.fromkeys(languages().names, said),
    }
    written = json.loads(systems.customer_file(tried, "https://fake.example.org")) | {"rules": {"learner.own": rule}}
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / "fake.yaml").write_text(json.dumps(written), encoding="utf-8")
    rulebook = load(tmp_path, "fake", catalogue())
    assert rulebook.customer.source is not None
    told = [problem.message for problem in dormant([rulebook]) if "learner.own" in problem.message]
    if tried.connector == "records":
        # Our own records may have any field, unless the customer's file says which are ever sent.
        assert told == []
    else:
        never = "learner" if tried == Tried("columns", "over HTTP") else f"learner.{field}"
        (message,) = told
        assert message.startswith(f"{rulebook.customer.source.title} never gives `{never}`")
        assert message.endswith("can never match")


# What a run says when its system fails


class Fault(Struct, frozen=True):
    """One way to be ill."""

    name: str
    spoil: Callable[[Switch, Calls], None]
    passes: bool = False
    """Whether the run gets over it by itself."""


def _on_part(fault: ASGIApp, times: int = 1_000_000) -> Callable[[Switch, Calls], None]:
    return lambda switch, calls: switch.spoil(fault, calling(calls.part), times)


def _empty(switch: Switch, calls: Calls) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body = next(body for name, body in calls.lists.items() if calling(name)(Request(scope)))
        await Response(body, media_type="application/json")(scope, receive, send)

    switch.spoil(answer, lambda request: any(calling(name)(request) for name in calls.lists))


SILENT = "a slow answer"
FAULTS = [
    Fault("401", lambda switch, _: switch.spoil(status(401), calling(""))),
    Fault("403 on one path", _on_part(status(403))),
    Fault("429 with Retry-After", _on_part(status(429, **{"Retry-After": "7"}), 1), passes=True),
    Fault("500, then well", _on_part(status(500), 2), passes=True),
    Fault("500 on one path", _on_part(status(500))),
    Fault("a cut body", _on_part(cut)),
    Fault("a web page", _on_part(page("<!doctype html><title>Sign in as anna@example.org</title>"))),
    Fault("a page that repeats", lambda switch, calls: switch.spoil(switch.first_answer_again(), calling(calls.paged))),
    Fault("no body at all", _on_part(Response(b"", 200, None, "application/json"))),
    Fault("empty lists", _empty),
    Fault(SILENT, _on_part(systems.silent)),
]
ON_A_SYSTEM = {tried.connector: tried for tried in SYSTEMS if not tried.on_files}
# With small pages, so that there are several.
ON_A_SYSTEM["wonde"] = Tried("wonde", "two schools, small pages")
ILL = [
    (tried, fault)
    for tried in ON_A_SYSTEM.values()
    for fault in FAULTS
    if fault.name != "a page that repeats" or CALLS[tried.connector].paged
]
every_fault = pytest.mark.parametrize(("tried", "fault"), ILL, ids=lambda each: getattr(each, "name", str(each)))


class Before(Struct, frozen=True):
    """A system that is well and was run once."""

    switch: Switch
    path: Path
    """The database after that run."""
    service: Service


class Outcome(Struct, frozen=True):
    """What came of a run on an ill system, and of the next one when it was well again."""

    summary: RunSummary
    slept: list[float]
    spoilt: int
    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]
    left: list[str]
    """Ids of records taken for gone, or no longer received."""
    records_before: dict[tuple[str, str], Any]
    records_after: dict[tuple[str, str], Any]
    records_again: dict[tuple[str, str], Any]


@pytest.fixture(scope="module")
def befores(sqlite_url: MakeUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Tried], Before]]:
    found: dict[Tried, Before] = {}
    with ExitStack() as stack:

        def before(tried: Tried) -> Before:
            if tried not in found:
                url, switch = stack.enter_context(systems.serving(tried))
                path = Path(sqlite_url().removeprefix("sqlite:///"))
                with systems.opened(path) as database:
                    folder = tmp_path_factory.mktemp("fake")
                    service = systems.service_of(tried, url, database, folder, guards=WATCHFUL, leaves_after_runs=1)
                    systems.first_run(service, tried)
                found[tried] = Before(switch, path, service)
            return found[tried]

        yield before


@pytest.fixture(scope="module")
def outcome(befores: Callable[[Tried], Before]) -> Callable[[Tried, Fault], Outcome]:
    """What came of a fault; tried once for all that look at it."""
    found: dict[tuple[Tried, str], Outcome] = {}

    def of(tried: Tried, fault: Fault) -> Outcome:
        if (tried, fault.name) not in found:
            found[tried, fault.name] = _suffer(tried, fault, befores(tried))
        return found[tried, fault.name]

    return of


WATCHFUL = {"nothing_received": {"at_least": 1}, "removals": {"at_least": 1}}
"""The schools of the samples are small."""


def _suffer(tried: Tried, fault: Fault, before: Before) -> Outcome:
    slept: list[float] = []
    service = before.service
    with systems.opened(systems.copied(before.path)) as database:
        service.database = database
        service.around = patient(slept, 0.2 if fault.name == SILENT else 30.0)
        held, records = systems.stored(database), systems.records(database)
        fault.spoil(before.switch, CALLS[tried.connector])
        try:
            summary = systems.run(service, tried, hours=1)
        except FetchFailed as error:
            summary = service.run_summary("fake", error.run_id)
        spoilt = before.switch.spoilt
        before.switch.well()
        after, left, later = systems.stored(database), systems.left(database), systems.records(database)
        systems.run(service, tried, hours=2)
        return Outcome(summary, slept, spoilt, held, after, left, records, later, systems.records(database))


@every_fault
def test_nothing_is_taken_for_gone(tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]) -> None:
    found = outcome(tried, fault)
    assert found.spoilt > 0
    assert found.left == []
    assert found.records_after.keys() == found.records_before.keys()


@every_fault
def test_a_run_that_failed_leaves_the_store_as_it_was(
    tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]
) -> None:
    found = outcome(tried, fault)
    if found.summary.status in ("failed", "held"):
        assert found.after == found.before
    else:
        assert found.summary.status in ("partial", "completed", "completed_with_issues")


@every_fault
def test_what_it_says_names_what_to_do_and_nobody(
    tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]
) -> None:
    summary = outcome(tried, fault).summary
    if summary.status in ("failed", "partial"):
        assert summary.error is not None
        assert SAMPLED[tried.connector].spec.title in summary.error or tried.connector == "columns"
        assert summary.recovery is not None
    told = systems.as_json(summary)
    assert "anna" not in told
    assert not [secret for secret in fake_of(tried.connector).environ.values() if secret in told]
    records = read(tried.connector, tried.case).records
    values = {str(getattr(record, name, None) or "") for record in records for name in PERSONAL}
    assert not [value for value in values if len(value) > 3 and value in told]


@every_fault
def test_a_french_reader_is_told_in_french(
    tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]
) -> None:
    summary = outcome(tried, fault).summary
    told = [failure_text(failure, "fr") for failure in summary.failures]
    told += [unread_text(remark, "fr") for remark in summary.remarks]
    assert bool(summary.failures) is bool(summary.error)
    assert len(told) == len(summary.failures) + len(summary.notes)
    assert not [said for said in told if ENGLISH.search(said)]


@every_fault
def test_the_next_run_finds_everything_as_it_was(
    tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]
) -> None:
    found = outcome(tried, fault)
    assert found.records_again == found.records_before


@every_fault
def test_it_waits_as_it_is_asked_to_and_gets_over_what_passes(
    tried: Tried, fault: Fault, outcome: Callable[[Tried, Fault], Outcome]
) -> None:
    found = outcome(tried, fault)
    if fault.passes:
        assert found.summary.error is None
        assert found.records_after == found.records_before
        assert found.slept
        assert fault.name != "429 with Retry-After" or found.slept == [7.0]
    elif fault.name == "500 on one path":
        assert len(found.slept) >= 3


def test_what_every_run_says(outcome: Callable[[Tried, Fault], Outcome]) -> None:
    """The whole table, to be read by a person."""
    said = []
    for tried, fault in ILL:
        summary = outcome(tried, fault).summary
        recovery = f" ({summary.recovery})" if summary.recovery else ""
        trips = ", ".join(f"{trip.guard} of {trip.kind}" for trip in summary.guards)
        error = f": {summary.error or trips}" if summary.error or trips else ""
        said.append(f"{tried.connector} | {fault.name} | {summary.status}{recovery}{error}")
    golden("faults.txt", said)
