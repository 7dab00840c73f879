"""Operations: whether the service lives and is ready, in counts only, and its own description."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from api.document.openapi import EXAMPLES, answers, content
from api.http.bodies import JSON
from api.http.dependencies import Asked, written

router = APIRouter(tags=["operations"])


class Alive(Struct, frozen=True):
    """The process answers."""

    alive: bool = True


class Ready(Struct, frozen=True):
    """Whether requests can be answered; counts only, so that nobody learns a customer's name here."""

    ready: bool
    database: bool
    """Whether it answers and its tables are those of this program."""
    customers: int
    rules_broken: int
    """Customers whose newest rule files have problems; the last good rulebook stays in force."""
    unusable: int
    """Customers without any rulebook in force."""
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
    description="503 with the same body while the database does not answer.",
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
        customers=len(health.customers),
        rules_broken=sum(customer.problems > 0 for customer in health.customers),
        unusable=sum(not customer.usable for customer in health.customers),
        authentication=not request.app.state.demo,
        version=request.app.version,
    )
    return written(ready, status=200 if ready.ready else 503)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    answer = Response(msgspec.json.encode(request.app.openapi()), media_type=JSON)
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
