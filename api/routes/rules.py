"""Rules: the effective rulebook of a customer."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.answers.rulebook import RulebookAnswer, in_words
from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import admits
from api.http.dependencies import Asked, Spoken, written
from api.http.parameters import CustomerId

router = APIRouter(tags=["rules"])


@router.get(
    "/v1/customers/{customer}/rules",
    operation_id="list_rules",
    summary="The rules in force",
    description="Every rule in the order that decides the headline, as a sentence, with the layers that wrote it and, "
    "where it can match nothing here, the reason.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(RulebookAnswer), says="The rulebook.", problems=CUSTOMER_PROBLEMS),
)
def list_rules(customer: CustomerId, service: Asked, spoken: Spoken) -> Response:
    return written(
        in_words(service.messages, service.rulebook(customer), service.dormant(customer), spoken), language=spoken
    )
