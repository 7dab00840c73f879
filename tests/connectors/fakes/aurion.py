"""Favourites of an invented school, as files and by an address; the address and its rows are not the vendor's."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.http.client import basic
from tests.connectors.trying import HOME

SAMPLES = HOME / "aurion" / "samples"
ENVIRON = {"MUSTER_FAKE_USER": "invented-user", "MUSTER_FAKE_PASSWORD": "invented-password"}

MAPPED: dict[str, Any] = {
    "columns": {
        "planning": {
            "session": {
                "source_id": "id.evenement",
                "name": "libelle",
                "starts_at": "debut",
                "ends_at": "fin",
                "room": "salle",
                "status": "statut",
                "remote": "type",
                "instructor_ids": "id.intervenant",
                "learner_ids": "id.apprenant",
            },
            "instructor": {
                "source_id": "id.intervenant",
                "first_name": "prenom.intervenant",
                "last_name": "nom.intervenant",
                "email": "email.intervenant",
            },
            "learner": {
                "source_id": "id.apprenant",
                "first_name": "prenom.apprenant",
                "last_name": "nom.apprenant",
                "email": "email.apprenant",
            },
        }
    },
    "written": {
        "days": "DD/MM/YYYY",
        "words": {
            "session.status": {"Réalisable": "validated", "Annulé": "cancelled"},
            "session.remote": {"DISTANCE": "true", "*": "false"},
        },
    },
}
BOTH = {"favourites": {"8412": "planning", "8420": "planning"}}
CREDENTIALS = {"user": "${MUSTER_FAKE_USER}", "password": "${MUSTER_FAKE_PASSWORD}"}
CASES = {
    "two favourites as files": {"path": "{samples}", **BOTH, **MAPPED},
    "one favourite by address": {
        **CREDENTIALS,
        **MAPPED,
        "favourites": {"8412": "planning"},
        "call": "favoris/{favourite}",
        "params": {"debut": "{from}", "fin": "{to}"},
    },
}


def application() -> Starlette:
    """The XML of a favourite, for who signs in."""

    async def answer(request: Request) -> Response:
        if request.headers.get("authorization") != basic(*ENVIRON.values())["Authorization"]:
            return Response(status_code=401)
        path = SAMPLES / f"{request.path_params['favourite']}.xml"
        return Response(path.read_bytes(), media_type="text/xml") if path.exists() else Response(status_code=404)

    return Starlette(routes=[Route("/favoris/{favourite}", answer)])
