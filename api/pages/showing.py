"""Showing: what the pages' addresses share: who reads, in which words, and the page around it all."""

from __future__ import annotations

import msgspec
from fastapi import Request, Response

from api.http.auth import Caller, signed_in, unknown_customer
from api.pages.locale import Reader
from api.pages.rendering import LANGUAGE_COOKIE, Pages
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


def reader_of(request: Request, service: Service, customer: str) -> Reader:
    """The words for this reader of this customer; refuses who is not signed in, and customers not theirs."""
    if not reading_caller(request).opens(customer):
        raise unknown_customer()
    rulebook = service.rulebook(customer)
    pages = the_pages(request)
    return Reader(pages.words, pages.language(request, rulebook.customer.language), rulebook)


def shown(
    request: Request, template: str, reader: Reader, page: msgspec.Struct, here: str, status: int = 200
) -> Response:
    """One page of a customer; ``here`` is its entry of the navigation."""
    pages = the_pages(request)
    customer = reader.rulebook.customer
    frame = pages.frame(request, reader.language, customer=customer.id, customer_name=customer.name, here=here)
    response = pages.render(template, frame, page, zone=customer.zone, status=status)
    return keeping_language(request, response, reader.language)


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
