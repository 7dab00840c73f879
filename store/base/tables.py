"""The tables of records, their issues, and what changed.

A class's docstring says what one row is; times are aware and stored in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from engine.model.decisions import Verdict
from engine.model.rulebook import FixIn
from store.base.column_types import BigId, number, row_of
from store.base.enums import IssueState, Resolution

_WAITING: Any = {
    "sqlite_where": text("verdict = 'flag' OR unfollowed IS 1"),
    "postgresql_where": text("verdict = 'flag' OR unfollowed IS true"),
}
"""Records that may wait for a person."""


class RecordRow(SQLModel, table=True):
    """One record of one customer: as last received, and as last decided."""

    __tablename__: ClassVar[Any] = "record"
    __table_args__ = (
        Index("record_identity", "customer", "kind", "source_id", unique=True),
        Index("record_feed", "customer", "verdict", "verdict_at", "id"),
        # Whose rows wait for a person, in the feed's other orders; few of all records do.
        Index("record_newest", "customer", "verdict_at", "id", **_WAITING),
        Index("record_frees", "customer", "waiting", "verdict_at", "id", **_WAITING),
        Index("record_soon", "customer", "matters_at", "id", **_WAITING),
        # All that a customer's standing is counted by, so that no row has to be looked up for it.
        Index("record_standing", "customer", "left_at", "kind", "verdict", "later", "folded", "not_received_since"),
        Index("record_of_run", "first_run_id", "id"),
        Index(
            "record_creator",
            "customer",
            "created_by",
            "verdict_at",
            "id",
            sqlite_where=text("created_by IS NOT NULL"),
            postgresql_where=text("created_by IS NOT NULL"),
        ),
        Index(
            "record_folded",
            "customer",
            "verdict",
            sqlite_where=text("folded IS 1"),
            postgresql_where=text("folded IS true"),
        ),
    )

    id: int | None = number()
    customer: str
    kind: str
    source_id: str
    name: str
    """As a person would call it."""
    search: str
    """Name and ids, folded by ``engine.records.folding.fold_name``."""
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
    """Every rule that matched, as JSON of ``engine.model.decisions.Match``."""
    later: bool = False
    """Of a skip: whether time alone will end the rules that leave it out."""
    segments: str = ""
    """The platform accounts that it belongs to, each between bars: `|north|south|`; empty without any."""
    created_by: str | None = None
    """Of accounts and sheets: who made it, as far as the platform tells."""
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
    unfollowed: bool = False
    """Whether the platform has not done what was decided: an issue tells so, and the verdict stays as it is."""
    first_run_id: int = row_of("run")
    changed_run_id: int = row_of("run")
    """The last run that wrote this row."""
    not_received_since: datetime | None = None
    """Moment of the first complete run that no longer received it; absent while it is there."""
    not_received_runs: int = 0
    """How many complete runs have not received it since."""
    left_at: datetime | None = None
    """Moment of the run after so many of them that it counts as gone; absent while it is there, or may come back."""


class RecordKeyRow(SQLModel, table=True):
    """One value by which a record is found as somebody's related record, such as its email.

    Only a digest of customer, kind, key and value is kept: rows are small, and no address is stored twice.
    """

    __tablename__: ClassVar[Any] = "record_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    record_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    """Number of its record. No foreign key, whose check and index would cost more than all else of a first run:
    who deletes records deletes their keys in the same transaction (``store.lookup.join_keys.delete_keys_of_none``)."""


class IssueRow(SQLModel, table=True):
    """One flag rule that matched one record whose verdict is flag, or what the platform did not follow, over time.

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
    record_id: int = row_of("record", on_delete="CASCADE")
    rule: str
    state: IssueState = Field(sa_type=String)
    position: int = 0
    """Place among the record's matches; 0 is the headline."""
    fix_in: FixIn | None = Field(default=None, sa_type=String)
    facts: bytes = Field(sa_type=LargeBinary)
    """What the rule read, as JSON of ``engine.model.decisions.Facts``: all that its message needs."""
    facts_fingerprint: bytes = Field(sa_type=LargeBinary)
    """Of the facts without their moment, so that a day passing writes nothing."""
    rulebook_version: str
    """Of the run that last wrote this row."""
    opened_run_id: int = row_of("run")
    opened_at: datetime
    """First time it was found; kept when it comes back."""
    back_at: datetime | None = None
    """Last time it came back."""
    closed_run_id: int | None = row_of("run", optional=True)
    closed_at: datetime | None = None
    resolution: Resolution | None = Field(default=None, sa_type=String)
    resolved_by: str | None = None
    """The skip rule that decides now, where the resolution is `left_out`."""
    correction: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What was corrected, as JSON of ``runs.issues.corrections.Correction``, where the resolution is `fixed`."""
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

    id: int | None = number()
    customer: str
    run_id: int = row_of("run")
    record_id: int = row_of("record", on_delete="CASCADE")
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
    records: dict[str, dict[str, int]] = Field(sa_type=JSON)
    """Kind to what the last run did with them to how many records that have not left."""
    issues: dict[str, dict[str, int]] = Field(sa_type=JSON)
    """State to rule to how many issues."""


def read_segments(written: str) -> list[str]:
    """Names of segments off a record."""
    return [name for name in written.split("|") if name]


def written_segments(names: Sequence[str]) -> str:
    """Names of segments as they stand on a record."""
    return f"|{'|'.join(names)}|" if names else ""
