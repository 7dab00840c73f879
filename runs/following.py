"""Following issues over time: one per flag rule and record, found again, closed, and back as the same one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.decisions import Match
from runs.findings import Findings, Found, Identity, decides
from runs.resolving import cause
from store import fingerprints, writes
from store.tables import Resolution
from store.writes import OpenIssue, Row


class _Wanted(Struct, frozen=True):
    """One flag rule that matches one record whose verdict is flag."""

    found: Found
    place: int
    match: Match


def follow(
    session: Session,
    run: Findings,
    found: Mapping[Identity, Found],
    gone: Sequence[int],
    left: Sequence[int],
    changes: list[Row],
) -> dict[str, int]:
    """Bring the issues of a run's records up to date; how many are new, back and resolved."""
    wanted = {
        (one.id, match.rule): _Wanted(one, place, match)
        for one in found.values()
        if one.decision is not None and one.decision.verdict == "flag"
        for place, match in enumerate(one.decision.matches)
        if match.reaction == "flag"
    }
    mine = {one.id: one for identity, one in found.items() if decides(run, identity[0])}
    seen_before = [record_id for record_id, one in mine.items() if not one.new]
    open_ones = writes.issues_of_records(session, run.customer, [*seen_before, *gone, *left], resolved=False)
    closing: list[tuple[OpenIssue, Resolution, str | None]] = []
    settled: list[Row] = []
    touched: list[Row] = []
    is_gone: Resolution = "gone"
    is_left: Resolution = "left_window"
    reasons = dict.fromkeys(gone, is_gone) | dict.fromkeys(left, is_left)
    for issue in open_ones:
        want = wanted.pop((issue.record_id, issue.rule), None)
        if want is not None:
            _found_again(run, issue, want, settled, touched)
        elif issue.record_id in reasons:
            closing.append((issue, reasons[issue.record_id], None))
        else:
            one = mine[issue.record_id]
            why, by = cause(issue.rule, issue.rulebook_version, one.decision, run.classifier, changed=one.changed)
            closing.append((issue, why, by))
    back = _reopen(session, run, wanted, changes)
    writes.settle_issues(session, settled)
    writes.settle_issues(session, touched)
    _close(session, run, closing, changes)
    writes.write_issues(session, [_new(run, want) for want in wanted.values()])
    return {"new": len(wanted), "back": back, "resolved": len(closing)}


def _facts(run: Findings, want: _Wanted) -> Row:
    facts = fingerprints.facts_written(run.decided.facts(want.found.position, want.match.rule))
    return {
        "position": want.place,
        "fix_in": want.match.fix_in,
        "facts": facts,
        "facts_fingerprint": fingerprints.of_facts(facts),
        "rulebook_version": run.classifier.rulebook.version,
    }


def _found_again(run: Findings, issue: OpenIssue, want: _Wanted, settled: list[Row], touched: list[Row]) -> None:
    state = "open" if issue.state == "new" else issue.state
    now = _facts(run, want)
    if (issue.position, issue.fix_in, issue.facts_fingerprint) != (
        now["position"],
        now["fix_in"],
        now["facts_fingerprint"],
    ):
        settled.append({"id": issue.id, "state": state} | now)
    elif (issue.state, issue.rulebook_version) != (state, now["rulebook_version"]):
        touched.append({"id": issue.id, "state": state, "rulebook_version": now["rulebook_version"]})


def _reopen(session: Session, run: Findings, wanted: dict[tuple[int, str], _Wanted], changes: list[Row]) -> int:
    """Those of the wanted that were resolved before come back as the same issue, and leave the wanted."""
    records = {record_id for (record_id, _), want in wanted.items() if not want.found.new}
    rows: list[Row] = []
    for issue in writes.issues_of_records(session, run.customer, records, resolved=True):
        want = wanted.pop((issue.record_id, issue.rule), None)
        if want is None:
            continue
        again: Row = {
            "id": issue.id,
            "state": "back",
            "back_at": run.as_of,
            "closed_run_id": None,
            "closed_at": None,
            "resolution": None,
            "resolved_by": None,
        }
        rows.append(again | _facts(run, want))
        changes.append(_change(run, issue, {"state": "resolved"}, {"state": "back"}))
    writes.settle_issues(session, rows)
    return len(rows)


def _close(
    session: Session,
    run: Findings,
    closing: Sequence[tuple[OpenIssue, Resolution, str | None]],
    changes: list[Row],
) -> None:
    writes.settle_issues(
        session,
        [
            {
                "id": issue.id,
                "state": "resolved",
                "closed_run_id": run.run_id,
                "closed_at": run.as_of,
                "resolution": why,
                "resolved_by": by,
            }
            for issue, why, by in closing
        ],
    )
    changes += [
        _change(run, issue, {"state": issue.state}, {"state": "resolved", "resolution": why, "resolved_by": by})
        for issue, why, by in closing
    ]


def _new(run: Findings, want: _Wanted) -> Row:
    return {
        "id": secrets.token_urlsafe(12),
        "customer": run.customer,
        "record_id": want.found.id,
        "rule": want.match.rule,
        "state": "new",
        "opened_run_id": run.run_id,
        "opened_at": run.as_of,
    } | _facts(run, want)


def _change(run: Findings, issue: OpenIssue, before: Row, after: Row) -> Row:
    return {
        "customer": run.customer,
        "run_id": run.run_id,
        "record_id": issue.record_id,
        "what": "issue",
        "subject": issue.rule,
        "before": msgspec.json.encode(before),
        "after": msgspec.json.encode(after),
    }
