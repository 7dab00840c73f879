"""What runs answer with: plain structs, ready to encode. Texts are in the reader's language already."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from engine.decisions import Verdict
from engine.explain import Explanation
from engine.rulebook import FixIn, Reaction
from store.tables import Direction, IssueState, Resolution, Status

Where = Literal["in", "later", "out", "never_received"]
"""Where a record is: synced; left out now and synced at a known later moment if nothing changes; left out;
not known here at all."""


class Remark(Struct, frozen=True, omit_defaults=True):
    """One rule that matched beside the deciding one."""

    rule: str
    reaction: Reaction
    problem: str
    fix: str
    fix_in: FixIn | None = None


class Answer(Struct, frozen=True):
    """The decision on one record, as the API gives it."""

    kind: str
    source_id: str
    verdict: Verdict | None
    """None for what is only ever a related record; `remark` says so."""
    rule: str | None = None
    """The deciding rule; None for sync."""
    problem: str | None = None
    fix: str | None = None
    fix_in: FixIn | None = None
    also: list[Remark] = []
    """Other skips and flags that matched."""
    notes: list[Remark] = []
    invalid: bool = False
    """Whether it could not be read, or contradicts another of its kind and id."""
    errors: list[str] = []
    """What is wrong with an invalid one, a sentence each, without the values found."""
    remark: str | None = None
    """Why there is no verdict."""


class Classification(Struct, frozen=True):
    """Decisions for a batch, in its order. Nothing was stored."""

    decisions: list[Answer]
    as_of: datetime
    last_sync: datetime | None
    next_run: datetime | None
    run_id: int | None
    """The last run whose records the relations saw; None before the first."""
    rulebook_version: str
    language: str
    counts: dict[str, int] = {}
    """Verdict to how many."""


class RunSummary(Struct, frozen=True):
    """One run, as it ended."""

    id: int
    customer: str
    direction: Direction
    status: Status
    complete: bool
    as_of: datetime
    started_at: datetime
    finished_at: datetime | None
    rulebook_version: str
    received: int
    changed: int
    requests: int
    counts: dict[str, dict[str, int]]
    """Kind to how many were received, sync, skip and flag."""
    by_rule: dict[str, int]
    """Rule to how many records it decided."""
    issues: dict[str, int]
    """How many issues are new, back and resolved by this run, and open after it."""
    freshness: dict[str, str] = {}
    error: str | None = None
    recovery: str | None = None


class RunPage(Struct, frozen=True):
    """Some of a customer's runs, newest first."""

    items: list[RunSummary]
    next_cursor: str | None
    total: int


class FeedIssue(Struct, frozen=True):
    """One issue, in words."""

    id: str
    rule: str
    state: IssueState
    headline: bool
    """Whether it decides; the others of a record are also wrong with it."""
    problem: str
    fix: str
    fix_in: FixIn | None
    opened_at: datetime
    back_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: Resolution | None = None
    resolved_by: str | None = None


class FeedRow(Struct, frozen=True):
    """One record of the feed with all that is wrong with it."""

    kind: str
    source_id: str
    mis_id: str | None
    name: str
    verdict: Verdict | None
    rule: str | None
    since: datetime | None
    """Since when it has this verdict by this rule."""
    starts_at: datetime | None
    """Of sessions and sheets."""
    issues: list[FeedIssue]
    """Headline first; empty unless the verdict is flag, or resolved ones are asked for."""
    problem: str | None = None
    """Of the headline, or of the skip rule that decides; None for sync."""
    fix: str | None = None
    fix_in: FixIn | None = None
    not_received_since: datetime | None = None


class FeedPage(Struct, frozen=True):
    """Some of a customer's feed, newest first."""

    items: list[FeedRow]
    next_cursor: str | None
    total: int


class Happening(Struct, frozen=True):
    """One entry of a history."""

    at: datetime
    run_id: int
    what: Literal["received", "field", "verdict", "issue", "presence"]
    subject: str
    """Field or rule; empty where there is none."""
    before: object = None
    after: object = None
    resolution: Resolution | None = None


class IssueDetail(Struct, frozen=True):
    """One issue with its record, the record's other issues, and its history, newest first."""

    issue: FeedIssue
    record: FeedRow
    history: list[Happening]


class Explained(Struct, frozen=True):
    """Where a record is and why: every rule of its kind, condition by condition."""

    kind: str
    source_id: str
    name: str | None
    where: Where
    expected_on: datetime | None
    """When it will be synced if nothing changes, for `later`: the first moment found, in whole days from now."""
    answer: Answer | None
    """As decided now; None when it was never received or can no longer be read."""
    explanation: Explanation | None
    first_seen: datetime | None = None
    not_received_since: datetime | None = None
    as_of: datetime | None = None
    last_sync: datetime | None = None
    next_run: datetime | None = None
    history: list[Happening] = []


class CustomerHealth(Struct, frozen=True):
    """How one customer's service stands: counts only."""

    customer: str
    problems: int
    """Problems of the newer, broken state of its rule files; 0 when the rulebook in force is the newest."""
    usable: bool
    """Whether a rulebook is in force at all."""
    last_downward: datetime | None = None
    last_upward: datetime | None = None
    last_status: Status | None = None


class Health(Struct, frozen=True):
    """How the service stands: counts only, no names."""

    ok: bool
    database: bool
    """Whether it answers and its tables are those of this program."""
    customers: list[CustomerHealth]
