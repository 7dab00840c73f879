"""The customers that a reader may see."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.dependencies import Asked
from api.showing.rendering import PageView
from api.showing.visits import reading_caller, shown_alone
from runs.service import Service
from runs.service.watch import FEW

router = APIRouter(include_in_schema=False)


class HomeView(PageView, frozen=True):
    """The customers that a reader may see."""

    customers: tuple[tuple[str, str, str, str], ...]
    """Id, name, what is connected with what, and how its exchanges stand; `unknown` until they were looked at."""


@router.get("/")
def home(request: Request, service: Asked) -> Response:
    caller = reading_caller(request)
    stands = {one.customer: one.state for one in service.health().customers}
    mine = list(filter(caller.opens, service.customers()))
    entries = tuple((one, *_introduced(service, one, len(mine)), stands.get(one, "unknown")) for one in mine)
    if len(entries) == 1 and "lang" not in request.query_params:
        return RedirectResponse(f"/customers/{quote(entries[0][0])}", 303)
    return shown_alone(request, HomeView(entries))


def _introduced(service: Service, customer_id: str, of: int) -> tuple[str, str]:
    """A customer's name, and which system flows into which; its id alone while its rules cannot be used, or are not
    loaded yet where there are many."""
    try:
        rulebook = service.rulebook(customer_id) if of <= FEW else service.library.known(customer_id)
    except Exception:  # noqa: BLE001 - one customer's broken files keep nobody from the others
        rulebook = None
    if rulebook is None:
        return customer_id, ""
    customer = rulebook.customer
    return customer.name, " → ".join(use.title for use in (customer.source, customer.platform) if use is not None)
