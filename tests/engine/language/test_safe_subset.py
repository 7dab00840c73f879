"""What a customer's own message may hold: names and filters."""

from __future__ import annotations

import pytest

from engine.language.renderer import UNRENDERABLE, Messages
from engine.language.safe_subset import is_plain, unbounded
from engine.model.problems import Place
from engine.records.limits import LONGEST_MESSAGE, MOST_IN_BRACES
from engine.rulefiles.check.messages import customer_text_problems
from tests.engine.language.test_renderer import BASE
from tests.engine.language.test_renderer import SESSION as FACTS

PLACE = Place("rules/customers/acme.yaml", 3)


SETTINGS = frozenset(BASE.settings)

TOO_MUCH = (
    "{{ " + "(" * 120 + "name" + ")" * 120 + " }}",
    "{{ name" + "|words" * 150 + " }}",
    "{{ name" + "|of" * 250 + " }}",
    "{{ name" + ".a" * 450 + " }}",
    "{{ " + "-" * 900 + "1 }}",
    "{{ " + "not " * 200 + "name }}",
    "{{ " + "[" * 150 + "]" * 150 + " }}",
)
"""Under a thousand characters each, and deeper than anything can read."""
WITHOUT_END = (
    "{{ 'a' * 1000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ name.center(1000000000) }}",
    "{{ range(1000000000) | list }}",
    "{% for x in errors %}{% for y in errors %}a{% endfor %}{% endfor %}",
    "{% for x in errors recursive %}{{ loop(errors) }}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% call name() %}{% endcall %}",
    "{% set a = [name, name] %}{% set b = [a, a] %}{{ b }}",
    "{% set a = name %}{% set a = a + a %}{{ a }}",
    "{% set a %}{{ name }}{% endset %}{{ a ~ a }}",
    "{% include 'x' %}",
    "{% filter upper %}{% endfilter %}",
    "{{ " + "9" * 5_000 + " }}",
    "{% if name %}" * 30 + "{% endif %}" * 30,
)


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
        ("x" * (LONGEST_MESSAGE + 1), "1,001 characters"),
        *((text, f"more than {MOST_IN_BRACES} names") for text in TOO_MUCH),
    ],
)
def test_a_customers_message_is_nothing_else(text: str, found: str) -> None:
    problems = customer_text_problems(text, PLACE, "session", SETTINGS)

    assert problems, text
    assert found in problems[0].message
    assert {problem.place for problem in problems} == {PLACE}


@pytest.mark.parametrize(
    "text", [*TOO_MUCH, *WITHOUT_END, "{{ name | center(1000000000) }}", "{{ name | join(name) }}"]
)
def test_what_has_no_end_is_rendered_for_nobody(text: str) -> None:
    with pytest.raises(UNRENDERABLE):
        Messages().rendered(text, "en", FACTS, BASE)


@pytest.mark.parametrize("text", [*TOO_MUCH, *WITHOUT_END])
def test_what_has_no_end_is_told_of_a_layers_message_too(text: str) -> None:
    (problem,) = unbounded(text, PLACE)
    assert (problem.code, problem.place) == ("bad-message", PLACE)


def test_what_packaged_messages_use_has_an_end() -> None:
    for text in (
        "{% set one = (related.instructors.items + related.learners.items) | first -%}{{ one.name if one else name }}",
        "{% for a, b in ((name, source_id), (kind, id)) if a != b %}{{ a | of }}{% endfor %}",
        "{% if kind in ('learner', 'instructor') and not room %}{{ as_of.date() }}{% endif %}",
    ):
        assert list(unbounded(text, PLACE)) == []


def test_a_misspelt_name_is_told_with_the_one_that_was_probably_meant() -> None:
    (problem,) = customer_text_problems("{{ start_at | when }}", PLACE, "session", SETTINGS)

    assert (problem.message, problem.hint) == ("no name ‘start_at’", "did you mean starts_at?")
