"""Unsourced: what the platform has and the source has not."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import admits
from api.http.dependencies import Asked, written
from api.http.parameters import Cursor, CustomerId, Limit
from runs.model.answers import UnsourcedPage
from runs.model.asked import PAGE

router = APIRouter(tags=["history"])


@router.get(
    "/v1/customers/{customer}/unsourced",
    operation_id="list_unsourced",
    summary="What the platform has and the source has not",
    description="Accounts and sheets made on the platform itself, or from a record that the source no longer has. They "
    "are told, and never deleted.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(UnsourcedPage), says="A page of them.", problems=CUSTOMER_PROBLEMS),
)
def list_unsourced(customer: CustomerId, service: Asked, cursor: Cursor = None, limit: Limit = PAGE) -> Response:
    return written(service.unsourced(customer, cursor, limit))
