"""Views: each page's one typed object. A template reads these fields and no others."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from api.answers.rulebook import RuleInForce, SettingInForce
from engine.explaining.explainer import Explanation
from engine.model.rulebook import Reaction
from runs.model.answers import RunSummary, Unsourced


class OtherView(Struct, frozen=True):
    """Another record, by the issue that has to do with this one."""

    issue_id: str
    kind: str
    name: str
    starts_at: datetime | None


class IssueView(Struct, frozen=True):
    """One thing that is wrong with a record."""

    id: str
    rule: str
    state: str
    problem: str
    fix: str
    fix_in: str | None
    """Where to fix it, in words."""
    since: datetime
    """When it was found or, of a resolved one, resolved."""
    waiting: tuple[str, ...]
    """How many of each kind wait for this, in words."""
    waits_for: tuple[OtherView, ...]
    """What is to be mended first."""
    paused: str
    """Until when it is snoozed or accepted, and why, in words; empty while it is neither."""


class RecordView(Struct, frozen=True):
    """One record of the feed with all that is wrong with it."""

    kind: str
    source_id: str
    shown_id: str
    """The id that people see in the source."""
    name: str
    issues: tuple[IssueView, ...]
    problem: str | None
    """Why it is left out, where nothing is wrong with it."""
    verdict: str | None
    not_received_since: datetime | None
    presses: datetime | None
    """When what is wrong begins to matter, if that is soon."""


class FeedView(Struct, frozen=True):
    """The feed."""

    last_run: datetime | None
    next_run: datetime | None
    rules_broken: int
    """Mistakes in the newest rule files, which are not in use."""
    held: tuple[int, ...]
    """Numbers of the runs that wait for a person's word."""
    counts: tuple[tuple[str, int], ...]
    """Verdict to how many records; empty before the first run."""
    records: tuple[RecordView, ...]
    elsewhere: tuple[RecordView, ...]
    """On a search: those found with nothing to fix."""
    total: int
    counted_as: str
    """What they all are, where that is not to be fixed: `skip`, `sync` or a state of issues; else empty."""
    at_least: bool
    """Whether there may be more than the total: a feed is counted only so far."""
    search: str
    chosen: dict[str, str]
    """Filter to its value, empty where it is not set."""
    options: dict[str, tuple[tuple[str, str], ...]]
    """Filter to the values it takes, each with its words."""
    rule_chosen: str
    """The rule filtered by, in words; empty without one."""
    waits_for: str
    """The issue that all of them wait for; empty without one."""
    folded: int
    """How many more only wait for these."""
    paused: tuple[tuple[str, int], ...]
    """States of issues that wait for nobody now, each with how many there are."""
    narrowed: bool
    """Whether a filter or a search leaves something out."""
    filtered: bool
    csv: str
    """Address of the same feed as a spreadsheet."""
    next_cursor: str | None


class IssuePageView(Struct, frozen=True):
    """One issue with what happened to it."""

    kind: str
    source_id: str
    shown_id: str
    name: str
    issue: IssueView
    history: tuple[tuple[datetime, tuple[str, ...]], ...]
    """Each moment with what happened: a sentence, and what belongs to it."""
    waiting: tuple[OtherView, ...]
    """The first records that wait for it."""
    more_waiting: int
    """How many more there are."""
    acts: tuple[str, ...]
    """What this reader may do with it: `snooze`, `waive`, `resolve`, `open`."""
    tomorrow: str
    """The first day that may be given, ISO 8601."""
    fault: str
    """Why what was sent could not be done, in words; empty where nothing was sent."""
    sent: dict[str, str]
    """What was sent then, to be shown again."""


class HistoryEntryView(Struct, frozen=True):
    """One record on one day."""

    at: datetime
    kind: str
    source_id: str
    name: str
    by_hand: bool
    headline: str
    """The one thing that says most."""
    details: tuple[tuple[str, ...], ...]
    """Everything that happened: each a sentence, and what belongs to it."""


class HistoryDayView(Struct, frozen=True):
    """One local day."""

    day: datetime
    """Any moment of it."""
    number: str
    """Names the day within the page."""
    entries: tuple[HistoryEntryView, ...]


