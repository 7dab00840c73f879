"""The customers that a reader may see."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.dependencies import Asked
from api.showing.rendering import PageView
from api.showing.visits import reading_caller, shown_alone
from runs.service import Service

router = APIRouter(include_in_schema=False)


class HomeView(PageView, frozen=True):
    """The customers that a reader may see."""

    customers: tuple[tuple[str, str, str], ...]
    """Id, name, and what is connected with what."""


@router.get("/")
def home(request: Request, service: Asked) -> Response:
    caller = reading_caller(request)
    entries = tuple((one, *_introduced(service, one)) for one in filter(caller.opens, service.customers()))
    if len(entries) == 1 and "lang" not in request.query_params:
        return RedirectResponse(f"/customers/{quote(entries[0][0])}", 303)
    return shown_alone(request, HomeView(entries))


def _introduced(service: Service, customer_id: str) -> tuple[str, str]:
    """A customer's name, and which system flows into which; its id alone while its rules cannot be used."""
    try:
        customer = service.rulebook(customer_id).customer
    except Exception:  # noqa: BLE001 - one customer's broken files keep nobody from the others
        return customer_id, ""
    return customer.name, " → ".join(use.title for use in (customer.source, customer.platform) if use is not None)
