"""Outcomes: what the platform did with what was synced, and the source with the attendance of a sheet."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from api.document.openapi import BATCH_PROBLEMS, EXAMPLES, answers, content, takes
from api.http.auth import Admitted, admits
from api.http.bodies import JSON, NDJSON, OutcomesBody, content_type, read_body, read_outcomes
from api.http.dependencies import Asked, Within, written
from api.http.parameters import CustomerId
from runs.model.outcomes import OutcomesNoted

router = APIRouter(tags=["outcomes"])


@router.post(
    "/v1/customers/{customer}/outcomes",
    operation_id="note_outcomes",
    summary="Tell what became of what was synced",
    description="What the platform did with each record: created, updated, left as it was, or refused, with its code "
    "and text; of a sheet, what the source did with its attendance. A refusal is an issue at once, and until something "
    "later is told or the record changes; it leaves the verdict as it is. Each item is answered, in the order of the "
    "batch, and a bad one spoils only itself. Telling it again changes nothing.",
    dependencies=[Depends(admits("runs"))],
    responses=answers(
        content(OutcomesNoted),
        says="What was noted of each.",
        problems=BATCH_PROBLEMS,
    ),
    openapi_extra=takes(
        content(OutcomesBody),
        content({"type": "string", "description": "One outcome a line."}, EXAMPLES["outcome_lines"], NDJSON),
        says="The outcomes, as JSON or one a line.",
    ),
)
async def note_outcomes(
    customer: CustomerId, request: Request, service: Asked, limits: Within, caller: Admitted
) -> Response:
    kind = content_type(request, JSON, NDJSON, default=JSON)
    body = await read_body(request, limits.batch_bytes)
    done: OutcomesNoted = await run_sync(
        lambda: service.note_outcomes(customer, read_outcomes(body, kind, limits.batch_records), caller.name)
    )
    return written(done)
