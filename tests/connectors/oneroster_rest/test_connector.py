"""OneRoster by REST: the same records as from CSV, and what only a service can do to us."""

from __future__ import annotations

import json as jsons
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from connectors.contract import ConnectorError, Fetch, Garbled, Refused, Unavailable
from connectors.oneroster_rest.connector import Options
from engine.records.kinds import Record, kind_of
from tests.connectors.fakes.oneroster_rest import CASES, ENVIRON, V1P2, Service, failure, sample
from tests.connectors.oneroster.test_connector import ONEROSTER, records
from tests.connectors.serving import served
from tests.connectors.spoiling import Spoiled, cut, json, notes, page, status
from tests.connectors.trying import SAMPLED, WINDOW, connected, filled, noted, opened, read

WITH_A_TOKEN, CHANGED, SIGNED = "1.2 with a token", "1.2, what changed", "1.1 signed"


def by_id(found: list[Record]) -> dict[tuple[str, str], Any]:
    return {(kind_of(record), record.source_id): record for record in found}


def asked(
    service: Service, options: Mapping[str, Any], spoiled: Spoiled | None = None
) -> tuple[dict[tuple[str, str], Any], Fetch]:
    """All that a service gives, in some state."""
    fetch = Fetch()
    application = service.application()
    with served(spoiled(application) if spoiled else application) as url:
        spec = SAMPLED["oneroster-rest"].spec
        connector = opened(spec, filled(options, {"url": url}), ENVIRON, ONEROSTER, [])
        return by_id(list(connector.records(WINDOW, fetch))), fetch


def with_fault(spoiled: Spoiled, case: str = WITH_A_TOKEN) -> tuple[dict[tuple[str, str], Any], Fetch]:
    fetch = Fetch()
    with connected("oneroster-rest", case, spoiled) as (connector, _):
        return by_id(list(connector.records(WINDOW, fetch))), fetch


