"""Campus Skills with contracts transmitted and integrated, in pages."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.connectors.trying import HOME

SAMPLES = HOME / "campus_skills" / "samples"
ENVIRON = {"MUSTER_FAKE_TOKEN": "invented-token"}
OPTIONS = {"token": "${MUSTER_FAKE_TOKEN}", "page_size": 2}


def application() -> Starlette:
    """The two lists, by page and limit; a wrong token is told in an answer that is a success."""

    def listing(name: str) -> Route:
        rows = json.loads((SAMPLES / f"{name}.json").read_text())["contrats"]

        async def answer(request: Request) -> Response:
            if request.headers.get("authorization") != "Bearer invented-token":
                return JSONResponse({"error": "invalid token", "reason": "no such token"})
            page, limit = int(request.query_params["page"]), int(request.query_params["limit"])
            return JSONResponse({"total": len(rows), "contrats": rows[(page - 1) * limit : page * limit]})

        call = {"integrated": "contrats", "transmitted": "contrats-get-all"}[name]
        return Route(f"/api/sync/v1/{call}", answer)

    return Starlette(routes=[listing("integrated"), listing("transmitted")])
