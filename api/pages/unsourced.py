"""What the platform has and the source has not."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.showing.rendering import PageView
from api.showing.visits import Visiting
from runs.model.answers import Unsourced

router = APIRouter(include_in_schema=False)

_A_PAGE = 50


class UnsourcedView(PageView, frozen=True):
    """What the platform has and the source has not."""

    platform: str
    items: tuple[Unsourced, ...]
    next_cursor: str | None
    not_received: tuple[str, ...]
    """Systems of which nothing was ever received, so that nothing could be compared."""


@router.get("/customers/{customer}/unsourced")
def show_unsourced(visit: Visiting, cursor: str | None = None) -> Response:
    page = visit.service.unsourced(visit.customer, cursor, _A_PAGE)
    reader = visit.reader
    lacking = tuple(reader.place(side) or "" for side in page.not_received)
    return visit.shown(UnsourcedView(reader.platform, tuple(page.items), page.next_cursor, lacking), "runs")
