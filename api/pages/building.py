"""Building: from the service's answers to what a page shows, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from api.pages.views import (
    FeedView,
    IssuePageView,
    IssueView,
    RecordPageView,
    RecordView,
    RulesView,
    RunsView,
    RunView,
    SaidView,
)
from api.pages.words import Words
from api.rulebook_answer import RulebookAnswer, RuleInForce
from engine.fields import fields_of
from engine.records import KINDS
from engine.rulebook import FIX_IN, FixIn, Reaction, Rulebook
from engine.sentences import rule_sentence
from engine.wording import wording
from runs.answers import Answer, Explained, FeedIssue, FeedPage, FeedRow, Happening, IssueDetail, RunPage
from store.feed import MOST_COUNTED, Counts, IssueFilter
from store.tables import OPEN

FILTERS = ("verdict", "kind", "fix_in", "state", "rule")
_LONGEST_OPTION = 90
_NOTHING: tuple[object, ...] = (None, [], {}, "")


class Reader(Struct, frozen=True):
    """Whose words to use: a language, on the rulebook of one customer."""

    words: Words
    language: str
    rulebook: Rulebook

    def say(self, key: str, **values: Any) -> str:
        """Words of the pages."""
        return self.words.say(self.language, key, **values)

    def place(self, fix_in: FixIn | None) -> str | None:
        """Where to fix it: the name of the customer's own system where it has one."""
        if fix_in is None:
            return None
        customer = self.rulebook.customer
        use = {"source": customer.source, "platform": customer.platform}.get(fix_in)
        return self.say(f"fix_in.{fix_in}") if use is None else use.title

    def rule(self, rule_id: str) -> str:
        """A rule as a sentence; its id where the rulebook has it no more."""
        try:
            rule = self.rulebook.rule(rule_id)
        except KeyError:
            return rule_id
        return rule_sentence(rule, self.language, self.rulebook)

    def value(self, kind: str, name: str, value: Any) -> str:
        """A stored value of a field as a reader writes it."""
        words = wording(self.language)
        field = fields_of(kind).get(name) if kind in KINDS else None
        if field is not None and isinstance(value, str):
            if field.type == "instant":
                value = datetime.fromisoformat(value)
            elif field.type == "date":
                value = date.fromisoformat(value)
            elif field.choices:
                value = words.values.get(value, value)
        return words.shown(value, self.rulebook.customer.zone)


def feed(
    reader: Reader,
    page: FeedPage,
    which: IssueFilter,
    counts: Counts,
    *,
    last_run: datetime | None,
    next_run: datetime | None,
    rules_broken: int,
    elsewhere: Iterable[FeedRow] = (),
) -> FeedView:
    """The feed."""
    chosen = {name: getattr(which, name) or "" for name in FILTERS}
    given = {name: value for name, value in chosen.items() if value}
    address = f"/customers/{quote(reader.rulebook.customer.id)}/issues.csv"
    return FeedView(
        last_run=last_run,
        next_run=next_run,
        rules_broken=rules_broken,
        counts=_totals(counts),
        records=tuple(_record(reader, row) for row in page.items),
        elsewhere=tuple(_record(reader, row) for row in elsewhere),
        total=page.total,
        at_least=page.total >= MOST_COUNTED,
        search=which.search or "",
        chosen=chosen,
        options=_options(reader, counts),
        rule_chosen=reader.rule(which.rule) if which.rule else "",
        narrowed=bool(given or which.search),
        filtered=bool(given),
        csv=f"{address}?{urlencode(given)}" if given else address,
        next_cursor=page.next_cursor,
    )


def _totals(counts: Counts) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for numbers in counts.verdicts.values():
        for verdict, number in numbers.items():
            found[verdict] = found.get(verdict, 0) + number
    return tuple((verdict, found.get(verdict, 0)) for verdict in ("flag", "sync", "skip")) if found else ()


def _options(reader: Reader, counts: Counts) -> dict[str, tuple[tuple[str, str], ...]]:
    states = [*OPEN, *(state for state in ("snoozed", "waived", "resolved") if state in counts.states)]
    rules = sorted(((_clipped(reader.rule(rule)), rule) for rule in counts.rules), key=lambda pair: pair[0].casefold())
    return {
        "verdict": tuple((verdict, reader.say(f"counts.{verdict}")) for verdict in ("flag", "skip", "sync")),
        "kind": tuple((kind, reader.say(f"kinds.{kind}")) for kind in KINDS if kind in counts.verdicts),
        "fix_in": tuple((place, reader.place(place) or "") for place in FIX_IN),
        "state": tuple((state, reader.say(f"state.{state}")) for state in states),
        "rule": tuple((rule, words) for words, rule in rules),
    }


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_OPTION else text[: _LONGEST_OPTION - 1].rstrip() + "…"


