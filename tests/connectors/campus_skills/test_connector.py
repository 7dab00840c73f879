"""Campus Skills: whose account is whose, what is not integrated, and lists that end too early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.contract import ConnectorError, Fetch, Garbled, Refused, Unavailable
from tests.connectors.fakes import campus_skills as fake
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, json, page, status
from tests.connectors.trying import SAMPLED, WINDOW, filled, noted, opened


def asked(spoiled: Spoiled | None = None, key: str = "invented", **options: Any) -> tuple[list[Any], Fetch]:
    fetch = Fetch()
    application = fake.application()
    with served(spoiled(application) if spoiled else application) as url:
        merged = filled({**fake.OPTIONS, "url": url, **options}, {})
        connector = opened(SAMPLED["campus-skills"].spec, merged, {"MUSTER_FAKE_TOKEN": f"{key}-token"}, Path(), [])
        return list(connector.records(WINDOW, fetch)), fetch


def test_everybody_in_an_integrated_contract_has_an_account_once() -> None:
    found, fetch = asked()
    assert {each.source_id: each.role for each in found} == {
        "APP-20881": "learner",
        "APP-20883": "learner",
        "ENT-930": "other",
        "ENT-931": "other",
        "PER-318": "other",
    }
    assert len(found) == 5
    assert noted(fetch)[0].startswith("Contracts transmitted but not integrated: 1 of 4.")


def test_only_learners_are_of_the_source_and_tutors_do_not_look_made_by_hand() -> None:
    found, _ = asked()
    assert {each.source_kind for each in found if each.role == "learner"} == {"learner"}
    assert {each.source_kind for each in found if each.role == "other"} == {None}
    assert all(each.source_ref == each.source_id and each.created_by == "api" for each in found)


def test_a_wrong_token_is_refused_although_the_answer_is_a_success() -> None:
    with pytest.raises(Refused, match="token is not accepted"):
        asked(key="another")


def test_a_platform_that_gives_fewer_at_a_time_than_it_is_asked_for_is_read_whole() -> None:
    contract = {"codeContrat": "CT-1", "codeApprenant": "APP-1"}
    one, other = ({"total": 2, "contrats": [{**contract, "codeApprenant": code}]} for code in ("APP-1", "APP-2"))

    def pages(scope: Any, receive: Any, send: Any) -> Any:
        answer = one if b"page=1" in scope["query_string"] else other
        return json(msgspec.json.encode(answer).decode())(scope, receive, send)

    found, _ = asked(Spoiled("contrats", pages), page_size=50)
    assert [each.source_id for each in found] == ["APP-1", "APP-2"]


def test_a_list_that_ends_before_its_total_makes_the_fetch_partial() -> None:
    _, fetch = asked(first_page=2)
    assert [error.failure.code for error in fetch.partial] == ["fewer_contracts_than_it_says"] * 2


def test_without_the_list_of_transmitted_contracts_the_accounts_are_read() -> None:
    found, fetch = asked(Spoiled("contrats-get-all", status(403)))
    assert len(found) == 5
    assert [error.status for error in fetch.partial] == [403]


def test_who_asks_too_often_or_meets_an_ill_system_asks_again() -> None:
    for fault in (status(429, **{"retry-after": "3"}), status(502)):
        found, fetch = asked(Spoiled("contrats", fault, 1))
        assert len(found) == 5
        assert fetch.partial == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(401), Refused),
        (status(503), Unavailable),
        (cut, Unavailable),
        (page(), Refused),
        (json("{}"), Garbled),
        (json('{"contrats": [{"codeContrat": "a"}, {"codeContrat": "b"}]}'), Garbled),  # for ever the same page
    ],
)
def test_a_fault_of_the_integrated_contracts_is_the_end(fault: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(error):
        asked(Spoiled("sync/v1/contrats", fault))


def test_no_contract_at_all_is_no_error_but_nothing() -> None:
    found, fetch = asked(Spoiled("sync/v1/contrats", json('{"total": 0, "contrats": []}')))
    assert found == []
    assert noted(fetch)[0].startswith("Contracts transmitted but not integrated: 4 of 4.")
