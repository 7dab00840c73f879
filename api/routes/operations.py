"""Operations: whether the service lives and is ready, in counts only, and its own description."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from api.document.openapi import EXAMPLES, answers, content
from api.http.bodies import JSON
from api.http.dependencies import Asked, written
from runs.model.health import STATES, State

router = APIRouter(tags=["operations"])


class Alive(Struct, frozen=True):
    """The process answers."""

    alive: bool = True


class Ready(Struct, frozen=True):
    """Whether requests can be answered; counts only, so that nobody learns a customer's name here."""

    ready: bool
    database: bool
    """Whether it answers, its tables are those of this program, and it takes what is written."""
    customers: int
    looked_at: datetime | None
    """When all of them were looked at last: what is counted here is as old. None until that was done once."""
    unlooked: int
    """Customers that were not looked at yet, and are counted nowhere below: it is done in the background."""
    rules_broken: int
    """Customers whose newest rule files have problems; the last good rulebook stays in force."""
    messages_broken: int
    """Customers with messages of their own that cannot be shown; others are shown in their place."""
    unusable: int
    """Customers without any rulebook in force."""
    exchanges: dict[State, int]
    """How many customers' exchanges are in which state; see `CustomerHealth`."""
    authentication: bool
    """False in a local demonstration, where nobody is asked for a key."""
    version: str


@router.get(
    "/livez",
    operation_id="livez",
    summary="Whether the process answers",
    responses=answers(content(Alive), says="It does."),
)
async def livez() -> Response:
    return written(Alive())


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Whether requests can be answered",
    description="503 with the same body while the database does not answer. Answered at once: of many customers from "
    "what was seen of them last.",
    responses=answers(content(Ready), says="They can.")
    | {
        503: {
            "description": "They cannot.",
            "content": content(Ready, EXAMPLES["Ready"] | {"ready": False, "database": False}),
        }
    },
)
def readyz(request: Request, service: Asked) -> Response:
    health = service.health()
    ready = Ready(
        ready=health.database,
        database=health.database,
        customers=len(health.customers) + health.unlooked,
        looked_at=health.looked_at,
        unlooked=health.unlooked,
        rules_broken=sum(customer.problems > 0 for customer in health.customers),
        messages_broken=sum(customer.unshown > 0 for customer in health.customers),
        unusable=sum(not customer.usable for customer in health.customers),
        exchanges={state: sum(one.state == state for one in health.customers) for state in STATES},
        authentication=not request.app.state.demo,
        version=request.app.version,
    )
    return written(ready, status=200 if ready.ready else 503)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    answer = Response(msgspec.json.encode(request.app.openapi()), media_type=JSON)
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
