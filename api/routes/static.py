"""What pages are drawn with: the style sheet, the mark, and the icon that browsers ask for."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.http.problem_details import from_status
from api.showing.rendering import STATIC
from api.showing.visits import the_pages

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def static(name: str, request: Request) -> Response:
    if name not in STATIC:
        raise from_status(404)
    response = Response(the_pages(request).static[name], media_type=STATIC[name])
    # Its address changes with what it holds (``Frame.style``).
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@router.get("/favicon.ico")
async def icon() -> Response:
    return RedirectResponse("/static/mark.svg", 308)
