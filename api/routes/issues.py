"""Issues: the feed of what a person must do, as JSON and as CSV."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response
from msgspec import structs

from api.answers.feed_csv import CSV, as_csv
from api.document.openapi import CUSTOMER_PROBLEMS, answers, content, takes
from api.http.auth import Admitted, admits
from api.http.bodies import (
    JSON,
    SearchBody,
    SettleBody,
    content_type,
    read_body,
    read_struct,
    search_decoder,
    settle_decoder,
)
from api.http.dependencies import Asked, Spoken, Which, Within, written
from api.http.parameters import Cursor, CustomerId, IssueId, Limit
from runs.model.answers import FeedPage, IssueDetail
from runs.model.asked import PAGE

router = APIRouter(tags=["issues"])


@router.get(
    "/v1/customers/{customer}/issues",
    operation_id="list_issues",
    summary="The feed of issues",
    description="Records that need a person, newest first, each with all that is wrong with it. With `verdict` it "
    "lists records of that verdict instead.",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(FeedPage), says="A page of the feed.", problems=CUSTOMER_PROBLEMS),
)
def list_issues(
    customer: CustomerId,
    service: Asked,
    which: Which,
    spoken: Spoken,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    return written(service.issues(customer, which, cursor, limit, spoken), language=spoken)


@router.post(
    "/v1/customers/{customer}/issues/search",
    operation_id="search_issues",
    summary="Search the feed by name or id",
    description="As the feed, for records whose name or id holds these words, whatever their capitals and accents. "
    "Filters, cursor and limit as for the feed. A POST, since addresses are logged on their way and names do not "
    "belong there.",
    dependencies=[Depends(admits("read"))],
    responses=answers(
        content(FeedPage),
        says="A page of what was found.",
        problems=(*CUSTOMER_PROBLEMS, "malformed-body", "body-too-large", "unsupported-content"),
    ),
    openapi_extra=takes(content(SearchBody), says="What to look for."),
)
async def search_issues(
    customer: CustomerId,
    request: Request,
    service: Asked,
    limits: Within,
    which: Which,
    spoken: Spoken,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    content_type(request, JSON, default=JSON)
    wanted = read_struct(await read_body(request, limits.small_bytes), search_decoder)
    which = structs.replace(which, search=wanted.search)
    page: FeedPage = await run_sync(service.issues, customer, which, cursor, limit, spoken)
    return written(page, language=spoken)


@router.get(
    "/v1/customers/{customer}/issues.csv",
    operation_id="download_issues",
    summary="The feed as a spreadsheet",
    description="One line per issue. The first five columns are the source's id, the kind, the name, the id people "
    "see in the source, and what is wrong. Records that only wait for others are in it, unless `fold=true`. Cells that "
    "a spreadsheet would compute begin with an apostrophe; in French cells are parted by semicolons. The headers "
    "`Muster-Health`, `Muster-Last-Exchange`, `Muster-Last-Try`, `Muster-Next-Exchange` and `Muster-Rules` tell how "
    "the exchanges stand that it is of: what is not in it is in order only where they are `well`.",
    dependencies=[Depends(admits("read"))],
    responses=answers(
        content({"type": "string"}, None, CSV), says="The whole feed as CSV.", problems=CUSTOMER_PROBLEMS
    ),
)
def download_issues(customer: CustomerId, request: Request, service: Asked, which: Which, spoken: Spoken) -> Response:
    return as_csv(request.app.state.pages.words, service, customer, which, spoken)


@router.get(
    "/v1/customers/{customer}/issues/{issue_id}",
    operation_id="get_issue",
    summary="One issue with its history",
    dependencies=[Depends(admits("read"))],
    responses=answers(content(IssueDetail), says="The issue.", problems=(*CUSTOMER_PROBLEMS, "unknown-issue")),
)
def get_issue(customer: CustomerId, issue_id: IssueId, service: Asked, spoken: Spoken) -> Response:
    return written(service.issue(customer, issue_id, spoken), language=spoken)


@router.post(
    "/v1/customers/{customer}/issues/{issue_id}/state",
    operation_id="settle_issue",
    summary="Snooze, waive, resolve or open an issue",
    description="What a person says of an issue, kept in its history with the label of the key. Decisions do not "
    "change by it: a run that still finds an issue said to be resolved opens it again.",
    dependencies=[Depends(admits("issues"))],
    responses=answers(
        content(IssueDetail),
        says="The issue as it is then.",
        problems=(
            *CUSTOMER_PROBLEMS,
            "unknown-issue",
            "cannot-settle",
            "malformed-body",
            "body-too-large",
            "unsupported-content",
        ),
    ),
    openapi_extra=takes(content(SettleBody), says="What is to become of it."),
)
async def settle_issue(
    customer: CustomerId,
    issue_id: IssueId,
    request: Request,
    service: Asked,
    limits: Within,
    spoken: Spoken,
    caller: Admitted,
) -> Response:
    content_type(request, JSON, default=JSON)
    body = read_struct(await read_body(request, limits.small_bytes), settle_decoder)
    detail: IssueDetail = await run_sync(service.settle, customer, issue_id, body.wanted, caller.name, spoken)
    return written(detail, language=spoken)
