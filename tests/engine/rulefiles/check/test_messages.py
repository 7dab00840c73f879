"""What is checked of messages: one for each rule and language, with names that there are."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from connectors.registry import catalogue
from engine.model.conditions import ALWAYS
from engine.model.package_files import RULES
from engine.model.problems import Place
from engine.model.rulebook import FINDINGS, MessageText, Rulebook, Touch
from engine.records.limits import LONGEST_TITLE
from engine.rulefiles.check.check import check
from engine.rulefiles.check.messages import problems_of
from tests.engine.language.test_renderer import BASE, HARBOUR, MESSAGES, NORVANE, with_message


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


@pytest.mark.parametrize("endless", ["{{ '%1000000000d' % 1 }}", "{{ 'a' * 10 ** 10 }}", "{{ 9 ** 9 ** 9 }}"])
def test_what_a_customer_may_not_write_is_told_and_never_rendered(endless: str) -> None:
    text = MessageText(endless, f"{{{{ source }}}} {endless}")
    told = problems_of(MESSAGES, with_message(NORVANE, "session.no_instructor", text, "norvane"))

    assert ["more than a name" in problem.message for problem in told] == [True]


def test_a_missing_language_of_a_packaged_rule_is_a_problem() -> None:
    rule = msgspec.structs.replace(BASE.rules[0], id="session.new_one", kind="session", when=ALWAYS)
    book = msgspec.structs.replace(BASE, rules=(rule,))

    assert [problem.message for problem in problems_of(MESSAGES, book)] == [
        f"session.new_one has no message in ‘{language}’" for language in MESSAGES.languages
    ]


@pytest.mark.parametrize("language", MESSAGES.languages)
def test_every_rule_of_the_base_and_of_a_layer_has_a_title_in_every_language(language: str) -> None:
    untitled = {
        rule.id for book in (BASE, NORVANE, HARBOUR) for rule in book.rules if not MESSAGES.has_title(rule, language)
    }

    assert untitled == set()
    titles = [MESSAGES.title(BASE, rule.id, language) for rule in BASE.rules]
    assert all(len(title) <= LONGEST_TITLE and title[0].isupper() and title[-1] != "." for title in titles)


def test_a_packaged_rule_without_a_title_is_an_error_and_a_customers_a_warning_that_says_what_it_is_called() -> None:
    ours = problems_of(MESSAGES, untitled_rule("base"))
    theirs = problems_of(MESSAGES, untitled_rule("norvane"))

    assert {(one.code, one.severity) for one in ours} == {("missing-title", "error")}
    (told,) = theirs
    assert (told.code, told.severity) == ("missing-title", "warning")
    assert (
        "session.jury_room has no title in ‘fr’; lists, filters and the spreadsheet call it “Jury room”" in told.message
    )


def untitled_rule(layer: str) -> Rulebook:
    """Norvane's rulebook with one rule, written by a layer, whose messages have no title."""
    texts = {language: MessageText("{{ effect }}: x.", "x") for language in MESSAGES.languages}
    rule = msgspec.structs.replace(
        NORVANE.rule("session.jury"),
        id="session.jury_room",
        messages=texts,
        touched=(Touch(layer, ("rule",), Place("x.yaml")),),
    )
    return msgspec.structs.replace(NORVANE, rules=(rule,))
