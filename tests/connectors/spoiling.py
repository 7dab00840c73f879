"""Faults on demand: a system that is well but for one path, for ever or for so many times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.connectors.trying import noted

Fault = Callable[[Scope, Receive, Send], Awaitable[None]]


class Spoiled:
    """The calls whose path ends in `path` are answered by `fault`, `times` times, before the system is well."""

    def __init__(self, path: str, fault: Fault, times: int = 10_000) -> None:
        self._path = path
        self._fault = fault
        self._left = times
        self.asked: list[str] = []
        """Every path and query that was asked for."""

    def __call__(self, application: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope)
            self.asked.append(f"{request.url.path}?{request.url.query}".rstrip("?"))
            if request.url.path.endswith(self._path) and self._left > 0:
                self._left -= 1
                await self._fault(scope, receive, send)
            else:
                await application(scope, receive, send)

        return answer


def status(code: int, body: str = "", **headers: str) -> Fault:
    """An answer with that status."""
    return Response(body, code, headers, "application/json")


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    """An answer that breaks off in the middle."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"data": [', "more_body": True})
    raise ConnectionResetError


def json(body: str) -> Fault:
    """A good answer that holds something else than usual."""
    return Response(body, 200, None, "application/json")


def page(body: str = "<!doctype html><title>Sign in</title>") -> Fault:
    """A web page, as a sign-in page sends it."""
    return Response(body, 200, None, "text/html")


def notes(fetch: Any) -> str:
    """All that a fetch told, as one text."""
    return " ".join([*(str(error) for error in fetch.partial), *noted(fetch)])
