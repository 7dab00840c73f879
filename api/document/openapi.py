"""The API's own description: OpenAPI 3.1, whose schemas are those of the structs that are really read and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.http.bodies import JSON, Batch, SearchBody, SettleBody
from api.http.problem_details import MEDIA_TYPE, PROBLEMS, URN, ProblemDetails
from engine.records.kinds import KINDS, UNREAD
from runs.model.outcomes import Outcome

DESCRIPTION = """\
Muster tells a school why a record did not sync between its ERP and its attendance platform, and what to do about it.

* **Decide**: `POST /v1/customers/{customer}/classify` decides a batch and stores nothing.
* **Push**: `POST /v1/customers/{customer}/runs` decides what a source or platform holds, and keeps the feed of issues.
* **Approve**: a run that would do harm at scale is held until `POST .../runs/{run_id}/approve` or `.../reject`.
* **Send up**: `GET .../sheets/to-upload` lists the attendance to enter in the source, `.../sheets/uploaded` confirms.
* **Tell back**: `POST .../outcomes` says what the platform did with each record, or why it refused it.
* **Read**: the feed, one issue, one record with its explanation, the runs, the rules in force.

Every call under `/v1` takes `Authorization: Bearer muster_<id>_<secret>`; a key opens some customers and some scopes.
Every error is `application/problem+json` (RFC 9457). Sentences come in the language of `Accept-Language` (`en`, `fr`).
Names never stand in an address: free text is searched by `POST`.
"""

EXAMPLES: dict[str, Any] = yaml.load(Path(__file__).with_name("examples.yaml").read_text("utf-8"), yaml.CSafeLoader)
"""A body of each schema that is sent or answered, and `lines`: records one a line."""
SECURITY = "api_key"
_REF = "#/components/schemas/{name}"
_shapes: dict[str, Any] = {}
"""What routes answer and take, by the name it has in the document; routes fill it where they are declared."""


def ref(shape: Any) -> dict[str, str]:
    """A reference to the schema of a struct, which thereby comes into the document."""
    _shapes[shape.__name__] = shape
    return {"$ref": _REF.format(name=shape.__name__)}


def content(shape: Any, example: Any = None, media: str = JSON) -> dict[str, Any]:
    """A body of that shape: a struct, with its own example unless another is given; or a ready schema."""
    if isinstance(shape, dict):
        return {media: {"schema": shape} | ({} if example is None else {"example": example})}
    return {media: {"schema": ref(shape), "example": EXAMPLES[shape.__name__] if example is None else example}}


def problem_example(code: str) -> dict[str, Any]:
    """How a problem of that kind looks."""
    kind = PROBLEMS[code]
    return {"type": URN + code, "title": kind.title, "status": kind.status, "detail": f"{kind.title}."}


CUSTOMER_PROBLEMS = (
    "bad-request",
    "not-signed-in",
    "not-permitted",
    "unknown-customer",
    "invalid-request",
    "too-many-requests",
    "rules-broken",
    "no-database",
    "unexpected",
)
BATCH_PROBLEMS = (
    *CUSTOMER_PROBLEMS,
    "malformed-body",
    "body-too-large",
    "too-many-records",
    "unsupported-content",
)
"""Of a call that brings a list, JSON or a line each."""
"""What every call about a customer may answer."""


def answers(
    *bodies: dict[str, Any],
    says: str,
    status: int = 200,
    problems: Sequence[str] = (),
    headers: dict[str, Any] | None = None,
) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: its one good answer, and every kind of problem by its status."""
    good: dict[str, Any] = {"description": says, "content": {}}
    for body in bodies:
        good["content"] |= body
    if headers:
        good["headers"] = headers
    found: dict[int | str, dict[str, Any]] = {status: good}
    by_status: dict[int, list[str]] = {}
    if "body-too-large" in problems:
        problems = (*problems, "too-slow")
    for code in problems:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    for number, codes in sorted(by_status.items()):
        found[number] = {
            "description": "; ".join(PROBLEMS[code].title for code in codes) + ".",
            "content": {
                MEDIA_TYPE: {
                    "schema": ref(ProblemDetails),
                    "examples": {code: {"value": problem_example(code)} for code in codes},
                }
            },
        }
    return found


def takes(*bodies: dict[str, Any], says: str) -> dict[str, Any]:
    """The `openapi_extra=` of a route that reads its body itself."""
    merged: dict[str, Any] = {}
    for body in bodies:
        merged |= body
    return {"requestBody": {"required": True, "description": says, "content": merged}}


def _record_schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """The one schema `Record` that tells kinds apart, and those of the kinds."""
    refs, components = msgspec.json.schema_components(KINDS.values(), ref_template=_REF)
    for schema in components.values():
        # Only the door writes it.
        schema.get("properties", {}).pop(UNREAD, None)
    named = {schema["$ref"].rsplit("/", 1)[-1]: kind for kind, schema in zip(KINDS, refs, strict=True)}
    record = {
        "title": "Record",
        "description": "One thing in Muster's normal form; `kind` says which.",
        "oneOf": [dict(schema) for schema in refs],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: _REF.format(name=name) for name, kind in named.items()},
        },
    }
    return record, components


def _anything_or(shape: str, answered: str) -> dict[str, Any]:
    return {
        "anyOf": [
            {"$ref": _REF.format(name=shape)},
            {"description": f"Anything else is answered as `{answered}`, and spoils nothing beside it."},
        ]
    }


def _anything(_type: type) -> dict[str, Any]:
    """The schema of values that may be of any type: fields before and after a change."""
    return {"description": "A value of any type."}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    found = get_openapi(
        title="Muster",
        version=app.version,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[
            {"name": "classify", "description": "Decide a batch; nothing is stored."},
            {"name": "runs", "description": "What was exchanged, and pushing what a system holds."},
            {"name": "issues", "description": "The feed: what a person must do."},
            {"name": "records", "description": "Where one record is, and why."},
            {"name": "sheets", "description": "Attendance on its way to the source."},
            {"name": "outcomes", "description": "What became of what was synced."},
            {"name": "history", "description": "What changed day after day, and what has no source."},
            {"name": "rules", "description": "The rules in force."},
            {"name": "operations", "description": "For those who run the service; counts only."},
        ],
    )
    record, components = _record_schemas()
    _, others = msgspec.json.schema_components(
        [*_shapes.values(), Batch, Outcome, SearchBody, SettleBody], schema_hook=_anything, ref_template=_REF
    )
    schemas = {"Record": record} | components | others
    most = app.state.limits.batch_records
    schemas["Batch"]["properties"]["records"] |= {"items": _anything_or("Record", "record.invalid"), "maxItems": most}
    schemas["OutcomesBody"]["properties"]["outcomes"] |= {"items": _anything_or("Outcome", "invalid"), "maxItems": most}
    found.setdefault("components", {})["schemas"] = dict(sorted(schemas.items()))
    found["components"]["securitySchemes"] = {
        SECURITY: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "muster_<id>_<secret>",
            "description": "An API key, bound to customers and to the scopes `classify`, `runs`, `read` and `issues`.",
        }
    }
    for path, operations in found["paths"].items():
        for operation in operations.values():
            operation["security"] = [{SECURITY: []}] if path.startswith("/v1/") else []
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _told_whole(found["paths"][route.path_format][method.lower()], route)
    return found


def _told_whole(operation: dict[str, Any], route: APIRoute) -> None:
    """Put back what FastAPI drops on the way: every null of an example."""
    for status, told in route.responses.items():
        operation["responses"][str(status)] = told
    operation |= route.openapi_extra or {}
