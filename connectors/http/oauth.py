"""OAuth: tokens for client credentials (2.0), which run out, and signatures of requests (1.0a)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, Self
from urllib.parse import parse_qsl, quote, urlsplit

from msgspec import Struct

from connectors.contract import ConnectorContext, Fetch, Garbled, Refused
from connectors.http.client import Http, basic, bearer
from connectors.http.credentials import Pairs

Digest = Literal["sha1", "sha256"]

_MARGIN = 30.0
"""Seconds before its end at which a token is no longer used, for the time a request takes."""
_DEFAULT_LIFE = 3600.0
"""Seconds a token is taken to last that does not say; one that ends sooner is refused once and asked for again."""


class _Token(Struct):
    access_token: str
    expires_in: float | str | None = None


class ClientCredentials:
    """A bearer token of OAuth 2 (RFC 6749, 4.4), asked for when there is none, or it ran out, or was not accepted.

    Use it as a context manager; it may be used from threads. Raises ConnectorError when no token is given.
    """

    def __init__(
        self,
        system: str,
        token_url: str,
        client: tuple[str, str],
        scope: str,
        fetch: Fetch,
        around: ConnectorContext,
        *,
        in_body: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is its id and secret, sent as HTTP Basic, or as form fields when `in_body`."""
        home, _, self._call = token_url.rpartition("/")
        self._system = system
        self._fields = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        if in_body:
            self._fields |= {"client_id": client[0], "client_secret": client[1]}
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        auth = {} if in_body else basic(quote(client[0], safe=""), quote(client[1], safe=""))
        self._http = Http(system, home, fetch, around, auth=auth)
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._http.__exit__(*details)

    def headers(self, *, fresh: bool) -> Mapping[str, str]:
        """The token to send."""
        with self._lock:
            if fresh or self._clock() >= self._until:
                self._renew()
            return bearer(self._token)

    def _renew(self) -> None:
        asked = self._clock()
        try:
            found = self._http.post_form(self._call, self._fields, _Token)
        except Garbled as error:
            if error.status != 400:
                raise
            # RFC 6749, 5.2: an unknown client, a wrong secret and a scope that is not granted are all a 400.
            raise Refused(self._system, self._call, "no_token", 400) from None
        try:
            life = float(found.expires_in) if found.expires_in is not None else _DEFAULT_LIFE
        except ValueError:
            life = _DEFAULT_LIFE
        self._token = found.access_token
        self._until = asked + max(0.0, life - _MARGIN)


class Signed:
    """Signatures of OAuth 1.0a with a consumer's key and secret and no token, as rosters use it (RFC 5849)."""

    def __init__(
        self,
        key: str,
        secret: str,
        digest: Digest = "sha256",
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._key = key
        self._secret = secret
        self._digest: Digest = digest
        self._clock = clock
        self._nonce = nonce

    def signed(self, method: str, address: str, query: Pairs) -> Mapping[str, str]:
        """The `Authorization` header of this one request."""
        said = {
            "oauth_consumer_key": self._key,
            "oauth_nonce": self._nonce(),
            "oauth_signature_method": f"HMAC-{self._digest.upper()}",
            "oauth_timestamp": str(int(self._clock())),
            "oauth_version": "1.0",
        }
        said["oauth_signature"] = signature(method, address, [*query, *said.items()], self._secret, digest=self._digest)
        return {"Authorization": "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in said.items())}


def signature(
    method: str, address: str, params: Pairs, secret: str, token_secret: str = "", digest: Digest = "sha1"
) -> str:
    """The signature of a request (RFC 5849, 3.4), in base 64; `params` are those of OAuth and of the query."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    every = sorted(
        (_quoted(name), _quoted(value))
        for name, value in [*parse_qsl(parts.query, keep_blank_values=True), *params]
        if name != "oauth_signature"
    )
    base = "&".join(
        _quoted(part)
        for part in (
            method.upper(),
            f"{parts.scheme.lower()}://{host}{port}{parts.path or '/'}",
            "&".join(f"{name}={value}" for name, value in every),
        )
    )
    key = f"{_quoted(secret)}&{_quoted(token_secret)}"
    made = hmac.new(key.encode(), base.encode(), hashlib.sha256 if digest == "sha256" else hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def _quoted(text: str) -> str:
    """Only letters, digits and `-._~` stay as they are (RFC 5849, 3.6)."""
    return quote(text, safe="~")
