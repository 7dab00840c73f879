"""The tables. A class's docstring says what one row is; times are aware and stored in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from engine.decisions import Verdict
from engine.rulebook import FixIn

Direction = Literal["downward", "upward"]
Status = Literal[
    "running",
    "completed",
    "completed_with_issues",
    "partial",
    "held",
    "approved",
    "rejected",
    "superseded",
    "failed",
    "cut_off",
]
"""`held` changed nothing and waits for a person's word; then it is `approved`, and another run did what it would have
done, `rejected`, or `superseded` by a later run. `cut_off` ended with its process and wrote nothing."""
IssueState = Literal["new", "open", "back", "snoozed", "waived", "resolved"]
"""`new`: no run has seen it again yet; `back`: it was resolved and returned, and is the same issue."""
Resolution = Literal[
    "fixed", "rule_changed", "left_out", "left_window", "time_passed", "gone", "not_checked", "by_hand", "unclear"
]
"""Why an issue was closed, where that is certain: what the rule reads was corrected; the rule or its settings
were edited; a skip rule now decides; the session's day is over; it no longer applies merely because days went by;
the record is no longer received; the rule can no longer be evaluated; somebody said so. Else `unclear`: it no
longer matches, and nothing here proves why."""
Scope = Literal["classify", "runs", "read", "issues", "admin"]

FINISHED: tuple[Status, ...] = ("completed", "completed_with_issues", "partial")
"""Runs after which the platform was brought up to date."""
OPEN: tuple[IssueState, ...] = ("new", "open", "back")
"""States of an issue that waits for a person."""
PAUSED: tuple[IssueState, ...] = ("snoozed", "waived")
"""States of an issue that waits for nobody until its time is over."""

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of exactly this type."""


def _number(**more: Any) -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True), **more)


def _row_of(table: str, *, optional: bool = False, index: bool = False, on_delete: str | None = None) -> Any:
    """A reference to a numbered row of another table."""
    column = Column(BigId, ForeignKey(f"{table}.id", ondelete=on_delete), nullable=optional, index=index)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


