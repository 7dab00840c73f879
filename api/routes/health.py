"""Health: how one customer's exchanges and rules stand."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import admits
from api.http.dependencies import Asked, Spoken, written
from api.http.parameters import CustomerId
from runs.model.health import CustomerHealth

router = APIRouter(tags=["operations"])


@router.get(
    "/v1/customers/{customer}/health",
    operation_id="get_health",
    summary="How a customer's exchanges stand",
    description="Whether planned exchanges take place and end well, when the last good one was, what the last try "
    "failed at and what to do, and whether the newest rule files are in use.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(CustomerHealth), says="How it stands.", problems=CUSTOMER_PROBLEMS),
)
def get_health(customer: CustomerId, service: Asked, spoken: Spoken) -> Response:
    return written(service.health_of(customer, spoken), language=spoken)
