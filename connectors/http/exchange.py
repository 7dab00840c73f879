"""One request and its answer: sending, waiting, asking again, and naming what failed by what the run does next."""

from __future__ import annotations

import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, urljoin, urlsplit

from msgspec import Struct

from connectors.contract import ConnectorContext, ConnectorError, Fetch, Garbled, Refused, Unavailable
from connectors.http.credentials import Credentials, headers_of
from connectors.http.waiting import LONGEST_ASKED, Pace, asked_wait, back_off

if TYPE_CHECKING:
    import httpx

    from engine.records.unread import Value

Params = Mapping[str, Any]

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_TO = "moved_to"
_MOST_MOVES = 3
_IN_BRACES = re.compile(r"\{(\w+)\}")
REFUSALS = {401: "key_refused", 403: "no_right", 404: "nothing_there", 410: "no_longer_served"}
"""HTTP status to what it means."""


class Request(Struct, frozen=True):
    """What to ask."""

    call: str
    """Path under the base address, names in braces; it is all that errors and logs tell."""
    method: str = "GET"
    path: Params = {}
    params: Params = {}
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    accepts: Callable[[Response], bool] | None = None
    """Whether an answer that is not a success is one all the same, such as a SOAP fault."""


class Response(Struct, frozen=True):
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    """By small name."""
    body: bytes


