"""Records: where one is, and why."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.document.openapi import CUSTOMER_PROBLEMS, answers, content
from api.http.auth import admits
from api.http.dependencies import Asked, Spoken, written
from api.http.parameters import CustomerId, KindInPath, SourceIdInPath
from runs.model.answers import Explained

router = APIRouter(tags=["records"])


@router.get(
    "/v1/customers/{customer}/records/{kind}/{source_id:path}",
    operation_id="explain_record",
    summary="Where a record is, and why",
    description="`in`: synced. `later`: not now, and when. `out`: left out on purpose or flagged, with the messages. "
    "`not_received`: it came before, and the last complete run lacked it. `never_received`: the source has not sent "
    "it. `related`: it is not decided by itself. With every rule of its kind, condition by condition: the value "
    "read, whether it holds, and what would have to differ.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(Explained), says="Where it is, and why.", problems=CUSTOMER_PROBLEMS),
)
def explain_record(
    customer: CustomerId, kind: KindInPath, source_id: SourceIdInPath, service: Asked, spoken: Spoken
) -> Response:
    return written(service.explain(customer, kind, source_id, spoken), language=spoken)
