"""What went wrong, for a reader of pages."""

from __future__ import annotations

from fastapi import Request, Response

from api.http.problem_details import ProblemError, answer
from api.showing.rendering import PageView
from api.showing.visits import the_pages

_PROGRAMS = ("/v1/", "/livez", "/readyz", "/openapi.json")
_WORDS = {
    "no-database": "away",
    "rules-broken": "rules_broken",
    "too-many-requests": "too_many",
}
"""Problems of which a reader is told what they are, and not only that something went wrong."""


class ProblemView(PageView, frozen=True):
    """What went wrong, for a reader of pages."""

    words: str
    """Which words: one of `_WORDS`, else `not_found`, `refused`, `failed`."""
    reference: str | None


def answer_problem(request: Request, problem: ProblemError) -> Response:
    """A problem as the API shapes it, or as a page for who asked for one."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith(_PROGRAMS):
        return answer(problem)
    pages = the_pages(request)
    status = problem.details.status
    words = "failed" if status >= 500 else "not_found" if status in (404, 405) else "refused"
    words = _WORDS.get(problem.code, words)
    frame = pages.frame(request, pages.language(request), signed_in=False)
    view = ProblemView(words=words, reference=problem.details.reference)
    response = pages.render(frame, view, status=status)
    response.headers.update(problem.headers)
    return response
