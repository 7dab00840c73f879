"""One record over HTTP."""

from __future__ import annotations

import pytest

from tests.api.conftest import Client


@pytest.mark.parametrize(
    ("kind", "source_id", "answers"),
    [
        ("learner", "L-1", ("to_fix", "out", "not_told")),
        ("learner", "L-2", ("synced", "goes", "not_told")),
        ("session", "S%2F2", ("later", "later", "not_told")),
        ("session", "S/2", ("later", "later", "not_told")),
        ("learner", "L-999", ("never_received", "out", "not_told")),
        ("instructor", "L-1", ("never_received", "out", "not_told")),
    ],
)
def test_three_questions_have_three_answers(
    pushed: Client, kind: str, source_id: str, answers: tuple[str, str, str]
) -> None:
    answer = pushed.get(f"/v1/customers/acme/records/{kind}/{source_id}")
    assert answer.status_code == 200
    assert tuple(answer.json()[name] for name in ("last_run", "next_run", "on_platform")) == answers


def test_an_explanation_tells_every_rule_of_the_kind_and_what_would_have_to_differ(pushed: Client) -> None:
    found = pushed.get("/v1/customers/acme/records/learner/L-1", headers={"accept-language": "en"}).json()
    assert found["answer"]["rule"] == "learner.email_missing"
    rules = {rule["id"]: rule for rule in found["explanation"]["rules"]}
    assert rules["learner.email_missing"]["outcome"] == "matched"
    assert rules["learner.email_missing"]["layer"] == "base"
    assert len(rules) > 5
    assert any(near["outcome"] == "sync" for near in found["explanation"]["near"])


def test_a_kind_that_is_none_is_refused(pushed: Client) -> None:
    answer = pushed.get("/v1/customers/acme/records/dragon/1")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "kind"
