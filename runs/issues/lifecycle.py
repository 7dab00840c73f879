"""Following issues over time: one per flag rule and record, found again, closed, and back as the same one."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.matching.never_received import NEVER_RECEIVED
from engine.model.decisions import Decision, Facts, Match
from runs.issues.causes import Linked, link, turn
from runs.issues.close_cause import Cause, Closing, ClosingContext, cause
from runs.model.findings import Findings, Found, Identity
from runs.model.waivers import RULES, Waived
from store.base.enums import PAUSED
from store.lookup import fingerprints
from store.lookup.arrivals import DID_NOT_ARRIVE, with_issue
from store.writing import writes
from store.writing.causes import sizes_of
from store.writing.writes import OpenIssue, Row

_facts_of = msgspec.json.Decoder(Facts)

UNPAUSED: Row = {"until": None, "snoozed_size": None, "reason": None, "settled_by": None}


class _Wanted(Struct, frozen=True):
    """One issue that there is to be: of one record, by one rule."""

    identity: Identity
    found: Found
    place: int
    match: Match
    facts: Facts | None = None
    """What its message needs, where no rule read it."""


def follow(
    session: Session,
    run: Findings,
    found: Mapping[Identity, Found],
    gone: Sequence[int],
    left: Sequence[int],
    changes: list[Row],
    only: Collection[str] | None = None,
) -> dict[str, int]:
    """Bring the issues of a run's records up to date, or those by ``only`` these rules; how many are new, back and
    resolved."""
    apart = run.classifier.not_followed
    wanted = {
        (one.id, match.rule): _Wanted(identity, one, place, match)
        for identity, one in found.items()
        if one.decision is not None and one.decision.verdict in ("flag", "sync")
        for place, match in enumerate(one.decision.matches)
        # What the platform did not follow is looked at only where it should have.
        if match.reaction == "flag" and (match.rule in apart) == (one.decision.verdict == "sync")
        if only is None or match.rule in only
        if not (match.rule in apart and identity in run.meanwhile)
    }
    matching = [(want.identity, want.found, rule) for (_, rule), want in wanted.items()]
    wanted |= _not_arrived(run, found)
    meanwhile = {found[identity].id for identity in run.meanwhile if identity in found}
    mine = {one.id: (identity, one) for identity, one in found.items() if one.own}
    seen_before = [record_id for record_id, (_, one) in mine.items() if not one.new]
    looked_at = {*seen_before, *gone, *left, *run.arrivals.seen, *(record for record, _ in wanted)}
    open_ones = writes.issues_of_records(session, run.customer, looked_at, resolved=False)
    reasons = dict.fromkeys(gone, Cause("gone")) | dict.fromkeys(left, Cause("left_window"))
    there = dict.fromkeys(run.arrivals.seen, Cause("arrived"))
    follower = _Follower(session, run, found, changes)
    wanted_before = list(wanted)
    closing: list[OpenIssue] = []
    shown: list[OpenIssue] = []
    for issue in open_ones:
        if (only is not None and issue.rule not in only) or (issue.rule in apart and issue.record_id in meanwhile):
            continue
        want = wanted.pop((issue.record_id, issue.rule), None)
        if want is not None:
            follower.found_again(issue, want)
        elif issue.rule == DID_NOT_ARRIVE and issue.record_id not in reasons:
            # Nobody looked, or what shows it is out of reach: it stays, unless it is no longer to be synced.
            one = mine.get(issue.record_id, (None, None))[1]
            if issue.record_id in there:
                shown.append(issue)
            elif one is not None and not _is_awaited(one.decision, apart):
                closing.append(issue)
        elif issue.record_id in reasons or issue.record_id in mine:
            closing.append(issue)
    back = follower.reopen(wanted)
    follower.close(closing, reasons, mine)
    follower.close(shown, there, mine)
    closing += shown
    follower.begin(wanted.values())
    follower.write()
    link(
        session,
        run,
        Linked(found, matching, follower.ids, [issue.id for issue in closing], follower.touched, follower.turned),
    )
    follower.wake_grown()
    _note_not_followed(session, apart, [*wanted_before, *((issue.record_id, issue.rule) for issue in closing)])
    return {"new": len(wanted), "back": back, "resolved": len(closing)}


def _is_awaited(decision: Decision | None, apart: Collection[str]) -> bool:
    """Whether it should still arrive: it is to be synced, and no refusal says why it does not."""
    return decision is not None and decision.verdict == "sync" and all(one.rule not in apart for one in decision.also)


def _not_arrived(run: Findings, found: Mapping[Identity, Found]) -> dict[tuple[int, str], _Wanted]:
    """What is not on the platform and should be, of records that this run has or that are only stored."""
    fix_in = next((rule.fix_in for rule in run.classifier.rulebook.rules if rule.id == DID_NOT_ARRIVE), None)
    match = Match(DID_NOT_ARRIVE, "flag", fix_in or "platform")
    wanted = {}
    for one in run.arrivals.missing:
        identity = (one.kind, one.source_id)
        if identity in run.meanwhile:
            continue
        at = found.get(identity) or Found(-1, None, id=one.id)
        wanted[one.id, DID_NOT_ARRIVE] = _Wanted(identity, at, 0, match, one.facts)
    return wanted


def _note_not_followed(session: Session, apart: Collection[str], touched: Iterable[tuple[int, str]]) -> None:
    """Note on records whether the platform has not followed: the feed finds them by it."""
    records = {record for record, rule in touched if rule in apart}
    open_ones = with_issue(session, records, apart)
    writes.settle_records(session, [{"id": one, "unfollowed": one in open_ones} for one in sorted(records)])


class _Follower:
    """One run's issues, on their way into the store."""

    def __init__(self, session: Session, run: Findings, found: Mapping[Identity, Found], changes: list[Row]) -> None:
        self._session = session
        self._run = run
        self._found = found
        self._changes = changes
        self._settled: list[Row] = []
        self._new: list[Row] = []
        self._until_grown: list[OpenIssue] = []
        self.ids: dict[tuple[int, str], str] = {}
        """Record and rule to the issue, of all that match now."""
        self.touched: set[int] = set()
        """Records of which an issue came or went."""
        self.turned: list[str] = []
        """Issues that were put aside, or are open again."""

    def found_again(self, issue: OpenIssue, want: _Wanted) -> None:
        """It matches still: its state goes on, and what the rule reads is brought up to date."""
        self.ids[issue.record_id, issue.rule] = issue.id
        stated = self._stated(issue, want)
        if (stated.get("state", issue.state) in PAUSED) != (issue.state in PAUSED):
            self.turned.append(issue.id)
        now = self._facts(want)
        changed: Row = {
            name: value
            for name, value in (stated | now).items()
            if name not in ("facts", "rulebook_version") and value != getattr(issue, name)
        }
        if changed.keys() & now.keys():
            changed |= now
        elif changed or issue.rulebook_version != now["rulebook_version"]:
            changed["rulebook_version"] = now["rulebook_version"]
        if changed:
            self._settled.append({"id": issue.id} | changed)

    def _stated(self, issue: OpenIssue, want: _Wanted) -> Row:
        """The state that it goes on in, and what stands beside it, where that is another."""
        waived = self._run.waivers.get((*want.identity, issue.rule))
        if waived is not None:
            if issue.state != "waived" or issue.until != waived.until:
                self._tell(issue.record_id, issue.rule, {"state": issue.state}, _told(waived))
            return _waived(waived)
        if issue.state not in PAUSED:
            return {"state": "open"} if issue.state == "new" else {}
        why = None
        if issue.settled_by == RULES:
            why = "withdrawn"
        elif issue.until is not None and issue.until <= self._run.as_of:
            why = "over"
        if why is None:
            if issue.snoozed_size is not None:
                self._until_grown.append(issue)
            return {}
        self._tell(issue.record_id, issue.rule, {"state": issue.state}, {"state": "open", "why": why})
        return {"state": "open"} | UNPAUSED

    def reopen(self, wanted: dict[tuple[int, str], _Wanted]) -> int:
        """Those of the wanted that were resolved before come back as the same issue, and leave the wanted."""
        records = {record_id for (record_id, _), want in wanted.items() if not want.found.new}
        number = 0
        for issue in writes.issues_of_records(self._session, self._run.customer, records, resolved=True):
            want = wanted.pop((issue.record_id, issue.rule), None)
            if want is None:
                continue
            number += 1
            self.ids[issue.record_id, issue.rule] = issue.id
            self.touched.add(issue.record_id)
            waived = self._run.waivers.get((*want.identity, issue.rule))
            stated: Row = {"state": "back"} | UNPAUSED
            if waived is not None:
                stated = _waived(waived)
            elif issue.until is not None and issue.until > self._run.as_of:
                # Waived by a person until a day that has not come.
                stated = {"state": "waived"}
            again: Row = {
                "id": issue.id,
                "back_at": self._run.as_of,
                "closed_run_id": None,
                "closed_at": None,
                "resolution": None,
                "resolved_by": None,
                "correction": None,
            }
            self._settled.append(again | stated | self._facts(want))
            self._tell(issue.record_id, issue.rule, {"state": "resolved"}, {"state": stated["state"]})
        return number

    def close(
        self,
        closing: Sequence[OpenIssue],
        reasons: Mapping[int, Cause],
        mine: Mapping[int, tuple[Identity, Found]],
    ) -> None:
        """Resolve what matches no longer, with its true cause."""
        judged = [issue for issue in closing if issue.record_id not in reasons]
        facts = writes.facts_of_issues(self._session, [issue.id for issue in judged])
        around = self._surroundings()
        for issue in closing:
            why = reasons.get(issue.record_id)
            if why is not None and issue.rule == NEVER_RECEIVED:
                why = Cause("not_named")
            if why is None:
                _, one = mine[issue.record_id]
                then = _facts_of.decode(facts[issue.id])
                record = self._run.decided.record(one.position)
                why = cause(Closing(issue.rule, issue.rulebook_version, then, one.decision, record), around)
            corrected = [msgspec.to_builtins(one) for one in why.corrected]
            row: Row = {
                "id": issue.id,
                "state": "resolved",
                "closed_run_id": self._run.run_id,
                "closed_at": self._run.as_of,
                "resolution": why.resolution,
                "resolved_by": why.by,
                "correction": msgspec.json.encode(corrected) if corrected else None,
            }
            if issue.state != "waived" or issue.settled_by == RULES:
                # A person's waiver holds until its day, should the issue come back; a snooze does not.
                row |= UNPAUSED
            self._settled.append(row)
            self.touched.add(issue.record_id)
            after: Row = {"state": "resolved", "resolution": why.resolution, "resolved_by": why.by}
            self._tell(issue.record_id, issue.rule, {"state": issue.state}, after | _because(corrected))

    def _surroundings(self) -> ClosingContext:
        run = self._run
        names = {one.id: identity for identity, one in self._found.items()}
        arrived = {identity: "not_received" for identity, one in self._found.items() if one.new}
        for row in self._changes:
            if row["what"] == "presence" and row["record_id"] in names:
                before = msgspec.json.decode(row["before"]) if row["before"] else "not_received"
                if before != "received":
                    arrived[names[row["record_id"]]] = before
        return ClosingContext(run.classifier, run.decided.sight, run.before, arrived)

    def begin(self, wanted: Iterable[_Wanted]) -> None:
        """What was never found before."""
        for want in wanted:
            issue_id = secrets.token_hex(8)
            self.ids[want.found.id, want.match.rule] = issue_id
            self.touched.add(want.found.id)
            waived = self._run.waivers.get((*want.identity, want.match.rule))
            stated: Row = {"state": "new"} | UNPAUSED if waived is None else _waived(waived)
            self._new.append(
                {
                    "id": issue_id,
                    "customer": self._run.customer,
                    "record_id": want.found.id,
                    "rule": want.match.rule,
                    "opened_run_id": self._run.run_id,
                    "opened_at": self._run.as_of,
                }
                | stated
                | self._facts(want)
            )

    def write(self) -> None:
        """Write what was gathered."""
        alike: dict[tuple[str, ...], list[Row]] = {}
        for row in self._settled:
            alike.setdefault(tuple(sorted(row)), []).append(row)
        for rows in alike.values():
            writes.settle_issues(self._session, rows)
        writes.write_issues(self._session, self._new)

    def wake_grown(self) -> None:
        """Show again what was snoozed until it grows, and has."""
        sizes = sizes_of(self._session, [issue.id for issue in self._until_grown])
        grown = [issue for issue in self._until_grown if sizes[issue.id] > (issue.snoozed_size or 0)]
        for issue in grown:
            self._tell(issue.record_id, issue.rule, {"state": "snoozed"}, {"state": "open", "why": "grown"})
        writes.settle_issues(self._session, [{"id": issue.id, "state": "open"} | UNPAUSED for issue in grown])
        turn(self._session, [issue.id for issue in grown])

    def _facts(self, want: _Wanted) -> Row:
        read = want.facts or self._run.decided.facts(want.found.position, want.match.rule)
        facts = fingerprints.facts_written(read)
        return {
            "position": want.place,
            "fix_in": want.match.fix_in,
            "facts": facts,
            "facts_fingerprint": fingerprints.of_facts(facts),
            "rulebook_version": self._run.classifier.rulebook.version,
        }

    def _tell(self, record_id: int, rule: str, before: Row, after: Mapping[str, Any]) -> None:
        self._changes.append(
            {
                "customer": self._run.customer,
                "run_id": self._run.run_id,
                "record_id": record_id,
                "what": "issue",
                "subject": rule,
                "before": msgspec.json.encode(before),
                "after": msgspec.json.encode(after),
            }
        )


def _waived(waived: Waived) -> Row:
    return {
        "state": "waived",
        "until": waived.until,
        "snoozed_size": None,
        "reason": waived.reason,
        "settled_by": RULES,
    }


def _told(waived: Waived) -> Row:
    return {"state": "waived", "until": waived.until, "reason": waived.reason, "by": RULES}


def _because(corrected: list[Any]) -> Row:
    return {"because": corrected} if corrected else {}
