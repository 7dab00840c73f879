"""A Ypareo on loopback: lists whole, some as arrays and some as objects by code, days in the path as DD-MM-YYYY."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import connectors.ypareo

SAMPLES = Path(connectors.ypareo.__file__).parent / "samples"
TOKEN = "invented-ypareo-token"
ENVIRON = {"MUSTER_FAKE_YPAREO_TOKEN": TOKEN}
_KEY = {"url": "{url}/index.php", "token": "${MUSTER_FAKE_YPAREO_TOKEN}"}
_STATES = {
    "session_state": "etatSeance.libelle",
    "session_states": {"Validée": "validated", "En attente": "pending", "Annulée": "cancelled"},
    "training_state": "etatAction",
}
CASES: dict[str, dict[str, Any]] = {
    "as it comes": _KEY,
    "states, rooms and structures": {
        **_KEY,
        **_STATES,
        "rooms": {"12": "B204", "14": "B206"},
        "structure_id": "site.structure.code",
        "sites": ["1", "2"],
        "periods": ["12"],
    },
    "professional addresses": {**_KEY, "email": "professional", "short_trainings": True},
    "the second address": {**_KEY, "address": 2, "without": ["tutors"]},
}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def application(denied: Collection[str] = (), asked: list[str] | None = None, **instead: Any) -> Starlette:
    """Serve the samples; `denied` are paths without a right, `asked` notes calls, `instead` replaces samples."""

    def found(name: str) -> Any:
        return instead.get(name) or sample(name)

    def answer(request: Request, body: Any) -> Response:
        path = request.url.path.removeprefix("/index.php/r/v1/")
        if asked is not None:
            asked.append(f"{path}?{request.url.query}".rstrip("?"))
        if request.headers.get("x-auth-token") != TOKEN:
            return PlainTextResponse("Unauthorized", 401)
        if any(path.startswith(each) for each in denied):
            return JSONResponse({"message": "not granted"}, 403)
        return JSONResponse(body)

    def whole(name: str) -> Any:
        return lambda request: answer(request, found(name))

    def planning(request: Request) -> Response:
        first, last = (datetime.strptime(request.path_params[name], "%d-%m-%Y") for name in ("from", "to"))  # noqa: DTZ007
        group = int(request.path_params["group"])
        these = [
            each
            for each in found("sessions")
            if group in each["codesGroupe"]
            and first <= datetime.strptime(each["date"].replace("-", "/"), "%d/%m/%Y") <= last  # noqa: DTZ007
        ]
        # An empty planning is a bare array; a full one stands under its name.
        return answer(request, {"cours": these} if these else [])

    def people(request: Request) -> Response:
        return answer(request, found("people").get(request.path_params["company"], []))

    at = "/index.php/r/v1"
    return Starlette(
        routes=[
            Route(f"{at}/formation-longue/apprenants", whole("learners")),
            Route(f"{at}/formation-courte/{{from}}/{{to}}/apprenants", whole("short_learners")),
            Route(f"{at}/utilisateur/apprenants", whole("accounts")),
            Route(f"{at}/utilisateur/personnels", whole("staff")),
            Route(f"{at}/sites", whole("sites")),
            Route(f"{at}/formations", whole("trainings")),
            Route(f"{at}/formation-longue/groupes", whole("groups")),
            Route(f"{at}/planning/{{from}}/{{to}}/groupes/{{group}}", planning),
            Route(f"{at}/contrats", whole("contracts")),
            Route(f"{at}/entreprises", whole("companies")),
            Route(f"{at}/entreprises/{{company}}/interlocuteurs", people),
        ]
    )
