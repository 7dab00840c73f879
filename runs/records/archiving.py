"""Archiving: when a sheet was first seen archived, how often, and whether it changed since; platforms do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlmodel import Session

from engine.records.decode import Invalid
from engine.records.kinds import Instructor, Learner, Mark, Record, Sheet, kind_of, name_of
from runs.model.findings import Items
from runs.model.loaded import SheetMemory
from store.archives import Archive, archives, knows_sheets
from store.known import by_identity
from store.uploads import uploaded

_marks = msgspec.json.Decoder(set[tuple[str, str, str, int]])
"""Kind and id of a person, state, minutes late."""


def recall(session: Session, customer: str, items: Items) -> SheetMemory:
    """What runs remember of the sheets among the items."""
    sheets = {item.source_id for item in items if isinstance(item, Sheet)}
    if not sheets:
        return SheetMemory()
    before = archives(session, customer, sheets)
    attendance = _attendance(items) if before else {}
    people = {
        person
        for sheet_id, then in before.items()
        if then.attendance and sheet_id in attendance
        for person in _differing(then.attendance, attendance[sheet_id])
    }
    return SheetMemory(
        archives=before,
        any_before=knows_sheets(session, customer),
        names={(row.kind, row.source_id): row.name for row in by_identity(session, customer, people)},
        uploaded=uploaded(session, customer, sheets),
    )


def remembered(items: Items, memory: SheetMemory, as_of: datetime) -> tuple[Items, list[Archive]]:
    """The items, their sheets with what runs remember of them, and what is to be remembered from now on.

    A sheet whose source itself tells of its archiving stays as it is, but for the names of those whose attendance
    changed. One that the very first look finds archived has no time: nobody saw when.
    """
    if not any(isinstance(item, Sheet) for item in items):
        return items, []
    since = as_of if memory.any_before else None
    attendance = _attendance(items)
    found: list[Record | Invalid] = []
    after: dict[str, Archive] = {}
    for item in items:
        if not isinstance(item, Sheet):
            found.append(item)
            continue
        now = attendance.get(item.source_id)
        then = memory.archives.get(item.source_id)
        told = _is_told(item)
        seen = _told(item, then, now) if told else _seen(item, then, now, as_of, since)
        if seen is not None and seen != then:
            after[item.source_id] = seen
        sheet = item if told or seen is None else _filled(item, seen, now)
        sent = memory.uploaded.get(item.source_id) if item.uploaded_at is None else None
        found.append(sheet if sent is None else msgspec.structs.replace(sheet, uploaded_at=sent))
    return _with_names(found, memory, attendance), list(after.values())


def _is_told(sheet: Sheet) -> bool:
    return (
        sheet.first_archived_at is not None
        or sheet.times_archived is not None
        or sheet.changed_since_first_archive is not None
    )


def _attendance(items: Items) -> dict[str, bytes]:
    """Sheet to who was there, as JSON.

    An excuse counts as an absence, and reasons and remarks do not count: they are handed in on an archived sheet too.
    """
    marks: dict[str, list[tuple[str, str, str, int]]] = {}
    for item in items:
        if isinstance(item, Mark) and item.sheet_id is not None:
            state = "absent" if item.state == "excused" else item.state or ""
            mark = (item.person_kind or "", item.person_ref or "", state, item.minutes_late or 0)
            marks.setdefault(item.sheet_id, []).append(mark)
    return {sheet: msgspec.json.encode(sorted(set(of_sheet))) for sheet, of_sheet in marks.items()}


def _seen(
    sheet: Sheet, then: Archive | None, attendance: bytes | None, as_of: datetime, since: datetime | None
) -> Archive | None:
    """What is known of a sheet's archiving now; None while it was never archived."""
    archived = sheet.archived is True
    if then is None:
        return Archive(sheet.source_id, since, since, 1, True, attendance or b"") if archived else None
    if not archived:
        return msgspec.structs.replace(then, archived=False)
    if then.archived:
        return then
    return msgspec.structs.replace(then, archived=True, archived_at=as_of, times_archived=then.times_archived + 1)


def _told(sheet: Sheet, then: Archive | None, attendance: bytes | None) -> Archive | None:
    """What its source says of a sheet's archiving, with who was there when it was first seen archived."""
    archived = sheet.archived is True
    if then is None and not archived:
        return None
    return Archive(
        sheet_id=sheet.source_id,
        first_archived_at=sheet.first_archived_at if then is None else then.first_archived_at,
        archived_at=sheet.archived_at,
        times_archived=sheet.times_archived or 1,
        archived=archived,
        attendance=(attendance or b"") if then is None else then.attendance,
    )


def _with_names(
    items: list[Record | Invalid], memory: SheetMemory, attendance: Mapping[str, bytes]
) -> list[Record | Invalid]:
    """The items, their changed sheets with the names of those whose attendance changed."""
    archived = memory.archives
    changed = {
        item.source_id: _differing(archived[item.source_id].attendance, attendance[item.source_id])
        for item in items
        if isinstance(item, Sheet)
        and (item.changed_since_first_archive or (item.times_archived or 0) > 1)
        and item.source_id in archived
        and archived[item.source_id].attendance
        and item.source_id in attendance
    }
    if not changed:
        return items
    people = {person for of_sheet in changed.values() for person in of_sheet}
    names = {**memory.names} | {
        (kind_of(item), item.source_id): name_of(item)
        for item in items
        if isinstance(item, Learner | Instructor) and (kind_of(item), item.source_id) in people
    }
    return [
        msgspec.structs.replace(item, changed_names=tuple(names.get(one, one[1]) for one in changed[item.source_id]))
        if isinstance(item, Sheet) and changed.get(item.source_id)
        else item
        for item in items
    ]


def _differing(before: bytes, after: bytes) -> list[tuple[str, str]]:
    """Kind and id of those whose attendance is not the same in both, learners first."""
    people = {(mark[0], mark[1]) for mark in _marks.decode(before) ^ _marks.decode(after)}
    return sorted(people, key=lambda person: (person[0] != "learner", person[1]))


def _filled(sheet: Sheet, seen: Archive, attendance: bytes | None) -> Sheet:
    """The sheet with its archiving. How often one was archived that was so at the first look, nobody can tell."""
    unknown = seen.first_archived_at is None and seen.times_archived == 1
    # Marks that did not come are no marks that were taken away.
    comparable = seen.archived and attendance is not None and bool(seen.attendance)
    return msgspec.structs.replace(
        sheet,
        first_archived_at=seen.first_archived_at,
        archived_at=seen.archived_at,
        times_archived=None if unknown else seen.times_archived,
        changed_since_first_archive=attendance != seen.attendance if comparable else None,
    )
