"""Signing in and out."""

from __future__ import annotations

from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.auth import COOKIE, refuse_other_sites
from api.http.rates import address_of
from api.showing.rendering import PageView
from api.showing.visits import Sent, shown_alone

router = APIRouter(include_in_schema=False)


class SignInView(PageView, frozen=True):
    """The form to sign in."""

    refused: bool
    next: str
    """Address to go on to."""


@router.get("/sign-in")
async def sign_in_form(request: Request, next: str = "/") -> Response:  # noqa: A002 - as it stands in the address
    return _form(request, refused=False, go_on=next)


@router.post("/sign-in")
async def sign_in(request: Request, form: Sent) -> Response:
    key, go_on = form.get("key", "").strip(), form.get("next", "/")
    state = request.app.state
    state.rates.take("sign-in", address_of(request))
    caller = await run_sync(state.door.by_key, key)
    if caller is None or "read" not in caller.scopes:
        return _form(request, refused=True, go_on=go_on)
    response = RedirectResponse(go_on if _ours(go_on) else "/", 303)
    response.set_cookie(COOKIE, state.sessions.begin(key), httponly=True, secure=True, samesite="strict", path="/")
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    refuse_other_sites(request)
    request.app.state.sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _ours(address: str) -> bool:
    """Whether an address to go on to is one of these pages and no other site's."""
    return address.startswith("/customers/") and "\\" not in address and address.isprintable()


def _form(request: Request, *, refused: bool, go_on: str) -> Response:
    view = SignInView(refused=refused, next=go_on if _ours(go_on) else "/")
    return shown_alone(request, view, 403 if refused else 200, signed_in=False)


def to_sign_in(request: Request) -> Response:
    """Send a reader to the form, and afterwards back."""
    here = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/sign-in" + (f"?next={quote(here, safe='')}" if _ours(here) else ""), 303)
