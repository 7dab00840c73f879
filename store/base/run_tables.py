"""The tables of runs: what they were, what they hold back, and what they put on the list of what goes up; and keys.

A class's docstring says what one row is; times are aware and stored in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from store.base.column_types import BigId, number, row_of
from store.base.enums import Direction, Status


class RunRow(SQLModel, table=True):
    """One pass over one customer in one direction: when, by which rulebook, and what it found.

    A row with status `running` is also the lock: there is at most one of a customer and a direction.
    """

    __tablename__: ClassVar[Any] = "run"
    __table_args__ = (
        Index("run_of_customer", "customer", "id"),
        # The newest that ended so, of many customers at once, without reading any other.
        Index("run_by_end", "customer", "direction", "status", "complete", "id"),
        Index(
            "one_run_at_a_time",
            "customer",
            "direction",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: int | None = number()
    customer: str
    direction: Direction = Field(sa_type=String)
    status: Status = Field(sa_type=String)
    complete: bool = False
    """Whether a record that was not received is no longer there."""
    as_of: datetime
    """The moment its decisions speak for; its start, unless somebody gave another."""
    started_at: datetime
    finished_at: datetime | None = None
    asked_by: str = ""
    """Who asked for it: the label of a key, `command` with who gave it, or what starts runs; else empty."""
    owner: str = ""
    """Process that holds it: `host:process:token`."""
    heartbeat_at: datetime
    """When the owner last said that it is alive."""
    rulebook_version: str = ""
    received: int = 0
    """Records received, each once."""
    changed: int = 0
    """Records that were new, differed from what was known, came back, or were missing for the first time."""
    requests: int = 0
    counts: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to how many were received, and what became of them, by the names of ``store.base.enums.COUNTED``."""
    again: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Kind to how many known records were decided again, beside what was received: what they ask of others changed."""
    by_rule: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Rule to how many records it decided."""
    issues: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """How many issues this run made new, back and resolved, and how many are open after it."""
    effects: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to how many synced records the platform would see as create, update and unchanged."""
    freshness: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """Hop to the time its data was of, ISO 8601."""
    notes: list[Any] = Field(default_factory=list, sa_type=JSON)
    """How something had to be read that a person should know of, as ``engine.records.unread.Unread``; English texts
    of older versions among them. Never personal data."""
    failures: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """Why it failed or is partial, as ``engine.records.unread.Failure``. Never personal data."""
    guards: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What the guards found, as ``runs.guards.checks.Trip``. Counts and names of rules only."""
    filled: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to field to how many records had it, as last seen in a complete fetch; `source_id` counts them all."""
    settled_at: datetime | None = None
    """When a held run was approved, rejected or superseded."""
    settled_by: str | None = None
    """Who did: the label of a key, `command`, or the number of the later run."""
    approves: int | None = Field(default=None, sa_type=BigId)
    """The held run whose records this one wrote."""


class RulebookRow(SQLModel, table=True):
    """One version of a customer's rulebook that was in force: what it was made of, so that edits can be named."""

    __tablename__: ClassVar[Any] = "rulebook"

    customer: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    parts: dict[str, str] = Field(sa_type=JSON)
    """Rule, setting or part of the customer's file to a short hash of it, as ``engine.model.versions.parts_of``."""
    files: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The rule files that it was read from, as ``engine.rulefiles.kept_files`` packs them."""
    in_force_at: datetime | None = None
    """When a process last read it afresh; the last of a customer's is in force while its files are broken."""


class HeldRow(SQLModel, table=True):
    """What a held run received, kept until somebody has settled it."""

    __tablename__: ClassVar[Any] = "held"

    run_id: int = Field(
        sa_column=Column(BigId, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    received: bytes = Field(sa_type=LargeBinary)
    """As ``runs.guards.held`` packs it."""


class HeldEntryRow(SQLModel, table=True):
    """One thing that a held run would have done to a record, by name."""

    __tablename__: ClassVar[Any] = "held_entry"
    __table_args__ = (Index("held_entry_of_run", "run_id", "id"),)

    id: int | None = number()
    run_id: int = row_of("run", on_delete="CASCADE")
    what: Literal["new", "not_received", "leaves", "verdict"] = Field(sa_type=String)
    kind: str
    source_id: str
    name: str
    before: str | None = None
    """Of a verdict: the one it has, and its rule after a space."""
    after: str | None = None


class ArchiveRow(SQLModel, table=True):
    """One attendance sheet that a run has seen archived: since when, how often, and its attendance the first time."""

    __tablename__: ClassVar[Any] = "archive"

    customer: str = Field(primary_key=True)
    sheet_id: str = Field(primary_key=True)
    first_archived_at: datetime | None = None
    """Moment of the first run that saw it archived; absent where that was the first run that saw any sheet."""
    archived_at: datetime | None = None
    """The same, of the last time that it was archived after it had been open."""
    times_archived: int = 1
    """How often runs saw it become archived."""
    archived: bool
    """As the last run saw it."""
    attendance: bytes = Field(sa_type=LargeBinary)
    """Who was there, at the first archiving, as `runs.records.archiving` writes it."""


class UploadRow(SQLModel, table=True):
    """One attendance sheet that a run has put on the list of what goes up: once, for its first archiving."""

    __tablename__: ClassVar[Any] = "upload"
    __table_args__ = (
        Index("upload_of_sheet", "customer", "sheet_id", unique=True),
        Index("upload_waiting", "customer", "uploaded_at", "id"),
    )

    id: int | None = number()
    customer: str
    sheet_id: str
    run_id: int = row_of("run")
    """The run that put it there."""
    offered_at: datetime
    """That run's moment."""
    sheet: bytes = Field(sa_type=LargeBinary)
    """The sheet as JSON, as it was then."""
    marks: bytes = Field(sa_type=LargeBinary)
    """Its marks as JSON; an excuse that comes before the upload goes with it."""
    withdrawn_at: datetime | None = None
    """When a later run decided that it does not go up; absent while it does."""
    uploaded_at: datetime | None = None
    """When its attendance went to the source, as confirmed; it never goes again."""


class OutcomeRow(SQLModel, table=True):
    """What the system that one record goes to last said that it did with it; see ``engine.records.kinds.Told``."""

    __tablename__: ClassVar[Any] = "outcome"

    customer: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    outcome: str
    code: str | None = None
    text: str | None = None
    """In that system's own words: it may name people."""
    at: datetime
    """When it did it, or refused it."""
    fingerprint: bytes = Field(sa_type=LargeBinary)
    """Of the record as it stood then: once it is another, this says nothing of it any more."""
    told_by: str = ""
    """Who said so: the label of a key, `command` with who gave it; empty of what an older version wrote."""


class ApiKeyRow(SQLModel, table=True):
    """One API key. The key itself is shown once, when it is made; only its SHA-256 is kept."""

    __tablename__: ClassVar[Any] = "api_key"

    id: str = Field(primary_key=True)
    """The readable part of the key."""
    label: str = ""
    """What it is for, in its maker's words."""
    digest: bytes = Field(sa_type=LargeBinary)
    customers: list[str] = Field(sa_type=JSON)
    """Ids of the customers it opens; `*` is all of them."""
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime
    revoked_at: datetime | None = None
