"""An invented school for the tests of runs: a folder of rules with its file, a service, and its records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import select

from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.records.kinds import Account, Instructor, Learner, Session, Sheet
from engine.rulefiles.library import Library
from runs.service import Service
from store.base.database import Database
from store.base.tables import IssueRow, RecordRow
from tests.runs.shelf import shelved

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, ten o'clock in Paris."""

PLAIN = """
name: North
language: en
zone: Europe/Paris
schedule: {downward: ["12:00", "22:00"], upward: ["22:00"]}
"""


def a_service(database: Database, folder: Path, **files: str) -> Service:
    """A service whose clock stands; each file is a customer, `north` when none is given."""
    customers = folder / "customers"
    customers.mkdir(parents=True, exist_ok=True)
    for name, written in (files or {"north": PLAIN}).items():
        (customers / f"{name}.yaml").write_text(written, encoding="utf-8")
    known = catalogue()
    return shelved(Service(database, Library(folder, known), known, Messages(), {}, lambda: NOW))


def later(**more: float) -> datetime:
    return NOW + timedelta(**more)


def changed(record: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(record, **fields)


ADA = Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")
WITHOUT_EMAIL = changed(ADA, email=None)
LOU = Learner(source_id="L-1", first_name="Lou", last_name="Ørsted", email="lou@example.org", groups=("G-1",))
ALGEBRA = Session(
    source_id="S-1",
    name="Algebra",
    room="B 12",
    starts_at=later(days=1),
    ends_at=later(days=1, hours=2),
    instructor_ids=("I-1",),
    group_ids=("G-1",),
    created_at=later(days=-30),
    modified_at=later(days=-30),
)
ACCOUNT = Account(
    source_id="A-1",
    source_kind="instructor",
    source_ref="I-1",
    role="instructor",
    email="ada@example.org",
    first_name="Ada",
    last_name="Lund",
    created_by="api",
)
LOUS = changed(
    ACCOUNT,
    source_id="A-2",
    source_kind="learner",
    source_ref="L-1",
    role="learner",
    email="lou@example.org",
    first_name="Lou",
    last_name="Ørsted",
)
SHEET = Sheet(
    source_id="F-1",
    source_ref="S-1",
    name="Algebra",
    starts_at=ALGEBRA.starts_at,
    ends_at=ALGEBRA.ends_at,
    created_by="api",
    instructor_refs=("I-1",),
    learner_refs=("L-1",),
    archived=False,
)
WELL = [ADA, LOU, ALGEBRA]
ILL = [WITHOUT_EMAIL, LOU, ALGEBRA]
"""Two issues: the instructor has no email, so that the session waits."""


def states(service: Service, customer: str = "north") -> dict[tuple[str, str], tuple[str, str | None]]:
    """Kind and rule of every issue the customer has or had, with its state and how it was resolved."""
    with service.database.reading() as session:
        rows = session.exec(
            select(RecordRow.source_id, IssueRow.rule, IssueRow.state, IssueRow.resolution)
            .join(IssueRow, IssueRow.record_id == RecordRow.id)
            .where(RecordRow.customer == customer)
        ).all()
    return {(source_id, rule): (state, resolution) for source_id, rule, state, resolution in rows}
