"""SC-Form with three companies: one writes days the other way round, and one shows this user nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.http.client import basic
from tests.connectors.trying import HOME

SAMPLES = HOME / "sc_form" / "samples"
ENVIRON = {"MUSTER_FAKE_USER": "invented-user", "MUSTER_FAKE_PASSWORD": "invented-password"}
OPTIONS: dict[str, Any] = {
    "url": "{url}/GaliaEDC/API",
    "user": "${MUSTER_FAKE_USER}",
    "password": "${MUSTER_FAKE_PASSWORD}",
    "days": {"2": {"asked": "YYYY-DD-MM", "answered": "YYYY-DD-MM"}},
}
CASES = {"all companies": OPTIONS, "one company by sector": {**OPTIONS, "companies": ["1"], "sectors": ["T1", "T2"]}}

_OTHER_WAY_ROUND = {"2"}


def application() -> Starlette:
    """Reference data and sessions, for who signs in; of sector T2 there is nothing."""
    found = json.loads((SAMPLES / "galia.json").read_text())

    def refused(request: Request) -> Response | None:
        signed_in = request.headers.get("authorization") == basic(*ENVIRON.values())["Authorization"]
        return None if signed_in else Response(status_code=401)

    async def reference(request: Request) -> Response:
        asked = request.query_params
        if asked["ACTION"] == "SOCIETE":
            return refused(request) or JSONResponse(found["companies"])
        rows = [] if asked.get("CSecteur") == "T2" else found[asked["IDSociete"]][asked["ACTION"]]
        return refused(request) or JSONResponse(rows)

    async def sessions(request: Request) -> Response:
        asked = request.query_params
        company = asked["IDSociete"]
        order = "%Y-%d-%m" if company in _OTHER_WAY_ROUND else "%Y-%m-%d"
        try:
            first, last, *days = (
                datetime.strptime(day, order).date()  # noqa: DTZ007 - a day has no zone
                for day in (asked["Debut"], asked["Fin"], *(each["Date"] for each in found[company]["SEANCE"]))
            )
        except ValueError:
            return Response("Erreur", status_code=400)
        rows = [
            each
            for each, day in zip(found[company]["SEANCE"], days, strict=True)
            if first <= day <= last and asked.get("CSecteur") != "T2"
        ]
        return refused(request) or JSONResponse(rows)

    home = "/GaliaEDC/API"
    return Starlette(
        routes=[Route(f"{home}/Entite/GetEntite", reference), Route(f"{home}/PresenceSta/GetSeance", sessions)]
    )