class RunRow(SQLModel, table=True):
    """One pass over one customer in one direction: when, by which rulebook, and what it found.

    A row with status `running` is also the lock: there is at most one of a customer and a direction.
    """

    __tablename__: ClassVar[Any] = "run"
    __table_args__ = (
        Index("run_of_customer", "customer", "id"),
        Index(
            "one_run_at_a_time",
            "customer",
            "direction",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: int | None = _number()
    customer: str
    direction: Direction = Field(sa_type=String)
    status: Status = Field(sa_type=String)
    complete: bool = False
    """Whether a record that was not received is no longer there."""
    as_of: datetime
    """The moment its decisions speak for; its start, unless somebody gave another."""
    started_at: datetime
    finished_at: datetime | None = None
    owner: str = ""
    """Process that holds it: `host:process:token`."""
    heartbeat_at: datetime
    """When the owner last said that it is alive."""
    rulebook_version: str = ""
    received: int = 0
    """Records received, each once."""
    changed: int = 0
    """Records that were new or differed from what was known."""
    requests: int = 0
    counts: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to how many were received, sync, skip and flag."""
    by_rule: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Rule to how many records it decided."""
    issues: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """How many issues this run made new, back and resolved, and how many are open after it."""
    effects: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to how many synced records the platform would see as create, update and unchanged."""
    freshness: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """Hop to the time its data was of, ISO 8601."""
    notes: list[str] = Field(default_factory=list, sa_type=JSON)
    """How something had to be read that a person should know of. Never personal data."""
    error: str | None = None
    """Why it failed or is partial: system, call, what was found, what to do. Never personal data."""
    recovery: str | None = None
    """What the error asks for: try again later, a person must act, report it."""
    guards: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What the guards found, as ``runs.guards.Trip``. Counts and names of rules only."""
    filled: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Kind to field to how many records had it, as last seen in a complete fetch; `source_id` counts them all."""
    settled_at: datetime | None = None
    """When a held run was approved, rejected or superseded."""
    settled_by: str | None = None
    """Who did: the label of a key, `command`, or the number of the later run."""
    approves: int | None = Field(default=None, sa_type=BigId)
    """The held run whose records this one wrote."""


class RulebookRow(SQLModel, table=True):
    """One version of a customer's rulebook that a run has used: what it was made of, so that edits can be named."""

    __tablename__: ClassVar[Any] = "rulebook"

    customer: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    parts: dict[str, str] = Field(sa_type=JSON)
    """Rule, setting or part of the customer's file to a short hash of it, as ``engine.versions.parts_of``."""


class HeldRow(SQLModel, table=True):
    """What a held run received, kept until somebody has settled it."""

    __tablename__: ClassVar[Any] = "held"

    run_id: int = Field(
        sa_column=Column(BigId, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    received: bytes = Field(sa_type=LargeBinary)
    """As ``runs.holding`` packs it."""


class HeldEntryRow(SQLModel, table=True):
    """One thing that a held run would have done to a record, by name."""

    __tablename__: ClassVar[Any] = "held_entry"
    __table_args__ = (Index("held_entry_of_run", "run_id", "id"),)

    id: int | None = _number()
    run_id: int = _row_of("run", on_delete="CASCADE")
    what: Literal["new", "not_received", "leaves", "verdict"] = Field(sa_type=String)
    kind: str
    source_id: str
    name: str
    before: str | None = None
    """Of a verdict: the one it has, and its rule after a space."""
    after: str | None = None


_FLAGGED: Any = {"sqlite_where": text("verdict = 'flag'"), "postgresql_where": text("verdict = 'flag'")}


class RecordRow(SQLModel, table=True):
    """One record of one customer: as last received, and as last decided."""

    __tablename__: ClassVar[Any] = "record"
    __table_args__ = (
        Index("record_identity", "customer", "kind", "source_id", unique=True),
        Index("record_feed", "customer", "verdict", "verdict_at", "id"),
        # Whose rows wait for a person, in the feed's other orders; few of all records do.
        Index("record_frees", "customer", "waiting", "verdict_at", "id", **_FLAGGED),
        Index("record_soon", "customer", "matters_at", "id", **_FLAGGED),
        Index("record_standing", "customer", "left_at", "kind", "verdict"),
        Index("record_of_run", "first_run_id", "id"),
        Index(
            "record_folded",
            "customer",
            "verdict",
            sqlite_where=text("folded IS 1"),
            postgresql_where=text("folded IS true"),
        ),
    )

    id: int | None = _number()
    customer: str
    kind: str
    source_id: str
    name: str
    """As a person would call it."""
    search: str
    """Name and ids, folded by ``engine.folding.fold_name``."""
    data: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The record as JSON; absent while it was never received in a readable form."""
    fingerprint: bytes = Field(sa_type=LargeBinary)
    """Of what was received: equal means unchanged."""
    decided: bytes = Field(sa_type=LargeBinary)
    """Fingerprint of verdict and matches: equal means decided alike."""
    verdict: Verdict | None = Field(default=None, sa_type=String)
    """Absent where it is only a related record, and once a session's day is over and nothing decides it any more."""
    rule: str | None = None
    """The deciding rule; absent for sync."""
    matches: bytes = Field(default=b"[]", sa_type=LargeBinary)
    """Every rule that matched, as JSON of ``engine.decisions.Match``."""
    verdict_at: datetime | None = None
    """Since when it has this verdict by this rule: the moment of the run that found it."""
    starts_at: datetime | None = None
    """Of sessions and sheets."""
    modified_at: datetime | None = None
    """When a run last found it changed; absent while it is as first received."""
    matters_at: datetime | None = None
    """When what is wrong with it begins to matter: its own start, or that of the next session of the person."""
    waiting: int = 0
    """How many other records wait for what is wrong with this one."""
    folded: bool = False
    """Whether all its issues only wait for those of other records, under which the feed shows it."""
    first_run_id: int = _row_of("run")
    changed_run_id: int = _row_of("run")
    """The last run that wrote this row."""
    not_received_since: datetime | None = None
    """Moment of the first complete run that no longer received it; absent while it is there."""
    not_received_runs: int = 0
    """How many complete runs have not received it since."""
    left_at: datetime | None = None
    """Moment of the run after so many of them that it counts as gone; absent while it is there, or may come back."""


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
    """Who was there, at the first archiving, as `runs.archiving` writes it."""


class UploadRow(SQLModel, table=True):
    """One attendance sheet that a run has put on the list of what goes up: once, for its first archiving."""

    __tablename__: ClassVar[Any] = "upload"
    __table_args__ = (
        Index("upload_of_sheet", "customer", "sheet_id", unique=True),
        Index("upload_waiting", "customer", "uploaded_at", "id"),
    )

    id: int | None = _number()
    customer: str
    sheet_id: str
    run_id: int = _row_of("run")
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


class RecordKeyRow(SQLModel, table=True):
    """One value by which a record is found as somebody's related record, such as its email.

    Only a digest of customer, kind, key and value is kept: rows are small, and no address is stored twice.
    """

    __tablename__: ClassVar[Any] = "record_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    record_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    """Number of its record. No foreign key, whose check and index would cost more than all else of a first run:
    who deletes records deletes their keys in the same transaction (``store.keys.delete_keys_of_none``)."""


class IssueRow(SQLModel, table=True):
    """One flag rule that matched one record whose verdict is flag, followed over time.

    Its identity is customer, kind, source id and rule: a resolved one that returns is the same row.
    """

    __tablename__: ClassVar[Any] = "issue"
    __table_args__ = (
        Index("issue_identity", "record_id", "rule", unique=True),
        Index("issue_of_customer", "customer", "state", "rule"),
        Index("issue_of_run", "opened_run_id", "record_id"),
    )

    id: str = Field(primary_key=True)
    """Random and fit for a URL: it says nothing of the record."""
    customer: str
    record_id: int = _row_of("record", on_delete="CASCADE")
    rule: str
    state: IssueState = Field(sa_type=String)
    position: int = 0
    """Place among the record's matches; 0 is the headline."""
    fix_in: FixIn | None = Field(default=None, sa_type=String)
    facts: bytes = Field(sa_type=LargeBinary)
    """What the rule read, as JSON of ``engine.decisions.Facts``: all that its message needs."""
    facts_fingerprint: bytes = Field(sa_type=LargeBinary)
    """Of the facts without their moment, so that a day passing writes nothing."""
    rulebook_version: str
    """Of the run that last wrote this row."""
    opened_run_id: int = _row_of("run")
    opened_at: datetime
    """First time it was found; kept when it comes back."""
    back_at: datetime | None = None
    """Last time it came back."""
    closed_run_id: int | None = _row_of("run", optional=True)
    closed_at: datetime | None = None
    resolution: Resolution | None = Field(default=None, sa_type=String)
    resolved_by: str | None = None
    """The skip rule that decides now, where the resolution is `left_out`."""
    correction: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What was corrected, as JSON of ``runs.corrections.Correction``, where the resolution is `fixed`."""
    until: datetime | None = None
    """When a snooze or a waiver is over; absent also for a snooze that lasts until the issue grows."""
    snoozed_size: int | None = None
    """How much hung on it when it was snoozed until it grows."""
    reason: str | None = None
    """Why it was snoozed, waived or resolved by hand, in a person's words."""
    settled_by: str | None = None
    """Who did that: the label of a key, `command`, or `rules` for the customer's file."""


class IssueCauseRow(SQLModel, table=True):
    """One unresolved issue that waits for another: until the cause is mended, mending it would change nothing."""

    __tablename__: ClassVar[Any] = "issue_cause"
    __table_args__ = ({"sqlite_with_rowid": False},)

    issue_id: str = Field(sa_column=Column(String, ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True))
    cause_id: str = Field(
        sa_column=Column(String, ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True, index=True)
    )


class ChangeRow(SQLModel, table=True):
    """One difference between two runs: a field, a verdict, an issue's state, or that a record is there."""

    __tablename__: ClassVar[Any] = "change"
    __table_args__ = (
        Index("change_of_record", "record_id", "id"),
        Index("change_of_run", "run_id", "record_id"),
        Index(
            "change_of_run_by_hand",
            "run_id",
            "record_id",
            sqlite_where=text("at IS NOT NULL"),
            postgresql_where=text("at IS NOT NULL"),
        ),
        Index(
            "change_by_hand",
            "customer",
            "at",
            sqlite_where=text("at IS NOT NULL"),
            postgresql_where=text("at IS NOT NULL"),
        ),
    )

    id: int | None = _number()
    customer: str
    run_id: int = _row_of("run")
    record_id: int = _row_of("record", on_delete="CASCADE")
    at: datetime | None = None
    """When a person did it, after that run; absent for what the run found."""
    what: Literal["field", "verdict", "issue", "presence"] = Field(sa_type=String)
    subject: str
    """The field's name; the rule of an issue; else empty."""
    before: bytes | None = Field(default=None, sa_type=LargeBinary)
    """JSON value; absent where there was none."""
    after: bytes | None = Field(default=None, sa_type=LargeBinary)
    """JSON value; absent where there is none now."""


class StandingRow(SQLModel, table=True):
    """How one customer stands since the last thing that was written, so that it need not be counted for each page."""

    __tablename__: ClassVar[Any] = "standing"

    customer: str = Field(primary_key=True)
    verdicts: dict[str, dict[str, int]] = Field(sa_type=JSON)
    """Kind to verdict to how many records that have not left."""
    issues: dict[str, dict[str, int]] = Field(sa_type=JSON)
    """State to rule to how many issues."""


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
