"""The edge: what holds for every request. Security headers, one line in the log, HEAD and OPTIONS, and no bare crash.

A line in the log carries the route's template and never the path or the query, which hold ids of people.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problem_details import ProblemError, from_status
from runs.model.errors import of_the_database, where

access = structlog.get_logger("muster.access")
faults = structlog.get_logger("muster.faults")

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of every answer: our own style sheet, images and forms, and no script at all."""

HEADERS: dict[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",  # which browsers heed over https only
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""On every answer that does not say otherwise itself."""


def methods_at(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """The methods that some route takes at this address, as the header Allow lists them; empty when none is there."""
    found: set[str] = set()
    for route in routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE:
            found |= set(getattr(route, "methods", None) or {"GET"})
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted(found | {"OPTIONS"})) if found else ""


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self, app: ASGIApp, routes: list[BaseRoute], respond: Callable[[Request, ProblemError], Response]
    ) -> None:
        self.app = app
        self.routes = routes
        self.respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        method: str = scope["method"]
        status = 0
        length = 0

        async def outward(message: Message) -> None:
            nonlocal status, length
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif method == "HEAD":
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            else:
                length += len(message.get("body", b""))
            await send(message)

        if method == "HEAD":
            scope["method"] = "GET"
        try:
            if (refused := _unaskable(scope)) is not None:
                await self.respond(Request(scope), from_status(refused))(scope, receive, outward)
            elif method == "OPTIONS" and (allow := methods_at(self.routes, scope)):
                await _no_content(outward, allow)
            else:
                await self.app(scope, receive, outward)
        except Exception as error:  # noqa: BLE001 - nothing passes the edge; its text would reach the server's log
            problem = without_database(error, template(scope)) or unexpected(error, template(scope))
            if status == 0:
                await self.respond(Request(scope), problem)(scope, receive, outward)
        finally:
            access.info(
                "request",
                method=method,
                route=template(scope),
                status=status,
                bytes=length,
                milliseconds=round((time.perf_counter() - begun) * 1000, 1),
            )


def _unaskable(scope: Scope) -> int | None:
    """The status for an address with a NUL in it: no id holds one, and PostgreSQL takes none; else None."""
    if "\x00" in scope["path"]:
        return 404
    return 400 if b"%00" in scope.get("query_string", b"") else None


def template(scope: Scope) -> str:
    """The route's template, such as `/v1/customers/{customer}/issues`; `-` where no route was found."""
    return str(getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None) or "-")


def unexpected(error: BaseException, route: str) -> ProblemError:
    """Note an error nobody foresaw, without its text, and make the problem that names the note."""
    reference = secrets.token_hex(6)
    faults.error("unexpected", reference=reference, route=route, error=type(error).__qualname__, where=where(error))
    return ProblemError(
        "unexpected",
        "This is a fault of the service, not of the request. Try again later; if it stays, give support the reference.",
        reference=reference,
    )


def without_database(error: Exception, route: str) -> ProblemError | None:
    """The problem for a database that cannot be used now, and a note of what it says; None for any other error."""
    said = of_the_database(error)
    if said is None:
        return None
    faults.error("no database", route=route, said=said)
    return ProblemError(
        "no-database",
        "The database is away, or takes nothing in. Ask again in a while: what was not answered may not be stored.",
        headers={"Retry-After": "10"},
    )


async def _no_content(send: Any, allow: str) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allow.encode())]})
    await send({"type": "http.response.body", "body": b""})