class Exchange:
    """Requests to one system, with everything that may go wrong on the way. Safe to use from threads."""

    def __init__(
        self,
        system: str,
        base_url: str,
        fetch: Fetch,
        around: ConnectorContext,
        *,
        auth: Credentials,
        headers: Mapping[str, str],
        per_second: float | None,
        timeout: float,
        deadline: float,
        attempts: int,
        max_bytes: int,
        connections: int,
        meaning: Callable[[Response], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import httpx  # noqa: PLC0415 - a quarter second that `muster check` must not pay

        from connectors.http.network import guarded_transport, trust  # noqa: PLC0415 - the same

        self.system = system
        self._base = self._checked(base_url, around.allow_private)
        self._fetch = fetch
        self._auth = auth
        self._meaning = meaning or (lambda answer: answer.status)
        self._attempts = attempts
        self._max_bytes = max_bytes
        self._sleep = around.sleep
        self._pace = Pace(per_second, around.sleep, clock)
        self._lock = threading.Lock()
        for name in ("httpx", "httpcore"):
            # These two write whole addresses, values and all.
            logging.getLogger(name).setLevel(logging.WARNING)
        transport = around.transport
        if transport is None:
            transport = guarded_transport(connections, private_too=around.allow_private, longest=deadline, clock=clock)
        self._client = httpx.Client(
            headers={"User-Agent": "muster", **headers},
            timeout=timeout,
            limits=httpx.Limits(max_connections=connections),
            follow_redirects=False,
            event_hooks={"response": [_set_aside]},
            trust_env=False,
            verify=trust(),
            transport=transport,
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def ask(self, request: Request) -> Response:
        """The answer, after as many attempts as it takes. Raises only ConnectorError."""
        fresh = False
        attempt = 0
        while True:
            try:
                answer = self._once(request, fresh)
            except Unavailable as error:
                failed, wait = error, back_off(attempt)
            else:
                status = self._meaning(answer)
                if status < 300 or (request.accepts is not None and request.accepts(answer)):
                    return answer
                if status == 401 and not fresh and not isinstance(self._auth, Mapping):
                    fresh = True
                    continue
                if status not in _AGAIN:
                    self._refuse(request.call, status)
                failed = self._failed(request.call, status)
                wait = self._wait(answer, attempt, failed)
            attempt += 1
            if attempt >= self._attempts:
                raise failed from None
            with self._lock:
                self._fetch.requests += 1
            self._sleep(wait)

    def garbled(self, call: str, code: str, **values: Value) -> Garbled:
        """The error for an answer that is not of the shape we know."""
        return Garbled(self.system, call, code, **values)

    def _failed(self, call: str, status: int) -> Unavailable:
        if status == 429:
            return Unavailable(self.system, call, "too_many_requests", status)
        return Unavailable(self.system, call, "system_failed", status, answer=status)

    def _once(self, request: Request, fresh: bool) -> Response:
        import httpx  # noqa: PLC0415 - loaded already

        address = self._address(request)
        params = _listed(request.params)
        try:
            for _ in range(_MOST_MOVES + 1):
                self._pace.wait()
                credentials = headers_of(self._auth, request.method, address, params, fresh=fresh)
                sent = {**credentials, **request.headers}
                with self._client.stream(
                    request.method, address, params=tuple(params) or None, headers=sent, content=request.content
                ) as response:
                    moved = response.extensions.get(_MOVED_TO) if response.status_code in _MOVED else None
                    if moved is None:
                        return Response(
                            response.status_code,
                            {name.lower(): value for name, value in response.headers.items()},
                            self._body(request.call, response),
                        )
                address, params = self._followed(request, address, moved), []
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise self._named(request.call, error) from None
        raise Refused(self.system, request.call, "redirects_in_a_circle", 302)

    def _body(self, call: str, response: httpx.Response) -> bytes:
        """The body, unpacked, up to the limit of size."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise self.garbled(call, "answer_too_large", size=self._max_bytes // 1024)
            parts.append(part)
        return b"".join(parts)

    def _address(self, request: Request) -> str:
        """The whole address: values are quoted, so that none can leave its place in the path."""
        if not request.call:
            return self._base

        def filled(found: re.Match[str]) -> str:
            value = str(request.path[found[1]])
            if value.strip(".") == "":
                raise self.garbled(request.call, "nothing_for_the_path", name=found[1])
            return quote(value, safe="")

        return f"{self._base.rstrip('/')}/{_IN_BRACES.sub(filled, request.call).lstrip('/')}"

    def _followed(self, request: Request, address: str, moved: str) -> str:
        """Where a redirect leads, when that is the same host, over the same scheme, for a call that only asks."""
        here = urlsplit(address)
        try:
            target = urljoin(address, moved)
            there = urlsplit(target)
        except ValueError:  # it is no address
            there = None
        if request.method != "GET" or there is None or (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise Refused(self.system, request.call, "redirects_elsewhere", 302)
        return target

    def _wait(self, answer: Response, attempt: int, failed: Unavailable) -> float:
        asked = asked_wait(answer.headers)
        if asked is None:
            return back_off(attempt)
        if asked > LONGEST_ASKED:
            raise failed from None
        return asked

    def _checked(self, base_url: str, allow_private: bool) -> str:
        """The base address, when it is one that a key may be sent to."""
        try:
            parts = urlsplit(base_url)
        except ValueError:
            raise Refused(self.system, "url", "not_https") from None
        schemes = {"https", "http"} if allow_private else {"https"}
        if parts.scheme not in schemes or not parts.hostname:
            raise Refused(self.system, "url", "not_https")
        if parts.username or parts.password:
            raise Refused(self.system, "url", "key_in_the_address")
        return base_url

    def _named(self, call: str, error: Exception) -> ConnectorError:
        """What a failure on the network means for the run. The library's own sentence may hold an address."""
        import httpx  # noqa: PLC0415 - loaded already

        from connectors.http.network import (  # noqa: PLC0415 - the same
            NoSuchHostError,
            PrivateAddressError,
            TooSlowError,
        )

        causes = _causes(error)
        if any(isinstance(cause, PrivateAddressError) for cause in causes):
            return Refused(self.system, call, "private_host")
        if any(isinstance(cause, NoSuchHostError) for cause in causes):
            return Refused(self.system, call, "no_such_host")
        if any(isinstance(cause, TooSlowError) for cause in causes):
            return Unavailable(self.system, call, "answer_too_slow")
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return Refused(self.system, call, "certificate_not_valid")
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError)):
            return Refused(self.system, call, "cannot_be_sent")
        if isinstance(error, httpx.DecodingError):
            return self.garbled(call, "cannot_be_unpacked")
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(self.system, call, "no_answer_in_time")
        if isinstance(error, httpx.ConnectError):
            return Unavailable(self.system, call, "cannot_be_reached")
        return Unavailable(self.system, call, "connection_broke")

    def _refuse(self, call: str, status: int) -> NoReturn:
        if (code := REFUSALS.get(status)) is not None:
            raise Refused(self.system, call, code, status)
        if status == 501 or status >= 505:
            raise self._failed(call, status)
        raise Garbled(self.system, call, "question_not_accepted", status, answer=status)


def _set_aside(response: httpx.Response) -> None:
    """Keep from the library where an answer redirects to: it breaks on what is no address, be it followed or not."""
    moved = response.headers.pop("location", None)
    if moved is not None:
        response.extensions[_MOVED_TO] = moved


def _listed(params: Params) -> list[tuple[str, str]]:
    """Parameters in order; those without a value are left out, a list is repeated."""
    found: list[tuple[str, str]] = []
    for name, value in params.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        found.extend((name, str(each)) for each in values if each is not None)
    return found


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that led to it."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__]
    return found
