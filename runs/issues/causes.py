"""Causes before symptoms: which issues only wait for others, and what that makes of the records in the feed.

Everything is looked up for the whole run at once; what did not change is not written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlmodel import Session

from engine.analysis.causes import WAITS, Cause, causes, unread_causes
from engine.records.decode import Invalid
from engine.records.kinds import PEOPLE
from runs.model.findings import Findings, Found, Identity
from store.writing import writes
from store.writing.causes import (
    Link,
    Need,
    delete_links,
    links_around,
    links_of,
    needs_of,
    records_of_issues,
    weighed,
    write_links,
    write_needs,
)


class Linked(Struct, frozen=True):
    """What a run found of issues, written already."""

    found: Mapping[Identity, Found]
    matching: Sequence[tuple[Identity, Found, str]]
    """Every flag rule that matches a record whose verdict is flag."""
    ids: Mapping[tuple[int, str], str]
    """Record and rule to the issue, of all of these."""
    closed: Collection[str]
    """Issues that were resolved."""
    touched: Collection[int]
    """Records of which an issue came or went."""
    turned: Collection[str]
    """Issues that were put aside, or are open again."""


def link(session: Session, run: Findings, what: Linked) -> None:
    """Note what waits for what, how many wait for each record, and when it begins to matter."""
    wanted = _wanted(session, run, what)
    symptoms = {issue for issue, _ in wanted}
    symptoms |= _symptoms(run, what)
    before = links_of(session, symptoms)
    ended = links_around(session, what.closed)
    gone = (before - wanted) | ended
    fresh = wanted - before
    delete_links(session, gone)
    write_links(session, fresh)
    ends = {issue for pair in (*gone, *fresh, *links_around(session, what.turned)) for issue in pair}
    weigh(session, {*what.touched, *records_of_issues(session, ends)}, _mattering(run, what))


def unlink(session: Session, issue: str, record: int) -> None:
    """An issue was closed by hand: nothing waits for it, nor it for anything."""
    ended = links_around(session, [issue])
    delete_links(session, ended)
    weigh(session, {record, *records_of_issues(session, {end for pair in ended for end in pair})})


def turn(session: Session, issues: Collection[str]) -> None:
    """Issues were put aside, or are open again: what waits for them is to be seen, or is not."""
    weigh(session, records_of_issues(session, {end for pair in links_around(session, issues) for end in pair}))


def weigh(session: Session, records: Collection[int], mattering: Mapping[int, datetime | None] | None = None) -> None:
    """Bring what stands on records up to date: of these what waits and folds, of those of `mattering` when."""
    mattering = mattering or {}
    before = needs_of(session, {*records, *mattering})
    weights = weighed(session, records)
    after: dict[int, Need] = {}
    for number, need in before.items():
        waiting, folded = weights.get(number, (need.waiting, need.folded))
        after[number] = Need(mattering.get(number, need.matters_at), waiting, folded)
    write_needs(session, before, after)


def _symptoms(run: Findings, what: Linked) -> set[str]:
    waits = run.classifier.symptoms
    return {what.ids[one.id, rule] for _, one, rule in what.matching if rule in waits or rule == WAITS}


def _wanted(session: Session, run: Findings, what: Linked) -> set[Link]:
    """Every pair of issues of which one waits for the other."""
    waits = run.classifier.symptoms
    asked: dict[Cause, list[str]] = {}
    for _, one, rule in what.matching:
        record = run.decided.record(one.position)
        if isinstance(record, Invalid):
            continue
        found_now: Iterable[Cause] = ()
        if rule == WAITS:
            found_now = unread_causes(run.classifier.waited_for(record, run.decided.situation))
        elif rule in waits:
            found_now = causes(waits[rule], record, run.decided.situation)
        for cause in found_now:
            asked.setdefault(cause, []).append(what.ids[one.id, rule])
    numbers = _numbers(session, run, what, {(kind, source_id) for kind, source_id, _ in asked})
    ids = _issues(session, run, what, numbers.values())
    found: set[Link] = set()
    for (kind, source_id, rule), symptoms in asked.items():
        issue = ids.get((numbers.get((kind, source_id), 0), rule))
        if issue is not None:
            found.update((symptom, issue) for symptom in symptoms if symptom != issue)
    return _through(session, found)


def _through(session: Session, direct: set[Link]) -> set[Link]:
    """With what is waited for in turn: whoever mends the first cause frees them all."""
    after: dict[str, set[str]] = {}
    for symptom, issue in direct:
        after.setdefault(symptom, set()).add(issue)
    others = {issue for _, issue in direct} - after.keys()
    for symptom, issue in links_of(session, others):
        after.setdefault(symptom, set()).add(issue)
    found = set(direct)
    fresh = direct
    while fresh:
        fresh = {
            (symptom, further) for symptom, issue in fresh for further in after.get(issue, ()) if symptom != further
        } - found
        found |= fresh
    return found


def _numbers(session: Session, run: Findings, what: Linked, identities: set[Identity]) -> dict[Identity, int]:
    numbers = {identity: what.found[identity].id for identity in identities if identity in what.found}
    others = identities - numbers.keys()
    if others:
        known = writes.known_records(session, run.customer, others)
        numbers |= {identity: known[identity].id for identity in others if identity in known}
    return numbers


def _issues(session: Session, run: Findings, what: Linked, records: Collection[int]) -> dict[tuple[int, str], str]:
    """Record and rule to the unresolved issue, of those of this run and of others that it did not decide."""
    ids = dict(what.ids)
    mine = {record for record, _ in ids}
    others = set(records) - mine
    if others:
        for issue in writes.issues_of_records(session, run.customer, others, resolved=False):
            ids[issue.record_id, issue.rule] = issue.id
    return ids


def _mattering(run: Findings, what: Linked) -> dict[int, datetime | None]:
    """When what is wrong with each flagged record of the run begins to matter."""
    found: dict[int, datetime | None] = {}
    for identity, one, _ in what.matching:
        if one.id not in found:
            record = run.decided.record(one.position)
            found[one.id] = None if isinstance(record, Invalid) else _matters_at(run, identity[0], record)
    return found


def _matters_at(run: Findings, kind: str, record: Any) -> datetime | None:
    """The start of a session itself, or of the next one of a person; else nothing presses."""
    if kind == "session":
        starts_at: datetime | None = record.starts_at
        return starts_at
    if kind not in PEOPLE or not run.classifier.provided.relation(kind, "sessions"):
        return None
    sessions: Sequence[Any] = run.decided.situation.related(record, "sessions")
    return min((one.starts_at for one in sessions if _is_ahead(one, run.as_of)), default=None)


def _is_ahead(session: Any, as_of: datetime) -> bool:
    if session.starts_at is None or session.status == "cancelled":
        return False
    return bool((session.ends_at or session.starts_at) >= as_of)


__all__ = ["Linked", "link", "turn", "unlink", "weigh"]
