"""Records: what became of one and will, and why."""

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
    summary="What became of a record and will, and why",
    description="Three answers, none of which stands for another. `last_run`: what the last run did with it: `synced`; "
    "`later`: left out for now, by rules that time will end; `left_out` on purpose; `to_fix`; `waiting` only "
    "for what is to fix on others; `related`: not decided by itself; `not_received` any more; "
    "`never_received`. `next_run`: what the run at `next_run_at` will do if nothing changes: it `goes`; "
    "`later`: with the run at `expected_on`; `out`; `none_planned`; or `listed`: a sheet that is on the "
    "list of what is to be entered already. `on_platform`: `seen` there, "
    "`not_seen`, `confirmed`, `refused`, `not_told`; of a sheet, whether its attendance is `to_enter` in the "
    "source. With every rule of its kind, condition by condition: the value read, whether it holds, and what "
    "would have to differ; and with `then`, where the next run will decide otherwise.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(Explained), says="The answers, and why.", problems=CUSTOMER_PROBLEMS),
)
def explain_record(
    customer: CustomerId, kind: KindInPath, source_id: SourceIdInPath, service: Asked, spoken: Spoken
) -> Response:
    return written(service.explain(customer, kind, source_id, spoken), language=spoken)
