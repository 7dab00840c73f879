"""The pages: what they show, that each has one typed object, and that they are whole without script."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from jinja2 import Environment, nodes

from api import pages
from api.answers.page_words import Words
from api.app import create_app
from api.showing.rendering import PAGES, Frame, PageView
from engine.language.languages import languages
from runs.service import Service
from tests.api.conftest import ACME, EVERYTHING, HARBOUR, INES, Client

TRIED = {
    "home": ["/"],
    "feed": [
        "/customers/acme",
        "/customers/acme?kind=learner&state=new",
        "/customers/acme?kind=session",
        "/customers/harbour",
    ],
    "issue": ["/customers/acme/issues/{issue}"],
    "record": [
        "/customers/acme/records/learner/L-1",
        "/customers/acme/records/learner/L-2",
        "/customers/acme/records/session/S%2F2",
        "/customers/acme/records/learner/never",
    ],
    "runs": ["/customers/acme/runs", "/customers/harbour/runs"],
    "held": ["/customers/acme/runs/{held}/held"],
    "rules": ["/customers/acme/rules"],
    "history": ["/customers/acme/history", "/customers/harbour/history"],
    "unsourced": ["/customers/acme/unsourced"],
    "sheets": ["/customers/acme/sheets", "/customers/harbour/sheets"],
    "sign_in": ["/sign-in"],
    "problem": ["/nothing"],
}
"""Each page with addresses at which it is read; `issue` and `held` stand for what the test makes."""
NAMES = [module.name for module in iter_modules(pages.__path__)]


class Outline(HTMLParser):
    """What of a page a screen reader goes by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for found, attributes in self.tags if found == tag]


def attributes_of(template: str, name: str) -> set[str]:
    tree = Environment(autoescape=True).parse((PAGES / template).read_text("utf-8"))
    return {
        one.attr for one in tree.find_all(nodes.Getattr) if isinstance(one.node, nodes.Name) and one.node.name == name
    }


def object_of(name: str) -> type[PageView] | None:
    """The page's one typed object; None where there is none, or more than one."""
    found = [one for one in vars(import_module(f"api.pages.{name}")).values() if isinstance(one, type)]
    own = [one for one in found if issubclass(one, PageView) and one is not PageView]
    return own[0] if len(own) == 1 else None


@pytest.mark.parametrize("name", sorted({*NAMES, *TRIED}))
def test_a_page_is_a_module_a_template_its_words_and_a_trial(name: str) -> None:
    words = Words()
    lacking = {
        f"api/pages/{name}.py, with its addresses": name not in NAMES,
        f"templates/pages/{name}.html": not (PAGES / f"{name}.html").exists(),
        "its addresses under TRIED in this file": not TRIED.get(name),
        "one class of PageView in its module": name in NAMES and object_of(name) is None,
    } | {
        f"words under `{name}:` in templates/{language}/pages.yaml": not any(
            key.startswith(f"{name}.") for key in words.keys[language]
        )
        for language in words.languages
    }
    told = [what for what, is_lacking in lacking.items() if is_lacking]
    told += [f"{one.place.path}: {one.message}" for problems in languages().lacks.values() for one in problems]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_uses_the_fields_of_its_object_and_no_others(name: str) -> None:
    page = object_of(name)
    assert page is not None
    assert page.template() == f"{name}.html"
    assert attributes_of(f"{name}.html", "page") == set(page.__struct_fields__)


def test_every_template_is_of_a_page_and_the_frame_is_used_whole() -> None:
    templates = {path.name for path in PAGES.glob("*.html")}
    assert templates == {*(f"{name}.html" for name in NAMES), "layout.html", "macros.html"}
    assert set().union(*(attributes_of(page, "frame") for page in templates)) == set(Frame.__struct_fields__)


@pytest.mark.parametrize("language", languages().names)
@pytest.mark.parametrize("address", [address for addresses in TRIED.values() for address in addresses])
def test_a_page_reads_well_without_eyes_or_script(demo: Client, address: str, language: str) -> None:
    demo.headers["accept-language"] = language
    issue = demo.get("/v1/customers/acme/issues").json()["items"][0]["issues"][0]["id"]
    held = demo.push([]).json()["id"] if "{held}" in address else None
    answer = demo.get(address.format(issue=issue, held=held))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Outline(answer.text)
    assert page.all("html")[0]["lang"] == language
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert page.all("script") == []
    assert "style=" not in answer.text
    assert not re.search(r"\son\w+=", answer.text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in page.all("label")}
    for tag in ("input", "select"):
        for control in page.all(tag):
            assert control.get("type") == "hidden" or control["id"] in labelled
    for name in ("aria-labelledby", "aria-describedby"):
        assert {attributes[name] for _, attributes in page.tags if name in attributes} <= set(ids)
    for cell in page.all("th"):
        assert cell["scope"] in ("row", "col")
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("nav")) == len({one["aria-label"] for one in page.all("nav")})
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))


