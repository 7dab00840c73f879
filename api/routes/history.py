"""History: what changed day after day."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import admits
from api.http.dependencies import Asked, written
from api.http.parameters import Cursor, CustomerId, DayFilter, KindFilter, Limit
from runs.model.answers import HistoryPage
from runs.model.asked import PAGE

router = APIRouter(tags=["history"])


@router.get(
    "/v1/customers/{customer}/history",
    operation_id="list_history",
    summary="What changed, day after day",
    description="For each run, newest first, the records to which something happened: fields before and after, "
    "verdicts, issues with their true cause; and what people did by hand after the run.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(HistoryPage), says="A page of the history.", problems=CUSTOMER_PROBLEMS),
)
def list_history(
    customer: CustomerId,
    service: Asked,
    day: DayFilter = None,
    kind: KindFilter = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    return written(service.history(customer, cursor, limit, day, kind))
