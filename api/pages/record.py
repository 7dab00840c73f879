"""One record: what became of it and will, what it holds, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Response
from msgspec import Struct

from api.http.problem_details import from_status
from api.showing.happenings import history_of
from api.showing.outlooks import OutlookView, outlook_of
from api.showing.reader import NOTHING, Reader
from api.showing.rendering import PageView
from api.showing.visits import Visiting
from engine.explaining.explainer import Explanation
from engine.language.wording import wording
from engine.model.rulebook import FixIn, Reaction
from engine.records.fields import fields_of
from engine.records.kinds import KINDS
from runs.model.answers import Answer, Explained
from runs.queries.explain import Kept

router = APIRouter(include_in_schema=False)


class SaidView(Struct, frozen=True):
    """One rule that matched a record, in words."""

    title: str
    reaction: Reaction | Literal["later"]
    """Or `later`: a skip that time will end."""
    problem: str
    fix: str
    fix_in: str | None
    since: datetime | None
    issue_id: str | None


class RecordPageView(PageView, frozen=True):
    """One record: what became of it and will, what it holds, and why."""

    kind: str
    shown_id: str
    name: str
    outlook: OutlookView
    effect: str
    """What the platform would see, in words; empty where that is not known."""
    not_received_since: datetime | None
    said: tuple[SaidView, ...]
    then: tuple[SaidView, ...]
    """What the next run will say of it, where it decides otherwise."""
    errors: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    """What was read: labels and values in words."""
    explanation: Explanation | None
    history: tuple[tuple[datetime, tuple[str, ...]], ...]


@router.get("/customers/{customer}/records/{kind}/{source_id:path}")
def show_record(visit: Visiting, kind: str, source_id: str) -> Response:
    if kind not in KINDS:
        raise from_status(404)
    found = visit.service.explain(visit.customer, kind, source_id, visit.reader.language)
    view = _view(visit.reader, found, visit.service.kept(visit.customer, kind, source_id))
    return visit.shown(view, status=404 if found.last_run == "never_received" else 200)


def _view(reader: Reader, found: Explained, kept: Kept) -> RecordPageView:
    """One record, as it is decided now and as it is stored."""
    answer = found.answer
    values: dict[str, Any] = msgspec.json.decode(kept.data) if kept.data else {}
    return RecordPageView(
        kind=found.kind,
        shown_id=values.get("mis_id") or found.source_id,
        name=found.name or found.source_id,
        outlook=outlook_of(reader, found.kind, found),
        effect=_effect(reader, found),
        not_received_since=found.not_received_since,
        said=tuple(_said(reader, answer, kept.issues, found.next_run)) if answer is not None else (),
        then=tuple(_said(reader, found.then, {}, "")) if found.then is not None else (),
        errors=tuple(answer.errors) if answer is not None else (),
        fields=tuple(_fields(reader, found.kind, values)),
        explanation=found.explanation,
        history=history_of(reader, found.kind, found.history),
    )


def _effect(reader: Reader, found: Explained) -> str:
    deciding = found.then or found.answer
    effect = None if deciding is None else deciding.effect
    if effect is None:
        return ""
    if effect.what != "update":
        return reader.say(f"effect.{effect.what}", platform=reader.platform)
    words = wording(reader.language)
    fields = ", ".join(words.field(found.kind, name).text for name in effect.fields)
    return reader.say("effect.update", platform=reader.platform, fields=fields)


def _said(reader: Reader, answer: Answer, issues: dict[str, tuple[str, datetime]], next_run: str) -> Iterable[SaidView]:
    passing = next_run in ("goes", "later")

    def view(
        rule: str, title: str | None, reaction: Reaction, problem: str, fix: str, fix_in: FixIn | None
    ) -> SaidView:
        issue_id, since = issues.get(rule, (None, None)) if reaction == "flag" else (None, None)
        called: Reaction | Literal["later"] = "later" if reaction == "skip" and passing else reaction
        return SaidView(title or "", called, problem, fix, reader.place(fix_in), since, issue_id)

    if answer.rule is not None and answer.verdict in ("skip", "flag"):
        yield view(answer.rule, answer.title, answer.verdict, answer.problem or "", answer.fix or "", answer.fix_in)
    for remark in (*answer.also, *answer.notes):
        yield view(remark.rule, remark.title, remark.reaction, remark.problem, remark.fix, remark.fix_in)


def _fields(reader: Reader, kind: str, values: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if kind not in KINDS:
        return
    words = wording(reader.language)
    for name in fields_of(kind):
        if values.get(name) not in NOTHING:
            label = words.field(kind, name).text
            yield label[:1].upper() + label[1:], reader.value(kind, name, values[name])
