"""Held runs: why a run waits for a person's word, what it would do by name, and the word itself."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import Admitted, admits
from api.http.dependencies import Asked, Spoken, written
from api.http.parameters import Cursor, CustomerId, Limit, RunId
from runs.model.answers import HeldRun, RunSummary
from runs.model.asked import PAGE

router = APIRouter(tags=["runs"])

_SETTLING = (*CUSTOMER_PROBLEMS, "unknown-run", "not-held")


@router.get(
    "/v1/customers/{customer}/runs/{run_id}/held",
    operation_id="get_held_run",
    summary="Why a run is held, and what it would do",
    description="What the guards found, in words, and by name what the run would do: first the records that would be "
    "lost, then those whose verdict would change, those that were synced first, then the new ones. Kept when the run "
    "is settled.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(HeldRun), says="The held run.", problems=_SETTLING),
)
def get_held_run(
    customer: CustomerId,
    run_id: RunId,
    service: Asked,
    spoken: Spoken,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    return written(service.held(customer, run_id, cursor, limit, spoken), language=spoken)


@router.post(
    "/v1/customers/{customer}/runs/{run_id}/approve",
    operation_id="approve_run",
    summary="Let a held run do what it would have done",
    description="It is done as a run of its own, at the moment of the held one, and no guard holds it. Refused once "
    "the customer's rules were edited: the run would do something else then.",
    status_code=201,
    dependencies=[Depends(admits("runs"))],
    responses=answers(
        content(RunSummary),
        says="The run that did it.",
        status=201,
        problems=(*_SETTLING, "rules-edited", "busy"),
        headers={"Location": {"description": "Where the run is.", "schema": {"type": "string"}}},
    ),
)
def approve_run(customer: CustomerId, run_id: RunId, service: Asked, caller: Admitted) -> Response:
    done = service.approve(customer, run_id, caller.name)
    return written(done, status=201, Location=f"/v1/customers/{customer}/runs/{done.id}")


@router.post(
    "/v1/customers/{customer}/runs/{run_id}/reject",
    operation_id="reject_run",
    summary="Forget what a held run received",
    dependencies=[Depends(admits("runs"))],
    responses=answers(content(RunSummary), says="The run, rejected.", problems=_SETTLING),
)
def reject_run(customer: CustomerId, run_id: RunId, service: Asked, caller: Admitted) -> Response:
    return written(service.reject(customer, run_id, caller.name))
