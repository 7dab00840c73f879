"""A big Ypareo on loopback, made as it is asked: `python -m benchmarks.ypareo LEARNERS SESSIONS` prints its port."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

IN_A_GROUP = 25
INSTRUCTORS = 1_000
MONDAY = date(2026, 11, 23)
_DAYS = 5
_CHUNK = 500


def learner(number: int) -> dict[str, Any]:
    """One row of the list of learners; every tenth learner has a second one, for a second enrolment."""
    return {
        "codeApprenant": 100_000 + number,
        "nomApprenant": f"Nom {number}",
        "prenomApprenant": "Mina",
        "dateNaissance": f"{number % 28 + 1:02}/02/2006",
        "lieuNaissance": "RENNES",
        "adresse": {
            "adr1": "4 rue des Essais",
            "cp": "35000",
            "ville": "RENNES",
            "tel1": "0199000012",
            "tel2": "",
            "email": f"l{number}@example.org" if number % 20 else "",
        },
        "inscriptions": [
            {
                "codeInscription": 500_000 + number,
                "dateDepart": None,
                "site": {"codeSite": number % 3 + 1, "nomSite": "Rennes"},
                "statut": {"nomStatut": "Apprenti", "abregeStatut": "APP"},
                "isInscriptionEnCours": 1,
            }
        ],
        "informationsCourantes": {"codeGroupe": number // IN_A_GROUP + 1},
    }


def session(number: int, group: int) -> dict[str, Any]:
    """One session of a group."""
    day = MONDAY + timedelta(days=number % _DAYS)
    first = 100_000 + (group - 1) * IN_A_GROUP
    return {
        "codeSeance": 900_000 + number,
        "codeMatiere": 77,
        "nomMatiere": "Négociation vente",
        "date": f"{day:%d/%m/%Y}",
        "heureDebut": f"{8 + number % 9:02}:00:00",
        "heureFin": f"{9 + number % 9:02}:00:00",
        "duree": 60,
        "isDistance": number % 2,
        "codesSalle": [12],
        "codesGroupe": [group],
        "codesApprenant": [first + place for place in range(IN_A_GROUP)],
        "codesPersonnel": [number % INSTRUCTORS + 1],
    }


def application(learners: int, sessions: int) -> Starlette:
    """The system, with so many learners in groups of 25 and their sessions spread over the groups."""
    groups = max(1, learners // IN_A_GROUP)

    def listed(rows: Iterator[dict[str, Any]]) -> Response:
        def parts() -> Iterator[str]:
            waiting = ["["]
            for number, row in enumerate(rows):
                waiting.append(("," if number else "") + json.dumps(row))
                if len(waiting) > _CHUNK:
                    yield "".join(waiting)
                    waiting.clear()
            waiting.append("]")
            yield "".join(waiting)

        return StreamingResponse(parts(), media_type="application/json")

    def people(_: Request) -> Response:
        again = (learner(number) for number in range(0, learners, 10))
        return listed(row for rows in ((learner(number) for number in range(learners)), again) for row in rows)

    def staff(_: Request) -> Response:
        return listed(
            {"codePersonnel": code, "nom": f"Nom {code}", "prenom": "Ada", "email": f"i{code}@example.org"}
            | {"isFormateur": 1}
            for code in range(1, INSTRUCTORS + 1)
        )

    def every_group(_: Request) -> Response:
        return listed(
            {"codeGroupe": group, "nomGroupe": f"Groupe {group}", "codeFormation": 7, "dateFin": "31/08/2027"}
            for group in range(1, groups + 1)
        )

    def planning(request: Request) -> Response:
        group = request.path_params["group"]
        return JSONResponse({"cours": [session(number, group) for number in range(group - 1, sessions, groups)]})

    def trainings(_: Request) -> Response:
        return JSONResponse([{"codeFormation": 7, "nomFormation": "BTS MCO", "nomSecteurActivite": "Commerce"}])

    at = "/r/v1"
    return Starlette(
        routes=[
            Route(f"{at}/formation-longue/apprenants", people),
            Route(f"{at}/utilisateur/personnels", staff),
            Route(f"{at}/formations", trainings),
            Route(f"{at}/formation-longue/groupes", every_group),
            Route(f"{at}/planning/{{from}}/{{to}}/groupes/{{group:int}}", planning),
        ]
    )


def main(learners: int, sessions: int) -> None:
    """Serve on a free port, which is printed first."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(64)
        print(bound.getsockname()[1], flush=True)
        config = uvicorn.Config(application(learners, sessions), log_level="critical", lifespan="off")
        uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
