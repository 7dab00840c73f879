"""The feed as CSV, as spreadsheets open it."""

from __future__ import annotations

import csv
import io

import pytest

from api.answers.feed_csv import cell, csv_rows, header, written_rows
from api.answers.page_words import Words
from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.model.package_files import RULES
from engine.rulefiles.library import load
from runs.model.answers import FeedRow
from tests.api.conftest import EVERYTHING, INES, Client
from tests.api.routes.test_issues import FEED


def read(answer: object, delimiter: str) -> list[list[str]]:
    text = answer.content.decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_the_csv_begins_with_the_five_columns_of_the_article(pushed: Client) -> None:
    answer = pushed.get(f"{FEED}.csv", params={"language": "en"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="muster-acme.csv"'
    header, line = read(answer, ",")
    assert header[:5] == ["Integration Source ID", "Entity Type", "Entity Name", "MIS ID", "Error Message"]
    assert line[:4] == ["L-1", "Learner", "Inès Marchal", ""]
    assert "Inès Marchal" in line[4]
    # In the customer's own time.
    assert line[-6:] == ["2026-11-21 12:00", "To fix", "does not go", "", "not told", ""]


def test_the_french_csv_opens_in_french_excel(pushed: Client) -> None:
    answer = pushed.get(f"{FEED}.csv", params={"language": "fr"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, line = read(answer, ";")
    assert header[:3] == ["Identifiant de la source", "Type", "Nom"]
    assert line[1] == "Apprenant"


def test_the_csv_holds_every_page_and_its_filters(api: Client) -> None:
    many = [{**INES, "source_id": f"L-{number}"} for number in range(620)]
    sessions = [{**EVERYTHING[3], "learner_ids": [one["source_id"] for one in many]}]
    api.app.state.limits = type(api.app.state.limits)()
    assert api.push([*many, EVERYTHING[2], *sessions]).status_code == 201
    assert len(read(api.get(f"{FEED}.csv", params={"language": "en"}), ",")) >= 621
    assert len(read(api.get(f"{FEED}.csv", params={"language": "en", "kind": "session"}), ",")) == 2


@pytest.mark.parametrize("text", ["=1+1", "+33 6", "-2", "@x", " =1", "＝1", "\t1", "\r1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "\n"])
@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "＝"])
@pytest.mark.parametrize("before", ["", " ", '"', ' " '])
def test_nor_does_a_spreadsheet_compute_what_stands_behind_another_separator(
    separator: str, begins: str, before: str
) -> None:
    assert cell(f"a{separator}{before}{begins}1+1") == f"a{separator}{before}'{begins}1+1"


def test_every_cell_is_quoted() -> None:
    written = b"".join(written_rows(["a", "b"], [["1", None], ['"=2;=3', "x"]], "fr"))
    assert written.decode("utf-8-sig") == '"a";"b"\r\n"1";""\r\n"""=2;\'=3";"x"\r\n'


@pytest.mark.parametrize("text", ["Marchal", "Ada, Ben", "a; b-c", "6E1", "a=1", "", "é"])
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_the_platforms_own_list_calls_columns_and_kinds_in_its_own_words_in_its_own_language() -> None:
    harbour = load(RULES, "harbour", catalogue())
    rows = [
        FeedRow(
            kind=kind,
            source_id="W3",
            mis_id="4711",
            name="Ada Nkemelu",
            verdict="sync",
            rule=None,
            since=None,
            starts_at=None,
            issues=[],
            last_run="synced",
            next_run="goes",
            on_platform="seen",
        )
        for kind in ("learner", "instructor", "person", "class")
    ]

    def called(language: str) -> list[str]:
        told = csv_rows(Words(), Messages(), harbour, rows, language)
        return [header(Words(), harbour, language)[1], *(str(line[1]) for line in told)]

    assert called("en") == ["EP Entity Type", "Student", "Teacher", "Users", "Class"]
    assert called("fr") == ["Type", "Apprenant", "Intervenant", "Personne", "Classe"]
