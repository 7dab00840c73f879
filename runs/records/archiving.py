"""Archiving: when a sheet was first seen archived, how often, and what changed since; platforms do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlmodel import Session

from engine.records.decode import Invalid
from engine.records.kinds import Account, Instructor, Learner, Mark, Record, Sheet, kind_of, name_of
from runs.model.findings import Identity, Items
from runs.model.loaded import SheetMemory
from runs.records.upward import sent_marks, status
from store.lookup.archives import Archive, archives, knows_sheets
from store.lookup.known import by_identity
from store.queries.uploads import uploaded

_marks = msgspec.json.Decoder(set[tuple[str, str, str, int]])
"""Kind and id of a person, state, minutes late."""

_JUSTIFIED = (
    ("justified_names", "absent", "absent_justified"),
    ("unjustified_names", "absent_justified", "absent"),
)
"""Field of a sheet that names people, with what the source was told of them and what it is now."""

_People = Mapping[str, list[Identity]]
"""Field of a sheet that names people, to who they are."""


def recall(session: Session, customer: str, items: Items) -> SheetMemory:
    """What runs remember of the sheets among the items."""
    sheets = {item.source_id for item in items if isinstance(item, Sheet)}
    if not sheets:
        return SheetMemory()
    memory = SheetMemory(
        archives=archives(session, customer, sheets),
        any_before=knows_sheets(session, customer),
        uploaded=uploaded(session, customer, sheets),
    )
    marks = _marks_on(items)
    found, _ = _dated(items, memory, marks, None, None)
    people = {one for of_sheet in _named(found, memory, marks).values() for ones in of_sheet.values() for one in ones}
    people |= {("account", ref) for _, ref in people}
    names = {(row.kind, row.source_id): row.name for row in by_identity(session, customer, people)}
    return msgspec.structs.replace(memory, names=names)


def remembered(
    items: Items, memory: SheetMemory, as_of: datetime, since: datetime | None = None
) -> tuple[Items, list[Archive]]:
    """The items, their sheets with what runs remember of them, and what is to be remembered from now on.

    A sheet whose source itself tells of its archiving keeps what it tells. One that the very first look finds archived
    has no time: nobody saw when. What is seen archived now for the first time counts as so ``since`` then.
    """
    if not any(isinstance(item, Sheet) for item in items):
        return items, []
    marks = _marks_on(items)
    found, after = _dated(items, memory, marks, as_of, (since or as_of) if memory.any_before else None)
    return _with_names(found, memory, marks), after


def _dated(
    items: Items,
    memory: SheetMemory,
    marks: Mapping[str, Mapping[Identity, Mark]],
    as_of: datetime | None,
    since: datetime | None,
) -> tuple[list[Record | Invalid], list[Archive]]:
    """The items, their sheets with their archiving and the time of their upload, and what is to be remembered."""
    found: list[Record | Invalid] = []
    after: list[Archive] = []
    for item in items:
        if not isinstance(item, Sheet):
            found.append(item)
            continue
        now = _written(marks[item.source_id].values()) if item.source_id in marks else None
        then = memory.archives.get(item.source_id)
        told = _is_told(item)
        seen = _told(item, then, now) if told else _seen(item, then, now, as_of, since)
        if seen is not None and seen != then:
            after.append(seen)
        sheet = item if seen is None else _compared(item, seen, now, told=True) if told else _filled(item, seen, now)
        sent = memory.uploaded.get(item.source_id)
        if sent is not None and item.uploaded_at is None:
            sheet = msgspec.structs.replace(sheet, uploaded_at=sent.at)
        found.append(sheet)
    return found, after


def _is_told(sheet: Sheet) -> bool:
    return (
        sheet.first_archived_at is not None
        or sheet.times_archived is not None
        or sheet.changed_since_first_archive is not None
    )


def _marks_on(items: Items) -> dict[str, dict[Identity, Mark]]:
    """Sheet to the mark of each person on it."""
    marks: dict[str, dict[Identity, Mark]] = {}
    for item in items:
        if isinstance(item, Mark) and item.sheet_id is not None:
            marks.setdefault(item.sheet_id, {})[item.person_kind or "", item.person_ref or ""] = item
    return marks


def _written(marks: Iterable[Mark]) -> bytes:
    """Who was there, as JSON.

    An excuse counts as an absence, and reasons and remarks do not count: they are handed in on an archived sheet too.
    """
    found = {
        (
            mark.person_kind or "",
            mark.person_ref or "",
            "absent" if mark.state == "excused" else mark.state or "",
            mark.minutes_late or 0,
        )
        for mark in marks
    }
    return msgspec.json.encode(sorted(found))


def _seen(
    sheet: Sheet, then: Archive | None, attendance: bytes | None, as_of: datetime | None, since: datetime | None
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
    if then is None and (sheet.times_archived or 1) > 1:
        # Who was there the first time, nobody saw.
        attendance = None
    return Archive(
        sheet_id=sheet.source_id,
        first_archived_at=sheet.first_archived_at if then is None else then.first_archived_at,
        archived_at=sheet.archived_at,
        times_archived=sheet.times_archived or 1,
        archived=archived,
        attendance=(attendance or b"") if then is None else then.attendance,
    )


def _with_names(
    items: list[Record | Invalid], memory: SheetMemory, marks: Mapping[str, Mapping[Identity, Mark]]
) -> list[Record | Invalid]:
    """The items, their sheets with the names of those whom something is to be said of."""
    named = _named(items, memory, marks)
    if not named:
        return items
    people = {person for of_sheet in named.values() for ones in of_sheet.values() for person in ones}
    people |= {("account", ref) for _, ref in people}
    names = {**memory.names} | {
        (kind_of(item), item.source_id): name_of(item)
        for item in items
        if isinstance(item, Learner | Instructor | Account) and (kind_of(item), item.source_id) in people
    }

    def name(person: Identity) -> str:
        # Who was put on a sheet by hand is there by the id of an account.
        return names.get(person) or names.get(("account", person[1])) or person[1]

    return [
        msgspec.structs.replace(
            item, **{field: tuple(map(name, ones)) for field, ones in named[item.source_id].items()}
        )
        if isinstance(item, Sheet) and item.source_id in named
        else item
        for item in items
    ]


def _named(items: Items, memory: SheetMemory, marks: Mapping[str, Mapping[Identity, Mark]]) -> dict[str, _People]:
    """Sheet to those whose attendance changed, was justified since, or is not known, as far as there are any.

    Of a sheet whose marks did not come there is nothing to say; nor of instructors, where no mark is an instructor's.
    """
    found: dict[str, _People] = {}
    of_kinds = {kind for of_sheet in marks.values() for kind, _ in of_sheet}
    for item in items:
        if not isinstance(item, Sheet) or item.source_id not in marks:
            continue
        now = marks[item.source_id]
        fields: dict[str, list[Identity]] = {}
        archive = memory.archives.get(item.source_id)
        changed = item.changed_since_first_archive or (item.times_archived or 0) > 1
        if changed and archive is not None and archive.attendance:
            fields["changed_names"] = _differing(archive.attendance, _written(now.values()), item)
        sent = memory.uploaded.get(item.source_id)
        before = {} if sent is None else sent_marks(sent.marks)
        for field, was, has in _JUSTIFIED:
            fields[field] = [one for one, mark in now.items() if before.get(one) == was and status(mark) == has]
        if item.archived:
            for field, kind, refs in (
                ("unmarked_names", "learner", item.learner_refs),
                ("unsigned_names", "instructor", item.instructor_refs),
            ):
                on_it = dict.fromkeys([*((kind, ref) for ref in refs), *(one for one in now if one[0] == kind)])
                if kind in of_kinds:
                    fields[field] = [one for one in on_it if status(now.get(one)) == "unknown"]
        if told := {field: ones for field, ones in fields.items() if ones}:
            found[item.source_id] = told
    return found


def _differing(before: bytes, after: bytes, sheet: Sheet) -> list[Identity]:
    """Kind and id of those whose attendance is not the same in both, learners first.

    While a sheet is open, who has no attendance may get one yet: that is no change.
    """
    then, now = _marks.decode(before), _marks.decode(after)
    changed = then ^ now if sheet.archived else {mark for mark in now - then if mark[2]}
    return sorted({(mark[0], mark[1]) for mark in changed}, key=lambda person: (person[0] != "learner", person[1]))


def _filled(sheet: Sheet, seen: Archive, attendance: bytes | None) -> Sheet:
    """The sheet with its archiving. How often one was archived that was so at the first look, nobody can tell."""
    unknown = seen.first_archived_at is None and seen.times_archived == 1
    filled = msgspec.structs.replace(
        sheet,
        first_archived_at=seen.first_archived_at,
        archived_at=seen.archived_at,
        times_archived=None if unknown else seen.times_archived,
        changed_since_first_archive=None,
    )
    return _compared(filled, seen, attendance, told=False)


def _compared(sheet: Sheet, seen: Archive, attendance: bytes | None, *, told: bool) -> Sheet:
    """The sheet with whether its attendance changed since its first archiving, where that is not told and can be.

    Marks that did not come are no marks that were taken away. Whose platform says that it was archived once, and is,
    was not changed.
    """
    once = told and sheet.archived and sheet.times_archived in (None, 1)
    if sheet.changed_since_first_archive is not None or once or attendance is None or not seen.attendance:
        return sheet
    return msgspec.structs.replace(
        sheet, changed_since_first_archive=bool(_differing(seen.attendance, attendance, sheet))
    )
