"""Uploading: the attendance that should be entered in the source, person by person, and the word that it was.

Muster itself writes nothing to the source: whoever does asks for the list, enters it, and confirms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.language.unread import unread_text
from engine.model.rulebook import Rulebook
from engine.records.kinds import Mark, Sheet
from engine.records.unread import unread
from runs.model.outcomes import Outcome
from runs.queries.outcomes import Deciding, take_note
from runs.records.upward import AttendanceStatus, marks_of, status
from store.base.run_tables import UploadRow
from store.lookup.known import by_identity
from store.lookup.outcomes import outcomes, told_of
from store.queries import uploads

REASONS = "absence_reasons"

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
    says: str | None = None
    """What a person has to do about it, in the reader's language, where the status is `unknown`."""


class NotSent(Struct, frozen=True, kw_only=True):
    """Somebody on the sheet whose attendance does not go up."""

    kind: Literal["learner", "instructor"] | None
    ref: str | None
    """The id on the sheet."""
    name: str | None
    """What the platform calls them, where that is known."""
    why: Literal["not_in_source"]
    """`not_in_source`: added by hand on the platform."""
    says: str
    """The same as a sentence, in the reader's language."""


class SourceRefusal(Struct, frozen=True):
    """That the source refused the attendance of a sheet, as the sheet is now."""

    at: datetime
    code: str | None
    text: str | None
    """Why, as it was told."""
    told_by: str
    """Who said so; empty where that is not known."""


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
    refused: SourceRefusal | None = None
    """What the source last said of it, where it did not take it: it stays on the list."""


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


def to_upload(session: Session, rulebook: Rulebook, cursor: str | None, limit: int, language: str) -> UploadPage:
    """A page of what should be entered in the source. Raises CursorError."""
    customer = rulebook.customer.id
    page = uploads.waiting(session, customer, cursor, limit)
    sheets = {row.sheet_id: _sheet.decode(row.sheet) for row in page.items}
    marks = {row.sheet_id: _on(sheets[row.sheet_id], marks_of(row.marks)) for row in page.items}
    people = {
        person
        for of_sheet in marks.values()
        for mark in of_sheet
        if mark.person_ref is not None
        for person in ((mark.person_kind or "account", mark.person_ref), ("account", mark.person_ref))
    }
    names = {(row.kind, row.source_id): row.name for row in by_identity(session, customer, people)}
    entry = rulebook.settings.get(REASONS)
    reasons = entry.value if entry is not None and isinstance(entry.value, Mapping) else {}
    saying = _Saying(names, reasons, language, _refused(session, customer, sheets))
    items = [_sheet_to_upload(row, sheets[row.sheet_id], saying, marks[row.sheet_id]) for row in page.items]
    return UploadPage(items, page.next_cursor, page.total)


def confirm(
    session: Session,
    customer: str,
    sheets: Mapping[str, datetime | None],
    now: datetime,
    by: Deciding | None,
    told_by: str = "",
) -> Confirmed:
    """Note when sheets were entered in the source: an outcome of each, as others are told."""
    told = [Outcome(kind="sheet", source_id=name, outcome="created", at=at) for name, at in sheets.items()]
    noted = take_note(session, customer, told, now, by, told_by)
    said: dict[str, list[str]] = {}
    for one in noted.outcomes:
        said.setdefault("already" if one.said == "older" else one.said, []).append(one.source_id or "")
    return Confirmed(*(sorted(said.get(name, ())) for name in ("noted", "already", "unknown")))


class _Saying(Struct, frozen=True):
    """What attendance is told with."""

    names: Mapping[tuple[str, str], str]
    reasons: Mapping[str, str]
    """Reason of the platform to the source's."""
    language: str
    refused: Mapping[str, SourceRefusal]
    """Sheet to what the source said of it."""


def _refused(session: Session, customer: str, sheet_ids: Collection[str]) -> dict[str, SourceRefusal]:
    """Those of the sheets that the source refused as they are now."""
    identities = {("sheet", sheet_id) for sheet_id in sheet_ids}
    records = told_of(session, customer, identities)
    return {
        identity[1]: SourceRefusal(one.at, one.code, one.text, one.told_by)
        for identity, one in outcomes(session, customer, identities).items()
        if one.outcome == "refused" and (identity not in records or records[identity].fingerprint == one.fingerprint)
    }


def _on(sheet: Sheet, marks: Sequence[Mark]) -> list[Mark]:
    """The marks of a sheet, and one without attendance for each person on it who has none; learners first."""
    refs: tuple[tuple[Literal["learner", "instructor"], tuple[str, ...]], ...] = (
        ("learner", sheet.learner_refs),
        ("instructor", sheet.instructor_refs),
    )
    known = {(mark.person_kind, mark.person_ref) for mark in marks}
    silent = [
        Mark(source_id="", sheet_id=sheet.source_id, person_kind=kind, person_ref=ref)
        for kind, some in refs
        for ref in some
        if (kind, ref) not in known
    ]
    return sorted([*marks, *silent], key=lambda mark: (mark.person_kind != "learner", mark.person_ref or ""))


def _sheet_to_upload(row: UploadRow, sheet: Sheet, saying: _Saying, marks: Sequence[Mark]) -> SheetToUpload:
    assert row.id is not None, "a stored row has a number"
    told = [_told(mark, saying) for mark in marks]
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
        attendance=[one for one in told if isinstance(one, Attendance)],
        not_sent=[one for one in told if isinstance(one, NotSent)],
        refused=saying.refused.get(row.sheet_id),
    )


def _told(mark: Mark, saying: _Saying) -> Attendance | NotSent:
    """One person's attendance; of whom the source does not have, that it does not go up."""
    kind, ref = mark.person_kind, mark.person_ref
    name = saying.names.get((kind, ref)) if kind is not None and ref is not None else None
    if kind is None or ref is None or name is None:
        name = saying.names.get(("account", ref or ""))
        said = unread_text(unread("not_in_source", name=name or ref or "?"), saying.language)
        return NotSent(kind=kind, ref=ref, name=name, why="not_in_source", says=said)
    known = status(mark)
    unknown = unread_text(unread("attendance_unknown", name=name), saying.language) if known == "unknown" else None
    return Attendance(
        kind=kind,
        source_id=ref,
        name=name,
        status=known,
        minutes_late=mark.minutes_late,
        left_early=mark.state == "left_early",
        reason=None if mark.reason_code is None else saying.reasons.get(mark.reason_code),
        comment=mark.comment,
        says=unknown,
    )
