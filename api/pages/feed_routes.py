"""The addresses of the pages: sign in, customers, feed, issue, record, exchanges, rules; and problems as pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.answers.rulebook import in_words
from api.http.auth import COOKIE, refuse_other_sites
from api.http.bodies import FORM, content_type, read_body, read_form
from api.http.dependencies import Asked, Within
from api.http.parameters import LONGEST_TEXT
from api.http.problem_details import ProblemError, answer, from_status
from api.pages.rendering import STATIC
from api.pages.showing import keeping_language, reader_of, reading_caller, shown, the_pages
from api.pages.views import HomeView, ProblemView, SignInView
from api.pages.views_from import FILTERS, feed, record_page, rules_page, runs_page
from api.routes.issues import as_csv
from engine.records.kinds import KINDS
from runs.execution.schedules import next_run
from runs.model.answers import RunSummary
from runs.service import Service
from store.enums import OPEN
from store.feed import IssueFilter
from store.queries import issues_of
from store.queries import record as stored_record

router = APIRouter(include_in_schema=False)

_A_PAGE = 30
_ELSEWHERE = 10


# Customers and their pages


@router.get("/")
def home(request: Request, service: Asked) -> Response:
    caller = reading_caller(request)
    pages = the_pages(request)
    language = pages.language(request)
    entries = []
    for customer_id in filter(caller.opens, service.customers()):
        name, flow = _introduced(service, customer_id)
        entries.append((customer_id, name, flow))
    if len(entries) == 1 and "lang" not in request.query_params:
        return RedirectResponse(f"/customers/{quote(entries[0][0])}", 303)
    response = pages.render("home.html", pages.frame(request, language), HomeView(tuple(entries)))
    return keeping_language(request, response, language)


def _introduced(service: Service, customer_id: str) -> tuple[str, str]:
    """A customer's name, and which system flows into which; its id alone while its rules cannot be used."""
    try:
        customer = service.rulebook(customer_id).customer
    except Exception:  # noqa: BLE001 - one customer's broken files keep nobody from the others
        return customer_id, ""
    return customer.name, " → ".join(use.title for use in (customer.source, customer.platform) if use is not None)


@router.get("/customers/{customer}")
def show_feed(customer: str, request: Request, service: Asked) -> Response:
    return _feed(request, service, customer, dict(request.query_params))


@router.post("/customers/{customer}")
async def search_feed(customer: str, request: Request, service: Asked, limits: Within) -> Response:
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    form = read_form(await read_body(request, limits.small_bytes))
    return await run_sync(_feed, request, service, customer, form)


def _feed(request: Request, service: Service, customer: str, given: dict[str, str]) -> Response:
    reader = reader_of(request, service, customer)
    which = _filter(given)
    page = service.issues(customer, which, given.get("cursor") or None, _A_PAGE, reader.language)
    elsewhere = []
    if which.search and which.verdict is None and not given.get("cursor"):
        for verdict in ("skip", "sync"):
            also = msgspec.structs.replace(which, verdict=verdict, state=None, fix_in=None, rule=None)
            elsewhere += service.issues(customer, also, None, _ELSEWHERE, reader.language).items
    last = service.runs(customer, None, 1, "downward").items or service.runs(customer, None, 1).items
    view = feed(
        reader,
        page,
        which,
        service.counts(customer),
        last_run=last[0].as_of if last else None,
        next_run=next_run(reader.rulebook.customer.schedule.downward, reader.rulebook.customer.zone, service.clock()),
        rules_broken=len(service.library.problems(customer)),
        held=[run.id for run in service.waiting(customer)],
        now=service.clock(),
        elsewhere=elsewhere,
    )
    return shown(request, "feed.html", reader, view, "feed")


def _filter(given: dict[str, str]) -> IssueFilter:
    """The filters of an address or a form; empty ones are none, and an unknown value is a 422 problem."""
    written = {
        name: given.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT] for name in (*FILTERS, "search", "waits_for")
    }
    named = {name: text for name, text in written.items() if text}
    if named.get("verdict") == "flag":
        del named["verdict"]  # the feed as it is
    try:
        which = msgspec.convert(named, IssueFilter)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-request", f"A filter is not what was wanted: {error}.") from None
    if which.kind is not None and which.kind not in KINDS:
        raise ProblemError("invalid-request", f"The filter `kind` takes one of {', '.join(KINDS)}.")
    return which


@router.get("/customers/{customer}/issues.csv")
def download(customer: str, request: Request, service: Asked) -> Response:
    reader = reader_of(request, service, customer)
    return as_csv(request, service, customer, _filter(dict(request.query_params)), reader.language)


