"""The one place for HTTP out: every connector reads its system through an `Http`, and fails the same way.

What it sees to: time-outs, attempts with growing waits, `Retry-After`, a rate limit, size limits, hosts that
may not be reached, redirects that would carry the key elsewhere, and errors and logs without a value in them:
a call is named by its template (`planning/{from}/{to}`), never by its address.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar, overload
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import msgspec

from connectors.contract import NOT_JSON, ConnectorContext, Fetch, Garbled, Refused
from connectors.http.credentials import Auth, Credentials
from connectors.http.exchange import Exchange, Params, Request, Response
from connectors.http.mismatch import mismatch
from connectors.http.pages import Following, by_offset, by_token, each_page, numbered
from engine.records.unread import Value

__all__ = ["Auth", "Http", "Response", "basic", "bearer", "by_offset", "by_token", "numbered"]

T = TypeVar("T")
Item = TypeVar("Item")

_CHARSET = re.compile(r"charset=\"?([\w-]+)")
_JSON = "application/json"


def bearer(token: str) -> dict[str, str]:
    """Credentials as a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    """Credentials as HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Http:
    """Calls to one system on behalf of one fetch. Use it as a context manager; it may be used from threads.

    `call` is a path under `base_url` with names in braces, which `path` fills, quoted; an empty call is
    `base_url` itself (a feed whose link is the secret). `params` is the query; a None is left out, a list is
    repeated. Raises only ConnectorError, whose `status` is that of the answer.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        fetch: Fetch,
        around: ConnectorContext,
        *,
        auth: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        per_second: float | None = None,
        timeout: float | None = None,
        deadline: float = 300.0,
        attempts: int = 4,
        max_bytes: int = 64 * 1024 * 1024,
        connections: int = 4,
        meaning: Callable[[Response], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is for each silence, as `around` says when left out, and `deadline` for a whole answer, in seconds;
        `per_second` limits the requests of all threads together. `meaning` gives the HTTP status that an answer ought
        to have, for systems that say it in the body."""
        self._exchange = Exchange(
            system,
            base_url,
            fetch,
            around,
            auth=auth or {},
            headers=headers or {},
            per_second=per_second,
            timeout=around.timeout if timeout is None else timeout,
            deadline=deadline,
            attempts=attempts,
            max_bytes=max_bytes,
            connections=connections,
            meaning=meaning,
            clock=clock,
        )
        self._fetch = fetch
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def get(
        self, call: str, *, path: Params | None = None, params: Params | None = None, accept: str = "*/*"
    ) -> Response:
        """The answer itself, for what none of the others reads. Not counted as received rows."""
        return self._ask(Request(call, path=path or {}, params=params or {}, headers={"Accept": accept}))

    @overload
    def get_json(self, call: str, shape: type[T], *, path: Params | None = ..., params: Params | None = ...) -> T: ...
    @overload
    def get_json(
        self, call: str, shape: Any = ..., *, path: Params | None = ..., params: Params | None = ...
    ) -> Any: ...
    def get_json(self, call: str, shape: Any = Any, *, path: Params | None = None, params: Params | None = None) -> Any:
        """A JSON answer decoded into `shape` (a msgspec Struct, `list[Struct]`); unknown fields are ignored."""
        return self._counted(call, self._json(call, self.get(call, path=path, params=params, accept=_JSON), shape))

    def get_text(self, call: str, *, path: Params | None = None, params: Params | None = None) -> str:
        """A text answer, in the character set that it names; UTF-8 when it names none."""
        answer = self.get(call, path=path, params=params)
        named = _CHARSET.search(answer.headers.get("content-type", ""))
        try:
            text = answer.body.decode(named[1] if named else "utf-8").removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            raise self._exchange.garbled(call, "not_in_its_character_set") from None
        return self._counted(call, text)

    def get_xml(self, call: str, *, path: Params | None = None, params: Params | None = None) -> ET.Element:
        """The root of an XML answer."""
        answer = self.get(call, path=path, params=params, accept="application/xml, text/xml")
        return self._counted(call, self._xml(call, answer))

    def post_json(self, call: str, body: Any, shape: Any = Any, *, path: Params | None = None) -> Any:
        """Ask by a JSON body, JSON back. Only for calls that read: a failed one is repeated."""
        content = msgspec.json.encode(body)
        return self._counted(call, self._json(call, self._post(call, path, content, _JSON, _JSON), shape))

    def post_form(self, call: str, fields: Mapping[str, str], shape: Any = Any, *, path: Params | None = None) -> Any:
        """Ask by form fields, JSON back. Secrets may be among them: they stand in the body."""
        content = urlencode(fields).encode()
        answer = self._post(call, path, content, "application/x-www-form-urlencoded", _JSON)
        return self._counted(call, self._json(call, answer, shape))

    def post_xml(
        self, call: str, body: bytes, *, path: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> ET.Element:
        """Ask by XML (SOAP: `SOAPAction` in `headers`), XML back; a SOAP fault, sent as a 500, is an answer."""
        content_type = "text/xml; charset=utf-8"
        answer = self._post(call, path, body, content_type, "text/xml", headers or {}, _is_soap_fault)
        return self._counted(call, self._xml(call, answer))

    def pages(
        self,
        call: str,
        shape: type[T],
        *,
        following: Following[T],
        rows: Callable[[T], int],
        path: Params | None = None,
        params: Params | None = None,
        most: int = 10_000,
    ) -> Iterator[T]:
        """Every page of a list, one at a time. `rows` counts a page's items; `following` says what to ask next:
        `numbered`, `by_offset`, `by_token` or your own. A page that comes again is Garbled, never a loop."""

        def ask(asked: Params) -> tuple[bytes, Mapping[str, str], T]:
            answer = self.get(call, path=path, params=asked, accept=_JSON)
            return answer.body, answer.headers, self._json(call, answer, shape)

        def wrong(code: str, **values: Value) -> Exception:
            return self._exchange.garbled(call, code, **values)

        for page in each_page(ask, params or {}, following, rows, most, wrong):
            with self._lock:
                self._fetch.page(call, page.rows)
            yield page.answer

    def together(self, work: Callable[[Item], T], items: Iterable[Item], workers: int = 4) -> Generator[T, None, None]:
        """`work` of each item, a few at a time, results in the items' order; the first error ends it, or `close()`."""
        from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - few connectors need it

        with ThreadPoolExecutor(workers) as pool:
            waiting: list[Future[T]] = []
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) > workers:
                        yield waiting.pop(0).result()
                while waiting:
                    yield waiting.pop(0).result()
            finally:
                for left in waiting:
                    left.cancel()

    def _post(
        self,
        call: str,
        path: Params | None,
        content: bytes,
        content_type: str,
        accept: str,
        headers: Mapping[str, str] | None = None,
        accepts: Callable[[Response], bool] | None = None,
    ) -> Response:
        sent = {"Content-Type": content_type, "Accept": accept, **(headers or {})}
        return self._ask(Request(call, "POST", path or {}, headers=sent, content=content, accepts=accepts))

    def _ask(self, request: Request) -> Response:
        return self._exchange.ask(request)

    def _json(self, call: str, answer: Response, shape: Any) -> Any:
        """The JSON of an answer. What does not fit tells its place, never its value."""
        body = answer.body.removeprefix(b"\xef\xbb\xbf")
        if body.lstrip()[:1] == b"<":
            raise Refused(self._exchange.system, call, "web_page_for_json", answer.status)
        try:
            body.decode()  # also what is kept undecoded, so that decoding it later fails for its shape alone
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError as error:
            raise mismatch(Garbled, self._exchange.system, call, error) from None
        except NOT_JSON:
            raise self._exchange.garbled(call, "not_json") from None

    def _xml(self, call: str, answer: Response) -> ET.Element:
        """The root of an XML text. A document type is refused: its entities could make it endless."""
        if answer.body[:64].lstrip()[:9].lower() == b"<!doctype":  # a web page's is none that a parser would name
            raise self._exchange.garbled(call, "xml_document_type")
        try:
            return ET.fromstring(answer.body, ET.XMLParser(target=_Tree()))  # noqa: S314 - no document type, no entities
        except _DocumentTypeError:
            raise self._exchange.garbled(call, "xml_document_type") from None
        except (ET.ParseError, LookupError, ValueError):  # the last two are an encoding that Python does not know
            raise self._exchange.garbled(call, "not_xml") from None

    def _counted(self, call: str, found: T) -> T:
        with self._lock:
            self._fetch.page(call, len(found) if isinstance(found, list) else 0)
        return found


class _DocumentTypeError(Exception):
    pass


class _Tree(ET.TreeBuilder):
    """Builds no tree of what has a document type, wherever it stands and in whatever encoding."""

    def doctype(self, *_what: str | None) -> None:
        raise _DocumentTypeError


def _is_soap_fault(answer: Response) -> bool:
    return answer.status == 500 and b"Fault" in answer.body and b"Envelope" in answer.body