def test_the_feed_shows_who_what_to_do_where_and_since_when(demo: Client) -> None:
    page = demo.get("/customers/acme").text
    for words in ("Inès Marchal", "L-1", "Learner", "Ypareo", "21 November 2026", "New", "1 record to fix"):
        assert words in page
    assert "Omar" not in page


def test_the_feed_before_the_first_run_says_what_will_come(demo: Client) -> None:
    page = demo.get("/customers/harbour").text
    assert "Nothing has been received yet" in page
    assert "<form class" not in page


def test_the_feed_with_nothing_to_fix_says_so(demo: Client) -> None:
    demo.push([{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]])
    page = demo.get("/customers/acme").text
    assert "Nothing to fix" in page


def test_a_search_finds_the_flagged_and_those_with_nothing_to_fix(demo: Client) -> None:
    found = demo.post("/customers/acme", data={"search": "MARCHAL"})
    assert "Inès Marchal" in found.text
    assert "1 record to fix for “MARCHAL”" in found.text
    other = demo.post("/customers/acme", data={"search": "sondergard"}).text
    assert "Omar Søndergård" in other
    assert "nothing to fix" in other
    assert "Nothing matches" in demo.post("/customers/acme", data={"search": "nobody"}).text


def test_what_a_search_found_goes_into_a_spreadsheet_and_its_name_into_no_address(demo: Client) -> None:
    page = demo.post("/customers/acme", data={"search": "MARCHAL"}).text
    assert '<form method="post" action="/customers/acme/issues.csv">' in page
    found = demo.post("/customers/acme/issues.csv", data={"search": "marchal"})
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Inès Marchal" in found.text
    assert "Marchal" not in demo.post("/customers/acme/issues.csv", data={"search": "nobody"}).text
    foreign = demo.post(
        "/customers/acme/issues.csv", data={"search": "marchal"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403


def test_filters_stay_chosen_and_narrow_the_spreadsheet_too(demo: Client) -> None:
    page = demo.get("/customers/acme?kind=learner&rule=learner.email_missing").text
    assert '<option value="learner" selected>' in page
    assert "issues.csv?kind=learner&amp;rule=learner.email_missing" in page
    assert demo.get("/customers/acme/issues.csv?kind=learner").headers["content-type"].startswith("text/csv")
    assert demo.get("/customers/acme?kind=dragon").status_code == 422


def options_of(page: str, name: str) -> dict[str, str]:
    """Value to words of one of the filters."""
    chosen = re.search(rf'<select id="filter-{name}".*?</select>', page, re.DOTALL)
    assert chosen
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', chosen[0]))


def test_only_places_that_the_customer_has_are_offered_to_filter_by(demo: Client, rules: Path) -> None:
    french = demo.get("/customers/acme", headers={"accept-language": "fr"}).text
    assert options_of(french, "fix_in") == {
        "": "Tous",
        "source": "Ypareo",
        "platform": "Edusign",
        "settings": "les réglages de cette connexion",
        "support": "le support",
    }
    (rules / "customers" / "harbour.yaml").write_text(HARBOUR + "places: {aggregator: The hub}\n", "utf-8")
    demo.push([INES], customer="harbour")
    assert options_of(demo.get("/customers/harbour").text, "fix_in")["aggregator"] == "The hub"


def test_problems_of_one_title_say_of_which_kind_they_are(demo: Client) -> None:
    alone = options_of(demo.get("/customers/acme").text, "rule")
    assert alone["learner.email_missing"] == "Email address missing"
    demo.push([{**one, "email": None} for one in EVERYTHING[:3]] + EVERYTHING[3:])
    both = options_of(demo.get("/customers/acme?rule=learner.email_missing").text, "rule")
    assert both["learner.email_missing"] == "Email address missing (learner)"
    assert both["instructor.email_missing"] == "Email address missing (instructor)"
    page = demo.get("/customers/acme?rule=learner.email_missing", headers={"accept-language": "fr"}).text
    assert "Adresse e-mail manquante (apprenant)" in page
    # A problem that nothing has any more stays chosen.
    assert "learner.name_missing" in options_of(demo.get("/customers/acme?rule=learner.name_missing").text, "rule")


def test_accounts_and_sheets_are_filtered_by_who_made_them(demo: Client) -> None:
    assert 'id="filter-created_by"' not in demo.get("/customers/acme").text
    account = {"kind": "account", "role": "learner", "source_id": "A-2", "first_name": "Ada", "last_name": "Roe"}
    sheet = {"kind": "sheet", "source_id": "F-1", "name": "Paie", "created_by": "api", "archived": False}
    demo.push([account | {"created_by": "administrator"}, sheet], direction="upward")
    page = demo.get("/customers/acme?created_by=administrator&last_run=left_out").text
    assert options_of(page, "created_by")["administrator"] == "An administrator"
    assert '<option value="administrator" selected>' in page
    assert ("Ada Roe" in page, "Paie" in page) == (True, False)
    assert "issues.csv?last_run=left_out&amp;created_by=administrator" in page
    french = demo.get("/customers/acme", headers={"accept-language": "fr"}).text
    assert options_of(french, "created_by")["owner"] == "Un propriétaire"


def test_an_issue_page_tells_what_happened(demo: Client) -> None:
    (row,) = demo.get("/v1/customers/acme/issues").json()["items"]
    demo.push([{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]])
    page = demo.get(f"/customers/acme/issues/{row['issues'][0]['id']}").text
    assert "Solved, it was corrected" in page
    assert "now ines@example.org" in page
    assert "learner.email_missing" in page


def test_a_record_page_says_where_it_is_what_was_read_and_why(demo: Client) -> None:
    out = demo.get("/customers/acme/records/learner/L-1").text
    assert "<dd>To fix</dd>" in out
    assert "It will not go at the next run, on Saturday 21 November 2026 at 22:00, unless something changes." in out
    assert "First name" in out
    assert "Would sync if" in out
    assert "learner.email_missing" in out
    synced = demo.get("/customers/acme/records/learner/L-2").text
    assert "<dd>Synced by the last exchange</dd>" in synced
    assert "It goes at the next run, on Saturday 21 November 2026 at 22:00, if nothing changes." in synced
    never = demo.get("/customers/acme/records/learner/L-404")
    assert never.status_code == 404
    assert "Never received from the source" in never.text


def test_a_language_asked_for_is_kept(demo: Client) -> None:
    assert 'lang="fr"' in demo.get("/customers/acme?lang=fr").text
    assert demo.cookies["muster-language"] == "fr"
    assert '<html lang="fr">' in demo.get("/customers/acme").text


def test_a_link_to_another_language_keeps_the_filters(demo: Client) -> None:
    assert "?kind=learner&amp;lang=fr" in demo.get("/customers/acme?kind=learner").text


def test_markup_in_a_name_is_shown_and_not_obeyed(demo: Client) -> None:
    demo.push([{**INES, "last_name": "<b onclick=x>Marchal</b>"}, *EVERYTHING[2:]])
    page = demo.get("/customers/acme").text
    assert "<b onclick" not in page
    assert "&lt;b onclick=x&gt;" in page


def test_a_broken_newer_rule_file_is_told_on_the_feed(demo: Client, rules: Path, service: Service) -> None:
    demo.get("/customers/acme")
    (rules / "customers" / "acme.yaml").write_text(ACME + "rules: {learner.email_missing: {then: flagg}}\n", "utf-8")
    service.library._looked["acme"] = float("-inf")
    page = demo.get("/customers/acme").text
    assert "last good rules" in page
    assert "Inès Marchal" in page
    run = demo.push(EVERYTHING).json()
    assert run["notes"] == ["Mistakes in the newest rule files: 1. The last good ones were used instead."]


def test_one_customer_is_gone_to_at_once(service: Service, rules: Path) -> None:
    (rules / "customers" / "harbour.yaml").unlink()
    answer = Client(create_app(service, demo=True), accept="text/html").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers/acme")
    (rules / "customers" / "harbour.yaml").write_text(HARBOUR, "utf-8")


def test_many_records_come_a_page_at_a_time(demo: Client) -> None:
    many = [{**INES, "source_id": f"L-{number}", "last_name": f"Name{number:03}"} for number in range(40)]
    sessions = [{**EVERYTHING[3], "learner_ids": [one["source_id"] for one in many]}]
    assert demo.push([*many, EVERYTHING[2], *sessions]).status_code == 201
    first = demo.get("/customers/acme").text
    cursor = re.search(r'name="cursor" value="([^"]+)"', first)
    assert cursor
    second = demo.get(f"/customers/acme?cursor={cursor[1]}").text
    shown = [re.findall(r"Name\d{3}</a>", page) for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (30, 10)
    assert not set(shown[0]) & set(shown[1])
    searched = demo.post("/customers/acme", data={"search": "name", "cursor": cursor[1]}).text
    assert len(re.findall(r"Name\d{3}</a>", searched)) == 10


def test_what_is_decided_of_others_is_said_in_words_where_it_was_what_had_to_change(demo: Client) -> None:
    people = [{**INES, "email": "ines@example.org"}, *EVERYTHING[1:]]
    demo.push([{**one, "email": None} if one["source_id"] == "I-1" else one for one in people])
    demo.push(people)
    page = unescape(demo.get("/customers/acme/history").text)
    assert "Session S-1: From “to fix” to “synced”" in page
    assert "became sync" not in page
    french = unescape(demo.get("/customers/acme/history", headers={"accept-language": "fr"}).text)
    assert "Séance S-1\u00a0: De «\u00a0à corriger\u00a0» à «\u00a0synchronisée\u00a0»" in french
    assert "devient sync" not in french
