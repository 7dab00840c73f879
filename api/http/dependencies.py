"""Asking: what routes share. The service they ask, the reader's language, and how answers are written."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from fastapi import Depends, Response
from starlette.requests import HTTPConnection

from api.http.bodies import JSON
from api.http.language import choose
from api.http.limits import Limits
from api.http.parameters import (
    AcceptLanguage,
    ChangedSince,
    CreatorFilter,
    CustomerId,
    FixInFilter,
    Fold,
    KindFilter,
    Language,
    LastRunFilter,
    RuleFilter,
    SegmentFilter,
    SortedBy,
    StateFilter,
    VerdictFilter,
    WaitsFor,
)
from runs.model.asked import IssueFilter
from runs.service import Service


async def the_service(connection: HTTPConnection) -> Service:
    """The service of this application. Async, as all of these: what is not is handed to a thread each time."""
    service: Service = connection.app.state.service
    return service


async def the_limits(connection: HTTPConnection) -> Limits:
    """The limits of this application."""
    limits: Limits = connection.app.state.limits
    return limits


Asked = Annotated[Service, Depends(the_service)]
Within = Annotated[Limits, Depends(the_limits)]


async def loaded(service: Service, customer: str) -> None:
    """Load what decides for a customer where that is still to be done, in a thread: nobody else waits for it.

    Raises what `rulebook` raises.
    """
    if not service.at_hand(customer):
        await run_sync(service.dormant, customer)


async def language_for(
    customer: CustomerId, service: Asked, language: Language = None, accept_language: AcceptLanguage = None
) -> str:
    """The reader's language: the one asked for, else the best accepted one that is offered, else the customer's."""
    await loaded(service, customer)
    otherwise = service.rulebook(customer).customer.language
    return choose(language, accept_language, service.messages.languages, otherwise)


async def filter_of(
    kind: KindFilter = None,
    rule: RuleFilter = None,
    verdict: VerdictFilter = None,
    last_run: LastRunFilter = None,
    segment: SegmentFilter = None,
    created_by: CreatorFilter = None,
    state: StateFilter = None,
    fix_in: FixInFilter = None,
    changed_since: ChangedSince = None,
    waits_for: WaitsFor = None,
    fold: Fold = None,
    sort: SortedBy = "newest",
) -> IssueFilter:
    """The filters and the order of the feed, as they stand in an address."""
    return IssueFilter(
        kind=kind,
        rule=rule,
        verdict=verdict,
        last_run=last_run,
        segment=segment,
        created_by=created_by,
        state=state,
        fix_in=fix_in,
        changed_since=changed_since,
        waits_for=waits_for,
        fold=fold,
        sort=sort,
    )


Spoken = Annotated[str, Depends(language_for)]
Which = Annotated[IssueFilter, Depends(filter_of)]


def written(answer: Any, *, status: int = 200, language: str | None = None, **headers: str) -> Response:
    """An answer as JSON, encoded by msgspec: what a route gives back is never encoded twice."""
    if language is not None:
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(msgspec.json.encode(answer), status_code=status, media_type=JSON, headers=headers)
