"""A customer's rules over HTTP."""

from __future__ import annotations

from pathlib import Path

from engine.records.kinds import KINDS
from tests.api.conftest import ACME, Client


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
