"""Upward: which attendance sheets go up, each once for its first archiving, and what was confirmed of it.

A run puts a sheet on the list when its verdict is sync, and takes it off when a later run decides otherwise. It stays
there until its upload is confirmed, also when it is no longer received: nobody else remembers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from sqlmodel import Session

from engine.records.kinds import Mark, Record, Sheet
from runs.model.findings import Findings, Identity, Items, Offers
from store.queries import uploads

AttendanceStatus = Literal["present", "absent", "absent_justified", "unknown"]
"""What sources know of attendance: presence, absence, justified absence; `unknown` where the sheet does not say."""

marks_of = msgspec.json.Decoder(list[Mark]).decode
"""The marks of a sheet on the list, as they are stored there."""


def status(mark: Mark | None) -> AttendanceStatus:
    """What a source is told of somebody."""
    if mark is None or mark.state is None:
        return "unknown"
    if mark.state == "excused" or (mark.state == "absent" and mark.justified):
        return "absent_justified"
    return "absent" if mark.state == "absent" else "present"


def sent_marks(marks: bytes) -> dict[Identity, AttendanceStatus]:
    """Kind and id of each person on a sheet that went up, to what the source was told of them."""
    return {(mark.person_kind or "", mark.person_ref or ""): status(mark) for mark in marks_of(marks)}


def offers_of(run: Findings) -> Offers:
    """Which of the sheets that a run decided go up, with the marks they have now.

    The attendance is that of the first archiving, else the sheet would be flagged; an excuse handed in since goes too.
    """
    offers = Offers({}, [])
    received = _marks(run.decided.items)
    for (kind, source_id), one in run.found.items():
        if kind != "sheet" or one.decision is None:
            continue
        sheet = run.decided.record(one.position)
        if one.decision.verdict != "sync" or not isinstance(sheet, Sheet):
            offers.stay.append(source_id)
            continue
        # Where a push brings a sheet without its marks, those that came before stand.
        marks = received.get(source_id) or _stored(run, sheet)
        offers.go[source_id] = (msgspec.json.encode(sheet), msgspec.json.encode(marks))
    return offers


def write_offers(session: Session, run: Findings, offers: Offers) -> None:
    """Bring the list of what goes up to what a run says of its sheets."""
    known = uploads.listed(session, run.customer, [*offers.go, *offers.stay])
    new: list[uploads.Offer] = []
    again: list[uploads.Offer] = []
    for sheet_id, (sheet, marks) in offers.go.items():
        then = known.get(sheet_id)
        offer = uploads.Offer(sheet_id, sheet, marks)
        if then is None:
            new.append(offer)
        elif then.uploaded_at is None and (then.withdrawn_at is not None or then.marks != marks):
            again.append(offer)
    off = [
        sheet_id
        for sheet_id in offers.stay
        if (then := known.get(sheet_id)) is not None and then.uploaded_at is None and then.withdrawn_at is None
    ]
    uploads.offer(session, run.customer, run.run_id, run.as_of, new)
    uploads.offer_again(session, run.customer, again)
    uploads.withdraw(session, run.customer, off, run.as_of)


def _marks(items: Items) -> Mapping[str, Sequence[Mark]]:
    found: dict[str, dict[str, Mark]] = {}
    for item in items:
        if isinstance(item, Mark) and item.sheet_id is not None:
            found.setdefault(item.sheet_id, {})[item.source_id] = item
    return {sheet: [marks[name] for name in sorted(marks)] for sheet, marks in found.items()}


def _stored(run: Findings, sheet: Sheet) -> Sequence[Record]:
    return run.decided.situation.related(sheet, "marks")