class HistoryView(Struct, frozen=True):
    """What changed, day after day."""

    days: tuple[HistoryDayView, ...]
    has_run: bool
    day: str
    """The day asked for, ISO 8601; empty without one."""
    kind: str
    kinds: tuple[tuple[str, str], ...]
    next_cursor: str | None


class UnsourcedView(Struct, frozen=True):
    """What the platform has and the source has not."""

    platform: str
    items: tuple[Unsourced, ...]
    next_cursor: str | None


class SaidView(Struct, frozen=True):
    """One rule that matched a record, in words."""

    rule: str
    reaction: Reaction
    problem: str
    fix: str
    fix_in: str | None
    since: datetime | None
    issue_id: str | None


class RecordPageView(Struct, frozen=True):
    """One record: where it is, what it holds, and why."""

    kind: str
    shown_id: str
    name: str
    where: str
    """`left_out`, or as in ``runs.model.answers.Where``."""
    effect: str
    """What the platform would see, in words; empty where that is not known."""
    expected_on: datetime | None
    not_received_since: datetime | None
    said: tuple[SaidView, ...]
    errors: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    """What was read: labels and values in words."""
    explanation: Explanation | None
    history: tuple[tuple[datetime, tuple[str, ...]], ...]


class RunsView(Struct, frozen=True):
    """What was exchanged, newest first."""

    runs: tuple[RunView, ...]
    next_cursor: str | None


class RunView(Struct, frozen=True):
    """One exchange."""

    started: datetime
    direction: str
    status: str
    received: int
    sync: int
    skip: int
    flag: int
    error: str | None
    """What failed, as the connectors say it: in English."""
    notes: tuple[str, ...]
    """How something had to be read, likewise."""
    id: int
    said: tuple[str, ...]
    """What the guards found, in words."""
    was_held: bool

    @classmethod
    def of(cls, run: RunSummary, direction: str, said: tuple[str, ...]) -> RunView:
        """A run with its counts added up over all kinds; the direction and what guards found in words."""

        def total(verdict: str) -> int:
            return sum(numbers.get(verdict, 0) for numbers in run.counts.values())

        return cls(
            run.as_of,
            direction,
            run.status,
            run.received,
            total("sync"),
            total("skip"),
            total("flag"),
            run.error,
            tuple(run.notes),
            run.id,
            said,
            run.status in ("held", "approved", "rejected", "superseded"),
        )


class HeldEntryView(Struct, frozen=True):
    """One thing that a held run would do."""

    what: str
    """`leaves`, `not_received`, `verdict` or `new`."""
    kind: str
    source_id: str
    name: str
    before: tuple[str, str]
    """Verdict and rule in words."""
    after: tuple[str, str]


class HeldView(Struct, frozen=True):
    """A run that waits, or waited, for a person's word."""

    id: int
    started: datetime
    status: str
    settled_at: datetime | None
    settled_by: str
    """Who settled it, in words; empty while nobody has."""
    said: tuple[tuple[str, str], ...]
    """What the guards found and what to do, in words."""
    entries: tuple[HeldEntryView, ...]
    total: int
    next_cursor: str | None
    may_settle: bool
    fault: str
    """Why it could not be settled, in words; empty where nothing was wrong."""


class RulesView(Struct, frozen=True):
    """The rules in force, by kind."""

    kinds: tuple[tuple[str, tuple[RuleInForce, ...]], ...]
    settings: tuple[SettingInForce, ...]


class HomeView(Struct, frozen=True):
    """The customers that a reader may see."""

    customers: tuple[tuple[str, str, str], ...]
    """Id, name, and what is connected with what."""


class SignInView(Struct, frozen=True):
    """The form to sign in."""

    refused: bool
    next: str
    """Address to go on to."""


class ProblemView(Struct, frozen=True):
    """What went wrong, for a reader of pages."""

    words: str
    """Which words: `not_found`, `refused`, `failed`."""
    reference: str | None


VIEWS: dict[str, type[Struct]] = {
    "feed.html": FeedView,
    "issue.html": IssuePageView,
    "record.html": RecordPageView,
    "runs.html": RunsView,
    "held.html": HeldView,
    "history.html": HistoryView,
    "unsourced.html": UnsourcedView,
    "rules.html": RulesView,
    "home.html": HomeView,
    "sign_in.html": SignInView,
    "problem.html": ProblemView,
}
"""Template to the object it is rendered with."""
