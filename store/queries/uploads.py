"""The list of attendance sheets that go up: what runs put on it and take off, and what was confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Table, bindparam, insert, select, update
from sqlmodel import Session, col, func
from sqlmodel import select as rows_of

from store.base.cursors import cursor_of, opened
from store.base.run_tables import UploadRow
from store.lookup.known import chunks
from store.queries.questions import LARGEST_PAGE, Page

_UPLOAD: Table = UploadRow.__table__  # type: ignore[attr-defined]


class Offer(Struct, frozen=True):
    """One sheet for the list, with its marks, as JSON."""

    sheet_id: str
    sheet: bytes
    marks: bytes


class ListedSheet(Struct, frozen=True):
    """What is known of a sheet that was ever on the list."""

    marks: bytes
    withdrawn_at: datetime | None
    uploaded_at: datetime | None


class Sent(Struct, frozen=True):
    """What is known of a sheet whose upload was confirmed."""

    at: datetime
    marks: bytes
    """As they went, as JSON."""


def uploaded(session: Session, customer: str, sheet_ids: Iterable[str]) -> dict[str, Sent]:
    """The confirmed uploads of these sheets."""
    wanted = select(_UPLOAD.c.sheet_id, _UPLOAD.c.uploaded_at, _UPLOAD.c.marks).where(
        _UPLOAD.c.customer == customer, _UPLOAD.c.uploaded_at.is_not(None)
    )
    return {
        sheet_id: Sent(*rest)
        for chunk in chunks(sheet_ids)
        for sheet_id, *rest in session.execute(wanted.where(_UPLOAD.c.sheet_id.in_(chunk)))
    }


def listed(session: Session, customer: str, sheet_ids: Iterable[str]) -> dict[str, ListedSheet]:
    """Those of the sheets that were ever on the list."""
    wanted = select(_UPLOAD.c.sheet_id, *(_UPLOAD.c[name] for name in ListedSheet.__struct_fields__)).where(
        _UPLOAD.c.customer == customer
    )
    return {
        sheet_id: ListedSheet(*rest)
        for chunk in chunks(sheet_ids)
        for sheet_id, *rest in session.execute(wanted.where(_UPLOAD.c.sheet_id.in_(chunk)))
    }


def offer(session: Session, customer: str, run_id: int, as_of: datetime, offers: Sequence[Offer]) -> None:
    """Put sheets on the list for the first time."""
    for chunk in chunks(offers):
        session.execute(
            insert(_UPLOAD),
            [
                {
                    "customer": customer,
                    "sheet_id": one.sheet_id,
                    "run_id": run_id,
                    "offered_at": as_of,
                    "sheet": one.sheet,
                    "marks": one.marks,
                }
                for one in chunk
            ],
        )


def offer_again(session: Session, customer: str, offers: Sequence[Offer]) -> None:
    """Put sheets back on the list, or renew what goes up of those that are on it."""
    _update(
        session,
        customer,
        [{"of": one.sheet_id, "new_sheet": one.sheet, "new_marks": one.marks} for one in offers],
        {"sheet": bindparam("new_sheet"), "marks": bindparam("new_marks"), "withdrawn_at": None},
    )


def withdraw(session: Session, customer: str, sheet_ids: Collection[str], now: datetime) -> None:
    """Take sheets off the list."""
    _update(session, customer, [{"of": sheet_id} for sheet_id in sheet_ids], {"withdrawn_at": now})


def confirm(session: Session, customer: str, times: Mapping[str, datetime | None]) -> None:
    """Note when sheets went up; None for one that the source refused after all."""
    _update(
        session,
        customer,
        [{"of": sheet_id, "at": at} for sheet_id, at in times.items()],
        {"uploaded_at": bindparam("at")},
    )


def waiting(session: Session, customer: str, cursor: str | None, limit: int) -> Page[UploadRow]:
    """A page of the sheets that go up, in the order in which they came. Raises CursorError."""
    wanted = [
        col(UploadRow.customer) == customer,
        col(UploadRow.uploaded_at).is_(None),
        col(UploadRow.withdrawn_at).is_(None),
    ]
    total = session.exec(rows_of(func.count()).select_from(UploadRow).where(*wanted)).one()
    if cursor:
        (last,) = opened(cursor, 1)
        wanted.append(col(UploadRow.id) > last)
    limit = max(1, min(limit, LARGEST_PAGE))
    found = session.exec(rows_of(UploadRow).where(*wanted).order_by(col(UploadRow.id)).limit(limit + 1)).all()
    shown = list(found[:limit])
    return Page(shown, cursor_of(shown[-1].id) if len(found) > limit else None, total)


def _update(session: Session, customer: str, rows: Sequence[dict[str, object]], values: dict[str, object]) -> None:
    statement = (
        update(_UPLOAD).where(_UPLOAD.c.customer == customer, _UPLOAD.c.sheet_id == bindparam("of")).values(values)
    )
    for chunk in chunks(rows):
        session.connection().execute(statement, chunk)
