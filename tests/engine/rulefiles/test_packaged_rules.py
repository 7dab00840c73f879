from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.matching.classifier import Classifier
from engine.model.package_files import RULES
from engine.model.rulebook import FINDINGS
from engine.records.kinds import DOWNWARD, UPWARD
from engine.rulefiles.check.check import check
from engine.rulefiles.check.messages import problems_of
from engine.rulefiles.library import load, load_base

PAGE = (Path(__file__).parents[3] / "docs/rules/how-to-write-a-rule.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
HEAD = "name: Lycée d'essai\nlanguage: fr\nzone: Europe/Paris\n"
BASE = load_base(RULES, catalogue())


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_on_the_authors_page_is_a_file_without_mistakes(number: int, tmp_path: Path) -> None:
    example = EXAMPLES[number]
    folder = tmp_path / "customers"
    folder.mkdir()
    head = "" if example.startswith("name:") else HEAD
    (folder / "essai.yaml").write_text(head + example, "utf-8")

    problems = check(tmp_path, catalogue(), partial(problems_of, Messages()))

    assert [problem for problem in problems if "essai.yaml" in problem.place.path and problem.severity == "error"] == []
    assert load(tmp_path, "essai", catalogue()).customer.id == "essai"


def test_every_base_rule_can_fire_for_one_of_the_sample_customers() -> None:
    firing: set[str] = set(FINDINGS)
    for customer in ("norvane", "harbour"):
        classifier = Classifier(load(RULES, customer, catalogue()))
        firing |= {
            rule_id for rule_id in classifier.ready if classifier.rulebook.rule(rule_id).kind in classifier.taken
        }

    assert {rule.id for rule in BASE.rules} - firing == set()


def test_every_kind_that_a_run_decides_has_rules_and_the_same_rules_for_both_kinds_of_people() -> None:
    by_kind = {
        kind: {rule.id.partition(".")[2] for rule in BASE.rules if rule.kind == kind} for kind in DOWNWARD + UPWARD
    }

    assert {kind for kind, names in by_kind.items() if not names} == {"person"}  # record.role_unknown, the engine's own
    assert by_kind["learner"] - by_kind["instructor"] == {
        "outside_filter",
        "two_segments",
        "company_missing",
        "sessions_unsynced",
    }
    assert by_kind["instructor"] - by_kind["learner"] == {"not_teaching"}


def test_the_four_checks_of_a_session_stand_in_the_order_in_which_they_are_asked() -> None:
    order = [rule.id for rule in BASE.rules]
    asked = ("no_instructor", "instructor_without_email", "outside_window", "changed_since_sync")

    assert [rule for rule in order if rule.removeprefix("session.") in asked] == [f"session.{name}" for name in asked]


def test_what_is_left_out_for_good_is_said_before_what_comes_later() -> None:
    order = [rule.id for rule in BASE.rules if rule.kind == "session" and rule.then in ("skip", "off")]

    assert order.index("session.outside_window") > max(
        order.index(f"session.{name}")
        for name in ("cancelled", "past", "not_remote", "outside_filter", "outside_segment")
    )


def test_the_layers_of_connectors_say_messages_in_every_language() -> None:
    messages = Messages()
    for customer in ("norvane", "harbour"):
        for rule in load(RULES, customer, catalogue()).rules:
            # A language that came later has them in its own folder.
            name = f"{rule.touched[-1].layer}/{rule.id}"
            told = {*rule.messages, *(each for each in messages.languages if name in messages.packaged(each))}
            assert not rule.messages or told == set(messages.languages), rule.id
