"""An Edusign on loopback: everything in its envelope, people in pages from 0, sheets 40 a page and 90 days at most."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import connectors.edusign

SAMPLES = Path(connectors.edusign.__file__).parent / "samples"
TOKEN = "invented-edusign-key"
ENVIRON = {"MUSTER_FAKE_EDUSIGN_TOKEN": TOKEN}
_KEY = {"token": "${MUSTER_FAKE_EDUSIGN_TOKEN}"}
CASES: dict[str, dict[str, Any]] = {
    "as it comes": {**_KEY, "id_prefix": "ypareo:"},
    "of one connector": {
        **_KEY,
        "id_prefix": "ypareo:",
        "api_types": ["YPAREO"],
        "creators": {"usr_1": "administrator", "usr_9": "owner"},
    },
}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def application(
    denied: Collection[str] = (),
    asked: list[str] | None = None,
    people_a_page: int = 2,
    sheets_a_page: int = 2,
    says: tuple[int, str] | None = None,
    **instead: Any,
) -> Starlette:
    """Serve the samples. `denied` are paths without a right, `asked` notes calls, `says` is answered to everything."""

    def found(name: str) -> Any:
        return instead[name] if name in instead else sample(name)

    def answer(request: Request, result: Any, status: str = "success", message: Any = None) -> Response:
        path = request.url.path.strip("/")
        if asked is not None:
            asked.append(f"{path}?{request.url.query}".rstrip("?"))
        if says is not None:
            return PlainTextResponse(says[1], says[0])
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return PlainTextResponse("Unauthorized", 401)
        if path in denied:
            return PlainTextResponse("Unauthorized", 403)
        return JSONResponse({"status": status, "result": result, "message": message})

    def in_pages(name: str, most: int) -> Any:
        def page(request: Request) -> Response:
            number = int(request.query_params.get("page", "0"))
            size = min(most, int(request.query_params.get("limit", most)))
            return answer(request, found(name)[number * size : (number + 1) * size])

        return page

    def whole(name: str) -> Any:
        return lambda request: answer(request, found(name))

    def student(request: Request) -> Response:
        gone = found("student_gone").get(request.path_params["id"])
        return answer(request, gone) if gone else PlainTextResponse("Not Found", 404)

    def courses(request: Request) -> Response:
        first, last = (date.fromisoformat(request.query_params[name]) for name in ("start", "end"))
        if last - first > timedelta(days=90):
            return answer(request, None, "error", ["start and end are more than 90 days apart"])
        these = [each for each in found("courses") if first <= datetime.fromisoformat(each["START"]).date() <= last]
        number = int(request.query_params["page"])
        return answer(request, these[number * sheets_a_page : (number + 1) * sheets_a_page])

    return Starlette(
        routes=[
            Route("/v1/student", in_pages("students", people_a_page)),
            Route("/v1/student/{id}", student),
            Route("/v1/professor", in_pages("professors", people_a_page)),
            Route("/v1/course", courses),
            Route("/v1/justified-absence", in_pages("absences", people_a_page)),
            Route("/v1/justified-absence/absence-reason", whole("reasons")),
        ]
    )
