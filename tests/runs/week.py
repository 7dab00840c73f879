"""A week of one campus on two systems, Ypareo and Edusign: what each sends on each day, and what people do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.records.kinds import Account, Instructor, Learner, Mark, Record, Session, Sheet
from runs.issues.by_hand import Settlement
from runs.model.answers import FeedRow, Happening, HistoryDay, RunSummary
from runs.service import Service
from store.base.database import Database
from store.base.enums import COUNTED
from store.queries.feed import IssueFilter
from tests.runs.schools import a_service, changed

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 23, tzinfo=PARIS)
_FEW = 3
"""So many names are written out."""

FILE = """
name: Campus Norvane
language: en
zone: Europe/Paris
source: {connector: pushed, system: Ypareo, layer: ypareo}
platform: {connector: pushed-platform, system: Edusign, takes: [learner, instructor, session]}
schedule: {downward: ["12:00", "22:00"], upward: ["22:00"]}
"""


def at(day: int, clock: str) -> datetime:
    """A local wall-clock time so many days after the Monday."""
    return datetime.combine(MONDAY.date() + timedelta(days=day), time.fromisoformat(clock), PARIS).astimezone(UTC)


ADA = Instructor(source_id="31", first_name="Ada", last_name="Lund", email="ada.lund@example.org")
BO = Instructor(source_id="32", first_name="Bo", last_name="Marsh", email="bo.marsh@example.org")
LEARNERS = [
    Learner(
        source_id=f"2{number:02}",
        first_name=first,
        last_name=last,
        email=f"{first}.{last}@example.org".lower(),
        groups=("BTS1",),
        company="Ateliers Roe",
    )
    for number, (first, last) in enumerate(
        (first, last) for last in ("Abel", "Brun", "Colin", "Duval", "Evrard") for first in ("Lou", "Mia", "Noa", "Tom")
    )
]


def lesson(number: int, day: int, clock: str, instructor: Instructor, **more: Any) -> Session:
    starts = at(day, clock)
    return Session(
        source_id=f"90{number}",
        name=f"Lesson {number}",
        room="B 204",
        starts_at=starts,
        ends_at=starts + timedelta(hours=3),
        instructor_ids=(instructor.source_id,),
        group_ids=("BTS1",),
        status="validated",
        created_at=at(-30, "08:00"),
        modified_at=at(-30, "08:00"),
        **more,
    )


LESSONS = [
    lesson(1, 0, "09:00", BO),
    lesson(2, 2, "09:00", ADA),
    lesson(3, 3, "14:00", ADA),
    lesson(4, 4, "09:00", ADA),
    lesson(5, 4, "14:00", BO),
    lesson(6, 7, "09:00", BO),
    changed(lesson(7, 7, "14:00", BO), room=None),
    lesson(8, 12, "09:00", ADA),
]


def accounts(people: Sequence[Any]) -> list[Record]:
    """What Edusign has of them: all that had an address before the week began."""
    return [
        Account(
            source_id=f"acc_{one.source_id}",
            source_kind="instructor" if isinstance(one, Instructor) else "learner",
            source_ref=one.source_id,
            role="instructor" if isinstance(one, Instructor) else "learner",
            email=one.email,
            first_name=one.first_name,
            last_name=one.last_name,
            created_by="api",
            archived=False,
        )
        for one in people
    ]


SHEET = Sheet(
    source_id="crs_1",
    source_ref="901",
    name="Lesson 1",
    starts_at=LESSONS[0].starts_at,
    ends_at=LESSONS[0].ends_at,
    created_by="api",
    instructor_refs=("32",),
    learner_refs=tuple(one.source_id for one in LEARNERS),
    archived=False,
)
BY_HAND = Sheet(
    source_id="crs_9", name="Saturday catch-up", created_by="administrator", starts_at=at(0, "18:00"), archived=True
)


def marks(late: str | None = None) -> list[Record]:
    return [
        Mark(
            source_id=f"crs_1:{one.source_id}",
            sheet_id="crs_1",
            person_kind="learner",
            person_ref=one.source_id,
            state="absent" if one.source_id == late else "present",
        )
        for one in LEARNERS
    ]


class Week:
    """The campus, day by day; each day is written down as who looks at it in the evening would read it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.now = at(0, "00:00")
        self.database = database
        self.service = self._service(FILE)
        self.learners = list(LEARNERS)
        self.lessons = list(LESSONS)
        self.instructors = [changed(ADA, email=None), BO]
        self.learner("203", email=None)
        self.learner("205", email="mia.brun@@example.org")
        self.sheets: list[Record] = [SHEET, BY_HAND]
        self.accounts = accounts([BO, *LEARNERS])

    def _service(self, file: str) -> Service:
        service = a_service(self.database, self.folder, norvane=file)
        service.clock = lambda: self.now
        return service

    def learner(self, source_id: str, **fields: Any) -> None:
        self.learners = [changed(one, **fields) if one.source_id == source_id else one for one in self.learners]

    def ada(self, **fields: Any) -> None:
        self.instructors = [changed(self.instructors[0], **fields), BO]

    def down(self, day: int, items: Sequence[Record] | None = None) -> RunSummary:
        """Ypareo's push at noon: everything of the window, and what Edusign has."""
        self.now = at(day, "12:00")
        if items is None:
            coming = [one for one in self.lessons if one.starts_at is not None and one.starts_at >= at(day, "00:00")]
            items = [*self.learners, *self.instructors, *coming]
        told = [*items, *self.accounts, *self.sheets] if items else []
        return self.service.push("norvane", told, True, as_of=self.now)

    def up(self, day: int) -> None:
        """Edusign's push at ten in the evening."""
        self.now = at(day, "22:00")
        self.service.push("norvane", [*self.accounts, *self.sheets], True, "upward", as_of=self.now)

    def edit_rules(self, edited: str) -> None:
        self.service = self._service(FILE + edited)

    def settle(self, day: int, clock: str, source_id: str, settlement: Settlement) -> None:
        self.now = at(day, clock)
        for row in self.service.issues("norvane", IssueFilter(fold=False)).items:
            if row.source_id == source_id:
                self.service.settle("norvane", row.issues[0].id, settlement, "Nora")

    def written(self, day: int) -> str:
        """The runs, the feed and the changes of a day."""
        self.now = at(day, "23:00")
        local = (MONDAY + timedelta(days=day)).date()
        lines = [f"══ {local:%A %-d %B} ══", "Exchanges"]
        runs = [run for run in self.service.runs("norvane").items if run.as_of.astimezone(PARIS).date() == local]
        lines += [line for run in reversed(runs) for line in self._run(run)] or ["  none"]
        page = self.service.issues("norvane", IssueFilter(sort="frees"))
        waiting = f", {page.folded} more wait for them" if page.folded else ""
        lines.append(f"To fix: {page.total}{waiting}")
        lines += [line for row in page.items for line in _row(row)]
        paused = [row for state in ("snoozed", "waived") for row in self._in_state(state)]
        lines += [line for row in paused for line in _row(row)]
        lines += self._changes(local)
        uploads = self.service.to_upload("norvane").items
        lines.append(f"To enter in Ypareo: {', '.join(one.name for one in uploads) or 'nothing'}")
        return "\n".join(lines) + "\n"

    def _in_state(self, state: Any) -> list[FeedRow]:
        return self.service.issues("norvane", IssueFilter(state=state, fold=False)).items

    def _run(self, run: RunSummary) -> list[str]:
        clock = run.as_of.astimezone(PARIS)
        numbers = {name: sum(kind[name] for kind in run.counts.values()) for name in COUNTED if name != "received"}
        assert sum(numbers.values()) == run.received
        issues = ", ".join(f"{number} {what}" for what, number in run.issues.items() if number)
        effects = {what: sum(kind[what] for kind in run.effects.values()) for what in ("create", "update", "unchanged")}
        told = ", ".join(f"{number} {what}" for what, number in effects.items() if number)
        lines = [f"  {clock:%H:%M} {run.direction}: {run.status}; received {run.received}" + _numbers(numbers)]
        if issues or told:
            seen = f"; Edusign would see: {told}" if told else ""
            lines.append(f"        issues: {issues or 'none'}{seen}")
        if run.status in ("held", "rejected"):
            lines += [f"        {one.problem}" for one in self.service.held("norvane", run.id, language="en").said]
        return lines

    def _changes(self, local: Any) -> list[str]:
        items: list[HistoryDay] = []
        cursor = None
        while True:
            page = self.service.history("norvane", cursor, 500, local)
            items += page.items
            if (cursor := page.next_cursor) is None:
                break
        came = [one for one in items if all(each.what == "received" for each in one.happenings)]
        alike: dict[tuple[str, str, str], list[str]] = {}
        for one in sorted(items, key=lambda day: (day.at, day.run_id, day.kind, day.source_id)):
            if one not in came:
                told = "; ".join(_told(one.happenings))
                alike.setdefault((f"{one.at.astimezone(PARIS):%H:%M}", one.kind, told), []).append(one.name)
        lines = ["Changes" if items else "Changes: none"]
        for (clock, kind, told), names in alike.items():
            who = ", ".join(names) if len(names) <= _FEW else f"{names[0]} and {len(names) - 1} others"
            lines.append(f"  {clock} {who} ({kind}): {told}")
        if came:
            lines.append(f"  and {len(came)} received for the first time")
        return lines


