"""Classify: decisions for a batch of records; nothing is stored."""

from __future__ import annotations

from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from api.document.openapi import BATCH_PROBLEMS, EXAMPLES, answers, content, takes
from api.http.auth import admits
from api.http.bodies import JSON, NDJSON, Batch, content_type, read_batch, read_body
from api.http.dependencies import Asked, Spoken, Within, written
from api.http.language import choose
from api.http.limits import INLINE_BYTES, INLINE_RECORDS
from api.http.parameters import AsOf, CustomerId
from engine.records.decode import read_json
from runs.model.answers import Classification
from runs.service import Service

router = APIRouter(tags=["classify"])

_LINES = {"type": "string", "description": "One record a line."}


@router.post(
    "/v1/customers/{customer}/classify",
    operation_id="classify",
    summary="Decide a batch of records",
    description="One decision per record, in the batch's order, with messages. Relations see the batch first, then "
    "the customer's last known records. A record that cannot be read is answered as `record.invalid` with its errors; "
    "the others get their decisions. Nothing is stored.",
    dependencies=[Depends(admits("classify"))],
    responses=answers(
        content(Classification),
        says="The decisions.",
        problems=BATCH_PROBLEMS,
    ),
    openapi_extra=takes(
        content(Batch), content(_LINES, EXAMPLES["lines"], NDJSON), says="The records, as JSON or one a line."
    ),
)
async def classify(
    customer: CustomerId,
    request: Request,
    service: Asked,
    limits: Within,
    spoken: Spoken,
    as_of: AsOf = None,
) -> Response:
    kind = content_type(request, JSON, NDJSON, default=JSON)
    body = await read_body(request, limits.batch_bytes)
    inline = len(body) <= INLINE_BYTES
    read = partial(read_batch, body, kind, limits.batch_records)
    batch = read() if inline else await run_sync(read)
    batch.language = choose(batch.language, None, service.messages.languages, spoken)
    batch.as_of = batch.as_of or as_of
    if inline and len(batch.records) <= INLINE_RECORDS:
        return _decided(service, customer, batch)
    return await run_sync(_decided, service, customer, batch)


def _decided(service: Service, customer: str, batch: Batch) -> Response:
    found = service.classify(customer, read_json(batch.records), batch.language, batch.as_of)
    return written(found, language=batch.language)
