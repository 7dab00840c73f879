"""What a request is let in by: fixed headers, a token that runs out, or a signature made for each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

Pairs = Sequence[tuple[str, str]]


class Auth(Protocol):
    """Credentials that can be asked for again, such as a token of OAuth 2."""

    def headers(self, *, fresh: bool) -> Mapping[str, str]:
        """Headers to send; `fresh` when those sent before were not accepted."""
        ...


@runtime_checkable
class Signer(Protocol):
    """Credentials that depend on what is asked, such as a signature of OAuth 1."""

    def signed(self, method: str, address: str, query: Pairs) -> Mapping[str, str]:
        """Headers to send with this one request; `query` is what is added to the address, not yet quoted."""
        ...


Credentials = Mapping[str, str] | Auth | Signer


def headers_of(credentials: Credentials, method: str, address: str, query: Pairs, *, fresh: bool) -> Mapping[str, str]:
    """The headers of one request; `fresh` when those sent before were not accepted."""
    if isinstance(credentials, Signer):
        return credentials.signed(method, address, query)
    return credentials if isinstance(credentials, Mapping) else credentials.headers(fresh=fresh)
