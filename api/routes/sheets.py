"""Sheets: the attendance that should be entered in the source, and the word that it was."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content, takes
from api.http.auth import Admitted, admits
from api.http.bodies import JSON, UploadedBody, content_type, read_body, read_struct, uploaded_decoder
from api.http.dependencies import Asked, Spoken, Within, written
from api.http.parameters import Cursor, CustomerId, Limit
from runs.model.asked import PAGE
from runs.queries.uploads import Confirmed, UploadPage

router = APIRouter(tags=["sheets"])


@router.get(
    "/v1/customers/{customer}/sheets/to-upload",
    operation_id="list_sheets_to_upload",
    summary="Attendance that should be entered in the source",
    description="The archived attendance sheets that go up, person by person, in the source's own ids and reasons of "
    "absence. A sheet stands here once, for its first archiving, until it is confirmed or a run finds that it must not "
    "go up after all. Enter each `upload_id` once, also when the list is asked for again.",
    dependencies=[Depends(admits("runs"))],
    responses=answers(content(UploadPage), says="Sheets, oldest on the list first.", problems=CUSTOMER_PROBLEMS),
)
def list_sheets_to_upload(
    customer: CustomerId, service: Asked, spoken: Spoken, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    return written(service.to_upload(customer, cursor, limit, spoken), language=spoken)


@router.post(
    "/v1/customers/{customer}/sheets/uploaded",
    operation_id="confirm_sheets_uploaded",
    summary="Confirm that sheets were entered in the source",
    description="They leave the list for good. Saying so twice changes nothing; the first time stands.",
    dependencies=[Depends(admits("runs"))],
    responses=answers(
        content(Confirmed),
        says="What was noted of each.",
        problems=(*CUSTOMER_PROBLEMS, "malformed-body", "body-too-large", "unsupported-content"),
    ),
    openapi_extra=takes(content(UploadedBody), says="The sheets, by the platform's id."),
)
async def confirm_sheets_uploaded(
    customer: CustomerId, request: Request, service: Asked, limits: Within, caller: Admitted
) -> Response:
    content_type(request, JSON, default=JSON)
    body = read_struct(await read_body(request, limits.list_bytes), uploaded_decoder)
    sheets = {one.sheet_id: one.uploaded_at for one in body.sheets}
    done: Confirmed = await run_sync(service.confirm_uploaded, customer, sheets, caller.name)
    return written(done)
