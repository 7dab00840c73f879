"""A Hyperplanning server that publishes calendars under links that nobody else knows."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import connectors.hyperplanning_ical

SAMPLES = Path(connectors.hyperplanning_ical.__file__).parent / "samples"
LINK = "{url}/Telechargements/ical/Edt_%s.ics?version=2026.0&icalsecurise=invented-secret&param=643d5b315d"
ENVIRON = {"MUSTER_FAKE_HP_LINKS": f"{LINK % 'B1'} {LINK % 'B2'}", "MUSTER_FAKE_HP_LINK": LINK % "B1"}
LINKS = {"links": "${MUSTER_FAKE_HP_LINKS}"}
CASES = {
    "with people": LINKS | {"promotions": ["B1", "B2"], "people": "{samples}/people"},
    "alone": LINKS | {"remote_types": ["Distanciel"]},
    "one link": {"links": "${MUSTER_FAKE_HP_LINK}"},
}


def application(calendars: dict[str, bytes] | None = None) -> Starlette:
    """A server of these calendars by name; of the samples when none are given."""
    held = calendars or {path.stem.upper(): path.read_bytes() for path in SAMPLES.glob("*.ics")}

    def calendar(request: Request) -> Response:
        name = request.path_params["name"]
        if request.query_params.get("icalsecurise") != "invented-secret" or name not in held:
            return Response("Interdit", 403)
        return Response(held[name], media_type="text/calendar")

    return Starlette(routes=[Route("/Telechargements/ical/Edt_{name}.ics", calendar)])
