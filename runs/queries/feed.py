"""The feed: stored records and issues in the reader's language, rendered when read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.language.renderer import Rendered
from engine.language.unread import failure_text, recovery_text, unread_text
from engine.matching.classifier import Classifier
from engine.model.decisions import Facts, Match
from engine.records.unread import Failure, Unread
from engine.relations.neighbourhood import KnownRecords
from runs.execution.locking import alive
from runs.model.answers import FeedIssue, FeedRow, Other, Outlook, RunSummary
from runs.model.guard_findings import Trip
from runs.model.health import CustomerHealth
from runs.queries.history import corrections_in
from runs.queries.outlook import Around, Outlooks
from runs.queries.reader_messages import ReaderMessages, Settled, at_moment, expecting
from store.base.enums import PAUSED
from store.base.run_tables import RunRow
from store.base.tables import IssueRow, RecordRow
from store.lookup.known import record_of
from store.queries.feed import ListedRecord, state_at
from store.writing.causes import Waiting, counted, waited_for

_facts = msgspec.json.Decoder(Facts)
_matches = msgspec.json.Decoder(tuple[Match, ...])


class IssueContext(Struct, frozen=True):
    """What is around some issues."""

    waiting: Mapping[str, dict[str, int]] = {}
    """Issue to kind to how many records wait for it."""
    waits_for: Mapping[str, list[Other]] = {}
    """Issue to what is to be mended first."""


def other_of(one: Waiting) -> Other:
    """The record at the other end, as it is answered."""
    return Other(one.issue_id, one.kind, one.source_id, one.name, one.rule, one.starts_at)


class FeedReader:
    """One reading of a customer's store: the session, the messages, and the moments that it speaks for."""

    def __init__(
        self,
        session: Session,
        classifier: Classifier,
        wording: ReaderMessages,
        now: datetime,
        health: CustomerHealth,
    ) -> None:
        self.health = health
        self._session = session
        self._classifier = classifier
        self._wording = wording
        self._now = now
        self._runs = Around(session, classifier, now, {one.direction for one in health.exchanges if one.stalled})

    def rows(self, listed: Sequence[ListedRecord]) -> list[FeedRow]:
        """Records of a feed, in its order."""
        outlooks = Outlooks(self._session, self._classifier, self._runs)
        found = outlooks.of([one.record for one in listed])
        without = {
            one.record.id: outlook.expected_on
            for one, outlook in zip(listed, found, strict=True)
            if not one.issues and one.record.rule is not None
        }
        said = self._skips([one.record for one in listed if one.record.id in without], outlooks.known, without)
        around = self.around([issue.id for one in listed for issue in one.issues])
        return [
            self._row(one.record, one.issues, around, outlook, said.get(one.record.id or 0))
            for one, outlook in zip(listed, found, strict=True)
        ]

    def around(self, issues: Collection[str]) -> IssueContext:
        """What waits for these issues, and what they wait for."""
        waits_for = waited_for(self._session, issues)
        return IssueContext(
            waiting=counted(self._session, issues),
            waits_for={issue: [other_of(one) for one in ones] for issue, ones in waits_for.items()},
        )

    def row(self, record: RecordRow, issues: Sequence[IssueRow], around: IssueContext) -> FeedRow:
        """One record with its issues."""
        (outlook,) = Outlooks(self._session, self._classifier, self._runs).of([record])
        return self._row(record, issues, around, outlook)

    def _row(
        self,
        record: RecordRow,
        issues: Sequence[IssueRow],
        around: IssueContext,
        outlook: Outlook,
        said: Rendered | None = None,
    ) -> FeedRow:
        """``said`` is the message where no issue has one."""
        told = [self.issue(record, issue, around) for issue in issues]
        fix_in = None
        if told and said is None:
            said, fix_in = Rendered(told[0].problem, told[0].fix, told[0].title), told[0].fix_in
        elif record.rule is not None:
            fix_in = next((match.fix_in for match in _matches.decode(record.matches)), None)
        stored = record_of(record)
        return FeedRow(
            kind=record.kind,
            source_id=record.source_id,
            mis_id=getattr(stored, "mis_id", None),
            name=record.name,
            verdict=record.verdict,
            rule=record.rule,
            since=record.verdict_at,
            starts_at=record.starts_at,
            issues=told,
            problem=None if said is None else said.problem,
            fix=None if said is None else said.fix,
            fix_in=fix_in,
            title=None if said is None else said.title,
            not_received_since=record.not_received_since,
            matters_at=record.matters_at,
            waiting=record.waiting,
            **msgspec.structs.asdict(outlook),
        )

    def issue(self, record: RecordRow, issue: IssueRow, around: IssueContext) -> FeedIssue:
        """One issue in words."""
        moment = self._runs.last(record.kind)
        if issue.closed_at is not None:
            moment = msgspec.structs.replace(moment, as_of=issue.closed_at)
        said = self._wording.render(issue.rule, at_moment(_facts.decode(issue.facts), moment))
        if issue.closed_at is not None:
            form: Settled = "settled"
            if issue.resolution == "left_window":
                form = "passed_not_followed" if issue.rule in self._classifier.not_followed else "passed"
            said = self._wording.settled(said, issue.closed_at, form)
        return FeedIssue(
            id=issue.id,
            rule=issue.rule,
            state=state_at(issue, self._now),
            headline=issue.position == 0,
            title=said.title,
            problem=said.problem,
            fix=said.fix,
            fix_in=issue.fix_in,
            opened_at=issue.opened_at,
            back_at=issue.back_at,
            closed_at=issue.closed_at,
            resolution=issue.resolution,
            resolved_by=issue.resolved_by,
            corrected=corrections_in(issue.correction),
            waiting=around.waiting.get(issue.id, {}),
            waits_for=around.waits_for.get(issue.id, []),
            until=issue.until if issue.state in PAUSED else None,
            until_it_grows=issue.snoozed_size is not None,
            reason=issue.reason,
            settled_by=issue.settled_by,
        )

    def _skips(
        self, records: Sequence[RecordRow], known: KnownRecords, expected: Mapping[int | None, datetime | None]
    ) -> dict[int, Rendered]:
        """What the deciding rules of records without issues say: read off the records, for nothing is stored of it."""
        said: dict[int, Rendered] = {}
        for moment in {id(moment): moment for row in records if (moment := self._runs.last(row.kind))}.values():
            rows = [
                (row, record)
                for row in records
                if self._runs.last(row.kind) is moment and (record := record_of(row)) is not None
            ]
            decided = self._classifier.decide([record for _, record in rows], moment, known)
            for position, (row, _) in enumerate(rows):
                assert row.id is not None
                assert row.rule is not None
                facts = expecting(decided.facts(position, row.rule), expected[row.id])
                said[row.id] = self._wording.render(row.rule, facts)
        return said


_SAID = frozenset({"guards", "notes", "error", "recovery", "remarks", "failures"})
"""What of a run's summary stands in its row in another form."""


def summary(run: RunRow, now: datetime) -> RunSummary:
    """A run's row as it is answered; a running one whose process is gone was cut off, though nobody wrote it yet."""
    assert run.id is not None, "a stored run has a number"
    remarks = msgspec.convert(run.notes, list[Unread | str])
    failures = msgspec.convert(run.failures, list[Failure])
    told = RunSummary(
        **{name: getattr(run, name) for name in RunSummary.__struct_fields__ if name not in _SAID},
        guards=msgspec.convert(run.guards, list[Trip]),
        notes=[unread_text(remark, "en") for remark in remarks],
        error=" ".join(failure_text(failure, "en") for failure in failures) or None,
        recovery=recovery_text(failures[0], "en") if failures else None,
        remarks=remarks,
        failures=failures,
    )
    cut_off = run.status == "running" and not alive(run, now)
    return msgspec.structs.replace(told, status="cut_off") if cut_off else told