def _numbers(numbers: dict[str, int]) -> str:
    said = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in numbers.items() if number)
    return f"; {said}" if said else ""


def _row(row: FeedRow) -> list[str]:
    lines = []
    for issue in row.issues:
        more = [f"waiting: {number} {kind}" for kind, number in issue.waiting.items()]
        if row.matters_at is not None:
            more.append(f"matters {row.matters_at.astimezone(PARIS):%a %H:%M}")
        if issue.until is not None:
            last = issue.until - timedelta(seconds=1 if issue.state == "waived" else 0)
            more.append(f"until {last.astimezone(PARIS):%a %-d %b}")
        if issue.reason:
            more.append(f"“{issue.reason}”")
        lines.append(f"  {issue.state:<8} {row.name} ({row.kind}) {issue.rule}" + "".join(f" · {one}" for one in more))
    return lines


def _told(happenings: Sequence[Happening]) -> list[str]:
    lines = []
    for one in happenings:
        match one.what:
            case "field":
                lines.append(f"{one.subject} {_value(one.before)} → {_value(one.after)}")
            case "verdict":
                lines.append(f"{_verdict(one.before)} → {_verdict(one.after)}")
            case "issue":
                lines.append(_issue(one))
            case "presence":
                lines.append(f"{one.before} → {one.after}")
            case "received":
                lines.append("received")
    return lines


def _issue(one: Happening) -> str:
    text = f"{one.subject.partition('.')[2]} {one.before or ''} → {one.after}".replace("  →", " →")
    parts = [part for part in (one.resolution, one.resolved_by, one.why, one.by) if part]
    parts += [
        f"{each.kind} {each.source_id} {each.field}: {_value(each.before)} → {_value(each.after)}"
        for each in one.corrected
    ]
    return text + (f" ({', '.join(parts)})" if parts else "")


def _verdict(value: Any) -> str:
    if value is None:
        return "undecided"
    return str(value["verdict"]) if value["rule"] is None else f"{value['verdict']} by {value['rule']}"


def _value(value: Any) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
