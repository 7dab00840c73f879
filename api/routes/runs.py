"""Runs: pushing what a system holds, and what was exchanged when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response

from api.document.openapi import CUSTOMER_PROBLEMS, EXAMPLES, answers, content, takes
from api.http.auth import Admitted, admits
from api.http.bodies import NDJSON, content_type, lines, spool
from api.http.dependencies import Asked, Within, loaded, written
from api.http.limits import Limits
from api.http.parameters import AsOf, Cursor, CustomerId, DirectionFilter, Limit, RunId
from api.http.problem_details import ProblemError
from engine.records.decode import Invalid, read_json
from engine.records.kinds import Record
from runs.model.answers import RunPage, RunSummary
from runs.model.asked import PAGE, Direction

router = APIRouter(tags=["runs"])

_AT_ONCE = 2_000
"""Lines that are read together."""


@router.post(
    "/v1/customers/{customer}/runs",
    operation_id="push_run",
    summary="Push records as a run",
    description="Decides the records as `classify` does and stores them as a run: feed, issues, history. All of it is "
    "written in one transaction at the end, or nothing is. With `complete=true` a record of the decided kinds that is "
    "not among them is not received since then, and gone after so many such runs as the customer's rules say; with "
    "`complete=false` nothing ever is.",
    status_code=201,
    dependencies=[Depends(admits("runs"))],
    responses=answers(
        content(RunSummary),
        says="The run, as it ended.",
        status=201,
        problems=(*CUSTOMER_PROBLEMS, "busy", "body-too-large", "too-many-records", "unsupported-content"),
        headers={"Location": {"description": "Where the run is.", "schema": {"type": "string"}}},
    ),
    openapi_extra=takes(
        content({"type": "string", "description": "One record a line."}, EXAMPLES["lines"], NDJSON),
        says="The records, one a line.",
    ),
)
async def push_run(
    customer: CustomerId,
    request: Request,
    service: Asked,
    limits: Within,
    caller: Admitted,
    complete: Annotated[bool, Query(description="Whether these are all the records there are.")],
    direction: Annotated[
        Direction, Query(description="`downward` decides the source's records, `upward` sheets and accounts.")
    ] = "downward",
    as_of: AsOf = None,
) -> Response:
    content_type(request, NDJSON, default=NDJSON)
    # Before a long body is waited for.
    service.must_have_come(as_of)
    await loaded(service, customer)
    service.rulebook(customer)
    file = await spool(request, limits.run_bytes)
    with file:
        done: RunSummary = await run_sync(
            lambda: service.push(customer, _records(file, limits), complete, direction, as_of, by=caller.name)
        )
    return written(done, status=201, Location=f"/v1/customers/{customer}/runs/{done.id}")


def _records(file: IO[bytes], limits: Limits) -> Iterator[Record | Invalid]:
    """The records of an NDJSON body, some lines at a time."""
    rows = lines(file, limits.line_bytes)
    count = 0
    while some := list(islice(rows, _AT_ONCE)):
        count += len(some)
        if count > limits.run_records:
            raise ProblemError("too-many-records", f"A run takes at most {limits.run_records} records.")
        yield from read_json(some)


@router.get(
    "/v1/customers/{customer}/runs",
    operation_id="list_runs",
    summary="What was exchanged, and when",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(RunPage), says="Runs, newest first.", problems=CUSTOMER_PROBLEMS),
)
def list_runs(
    customer: CustomerId,
    service: Asked,
    direction: DirectionFilter = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    return written(service.runs(customer, cursor, limit, direction))


@router.get(
    "/v1/customers/{customer}/runs/{run_id}",
    operation_id="get_run",
    summary="One run",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(RunSummary), says="The run.", problems=(*CUSTOMER_PROBLEMS, "unknown-run")),
)
def get_run(customer: CustomerId, run_id: RunId, service: Asked) -> Response:
    return written(service.run_summary(customer, run_id))
