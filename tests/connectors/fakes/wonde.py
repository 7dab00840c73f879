"""A Wonde on loopback: regions, relations where they are asked for, both kinds of pages, a week of lessons a call."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import connectors.wonde

SAMPLES = Path(connectors.wonde.__file__).parent / "samples"
SCHOOL, PRIMARY = "A1930499544", "A1930499545"
TOKEN = "invented-wonde-token"
ENVIRON = {"MUSTER_FAKE_WONDE_TOKEN": TOKEN}
ONE = {"url": "{url}/v1.0", "token": "${MUSTER_FAKE_WONDE_TOKEN}", "schools": [SCHOOL]}
CASES: dict[str, dict[str, Any]] = {
    "one school": ONE,
    "two schools, small pages": {**ONE, "schools": [SCHOOL, PRIMARY], "page_size": 2},
    "people by Wonde's id": {**ONE, "people_by": "id", "tutors": "any", "emails": ["home", "work", "email"]},
    "what changed": {**ONE, "changed_within_days": 2, "lessons": False, "tutors": "none"},
}
_RELATIONS = {
    "students": ("contact_details", "education_details", "registration", "year", "classes", "contacts"),
    "students-leaver": ("contact_details", "education_details"),
    "employees": ("contact_details", "employment_details", "classes"),
    "classes": ("students", "employees", "subject"),
    "lessons": ("class", "employee", "employees", "period", "room"),
}
_BY_ID = frozenset({"class", "employee", "period", "room", "subject", "registration", "year"})
"""Relations of which the id stands there when they are not asked for."""


def sample(name: str, school: str = SCHOOL) -> Any:
    return json.loads((SAMPLES / school / f"{name}.json").read_text())


class Service:
    """The service, and what it was asked."""

    def __init__(
        self, *, cursor: bool = False, most: int = 100, withheld: Collection[str] = (), region: str | None = None
    ) -> None:
        """`withheld`: relations that the school does not share; `region`: the domain that it says serves the school."""
        self.cursor = cursor
        self.most = most
        self.withheld = withheld
        self.region = region
        self.instead: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1.0/schools/{school}", self.school),
                Route("/v1.0/schools/{school}/{name}", self.listing),
            ]
        )

    def _found(self, name: str, school: str) -> Any:
        return self.instead[name] if name in self.instead else sample(name, school)

    async def school(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "invalid_token"}, 401)
        if request.path_params["school"] not in (SCHOOL, PRIMARY):
            return JSONResponse({"data": []})
        found = self._found("school", request.path_params["school"])
        found["region"]["domain"] = self.region or request.url.netloc
        return JSONResponse({"data": found})

    async def listing(self, request: Request) -> Response:
        asked = {"name": request.path_params["name"], **request.query_params}
        self.asked.append(asked)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "invalid_token"}, 401)
        rows = [dict(row) for row in self._found(asked["name"], request.path_params["school"])]
        after = asked.get("updated_after", "")
        rows = [row for row in rows if (row.get("updated_at") or row["deleted_at"])["date"] > after]
        if asked["name"] == "lessons":
            rows = _of_one_week(rows, asked)
        included = asked.get("include", "").split(",")
        for row in rows:
            for relation in _RELATIONS.get(asked["name"], ()):
                self._reduce(row, relation, included)
        return self._page(request, asked, rows, included)

    def _reduce(self, row: dict[str, Any], relation: str, included: list[str]) -> None:
        if relation in self.withheld:
            row.pop(relation, None)
        elif relation not in included and relation in row:
            found = row.pop(relation)
            if relation in _BY_ID:
                row[relation] = (found.get("data") or {}).get("id") if isinstance(found, dict) else found

    def _page(
        self, request: Request, asked: dict[str, str], rows: list[dict[str, Any]], included: list[str]
    ) -> Response:
        size = min(int(asked.get("per_page", 50)), self.most)
        number = int(asked.get("cursor") or asked.get("page") or 1)
        begins = (number - 1) * size
        more = begins + size < len(rows)
        meta: Any = {"includes": included}
        if more or number > 1 or "per_page" in asked:
            name = "cursor" if self.cursor else "page"
            following = {**request.query_params, name: number + 1}
            meta["pagination"] = {
                "next": f"https://api.wonde.com{request.url.path}?{urlencode(following)}" if more else None,
                "previous": None,
                "more": more,
                "per_page": size,
            }
            if not self.cursor:
                meta["pagination"]["current_page"] = number
        return JSONResponse({"data": rows[begins : begins + size], "meta": meta})


def _of_one_week(rows: list[dict[str, Any]], asked: dict[str, str]) -> list[dict[str, Any]]:
    """One call covers the week in which it begins, however far it is asked to go."""
    begins = datetime.fromisoformat(asked["lessons_start_after"]).replace(tzinfo=UTC)
    week_ends = (begins - timedelta(days=begins.weekday()) + timedelta(days=7)).replace(hour=0, minute=0, second=0)
    ends = min(week_ends, datetime.fromisoformat(asked["lessons_start_before"]).replace(tzinfo=UTC))
    return [row for row in rows if begins <= datetime.fromisoformat(row["start_at"]["date"]).replace(tzinfo=UTC) < ends]


def application() -> Starlette:
    return Service().application()
