"""Issues as several pages show them: what is wrong, where to fix it, what waits for it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from api.showing.happenings import corrected, settled_by_whom
from api.showing.reader import Reader
from runs.model.answers import FeedIssue, Other
from runs.model.asked import PAUSED


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
    title: str
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
    settled: str
    """Of a resolved one: why, and what was corrected."""
    paused: str
    """Until when it is snoozed or accepted, and why, in words; empty while it is neither."""


def issue_row(reader: Reader, issue: FeedIssue) -> IssueView:
    """An issue in the reader's words."""
    return IssueView(
        id=issue.id,
        rule=issue.rule,
        state=issue.state,
        title=issue.title,
        problem=issue.problem,
        fix=issue.fix,
        fix_in=reader.place(issue.fix_in),
        since=(issue.closed_at if issue.state == "resolved" else None) or issue.back_at or issue.opened_at,
        waiting=tuple(reader.say(f"waiting.{kind}", n=number) for kind, number in issue.waiting.items()),
        waits_for=tuple(map(other_row, issue.waits_for)),
        settled=_settled(reader, issue) if issue.state == "resolved" else "",
        paused=_paused(reader, issue) if issue.state in PAUSED else "",
    )


def other_row(other: Other) -> OtherView:
    """Another record as a line of a list."""
    return OtherView(other.issue_id, other.kind, other.name, other.starts_at)


def _settled(reader: Reader, issue: FeedIssue) -> str:
    """Why it is over, and what was corrected."""
    why = reader.say(f"resolution.{issue.resolution}") if issue.resolution else ""
    said = [why[:1].upper() + why[1:]] if why else []
    if issue.resolved_by:
        said.append(reader.say("happened.by_rule", rule=reader.rule(issue.resolved_by)))
    said += [corrected(reader, one) for one in issue.corrected]
    return " ".join(f"{one}." for one in said)


def _paused(reader: Reader, issue: FeedIssue) -> str:
    """Until when, why, and by whom."""
    parts = []
    if issue.until is not None:
        parts.append(
            reader.say(f"paused.{issue.state}_until", day=reader.day(issue.until, last=issue.state == "waived"))
        )
    if issue.until_it_grows:
        parts.append(reader.say("paused.until_it_grows"))
    parts += settled_by_whom(reader, issue.reason, issue.settled_by)
    return " ".join(parts)
