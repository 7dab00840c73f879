"""Problems: every error of the API in one shape, RFC 9457, and the exception that carries one to the edge.

What stands in a problem goes to the caller and nowhere else. It never repeats a path, a query or a value that
was sent, for these may hold names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, NamedTuple

import msgspec
from fastapi import Response
from msgspec import Meta, Struct

from runs.model import errors as declined

MEDIA_TYPE = "application/problem+json"
URN = "urn:muster:problem:"


class FieldFault(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a request, where several can be told at once."""

    detail: Annotated[str, Meta(description="What was found, and what was wanted.")]
    pointer: Annotated[str | None, Meta(description="Where in the body, as a JSON pointer.")] = None
    parameter: Annotated[str | None, Meta(description="Which parameter of the path, query or header.")] = None


class ProblemDetails(Struct, frozen=True, omit_defaults=True):
    """An error, as RFC 9457 shapes it."""

    type: Annotated[str, Meta(description="What kind of problem it is: `urn:muster:problem:` and a code.")]
    title: Annotated[str, Meta(description="The kind of problem in words; always the same for one type.")]
    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What happened here, and what to do.")]
    errors: Annotated[
        tuple[FieldFault, ...], Meta(description="Each thing that is wrong, where there are several.")
    ] = ()
    reference: Annotated[str | None, Meta(description="Names the entry in the server's log; give it to support.")] = (
        None
    )


class Kind(NamedTuple):
    """One kind of problem: the status it is answered with, and its title."""

    status: int
    title: str


PROBLEMS: dict[str, Kind] = {
    "malformed-body": Kind(400, "The body cannot be read"),
    "bad-request": Kind(400, "The request cannot be read"),
    "not-signed-in": Kind(401, "No valid API key"),
    "not-permitted": Kind(403, "The API key may not do this"),
    "cross-site": Kind(403, "Sent from another site"),
    "not-found": Kind(404, "There is nothing here"),
    "unknown-customer": Kind(404, "No such customer"),
    "unknown-issue": Kind(404, "No such issue"),
    "unknown-run": Kind(404, "No such run"),
    "method-not-allowed": Kind(405, "This method is not allowed here"),
    "busy": Kind(409, "Another run is under way"),
    "not-held": Kind(409, "The run does not wait for anybody's word"),
    "rules-edited": Kind(409, "The rules were edited since the run was held"),
    "cannot-settle": Kind(409, "The issue cannot be settled like that"),
    "body-too-large": Kind(413, "The body is too large"),
    "too-many-records": Kind(413, "Too many records in one batch"),
    "unsupported-content": Kind(415, "The body is in a form that is not read here"),
    "too-slow": Kind(408, "The body came too slowly"),
    "too-many-requests": Kind(429, "Too many calls"),
    "invalid-request": Kind(422, "The request is not what was wanted"),
    "unexpected": Kind(500, "Something went wrong here"),
    "rules-broken": Kind(503, "The customer's rules cannot be used"),
    "no-database": Kind(503, "The database cannot be used now"),
}
"""Every kind of problem by its code. The OpenAPI document and `docs/api.md` list them from here."""


class ProblemError(Exception):
    """A problem on its way to the edge, where it becomes the answer."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
        reference: str | None = None,
    ) -> None:
        self.code = code
        self.headers = dict(headers or {})
        kind = PROBLEMS[code]
        self.details = ProblemDetails(
            type=URN + code,
            title=kind.title,
            status=kind.status,
            detail=detail,
            errors=tuple(errors),
            reference=reference,
        )
        super().__init__(kind.title)


def answer(problem: ProblemError) -> Response:
    """The problem as the API answers it."""
    return Response(
        msgspec.json.encode(problem.details),
        status_code=problem.details.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


_BY_STATUS: dict[int, str] = {
    400: "bad-request",
    401: "not-signed-in",
    403: "not-permitted",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-content",
    422: "invalid-request",
}
_TODO: dict[int, str] = {
    404: "There is nothing at this address. The calls there are stand in /openapi.json.",
    405: "This address exists, but not for this method. The header Allow says which are.",
}


def from_status(status: int, headers: Mapping[str, str] | None = None) -> ProblemError:
    """The problem for a status that the web framework raised by itself."""
    code = _BY_STATUS.get(status) or ("unexpected" if status >= 500 else "bad-request")
    detail = _TODO.get(status) or f"The request was refused: {HTTPStatus(status).phrase.lower()}."
    return ProblemError(code, detail, headers=headers)


def from_validation(errors: Sequence[Mapping[str, object]]) -> ProblemError:
    """The problem for parameters that are not what their declarations say; names them, never their values."""
    faults: list[FieldFault] = []
    for error in errors:
        loc = error.get("loc")
        where, *names = loc if isinstance(loc, tuple) and loc else ("query",)
        name = ".".join(str(part) for part in names)
        said = str(error.get("msg", "not what was wanted")).removeprefix("Value error, ")
        if where == "body":
            faults.append(FieldFault(detail=said, pointer="#/" + name.replace(".", "/")))
        else:
            faults.append(FieldFault(detail=said, parameter=name))
    named = ", ".join(sorted({fault.parameter or fault.pointer or "" for fault in faults}))
    return ProblemError("invalid-request", f"Not what was wanted: {named}. See `errors`.", errors=faults)


_DECLINED: dict[type[declined.Declined], str] = {
    declined.UnknownCustomer: "unknown-customer",
    declined.UnknownIssue: "unknown-issue",
    declined.CannotSettle: "cannot-settle",
    declined.UnknownRun: "unknown-run",
    declined.UnknownRecord: "unknown-record",
    declined.UnknownKind: "invalid-request",
    declined.UnknownFilter: "invalid-request",
    declined.UnknownLanguage: "invalid-request",
    declined.UnreadableCursor: "invalid-request",
    declined.BrokenRulebook: "rules-broken",
    declined.Busy: "busy",
    declined.NotHeld: "not-held",
    declined.AlreadySettled: "not-held",
    declined.RulebookEdited: "rules-edited",
    declined.Overtaken: "busy",
}

UNKNOWN_CUSTOMER = (
    "There is no customer of that id, or this key does not open it. Correct the id, or ask for a key that does."
)
"""The one answer for a customer that is not there and for one that a key does not open: nobody can probe."""


def from_declined(error: declined.Declined) -> ProblemError:
    """The problem for something asked of the service that it cannot give."""
    code = _DECLINED.get(type(error), "invalid-request")
    headers = {"Retry-After": "10"} if code in ("busy", "rules-broken") else None
    said = UNKNOWN_CUSTOMER if code == "unknown-customer" else str(error)
    at = "cursor" if isinstance(error, declined.UnreadableCursor) else getattr(error, "parameter", None)
    errors = [FieldFault(said, parameter=at)] if at else ()
    return ProblemError(code, said, errors=errors, headers=headers)
