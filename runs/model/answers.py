"""What runs answer with: plain structs, ready to encode. Texts are in the reader's language already."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from engine.explaining.explainer import Explanation
from engine.model.decisions import Verdict
from engine.model.guards import GuardName
from engine.model.rulebook import FixIn, Reaction
from engine.records.unread import Failure, Unread
from runs.model.corrections import Correction
from runs.model.guard_findings import Trip
from runs.model.health import CustomerHealth
from store.base.enums import Direction, IssueState, LastRun, Resolution, Status

NextRun = Literal["goes", "later", "out", "none_planned", "listed"]
"""What the next run will do with a record if nothing changes: `goes`: it takes it; `later`: it leaves it out, and a
later one takes it; `out`: none is known to; `none_planned`: no run in its direction has a time; `listed`: of
a sheet that is on the list of what is to be entered already."""
OnPlatform = Literal["seen", "confirmed", "not_seen", "not_told", "to_enter", "refused"]
"""What is known of a record on the platform: `seen`: its account or sheet was read there; `confirmed`: said to be done;
`not_seen`: the platform was read, and has none; `not_told`: nothing of the kind was ever read there; `refused`: said to
be refused. Of a sheet the way up is meant: `to_enter`: its attendance is to be entered in the source; `confirmed`: it
was."""


Awakened = Literal["over", "grown", "withdrawn", "by_hand"]
"""Its time is over; more hangs on it; the customer's file waives it no longer; somebody took it back."""
EffectKind = Literal["create", "update", "unchanged"]


class Outlook(Struct, frozen=True, kw_only=True):
    """The three answers on a record; none stands for another."""

    last_run: LastRun
    """What the last run did with it."""
    next_run: NextRun
    """What the next run will do with it, if nothing changes."""
    next_run_at: datetime | None = None
    """When that run starts; None where none is planned, or exchanges fail so that none may be promised."""
    expected_on: datetime | None = None
    """Start of the run that will take it, for `goes` and `later`: of the latter at the earliest."""
    on_platform: OnPlatform
    """What is known of it on the platform."""
    told_at: datetime | None = None
    """Of `confirmed` and `refused`: when that was so, as somebody said."""
    told_by: str | None = None
    """Who said so: the label of a key, or who gave the command; None where that is not known."""
    segments: list[str] = []
    """The platform accounts that it belongs to."""


class Effect(Struct, frozen=True):
    """What the platform would see of a record that is synced."""

    what: EffectKind
    fields: list[str] = []
    """For an update: the record's fields in which the platform's differs."""
    target: str | None = None
    """The platform's id of the account or sheet that it is held against."""


class Remark(Struct, frozen=True, omit_defaults=True):
    """One rule that matched beside the deciding one."""

    rule: str
    reaction: Reaction
    problem: str
    fix: str
    fix_in: FixIn | None = None
    title: str = ""
    """What the rule is called."""


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
    title: str | None = None
    """What the deciding rule is called."""
    also: list[Remark] = []
    """Other skips and flags that matched."""
    notes: list[Remark] = []
    invalid: bool = False
    """Whether it could not be read, or contradicts another of its kind and id."""
    errors: list[str] = []
    """What is wrong with an invalid one, a sentence each."""
    unread: list[Unread] = []
    """The same for programs: a code, the field and what the sentence says of it."""
    remark: str | None = None
    """Why there is no verdict."""
    effect: Effect | None = None
    """What the platform would see, where it is synced and the platform tells what it has."""


class Classification(Struct, frozen=True):
    """Decisions for a batch, in its order. Nothing was stored."""

    decisions: list[Answer]
    as_of: datetime
    last_sync: datetime | None
    next_run: datetime | None
    """Of the next downward run. What is said of accounts and sheets names the next upward one."""
    run_id: int | None
    """The last run whose records the relations saw; None before the first."""
    rulebook_version: str
    language: str
    counts: dict[str, int] = {}
    """Verdict to how many records; what comes more than once counts once."""
    notes: list[str] = []
    """What a person should know of how the records had to be read, such as an old encoding, and what was left out
    because nothing needs it."""
    remarks: list[Unread | str] = []
    """The notes for programs: a code and what the sentence says of it."""
    partial: list[str] = []
    """What could not be read, so that this is not all there is."""
    never_received: list[Answer] = []
    """Ids that these records name and under which nothing came: neither with them nor, of a kind that was received
    before, ever. Of most of a kind a note says so instead."""


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
    """Kind to how many were `received`, which is `synced`, `later`, `left_out`, `to_fix`, `waiting` (only for what is
    to fix on others) and `related` (not decided) together."""
    again: dict[str, int]
    """Kind to how many records that were not received it decided again, because what they ask of others changed."""
    by_rule: dict[str, int]
    """Rule to how many records it decided."""
    effects: dict[str, dict[str, int]]
    """Kind to how many synced records the platform would see as create, update and unchanged."""
    issues: dict[str, int]
    """How many issues are new, back and resolved by this run, and open after it."""
    freshness: dict[str, str] = {}
    notes: list[str] = []
    """What a person should know of how the systems had to be read, such as an old encoding; in English."""
    error: str | None = None
    """Why it failed or is partial; in English, as is what that asks for."""
    recovery: str | None = None
    remarks: list[Unread | str] = []
    """The notes for programs: a code and what the sentence says of it. A text is one of an older version."""
    failures: list[Failure] = []
    """The same of the error."""
    guards: list[Trip] = []
    """What the guards found; the run is held where any of it says `hold`."""
    asked_by: str = ""
    """Who asked for it: the label of a key, `command` with who gave it, or what starts runs."""
    settled_at: datetime | None = None
    """When a held run was approved, rejected or superseded."""
    settled_by: str | None = None
    approves: int | None = None
    """The held run whose records this one wrote."""


