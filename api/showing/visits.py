"""Visits: who reads a page, what they sent, in which words they read, and the page around it all."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from msgspec import Struct

from api.http.auth import Caller, refuse_other_sites, signed_in, unknown_customer
from api.http.bodies import FORM, content_type, read_body, read_form
from api.http.dependencies import Asked, Within
from api.http.problem_details import ProblemError
from api.showing.reader import Reader
from api.showing.rendering import LANGUAGE_COOKIE, Pages, PageView
from runs.model.asked import Scope
from runs.service import Service

_COOKIE_YEAR = 365 * 24 * 3600


class SignInFirst(Exception):
    """A page asked for by somebody who is not signed in."""


def the_pages(request: Request) -> Pages:
    """The pages of this application."""
    pages: Pages = request.app.state.pages
    return pages


def reading_caller(request: Request) -> Caller:
    """Who reads. Raises SignInFirst."""
    caller = signed_in(request)
    if caller is None:
        raise SignInFirst
    return caller


async def sent(request: Request, limits: Within) -> dict[str, str]:
    """The form that was sent; refuses what another site sent in the reader's name."""
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    return read_form(await read_body(request, limits.small_bytes))


class Visit(Struct, frozen=True):
    """Somebody at a page of one customer."""

    request: Request
    service: Service
    caller: Caller
    reader: Reader

    @property
    def customer(self) -> str:
        """The customer's id."""
        return self.reader.rulebook.customer.id

    def needs(self, scope: Scope) -> None:
        """A 403 problem for who may not do what a form does."""
        if scope not in self.caller.scopes:
            raise ProblemError("not-permitted", f"This key has no `{scope}` scope. Ask for a key that has it.")

    def shown(self, page: PageView, here: str = "", status: int = 200) -> Response:
        """The page; ``here`` is its entry of the navigation."""
        pages = the_pages(self.request)
        customer, language = self.reader.rulebook.customer, self.reader.language
        health = self.service.health_of(customer.id, language)
        frame = pages.frame(
            self.request, language, customer=customer.id, customer_name=customer.name, here=here, health=health
        )
        response = pages.render(frame, page, zone=customer.zone, status=status)
        return keeping_language(self.request, response, language)


def visit(customer: str, request: Request, service: Asked) -> Visit:
    """The visit; refuses who is not signed in, and customers not theirs."""
    caller = reading_caller(request)
    if not caller.opens(customer):
        raise unknown_customer()
    rulebook = service.rulebook(customer)
    pages = the_pages(request)
    reader = Reader(pages.words, service.messages, pages.language(request, rulebook.customer.language), rulebook)
    return Visit(request, service, caller, reader)


Sent = Annotated[dict[str, str], Depends(sent)]
Visiting = Annotated[Visit, Depends(visit)]
"""Behind `Sent` where a page takes a form, so that what another site sent is refused first."""


def shown_alone(request: Request, page: PageView, status: int = 200, **more: bool) -> Response:
    """A page that is about no customer."""
    pages = the_pages(request)
    language = pages.language(request)
    response = pages.render(pages.frame(request, language, **more), page, status=status)
    return keeping_language(request, response, language)


def keeping_language(request: Request, response: Response, language: str) -> Response:
    """The answer, with a language asked for in the address kept for the pages to come."""
    if request.query_params.get("lang") == language:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_COOKIE_YEAR,
            httponly=True,
            samesite="lax",
            secure=not request.app.state.demo,
        )
    return response
