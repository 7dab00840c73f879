"""An invented system by column map: as CSV files, as one JSON file, and over HTTP in pages."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.connectors.trying import HOME

SAMPLES = HOME / "columns" / "samples"
ENVIRON = {"MUSTER_FAKE_KEY": "invented-key"}

CSV: dict[str, Any] = {
    "system": "Norvane",
    "path": "{samples}/csv",
    "written": {
        "days": "DD/MM/YYYY",
        "lists": "/",
        "words": {
            "session.status": {"confirmée": "validated", "annulée": "cancelled", "*": "pending"},
            "session.remote": {"Distanciel": "true", "*": "false"},
            "instructor.teaching": {"oui": "true", "non": "false"},
        },
    },
    "tables": {
        "planning": {
            "kinds": {
                "session": {
                    "source_id": "id_seance",
                    "name": "libelle",
                    "topic": "matiere",
                    "starts_at": ["jour", "debut"],
                    "ends_at": ["jour", "fin"],
                    "room": "salle",
                    "status": "etat",
                    "remote": "mode",
                    "instructor_ids": "formateurs",
                    "learner_ids": "apprenants",
                    "group_ids": "groupe",
                    "segment_keys.site_code": "site",
                }
            }
        },
        "apprenants": {
            "kinds": {
                "learner": {
                    "source_id": "code",
                    "first_name": "prenom",
                    "last_name": "nom",
                    "email": "mel",
                    "secondary_email": "mel_perso",
                    "phone": "portable",
                    "birth_date": "naissance",
                    "training": "formation",
                    "company": "entreprise",
                    "groups": "groupes",
                    "tutor_name": ["tuteur_prenom", "tuteur_nom"],
                    "tutor_email": "tuteur_mel",
                    "left_on": "sorti_le",
                    "modified_at": "maj",
                    "segment_keys.site_code": "site",
                }
            }
        },
        "formateurs": {
            "kinds": {
                "instructor": {
                    "source_id": "code",
                    "first_name": "prenom",
                    "last_name": "nom",
                    "email": "mel",
                    "teaching": "enseigne",
                }
            }
        },
        "personnes": {
            "kinds": {"person": {"source_id": ["mel"], "first_name": "prenom", "last_name": "nom", "role": "fonction"}}
        },
        "classes": {
            "kinds": {
                "class": {
                    "source_id": "code",
                    "name": "libelle",
                    "starts_on": "ouverture",
                    "ends_on": "fermeture",
                    "segment_keys.site_code": "site",
                }
            }
        },
        "inscriptions": {
            "kinds": {
                "enrolment": {
                    "source_id": ["classe", "apprenant"],
                    "class_id": "classe",
                    "person_id": "apprenant",
                    "role": "=learner",
                    "begins_on": "debut",
                }
            }
        },
        "contrats": {
            "kinds": {
                "contract": {
                    "source_id": "numero",
                    "learner_id": "apprenant",
                    "company": "entreprise",
                    "tutor_name": "tuteur",
                    "tutor_email": "tuteur_mel",
                    "starts_on": "debut",
                    "ends_on": "fin",
                    "training": "formation",
                }
            }
        },
    },
}
JSON: dict[str, Any] = {
    "system": "Norvane",
    "path": "{samples}/json",
    "tables": {
        "planning": {
            "kinds": {
                "session": {
                    "source_id": "id",
                    "name": "libelle",
                    "starts_at": "debut",
                    "ends_at": "fin",
                    "room": "salles.nom",
                    "remote": "distance",
                    "instructor_ids": "intervenants.id",
                    "group_ids": "groupes",
                }
            }
        },
        "intervenants": {
            "kinds": {
                "instructor": {
                    "source_id": "id",
                    "first_name": "etat.prenom",
                    "last_name": "etat.nom",
                    "email": "mel",
                }
            }
        },
    },
}
WEB: dict[str, Any] = {
    "system": "Norvane",
    "token": "${MUSTER_FAKE_KEY}",
    "header": "X-Api-Key",
    "params": {"from": "{from}", "to": "{to}"},
    "param_days": "DD/MM/YYYY",
    "pages": {"size": 2, "size_name": "limit"},
    "tables": {
        "seances": {
            "call": "v2/seances",
            "rows": "data.items",
            "kinds": {
                "session": {
                    "source_id": "id",
                    "name": "nom",
                    "starts_at": "debut",
                    "ends_at": "fin",
                    "instructor_ids": "formateur",
                },
                "instructor": {"source_id": "formateur", "email": "formateur"},
            },
        }
    },
}
CASES = {"tables of CSV": CSV, "one JSON file": JSON, "over HTTP": WEB}


def application() -> Starlette:
    """Lists in pages of `limit`, for who has the key and asks for the days of the suite's window."""
    rows = json.loads((SAMPLES / "api" / "seances.json").read_text())

    async def answer(request: Request) -> Response:
        if request.headers.get("x-api-key") != "invented-key":
            return Response(status_code=401)
        if (request.query_params["from"], request.query_params["to"]) != ("23/11/2026", "06/12/2026"):
            return JSONResponse({"data": {"items": []}})
        size, page = int(request.query_params["limit"]), int(request.query_params["page"])
        return JSONResponse({"data": {"items": rows[(page - 1) * size : page * size]}})

    return Starlette(routes=[Route("/v2/seances", answer)])
