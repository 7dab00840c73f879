"""One record, the rules, and operations over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import create_app
from engine.records.kinds import KINDS
from runs.service import Service
from store.database import Database
from tests.api.conftest import ACME, Client


@pytest.mark.parametrize(
    ("kind", "source_id", "where"),
    [
        ("learner", "L-1", "out"),
        ("learner", "L-2", "in"),
        ("session", "S%2F2", "out"),
        ("session", "S/2", "out"),
        ("learner", "L-999", "never_received"),
        ("instructor", "L-1", "never_received"),
    ],
)
def test_a_record_is_in_later_out_or_was_never_received(pushed: Client, kind: str, source_id: str, where: str) -> None:
    answer = pushed.get(f"/v1/customers/acme/records/{kind}/{source_id}")
    assert answer.status_code == 200
    assert answer.json()["where"] == where


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


def test_the_rules_are_told_in_the_readers_language_with_their_layers(api: Client) -> None:
    english = api.get("/v1/customers/acme/rules", params={"language": "en"}).json()
    french = api.get("/v1/customers/acme/rules", params={"language": "fr"}).json()
    assert [rule["id"] for rule in english["rules"]] == [rule["id"] for rule in french["rules"]]
    first = next(rule for rule in english["rules"] if rule["id"] == "learner.email_missing")
    same = next(rule for rule in french["rules"] if rule["id"] == "learner.email_missing")
    assert first["sentence"] != same["sentence"]
    assert (first["layer"], first["then"], first["fix_in"], first["dormant"]) == ("base", "flag", "source", [])
    assert {rule["kind"] for rule in english["rules"]} <= {"", *KINDS}
    assert any(setting["name"] == "window_days" and setting["value"] == 14 for setting in english["settings"])
    assert any(rule["dormant"] for rule in english["rules"])


def test_a_customers_own_word_on_a_rule_is_told_with_its_file(api: Client, rules: Path) -> None:
    own = ACME + "rules:\n  learner.email_missing:\n    fix_in: support\nsettings:\n  window_days: 7\n"
    (rules / "customers" / "own.yaml").write_text(own, "utf-8")
    api.app.state.service.library._listed = None
    found = api.get("/v1/customers/own/rules", params={"language": "en"}).json()
    rule = next(rule for rule in found["rules"] if rule["id"] == "learner.email_missing")
    assert rule["fix_in"] == "support"
    assert [(word["layer"], word["what"]) for word in rule["written"]] == [("base", ["rule"]), ("own", ["fix_in"])]
    setting = next(setting for setting in found["settings"] if setting["name"] == "window_days")
    assert (setting["value"], setting["layer"]) == (7, "own")


def test_livez_answers_without_a_key(app: object) -> None:
    assert Client(app).get("/livez").json() == {"alive": True}  # type: ignore[arg-type]


def test_readyz_counts_and_names_nobody(app: object, rules: Path) -> None:
    (rules / "customers" / "wreck.yaml").write_text("name: [", "utf-8")
    answer = Client(app).get("/readyz")  # type: ignore[arg-type]
    assert answer.status_code == 200
    ready = answer.json()
    assert (ready["ready"], ready["database"], ready["authentication"]) == (True, True, True)
    assert (ready["customers"], ready["rules_broken"], ready["unusable"]) == (3, 1, 1)
    assert "wreck" not in answer.text
    assert "acme" not in answer.text


def test_readyz_is_503_while_the_tables_are_not_there(service: Service, tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'empty.db'}") as empty:
        bare = Service(empty, service.library, service.catalogue, service.messages, environ={}, clock=service.clock)
        answer = Client(create_app(bare)).get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
