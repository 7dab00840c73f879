"""Admission: which caller may do what. API keys for the API, sessions of signed-in people for the pages.

An unknown customer and one that a key does not open get the same answer, so that nobody can probe for names.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request
from msgspec import Struct

from api.http.problem_details import UNKNOWN_CUSTOMER, ProblemError
from api.http.rates import address_of
from runs.api_keys import Keys
from runs.model.asked import EVERY_CUSTOMER, SCOPES, Scope

_LONGEST_KEY = 200


class Caller(Struct, frozen=True):
    """Somebody who was let in: which customers, and which calls."""

    customers: frozenset[str]
    """Ids; `*` is all of them."""
    scopes: frozenset[str]
    name: str = ""
    """What the key is for, in its maker's words; else its id."""
    id: str = ""
    """The key's."""

    def opens(self, customer: str) -> bool:
        """Whether this caller may know of that customer at all."""
        return EVERY_CUSTOMER in self.customers or customer in self.customers


ANYBODY = Caller(frozenset((EVERY_CUSTOMER,)), frozenset(SCOPES), "demonstration")
"""Who calls a local demonstration."""


NO_KEY = "Send an API key: `Authorization: Bearer muster_<id>_<secret>`. `muster key new` makes one."


def refused(detail: str = NO_KEY) -> ProblemError:
    """The answer to a caller without a valid key."""
    return ProblemError("not-signed-in", detail, headers={"WWW-Authenticate": 'Bearer realm="muster"'})


def unknown_customer() -> ProblemError:
    """The one answer for a customer that is not there and for one that the key does not open."""
    return ProblemError("unknown-customer", UNKNOWN_CUSTOMER)


class Door:
    """Lets callers in by key. What a key opens is remembered for a few seconds; so long a withdrawn one still works."""

    def __init__(self, keys: Keys, remember_seconds: float = 5.0, most: int = 1_000) -> None:
        self._keys = keys
        self._seconds = remember_seconds
        self._most = most
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._lock = Lock()

    def by_key(self, key: str) -> Caller | None:
        """Whom the key lets in; None when it is unknown, wrong or withdrawn."""
        remembered = self.remembered(key)
        if remembered is not None or len(key) > _LONGEST_KEY:
            return remembered
        found = self._keys.of(key)
        if found is None:
            return None
        digest, now = hashlib.sha256(key.encode()).digest(), time.monotonic()
        caller = Caller(frozenset(found.customers), frozenset(found.scopes), found.label or found.id, found.id)
        with self._lock:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[digest] = (now + self._seconds, caller)
        return caller

    def remembered(self, key: str) -> Caller | None:
        """Whom the key let in a moment ago, without asking the store."""
        until, caller = self._known.get(hashlib.sha256(key.encode()).digest(), (0.0, None))
        return caller if until > time.monotonic() else None


class SignedIn:
    """People signed in to the pages: random tokens, kept in this process, so a restart signs everybody out."""

    def __init__(self, seconds: float = 12 * 3600, most: int = 10_000) -> None:
        self._seconds = seconds
        self._most = most
        self._open: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    def begin(self, key: str) -> str:
        """A new token for the holder of that key. The key is asked again at each page, so its end ends the session."""
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._open = {name: entry for name, entry in self._open.items() if entry[0] > now}
            while len(self._open) >= self._most:
                self._open.pop(next(iter(self._open)))
            self._open[token] = (now + self._seconds, key)
        return token

    def key(self, token: str) -> str | None:
        """The key that the session was begun with; None when there is no such session any more."""
        until, key = self._open.get(token, (0.0, ""))
        return key if until > time.monotonic() else None

    def end(self, token: str) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(token, None)


COOKIE = "__Host-muster"


def _caller(request: Request) -> Caller:
    state = request.app.state
    if state.demo:
        # No key keeps other sites' pages out here, so the browser's own word does.
        refuse_other_sites(request)
        return ANYBODY
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise refused()
    door: Door = state.door
    caller = door.remembered(key.strip())
    if caller is None:
        state.rates.take("unknown key", address_of(request))
        caller = door.by_key(key.strip())
    if caller is None:
        raise refused("This API key is not valid: it is unknown, cut short, or withdrawn.")
    return caller


def admits(scope: Scope) -> Callable[[Request], None]:
    """A dependency that lets in only callers with that scope, for the customer in the path.

    It belongs into a route's own `dependencies`, which come before whatever its function asks for: who is not let in
    learns nothing of what is there.
    """

    async def admit(request: Request) -> None:
        caller = _caller(request)
        if not caller.opens(request.path_params["customer"]):
            raise unknown_customer()
        if scope not in caller.scopes:
            raise ProblemError(
                "not-permitted", f"This key has no `{scope}` scope. Ask for a key that has it (`muster key new`)."
            )
        if caller is not ANYBODY:
            request.app.state.rates.take(scope, caller.id)
        request.state.caller = caller

    return admit  # type: ignore[return-value] # FastAPI awaits it


async def admitted(request: Request) -> Caller:
    """Who was let in, behind `admits`."""
    caller: Caller = request.state.caller
    return caller


Admitted = Annotated[Caller, Depends(admitted)]


def signed_in(request: Request) -> Caller | None:
    """Who reads a page: anybody in a demonstration, else the holder of a session's key, while that is valid."""
    state = request.app.state
    if state.demo:
        return ANYBODY
    key = state.sessions.key(request.cookies.get(COOKIE, ""))
    caller: Caller | None = state.door.by_key(key) if key else None
    if caller is None or "read" not in caller.scopes:
        return None
    state.rates.take("read", caller.id)
    return caller


def refuse_other_sites(request: Request) -> None:
    """A 403 problem for what another site sent in the reader's name, by the browser's own word on it."""
    if request.method == "GET":
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site in ("same-origin", "none"):
        return
    if site is None and (origin is None or origin.partition("://")[2] == request.headers.get("host")):
        return
    raise ProblemError("cross-site", "This was sent from another site. Open the page here and send it again.")
