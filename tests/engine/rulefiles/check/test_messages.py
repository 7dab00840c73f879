"""What is checked of messages: one for each rule and language, with names that there are."""

from __future__ import annotations

from functools import partial

import msgspec

from connectors.registry import catalogue
from engine.model.conditions import ALWAYS
from engine.model.package_files import RULES
from engine.model.rulebook import FINDINGS, MessageText
from engine.rulefiles.check.check import check
from engine.rulefiles.check.messages import problems_of
from tests.engine.language.test_renderer import BASE, MESSAGES, NORVANE, with_message


def test_the_packaged_rules_layers_and_sample_customers_are_without_errors() -> None:
    problems = check(RULES, catalogue(), partial(problems_of, MESSAGES))

    assert [problem for problem in problems if problem.severity == "error"] == []


def test_every_packaged_rule_has_a_message_in_every_language_and_no_message_is_left_over() -> None:
    rules = {rule.id for rule in BASE.rules}

    assert set(FINDINGS) < rules
    for language in MESSAGES.languages:
        assert {name for name in MESSAGES.packaged(language) if "/" not in name} == rules


def test_a_message_about_a_relation_that_its_rule_does_not_read_is_a_problem() -> None:
    text = MessageText("{{ related.learners.count }} wait", "x")
    (problem,) = problems_of(MESSAGES, with_message(NORVANE, "session.no_instructor", text, "norvane"))

    assert "does not read the relation ‘learners’" in problem.message


def test_a_missing_language_of_a_packaged_rule_is_a_problem() -> None:
    rule = msgspec.structs.replace(BASE.rules[0], id="session.new_one", kind="session", when=ALWAYS)
    book = msgspec.structs.replace(BASE, rules=(rule,))

    assert [problem.message for problem in problems_of(MESSAGES, book)] == [
        f"session.new_one has no message in ‘{language}’" for language in MESSAGES.languages
    ]
