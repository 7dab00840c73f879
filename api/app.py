"""The application: routers, pages, problems and the edge put together around one service."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pkgutil import iter_modules
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api import pages, routes
from api.answers.page_words import Words
from api.document import openapi
from api.http.auth import Door, SignedIn
from api.http.limits import Limits
from api.http.middleware import Edge, methods_at
from api.http.parameters_taken import takes_only_its_own
from api.http.problem_details import ProblemError, from_declined, from_status, from_validation
from api.http.rates import Rates
from api.pages import problem, sign_in
from api.showing.rendering import Pages
from api.showing.visits import SignInFirst
from runs.model.errors import Declined
from runs.service import Service

_STRICT = ("/v1/", "/customers/", "/sign-in")
"""Addresses at which a parameter that is not taken is refused; probes and browsers may hang theirs on the others."""


def routers() -> Iterator[APIRouter]:
    """What answers: the router of each module in `api/routes` and `api/pages`; a new one is found by being there."""
    for package in (routes, pages):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            router: APIRouter | None = getattr(import_module(module.name), "router", None)
            if router is not None:
                yield router


def create_app(
    service: Service, *, demo: bool = False, limits: Limits | None = None, rates: Rates | None = None
) -> FastAPI:
    """The whole web application.

    ``demo`` asks nobody for a key and says so on every page and in `/readyz`: for a local demonstration only.
    """
    app = _routed(limits or Limits())
    app.state.service = service
    app.state.demo = demo
    app.state.rates = rates or Rates()
    app.state.door = Door(service.keys)
    app.state.sessions = SignedIn()
    app.state.pages = Pages(Words())
    app.add_middleware(Edge, routes=app.router.routes, respond=problem.answer_problem)
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(Declined, _problem)
    app.add_exception_handler(RequestValidationError, _problem)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(SignInFirst, _to_sign_in)
    return app


def description() -> dict[str, Any]:
    """The API's document without a service behind it, as `docs/openapi.json` holds it."""
    return openapi.document(_routed(Limits()))


def _routed(limits: Limits) -> FastAPI:
    app = FastAPI(
        title="Muster", version=_version(), openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.limits = limits
    for router in routers():
        # Flat, so that a request's template and the methods of an address can be told (api.http.middleware).
        app.router.routes.extend(router.routes)
    for route in app.router.routes:
        if isinstance(route, APIRoute) and route.path.startswith(_STRICT):
            takes_only_its_own(route)
    # Made once, when first asked for; FastAPI's own way to extend the document.
    app.openapi = cache(partial(openapi.document, app))  # type: ignore[method-assign]
    return app


async def _to_sign_in(request: Request, _error: Exception) -> Response:
    return sign_in.to_sign_in(request)


async def _problem(request: Request, error: Exception) -> Response:
    """Every error in the one shape; as a page where a person was reading pages."""
    return problem.answer_problem(request, _as_problem(request, error))


def _as_problem(request: Request, error: Exception) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case Declined():
            return from_declined(error)
        case RequestValidationError():
            return from_validation(error.errors())
        case HTTPException(status_code=405):
            return from_status(405, {"Allow": methods_at(request.app.router.routes, request.scope)})
        case HTTPException():
            return from_status(error.status_code, error.headers)
        case _:
            raise error


def _version() -> str:
    try:
        return version("muster")
    except PackageNotFoundError:
        return "0"