def undated(found: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    return {key: msgspec.structs.replace(record, modified_at=None) for key, record in found.items()}


@pytest.mark.parametrize(("case", "folder"), [(WITH_A_TOKEN, "v1p2"), ("1.1 signed the old way", "v1p1")])
def test_a_roster_is_the_same_by_rest_as_by_csv(case: str, folder: str) -> None:
    assert undated(by_id(read("oneroster-rest", case).records)) == undated(records(ONEROSTER / folder))


def test_roles_stand_beside_the_user_in_1_1_and_in_a_list_in_1_2() -> None:
    found = by_id(read("oneroster-rest", WITH_A_TOKEN).records)
    assert found["learner", "u-5"].email == found["instructor", "u-5"].email
    assert (found["person", "u-7"].role, found["person", "u-11"].role) == ("ext:visitor", None)
    assert found["instructor", "u-2"].segment_keys == {"site_code": ("N-1-SCI", "N-1")}
    older = by_id(read("oneroster-rest", SIGNED).records)
    assert older["instructor", "p-2"].segment_keys == {"site_code": ("E-9",)}
    assert ("learner", "p-3") not in older


def test_ends_are_excluded_there_and_included_here() -> None:
    found = by_id(read("oneroster-rest", WITH_A_TOKEN).records)
    assert found["learner", "u-1"].left_on == date(2027, 7, 31)
    assert found["class", "cl-1"].ends_on == date(2027, 4, 2)
    assert found["enrolment", "e-1"].ends_on == date(2027, 4, 2)


def test_family_named_as_agents_are_tutors_though_they_come_after_their_learner() -> None:
    mina = by_id(read("oneroster-rest", WITH_A_TOKEN).records)["learner", "u-1"]
    assert (mina.tutor_name, mina.tutor_email) == ("Abel Okparo", "abel.okparo@example.org")


def test_words_of_a_school_s_own_are_no_error() -> None:
    service = Service()
    enrolments = sample("v1p2", "enrollments")
    enrolments[0]["role"] = "ext:helper"
    service.instead["enrollments"] = enrolments
    found, fetch = asked(service, V1P2)
    assert found["enrolment", "e-1"].role == "other"
    assert fetch.invalid == []


def test_a_token_that_runs_out_in_the_middle_is_asked_for_again() -> None:
    service = Service(uses_of_token=2)
    found, fetch = asked(service, V1P2)
    assert undated(found).keys() == records(ONEROSTER / "v1p2").keys()
    assert service.tokens > 4
    assert fetch.partial == []
    assert service.scopes == "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"


@pytest.mark.parametrize("paging", ["link", "total", "none"])
def test_pages_end_by_their_links_by_the_total_or_by_being_short(paging: str) -> None:
    service = Service(paging=paging, uses_of_token=100)
    # A server that gives fewer than it is asked for can only be read whole where it says that there is more.
    service.most = 100 if paging == "none" else 2
    found, fetch = asked(service, V1P2)
    assert len(found) == len(records(ONEROSTER / "v1p2"))
    assert fetch.partial == []


def test_only_the_query_of_a_link_is_followed() -> None:
    spoiled = Spoiled("/nowhere", status(404))
    fetch = Fetch()
    with connected("oneroster-rest", WITH_A_TOKEN, spoiled) as (connector, _):
        list(connector.records(WINDOW, fetch))
    # One is asked for twice: the token had run out.
    users = dict.fromkeys(path for path in spoiled.asked if "/v1p2/users" in path)
    assert [path.partition("offset=")[2] for path in users] == ["0", "3", "6", "9"]


def test_what_changed_is_asked_for_and_nothing_is_taken_for_gone() -> None:
    spoiled = Spoiled("/nowhere", status(404))
    found, fetch = with_fault(spoiled, CHANGED)
    assert {key for key in found if key[0] != "person"} == {
        *(("learner", "u-10"), ("class", "cl-3"), ("enrolment", "e-6"))
    }
    assert [error.failure.call for error in fetch.partial] == ["users", "classes", "enrollments"]
    assert any("filter=dateLastModified%3E%3D%272026-11-19T23%3A00%3A00.000Z%27" in path for path in spoiled.asked)
    assert not any("orgs" in path and "filter" in path for path in spoiled.asked)


def test_family_that_did_not_change_is_asked_for_by_its_id() -> None:
    service = Service(uses_of_token=100)
    users = sample("v1p2", "users")
    users[0]["dateLastModified"] = "2026-11-22T08:00:00.000Z"
    users[0]["agents"].append({"sourcedId": "u-gone"})
    service.instead["users"] = users
    found, fetch = asked(service, {**V1P2, "changed_within_days": 3})
    assert found["learner", "u-1"].tutor_email == "abel.okparo@example.org"
    assert len(fetch.partial) == 3


def test_a_server_that_cannot_filter_is_read_whole() -> None:
    found, fetch = asked(Service(filters=False), {**V1P2, "changed_within_days": 3})
    assert len(found) == len(records(ONEROSTER / "v1p2"))
    assert fetch.partial == []
    assert [note.partition(":")[0] for note in noted(fetch)] == ["users", "classes", "enrollments"]


IMSX = {
    "a right that is missing, sent as a failure": (failure(403, sent_as=500), Refused, 403),
    "no such collection, sent as success": (failure(404, sent_as=200), Refused, 404),
    "too busy, sent as a wrong question": (failure(429, "server_busy", 400), Unavailable, 429),
    "a wrong question": (failure(400), Garbled, 400),
    "a code we do not know": (failure(400, "ext:other"), Garbled, 400),
}


@pytest.mark.parametrize("case", IMSX)
def test_a_code_of_the_standard_counts_before_the_status(case: str) -> None:
    fault, error, code = IMSX[case]
    found, fetch = with_fault(Spoiled("/classes", fault))
    assert [(type(each), each.status, each.failure.call) for each in fetch.partial] == [(error, code, "classes")]
    assert {kind for kind, _ in found} == {"learner", "instructor", "person", "enrolment"}
    assert "anna" not in notes(fetch)


def test_a_warning_in_a_success_is_a_success() -> None:
    classes = {"imsx_StatusInfo": {"imsx_codeMajor": "success", "imsx_severity": "warning"}, "classes": []}
    _, fetch = with_fault(Spoiled("/classes", json(jsons.dumps(classes))))
    assert fetch.partial == []


def test_a_collection_that_fails_leaves_the_rest() -> None:
    found, fetch = with_fault(Spoiled("/orgs", status(403)))
    assert [error.failure.call for error in fetch.partial] == ["orgs"]
    assert found["learner", "u-1"].segment_keys == {}
    found, fetch = with_fault(Spoiled("/enrollments", status(500)))
    assert [error.recovery for error in fetch.partial] == ["unavailable"]
    assert "class" in {kind for kind, _ in found}


@pytest.mark.parametrize(
    "fault", [status(429, **{"Retry-After": "7"}), status(500), cut], ids=["too many", "ill", "cut off"]
)
def test_a_system_that_is_ill_for_a_moment_is_asked_again(fault: Any) -> None:
    found, fetch = with_fault(Spoiled("/users", fault, times=2))
    assert undated(found) == undated(records(ONEROSTER / "v1p2"))
    assert fetch.partial == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(403), Refused),
        (status(503), Unavailable),
        (cut, Unavailable),
        (page(), Refused),
        (json('{"users": []}'), Refused),
        (json("{}"), Garbled),
    ],
)
def test_without_users_nothing_is_read(fault: Any, error: type[ConnectorError]) -> None:
    with pytest.raises(error, match="OneRoster, users"):
        with_fault(Spoiled("/users", fault))


def test_a_page_that_comes_again_ends_the_users_and_is_told() -> None:
    first = jsons.dumps({"users": sample("v1p2", "users")[:3]})
    again = status(200, first, **{"X-Total-Count": "11"})
    found, fetch = with_fault(Spoiled("/users", again))
    assert "the same as one before it" in str(fetch.partial[0])
    # A learner whose family had not come yet is not given: without it, the tutor would look taken away.
    assert {key for key in found if key[0] == "learner"} == {("learner", "u-3")}


def test_a_token_is_not_given_to_a_wrong_secret() -> None:
    with served(Service().application()) as url:
        spec = SAMPLED["oneroster-rest"].spec
        options = filled(CASES[WITH_A_TOKEN], {"url": url})
        connector = opened(spec, options, {"MUSTER_FAKE_ONEROSTER_SECRET": "wrong"}, ONEROSTER, [])
        with pytest.raises(Refused, match=r"OneRoster, token: the key is not accepted") as caught:
            list(connector.records(WINDOW, Fetch()))
    assert "wrong" not in str(caught.value)


def test_oauth_2_wants_to_know_where_tokens_are_given() -> None:
    options = {"url": "https://sis.example.org", "client_id": "us", "client_secret": "x"}
    with pytest.raises(msgspec.ValidationError, match="token_url"):
        msgspec.convert(options, Options)
    assert msgspec.convert({**options, "sign_in": "oauth1-sha256"}, Options).token_url is None