class RunPage(Struct, frozen=True):
    """Some of a customer's runs, newest first."""

    items: list[RunSummary]
    next_cursor: str | None
    total: int


class Other(Struct, frozen=True):
    """Another record, and the issue of it that has to do with this one."""

    issue_id: str
    kind: str
    source_id: str
    name: str
    rule: str
    starts_at: datetime | None = None


class FeedIssue(Struct, frozen=True):
    """One issue, in words."""

    id: str
    rule: str
    state: IssueState
    headline: bool
    """Whether it decides; the others of a record are also wrong with it."""
    title: str
    """What the rule is called, whatever the record: `Email address missing`."""
    problem: str
    fix: str
    fix_in: FixIn | None
    opened_at: datetime
    back_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: Resolution | None = None
    resolved_by: str | None = None
    """The skip rule that decides now, where the resolution is `left_out`."""
    corrected: list[Correction] = []
    """What was corrected, where the resolution is `fixed`."""
    waiting: dict[str, int] = {}
    """Kind to how many records wait for this."""
    waits_for: list[Other] = []
    """What is to be mended first: once it is, this is gone by itself."""
    until: datetime | None = None
    """When a snooze or a waiver is over."""
    until_it_grows: bool = False
    """Whether it is snoozed until more hangs on it."""
    reason: str | None = None
    """Why it was snoozed, waived or resolved by hand."""
    settled_by: str | None = None
    """Who did that; `rules` is the customer's file."""


class FeedRow(Outlook, frozen=True):
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
    title: str | None = None
    """What that rule is called."""
    not_received_since: datetime | None = None
    matters_at: datetime | None = None
    """When what is wrong begins to matter: the start of the session, or of the person's next one."""
    waiting: int = 0
    """How many other records wait for what is wrong here."""


class FeedPage(Struct, frozen=True):
    """Some of a customer's feed, in the order asked for."""

    items: list[FeedRow]
    next_cursor: str | None
    total: int
    """How many there are on all pages; counted up to 2,000, which means that there are as many or more."""
    folded: int = 0
    """How many more records are not listed because they only wait for others' issues."""
    health: CustomerHealth | None = None
    """How the exchanges stand of which this is: what is not listed is in order only where they are well."""
    standing: dict[str, int] = {}
    """What the last runs did, to how many of the customer's records, whatever is asked for: `to_fix`, `waiting`,
    `later`, `left_out`, `synced`, `not_received`. Empty before the first."""
    unfollowed: int = 0
    """How many of those `synced` the platform did not take: each is to be fixed there."""


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
    resolved_by: str | None = None
    corrected: list[Correction] = []
    why: Awakened | None = None
    """Why an issue that was snoozed or waived is open again."""
    until: datetime | None = None
    reason: str | None = None
    by: str | None = None
    """Who did it, where a person or the customer's file did."""


class IssueDetail(Struct, frozen=True):
    """One issue with its record, the record's other issues, and its history, newest first."""

    issue: FeedIssue
    record: FeedRow
    history: list[Happening]
    waiting: list[Other] = []
    """The first records that wait for it, the soonest first."""


class HistoryDay(Struct, frozen=True):
    """What happened to one record in one run, or by hand after it."""

    at: datetime
    run_id: int
    direction: Direction
    by_hand: bool
    kind: str
    source_id: str
    name: str
    happenings: list[Happening]


class HistoryPage(Struct, frozen=True):
    """What changed, day after day, newest first."""

    items: list[HistoryDay]
    next_cursor: str | None
    exchanges: int = 0
    """How many exchanges of that time ended and wrote; without any, that nothing is listed says nothing."""


class Unsourced(Struct, frozen=True):
    """An account or sheet of the platform that has no record in the source. It is never deleted."""

    kind: str
    source_id: str
    name: str
    why: Literal["made_by_hand", "source_gone"]
    """Made on the platform itself; or from a record that the source no longer has."""
    created_by: str | None = None
    source_ref: str | None = None
    starts_at: datetime | None = None


class UnsourcedPage(Struct, frozen=True):
    """Some of what the platform has and the source has not."""

    items: list[Unsourced]
    next_cursor: str | None
    not_received: list[Literal["source", "platform"]] = []
    """Sides of which nothing was ever received: nothing can be compared then, and an empty list says nothing."""


class Explained(Outlook, frozen=True):
    """The three answers on a record, and why: every rule of its kind, condition by condition."""

    kind: str
    source_id: str
    name: str | None
    answer: Answer | None
    """As the last run decided by the rules now in force, or as its issue says where it cannot be read; None for what is
    not, or no longer, received."""
    explanation: Explanation | None
    then: Answer | None = None
    """As the next run will decide, where that is something else."""
    first_seen: datetime | None = None
    not_received_since: datetime | None = None
    as_of: datetime | None = None
    """The moment that `answer` and `explanation` speak for."""
    last_sync: datetime | None = None
    history: list[Happening] = []


class GuardSaid(Struct, frozen=True):
    """What one guard found, in words."""

    guard: GuardName
    held: bool
    """Whether it holds the run; else it is a warning."""
    problem: str
    fix: str


class HeldEntry(Struct, frozen=True):
    """One thing that a held run would do to a record."""

    what: Literal["leaves", "not_received", "verdict", "new"]
    """It counts as gone; it is not received any more; it gets another verdict; it is new."""
    kind: str
    source_id: str
    name: str
    before: str | None = None
    """Verdict and rule as they are."""
    after: str | None = None
    """Verdict and rule as they would be."""


class HeldRun(Struct, frozen=True):
    """A held run: why, and what it would do, by name; what would be lost comes first."""

    run: RunSummary
    said: list[GuardSaid]
    items: list[HeldEntry]
    next_cursor: str | None
    total: int