@router.post("/customers/{customer}/issues.csv")
async def download_search(customer: str, request: Request, service: Asked, limits: Within) -> Response:
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    form = read_form(await read_body(request, limits.small_bytes))
    reader = await run_sync(reader_of, request, service, customer)
    return await run_sync(as_csv, request, service, customer, _filter(form), reader.language)


@router.get("/customers/{customer}/records/{kind}/{source_id:path}")
def show_record(customer: str, kind: str, source_id: str, request: Request, service: Asked) -> Response:
    reader = reader_of(request, service, customer)
    if kind not in KINDS:
        raise from_status(404)
    found = service.explain(customer, kind, source_id, reader.language)
    stored, issues = _kept(service, customer, kind, source_id)
    view = record_page(reader, found, stored, issues)
    status = 404 if found.where == "never_received" else 200
    return shown(request, "record.html", reader, view, "", status)


def _kept(service: Service, customer: str, kind: str, source_id: str) -> tuple[bytes | None, dict[str, Any]]:
    """The record as last received, and its open issues: rule to id and time found."""
    with service.database.reading() as session:
        row = stored_record(session, customer, kind, source_id)
        if row is None or row.id is None:
            return None, {}
        rows = issues_of(session, row.id)
        return row.data, {
            issue.rule: (issue.id, issue.back_at or issue.opened_at) for issue in rows if issue.state in OPEN
        }


@router.get("/customers/{customer}/runs")
def show_runs(customer: str, request: Request, service: Asked, cursor: str | None = None) -> Response:
    reader = reader_of(request, service, customer)

    def said(run: RunSummary) -> list[str]:
        return [found.problem for found in service.guard_words(customer, run, reader.language)]

    page = runs_page(reader, service.runs(customer, cursor, _A_PAGE), said)
    return shown(request, "runs.html", reader, page, "runs")


@router.get("/customers/{customer}/rules")
def show_rules(customer: str, request: Request, service: Asked) -> Response:
    reader = reader_of(request, service, customer)
    answered = in_words(reader.rulebook, service.dormant(customer), reader.language)
    return shown(request, "rules.html", reader, rules_page(answered), "rules")


# Signing in


@router.get("/sign-in")
async def sign_in_form(request: Request) -> Response:
    return _form(request, refused=False, go_on=request.query_params.get("next", "/"))


@router.post("/sign-in")
async def sign_in(request: Request, limits: Within) -> Response:
    refuse_other_sites(request)
    content_type(request, FORM, default=FORM)
    form = read_form(await read_body(request, limits.small_bytes))
    key, go_on = form.get("key", "").strip(), form.get("next", "/")
    state = request.app.state
    caller = await run_sync(state.door.by_key, key)
    if caller is None or "read" not in caller.scopes:
        return _form(request, refused=True, go_on=go_on)
    response = RedirectResponse(go_on if _ours(go_on) else "/", 303)
    response.set_cookie(COOKIE, state.sessions.begin(key), httponly=True, secure=True, samesite="strict", path="/")
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    refuse_other_sites(request)
    request.app.state.sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _ours(address: str) -> bool:
    """Whether an address to go on to is one of these pages and no other site's."""
    return address.startswith("/customers/") and "\\" not in address and address.isprintable()


def _form(request: Request, *, refused: bool, go_on: str) -> Response:
    pages = the_pages(request)
    language = pages.language(request)
    frame = pages.frame(request, language, signed_in=False)
    view = SignInView(refused=refused, next=go_on if _ours(go_on) else "/")
    response = pages.render("sign_in.html", frame, view, status=403 if refused else 200)
    return keeping_language(request, response, language)


def to_sign_in(request: Request) -> Response:
    """Send a reader to the form, and afterwards back."""
    here = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/sign-in" + (f"?next={quote(here, safe='')}" if _ours(here) else ""), 303)


# Problems, and what pages are drawn with

_PROGRAMS = ("/v1/", "/livez", "/readyz", "/openapi.json")


def answer_problem(request: Request, problem: ProblemError) -> Response:
    """A problem as the API shapes it, or as a page for who asked for one."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith(_PROGRAMS):
        return answer(problem)
    pages = the_pages(request)
    status = problem.details.status
    words = "failed" if status >= 500 else "not_found" if status in (404, 405) else "refused"
    frame = pages.frame(request, pages.language(request), signed_in=False)
    view = ProblemView(words=words, reference=problem.details.reference)
    response = pages.render("problem.html", frame, view, status=status)
    response.headers.update(problem.headers)
    return response


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