def _record(reader: Reader, row: FeedRow) -> RecordView:
    return RecordView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issues=tuple(_issue(reader, issue) for issue in row.issues),
        problem=None if row.issues else row.problem,
        verdict=row.verdict,
    )


def _issue(reader: Reader, issue: FeedIssue) -> IssueView:
    return IssueView(
        id=issue.id,
        rule=issue.rule,
        state=issue.state,
        problem=issue.problem,
        fix=issue.fix,
        fix_in=reader.place(issue.fix_in),
        since=issue.back_at or issue.opened_at,
    )


def issue_page(reader: Reader, detail: IssueDetail) -> IssuePageView:
    """One issue with what happened to it."""
    row = detail.record
    return IssuePageView(
        kind=row.kind,
        source_id=row.source_id,
        shown_id=row.mis_id or row.source_id,
        name=row.name,
        issue=_issue(reader, detail.issue),
        history=_history(reader, row.kind, detail.history),
    )


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
        expected_on=found.expected_on,
        not_received_since=found.not_received_since,
        said=tuple(_said(reader, answer, issues)) if answer is not None else (),
        errors=tuple(answer.errors) if answer is not None else (),
        fields=tuple(_fields(reader, found.kind, values)),
        explanation=found.explanation,
        history=_history(reader, found.kind, found.history),
    )


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
        if values.get(name) not in _NOTHING:
            label = words.field(kind, name).text
            yield label[:1].upper() + label[1:], reader.value(kind, name, values[name])


def _history(reader: Reader, kind: str, happenings: Sequence[Happening]) -> tuple[tuple[datetime, str], ...]:
    return tuple((happening.at, _happened(reader, kind, happening)) for happening in happenings)


def _happened(reader: Reader, kind: str, one: Happening) -> str:
    match one.what:
        case "received":
            return reader.say("happened.received")
        case "presence":
            return reader.say("happened.presence_back" if one.after else "happened.presence_gone")
        case "verdict":
            after = _verdict(reader, one.after)
            if one.before is None:
                return reader.say("happened.verdict_first", after=after)
            return reader.say("happened.verdict", before=_verdict(reader, one.before), after=after)
        case "issue":
            said = reader.say(f"happened.issue_{one.after}")
            if one.resolution:
                said += f", {reader.say(f'resolution.{one.resolution}')}"
            return reader.say("happened.of_rule", said=said, rule=one.subject)
        case "field":
            label = wording(reader.language).field(kind, one.subject).text
            label = label[:1].upper() + label[1:]
            old, new = one.before, one.after
            if old in _NOTHING:
                return reader.say("happened.field_set", label=label, after=reader.value(kind, one.subject, new))
            if new in _NOTHING:
                return reader.say("happened.field_gone", label=label, before=reader.value(kind, one.subject, old))
            return reader.say(
                "happened.field",
                label=label,
                before=reader.value(kind, one.subject, old),
                after=reader.value(kind, one.subject, new),
            )


def _verdict(reader: Reader, value: object) -> str:
    value = value.get("verdict") if isinstance(value, Mapping) else value
    return reader.words.known(reader.language, f"verdict.{value}", str(value))


def runs_page(reader: Reader, page: RunPage) -> RunsView:
    """What was exchanged."""
    ends = [reader.place("source") or "", reader.place("platform") or ""]
    ways = {"downward": " → ".join(ends), "upward": " → ".join(reversed(ends))}
    return RunsView(tuple(RunView.of(run, ways[run.direction]) for run in page.items), page.next_cursor)


def rules_page(answer: RulebookAnswer) -> RulesView:
    """The rules in force, by kind, in the order in which they decide."""
    kinds: dict[str, list[RuleInForce]] = {}
    for rule in answer.rules:
        kinds.setdefault(rule.kind or "record", []).append(rule)
    return RulesView(tuple((kind, tuple(rules)) for kind, rules in kinds.items()), tuple(answer.settings))
