"""A OneRoster service on loopback, 1.1 and 1.2: tokens that run out or signatures, pages by `Link`, filters, `imsx`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import connectors.oneroster_rest

SAMPLES = Path(connectors.oneroster_rest.__file__).parent / "samples"
CLIENT, SECRET = "invented-client", "invented s3cret/&"
ENVIRON = {"MUSTER_FAKE_ONEROSTER_SECRET": SECRET}
_CLIENT = {"client_id": CLIENT, "client_secret": "${MUSTER_FAKE_ONEROSTER_SECRET}"}
V1P1 = {"url": "{url}/ims/oneroster/v1p1", "version": "v1p1", **_CLIENT}
V1P2 = {"url": "{url}/ims/oneroster/rostering/v1p2", "token_url": "{url}/oauth/token", "page_size": 3, **_CLIENT}
CASES: dict[str, dict[str, Any]] = {
    "1.2 with a token": {**V1P2, "demographics": True},
    "1.2, what changed": {**V1P2, "sign_in": "oauth2-body", "changed_within_days": 3},
    "1.1 signed": {**V1P1, "sign_in": "oauth1-sha256", "page_size": 1},
    "1.1 signed the old way": {**V1P1, "sign_in": "oauth1-sha1", "demographics": True},
}
_SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
_CODES = {400: "invalid_filter_field", 401: "unauthorisedrequest", 403: "forbidden", 404: "unknownobject"}


def sample(version: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLES / version / f"{name}.json").read_text())[name]
    return found


def failure(status: int, code: str | None = None, sent_as: int | None = None) -> Response:
    """An error as the standard writes it; `sent_as` is the status of a server that writes another."""
    fields = [{"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code or _CODES[status]}]
    said = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": "anna.lindqvist@example.org is not to be told",
        "imsx_CodeMinor": {"imsx_codeMinorField": fields},
    }
    return JSONResponse(said, sent_as or status)


class Service:
    """The service, and what it was asked."""

    def __init__(self, *, uses_of_token: int = 4, paging: str = "link", filters: bool = True) -> None:
        self.uses_of_token = uses_of_token
        self.paging = paging
        self.filters = filters
        self.instead: dict[str, list[dict[str, Any]]] = {}
        """Collection to what it holds in place of the sample."""
        self.most = 100
        self.left = 0
        self.tokens = 0
        self.nonces: set[str] = set()
        self.scopes = ""

    def application(self) -> Starlette:
        routes = [Route("/oauth/token", self.token, methods=["POST"])]
        for base, version in (("/ims/oneroster/rostering/v1p2", "v1p2"), ("/ims/oneroster/v1p1", "v1p1")):
            routes += [
                Route(f"{base}/{{name}}", self._listing(version)),
                Route(f"{base}/users/{{id:path}}", self._user(version)),
            ]
        return Starlette(routes=routes)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        written = request.headers.get("authorization", "").removeprefix("Basic ")
        client, _, secret = base64.b64decode(written).decode().partition(":")
        said = (unquote(client), unquote(secret)) if client else (form.get("client_id"), form.get("client_secret"))
        if said != (CLIENT, SECRET) or form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "invalid_client"}, 401)
        self.scopes = form.get("scope", "")
        self.tokens += 1
        self.left = self.uses_of_token
        return JSONResponse({"access_token": f"token-{self.tokens}", "expires_in": 3600, "scope": self.scopes})

    def _refusal(self, request: Request, version: str, name: str) -> Response | None:
        if version == "v1p1":
            return None if self._is_signed(request) else failure(401)
        if request.headers.get("authorization") != f"Bearer token-{self.tokens}" or self.left <= 0:
            return failure(401)
        self.left -= 1
        wanted = f"{_SCOPE}{'roster-demographics' if name == 'demographics' else 'roster-core'}.readonly"
        return None if wanted in self.scopes.split() else failure(403)

    def _is_signed(self, request: Request) -> bool:
        """RFC 5849, written apart from the connector's."""
        header = request.headers.get("authorization", "")
        said = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)}
        digests = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}
        digest = digests.get(said.get("oauth_signature_method", ""))
        nonce = said.get("oauth_nonce", "")
        if not header.startswith("OAuth ") or digest is None or nonce in self.nonces:
            return False
        self.nonces.add(nonce)
        signature = said.pop("oauth_signature")
        pairs = [*said.items(), *parse_qsl(request.url.query)]
        normal = "&".join(sorted(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs))
        where = f"http://{request.url.netloc}{request.url.path}"
        base = f"GET&{quote(where, safe='')}&{quote(normal, safe='')}"
        made = hmac.new(f"{quote(SECRET, safe='')}&".encode(), base.encode(), digest).digest()
        return said.get("oauth_consumer_key") == CLIENT and base64.b64encode(made).decode() == signature

    def _listing(self, version: str) -> Any:
        async def answer(request: Request) -> Response:
            name = request.path_params["name"]
            refusal = self._refusal(request, version, name)
            if refusal is not None:
                return refusal
            rows = self.instead.get(name) or sample(version, name)
            asked = dict(request.query_params)
            if "filter" in asked:
                since = re.fullmatch(r"dateLastModified>='(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z)'", asked["filter"])
                if since is None or not self.filters:
                    return failure(400)
                rows = [row for row in rows if row["dateLastModified"] >= since[1]]
            limit, offset = min(int(asked.get("limit", 100)), self.most), int(asked.get("offset", 0))
            headers = {}
            if self.paging != "none":
                headers["X-Total-Count"] = str(len(rows))
            if self.paging == "link":
                steps = {"first": 0, "last": max(0, len(rows) - 1) // limit * limit}
                steps |= {"next": offset + limit} if offset + limit < len(rows) else {}
                base = f"https://sis.example.org{request.url.path}"
                headers["Link"] = ", ".join(
                    f'<{base}?{urlencode({**asked, "limit": limit, "offset": at})}>; rel="{rel}"'
                    for rel, at in steps.items()
                )
            return JSONResponse({name: rows[offset : offset + limit]}, headers=headers)

        return answer

    def _user(self, version: str) -> Any:
        async def answer(request: Request) -> Response:
            refusal = self._refusal(request, version, "users")
            if refusal is not None:
                return refusal
            users = [user for user in sample(version, "users") if user["sourcedId"] == request.path_params["id"]]
            return JSONResponse({"user": users[0]}) if users else failure(404)

        return answer


def application() -> Starlette:
    return Service().application()
