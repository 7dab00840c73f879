"""What a customer's own message may hold: names and filters."""

from __future__ import annotations

import pytest

from engine.language.safe_subset import MOST_WRITTEN, is_plain
from engine.model.problems import Place
from engine.rulefiles.check.messages import customer_text_problems
from tests.engine.language.test_renderer import BASE

PLACE = Place("rules/customers/acme.yaml", 3)


SETTINGS = frozenset(BASE.settings)


@pytest.mark.parametrize(
    "text",
    [
        "{{ name }} waits.",
        "{{ starts_at | when }}, {{ starts_at | day }}, {{ starts_at | clock }}",
        "{{ settings.window_days | number }} days",
        "{{ related.instructors.count }}: {{ related.instructors.items | names }}",
        "Plain text, 100 % of it.",
    ],
)
def test_a_customers_message_is_names_and_filters(text: str) -> None:
    assert customer_text_problems(text, PLACE, "session", SETTINGS) == []
    assert is_plain(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{% for x in related.instructors.items %}{{ x }}{% endfor %}", "it holds {% %}"),
        ("{%- set x = 1 %}", "it holds {% %}"),
        ("{{ 7 * 7 }}", "more than a name"),
        ("{{ name ~ name }}", "more than a name"),
        ("{{ name if room else 1 }}", "more than a name"),
        ("{{ name.__class__ }}", "‘.__class__’ is not a part"),
        ("{{ name['x'] }}", "more than a name"),
        ("{{ name() }}", "more than a name"),
        ("{{ name.format(name) }}", "more than a name"),
        ("{{ related.instructors.items | first }}", "no filter ‘first’"),
        ("{{ name | upper }}", "no filter ‘upper’"),
        ("{{ starts_at | days_before(3) }}", "no filter ‘days_before’"),
        ("{{ name | day | attr('x') }}", "no filter ‘attr’"),
        ("{{ name", "cannot be read"),
        ("{{ nom }}", "no name ‘nom’"),
        ("{{ settings.windowdays }}", "no setting ‘windowdays’"),
        ("{{ related.instructor.count }}", "no relation ‘instructor’"),
        ("{{ related.instructors.size }}", "‘.size’"),
        ("x" * (MOST_WRITTEN + 1), "1,001 characters"),
    ],
)
def test_a_customers_message_is_nothing_else(text: str, found: str) -> None:
    problems = customer_text_problems(text, PLACE, "session", SETTINGS)

    assert problems, text
    assert found in problems[0].message
    assert {problem.place for problem in problems} == {PLACE}


def test_a_misspelt_name_is_told_with_the_one_that_was_probably_meant() -> None:
    (problem,) = customer_text_problems("{{ start_at | when }}", PLACE, "session", SETTINGS)

    assert (problem.message, problem.hint) == ("no name ‘start_at’", "did you mean starts_at?")
