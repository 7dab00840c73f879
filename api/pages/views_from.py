"""Building: from the service's answers to what a page shows, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, get_args
from urllib.parse import quote, urlencode

import msgspec

from api.answers.rulebook import RulebookAnswer, RuleInForce
from api.pages.history_text import history_of, settled_by_whom
from api.pages.locale import NOTHING, Reader
from api.pages.views import (
    FeedView,
    IssuePageView,
    IssueView,
    OtherView,
    RecordPageView,
    RecordView,
    RulesView,
    RunsView,
    RunView,
    SaidView,
    UnsourcedView,
)
from engine.language.wording import wording
from engine.model.moments import zone
from engine.model.rulebook import FIX_IN, FixIn, Reaction
from engine.records.fields import fields_of
from engine.records.kinds import KINDS
from runs.model.answers import (
    Answer,
    Explained,
    FeedIssue,
    FeedPage,
    FeedRow,
    IssueDetail,
    Other,
    RunPage,
    RunSummary,
    UnsourcedPage,
)
from runs.model.waivers import RULES
from store.enums import OPEN, PAUSED
from store.feed import MOST_COUNTED, IssueFilter, Sort
from store.standing import Counts

FILTERS = ("verdict", "kind", "fix_in", "state", "rule", "sort")
SOON = timedelta(hours=48)
"""What begins to matter within this is said to press."""
_LONGEST_OPTION = 90


_DONE = ("snoozed", "waived", "resolved")
"""States of issues that wait for nobody."""


def feed(
    reader: Reader,
    page: FeedPage,
    which: IssueFilter,
    counts: Counts,
    *,
    last_run: datetime | None,
    next_run: datetime | None,
    rules_broken: int,
    held: Iterable[int],
    now: datetime,
    elsewhere: Iterable[FeedRow] = (),
) -> FeedView:
    """The feed."""
    chosen = {name: getattr(which, name) or "" for name in FILTERS}
    chosen["sort"] = "" if which.sort == "newest" else which.sort
    given = {name: value for name, value in chosen.items() if value}
    asked = given | ({"waits_for": which.waits_for} if which.waits_for else {})
    narrowing = given.keys() - {"sort"}
    address = f"/customers/{quote(reader.rulebook.customer.id)}/issues.csv"
    return FeedView(
        last_run=last_run,
        next_run=next_run,
        rules_broken=rules_broken,
        held=tuple(held),
        counts=_totals(counts),
        records=tuple(_record(reader, row, now) for row in page.items),
        elsewhere=tuple(_record(reader, row, now) for row in elsewhere),
        total=page.total,
        counted_as=chosen["verdict"] or (which.state if which.state in _DONE else ""),
        at_least=page.total >= MOST_COUNTED,
        search=which.search or "",
        chosen=chosen,
        options=_options(reader, counts),
        rule_chosen=reader.rule(which.rule) if which.rule else "",
        waits_for=which.waits_for or "",
        folded=page.folded,
        paused=tuple((state, counts.states[state]) for state in PAUSED if counts.states.get(state)),
        narrowed=bool(narrowing or which.search or which.waits_for),
        filtered=bool(given),
        csv=f"{address}?{urlencode(asked)}" if asked else address,
        next_cursor=page.next_cursor,
    )


def _totals(counts: Counts) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for numbers in counts.verdicts.values():
        for verdict, number in numbers.items():
            found[verdict] = found.get(verdict, 0) + number
    return tuple((verdict, found.get(verdict, 0)) for verdict in ("flag", "sync", "skip")) if found else ()


def _options(reader: Reader, counts: Counts) -> dict[str, tuple[tuple[str, str], ...]]:
    states = [*OPEN, *(state for state in _DONE if state in counts.states)]
    rules = sorted(((_clipped(reader.rule(rule)), rule) for rule in counts.rules), key=lambda pair: pair[0].casefold())
    return {
        "verdict": tuple((verdict, reader.say(f"counts.{verdict}")) for verdict in ("flag", "skip", "sync")),
        "kind": tuple((kind, reader.say(f"kinds.{kind}")) for kind in KINDS if kind in counts.verdicts),
        "fix_in": tuple((place, reader.place(place) or "") for place in FIX_IN),
        "state": tuple((state, reader.say(f"state.{state}")) for state in states),
        "rule": tuple((rule, words) for words, rule in rules),
        "sort": tuple((sort, reader.say(f"sort.{sort}")) for sort in get_args(Sort)),
    }


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_OPTION else text[: _LONGEST_OPTION - 1].rstrip() + "…"


def _record(reader: Reader, row: FeedRow, now: datetime) -> RecordView:
    waits = any(issue.state in OPEN for issue in row.issues)
    return RecordView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issues=tuple(_issue(reader, issue) for issue in row.issues),
        problem=None if row.issues else row.problem,
        verdict=row.verdict,
        not_received_since=row.not_received_since,
        presses=row.matters_at if waits and row.matters_at is not None and row.matters_at <= now + SOON else None,
    )


def _issue(reader: Reader, issue: FeedIssue) -> IssueView:
    return IssueView(
        id=issue.id,
        rule=issue.rule,
        state=issue.state,
        problem=issue.problem,
        fix=issue.fix,
        fix_in=reader.place(issue.fix_in),
        since=(issue.closed_at if issue.state == "resolved" else None) or issue.back_at or issue.opened_at,
        waiting=tuple(reader.say(f"waiting.{kind}", n=number) for kind, number in issue.waiting.items()),
        waits_for=tuple(map(_other, issue.waits_for)),
        paused=_paused(reader, issue) if issue.state in PAUSED else "",
    )


def _other(other: Other) -> OtherView:
    return OtherView(other.issue_id, other.kind, other.name, other.starts_at)


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


def issue_page(
    reader: Reader,
    detail: IssueDetail,
    *,
    may_settle: bool,
    now: datetime,
    fault: str = "",
    sent: Mapping[str, str] | None = None,
) -> IssuePageView:
    """One issue with what happened to it, and what this reader may do with it."""
    row = detail.record
    number = sum(detail.issue.waiting.values())
    tomorrow = now.astimezone(zone(reader.rulebook.customer.zone)).date() + timedelta(days=1)
    return IssuePageView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issue=_issue(reader, detail.issue),
        history=history_of(reader, row.kind, detail.history),
        waiting=tuple(map(_other, detail.waiting)),
        more_waiting=max(0, number - len(detail.waiting)),
        acts=_acts(detail.issue) if may_settle else (),
        tomorrow=tomorrow.isoformat(),
        fault=reader.say(f"cannot.{fault}") if fault else "",
        sent=dict(sent or {}),
    )


def _acts(issue: FeedIssue) -> tuple[str, ...]:
    """What can be done with an issue in its state."""
    if issue.state == "waived" and issue.settled_by == RULES:
        return ()
    if issue.state == "resolved":
        return ("open",) if issue.resolution == "by_hand" else ()
    return ("open", "resolve") if issue.state in PAUSED else ("snooze", "waive", "resolve")


def record_page(
    reader: Reader, found: Explained, stored: bytes | None, issues: dict[str, tuple[str, datetime]]
) -> RecordPageView:
    """One record; ``stored`` is it as last received, ``issues`` its open ones: rule to id and time found."""
    answer = found.answer
    values: dict[str, Any] = msgspec.json.decode(stored) if stored else {}
    left_out = found.where == "out" and answer is not None and answer.verdict == "skip"
    return RecordPageView(
        kind=found.kind,
        shown_id=values.get("mis_id") or found.source_id,
        name=found.name or found.source_id,
        where="left_out" if left_out else found.where,
        effect=_effect(reader, found),
        expected_on=found.expected_on,
        not_received_since=found.not_received_since,
        said=tuple(_said(reader, answer, issues)) if answer is not None else (),
        errors=tuple(answer.errors) if answer is not None else (),
        fields=tuple(_fields(reader, found.kind, values)),
        explanation=found.explanation,
        history=history_of(reader, found.kind, found.history),
    )


def _effect(reader: Reader, found: Explained) -> str:
    effect = None if found.answer is None else found.answer.effect
    if effect is None:
        return ""
    use = reader.rulebook.customer.platform
    platform = use.title if use is not None else reader.say("fix_in.platform")
    if effect.what != "update":
        return reader.say(f"effect.{effect.what}", platform=platform)
    words = wording(reader.language)
    fields = ", ".join(words.field(found.kind, name).text for name in effect.fields)
    return reader.say("effect.update", platform=platform, fields=fields)


def _said(reader: Reader, answer: Answer, issues: dict[str, tuple[str, datetime]]) -> Iterable[SaidView]:
    def view(rule: str, reaction: Reaction, problem: str, fix: str, fix_in: FixIn | None) -> SaidView:
        issue_id, since = issues.get(rule, (None, None)) if reaction == "flag" else (None, None)
        return SaidView(rule, reaction, problem, fix, reader.place(fix_in), since, issue_id)

    if answer.rule is not None and answer.verdict in ("skip", "flag"):
        yield view(answer.rule, answer.verdict, answer.problem or "", answer.fix or "", answer.fix_in)
    for remark in (*answer.also, *answer.notes):
        yield view(remark.rule, remark.reaction, remark.problem, remark.fix, remark.fix_in)


def _fields(reader: Reader, kind: str, values: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if kind not in KINDS:
        return
    words = wording(reader.language)
    for name in fields_of(kind):
        if values.get(name) not in NOTHING:
            label = words.field(kind, name).text
            yield label[:1].upper() + label[1:], reader.value(kind, name, values[name])


def runs_page(reader: Reader, page: RunPage, said: Callable[[RunSummary], Iterable[str]]) -> RunsView:
    """What was exchanged; ``said`` gives what the guards found in a run."""
    ends = [reader.place("source") or "", reader.place("platform") or ""]
    ways = {"downward": " → ".join(ends), "upward": " → ".join(reversed(ends))}
    return RunsView(
        tuple(RunView.of(run, ways[run.direction], tuple(said(run))) for run in page.items), page.next_cursor
    )


def unsourced_page(reader: Reader, page: UnsourcedPage) -> UnsourcedView:
    """What the platform has and the source has not."""
    use = reader.rulebook.customer.platform
    platform = use.title if use is not None else reader.say("fix_in.platform")
    return UnsourcedView(platform, tuple(page.items), page.next_cursor)


def rules_page(answer: RulebookAnswer) -> RulesView:
    """The rules in force, by kind, in the order in which they decide."""
    kinds: dict[str, list[RuleInForce]] = {}
    for rule in answer.rules:
        kinds.setdefault(rule.kind or "record", []).append(rule)
    return RulesView(tuple((kind, tuple(rules)) for kind, rules in kinds.items()), tuple(answer.settings))
