"""Uploading: the attendance that should be entered in the source, person by person, and the word that it was.

Muster itself writes nothing to the source: whoever does asks for the list, enters it, and confirms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.model.rulebook import Rulebook
from engine.records.kinds import Mark, Sheet
from store import fingerprints, uploads, writes
from store.known import by_identity
from store.run_tables import UploadRow

REASONS = "absence_reasons"

AttendanceStatus = Literal["present", "absent", "absent_justified"]
"""What sources know of attendance: presence, absence, justified absence."""
LeftOut = Literal["no_attendance", "not_in_source"]

_marks = msgspec.json.Decoder(list[Mark])
_sheet = msgspec.json.Decoder(Sheet)


class Attendance(Struct, frozen=True, kw_only=True):
    """One person's attendance at one session."""

    kind: Literal["learner", "instructor"]
    source_id: str
    """The person's id in the source."""
    name: str
    status: AttendanceStatus
    minutes_late: int | None = None
    left_early: bool = False
    reason: str | None = None
    """Reason of the absence in the source's own code, by the customer's `absence_reasons`."""
    comment: str | None = None


class NotSent(Struct, frozen=True, kw_only=True):
    """Somebody on the sheet whose attendance does not go up."""

    kind: Literal["learner", "instructor"] | None
    ref: str | None
    """The id on the sheet."""
    why: LeftOut
    """`no_attendance`: nothing is known of them; `not_in_source`: added by hand on the platform."""


class SheetToUpload(Struct, frozen=True, kw_only=True):
    """One attendance sheet that should be entered in the source, once."""

    upload_id: int
    """Number of this upload: the same however often the list is asked for. Enter each once."""
    sheet_id: str
    """The platform's id of the sheet; confirm with it."""
    session_id: str | None
    """The source's id of the session."""
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    first_archived_at: datetime | None
    listed_at: datetime
    """Moment of the run that put it on the list."""
    run_id: int
    attendance: list[Attendance]
    not_sent: list[NotSent]


class UploadPage(Struct, frozen=True):
    """Some of the sheets that should be entered in the source, oldest on the list first."""

    items: list[SheetToUpload]
    next_cursor: str | None
    total: int


class Confirmed(Struct, frozen=True):
    """What was noted of sheets that were entered in the source: their ids, each in one of the lists."""

    noted: list[str]
    already: list[str]
    """Confirmed before; the first time stands."""
    unknown: list[str]
    """Never on the list, so that nothing was noted."""


def to_upload(session: Session, rulebook: Rulebook, cursor: str | None, limit: int) -> UploadPage:
    """A page of what should be entered in the source. Raises CursorError."""
    customer = rulebook.customer.id
    page = uploads.waiting(session, customer, cursor, limit)
    marks = {row.sheet_id: _marks.decode(row.marks) for row in page.items}
    people = {
        (mark.person_kind, mark.person_ref)
        for of_sheet in marks.values()
        for mark in of_sheet
        if mark.person_kind is not None and mark.person_ref is not None
    }
    names = {(row.kind, row.source_id): row.name for row in by_identity(session, customer, people)}
    entry = rulebook.settings.get(REASONS)
    reasons = entry.value if entry is not None and isinstance(entry.value, Mapping) else {}
    items = [_sheet_to_upload(row, marks[row.sheet_id], names, reasons) for row in page.items]
    return UploadPage(items, page.next_cursor, page.total)


def confirm(session: Session, customer: str, sheets: Mapping[str, datetime]) -> Confirmed:
    """Note when sheets were entered in the source."""
    known = uploads.listed(session, customer, sheets)
    times = {name: at for name, at in sheets.items() if name in known and known[name].uploaded_at is None}
    uploads.confirm(session, customer, times)
    _tell_records(session, customer, times)
    return Confirmed(
        noted=sorted(times),
        already=sorted(name for name in sheets if name in known and name not in times),
        unknown=sorted(name for name in sheets if name not in known),
    )


def _tell_records(session: Session, customer: str, times: Mapping[str, datetime]) -> None:
    """So that who asks why a sheet is where it is hears of the upload before the next run."""
    changed: list[writes.Row] = []
    for row in by_identity(session, customer, {("sheet", sheet_id) for sheet_id in times}):
        record = None if row.data is None else fingerprints.read(row.data)
        if isinstance(record, Sheet) and record.uploaded_at is None:
            told = msgspec.structs.replace(record, uploaded_at=times[row.source_id])
            changed.append({"id": row.id, "data": fingerprints.written(told)})
    writes.settle_records(session, changed)


def _sheet_to_upload(
    row: UploadRow, marks: Sequence[Mark], names: Mapping[tuple[str, str], str], reasons: Mapping[str, str]
) -> SheetToUpload:
    assert row.id is not None, "a stored row has a number"
    sheet = _sheet.decode(row.sheet)
    sent, not_sent = _sorted(marks, names, reasons)
    return SheetToUpload(
        upload_id=row.id,
        sheet_id=row.sheet_id,
        session_id=sheet.source_ref,
        name=sheet.name,
        starts_at=sheet.starts_at,
        ends_at=sheet.ends_at,
        first_archived_at=sheet.first_archived_at,
        listed_at=row.offered_at,
        run_id=row.run_id,
        attendance=sent,
        not_sent=not_sent,
    )


def _sorted(
    marks: Iterable[Mark], names: Mapping[tuple[str, str], str], reasons: Mapping[str, str]
) -> tuple[list[Attendance], list[NotSent]]:
    """Who goes up, learners before instructors, and who does not."""
    sent: list[Attendance] = []
    not_sent: list[NotSent] = []
    for mark in sorted(marks, key=lambda mark: (mark.person_kind != "learner", mark.person_ref or "")):
        kind, ref = mark.person_kind, mark.person_ref
        name = names.get((kind, ref)) if kind is not None and ref is not None else None
        if kind is None or ref is None or name is None:
            not_sent.append(NotSent(kind=kind, ref=ref, why="not_in_source"))
        elif mark.state is None:
            not_sent.append(NotSent(kind=kind, ref=ref, why="no_attendance"))
        else:
            sent.append(
                Attendance(
                    kind=kind,
                    source_id=ref,
                    name=name,
                    status=_status(mark),
                    minutes_late=mark.minutes_late,
                    left_early=mark.state == "left_early",
                    reason=None if mark.reason_code is None else reasons.get(mark.reason_code),
                    comment=mark.comment,
                )
            )
    return sent, not_sent


def _status(mark: Mark) -> AttendanceStatus:
    if mark.state == "excused" or (mark.state == "absent" and mark.justified):
        return "absent_justified"
    return "absent" if mark.state == "absent" else "present"
