"""Patterns: how many conditions share a ruleset."""

from __future__ import annotations

import pytest

from engine.analysis.availability import EVERYTHING
from engine.matching.binding import Preparation, Ready
from engine.matching.durable_engine import MOST_LEAVES, MOST_RULES
from engine.matching.durable_patterns import _MOST_PROPERTIES, _draw
from tests.engine.conditions import when

FIELDS = ("training", "company", "first_name", "last_name", "email", "phone", "section", "tutor_name", "tutor_email")


def ready(written: str) -> Ready:
    return Preparation("learner", {}, EVERYTHING).ready(when("learner", written))


@pytest.mark.parametrize(
    ("conditions", "shared"),
    [
        ([f"{{training: t{number}}}" for number in range(2 * MOST_RULES + 1)], [MOST_RULES, MOST_RULES, 1]),
        ([f"{{training: [a, b, c, d{number}]}}" for number in range(MOST_LEAVES // 4 + 1)], [MOST_LEAVES // 4, 1]),
        ([f"{{{name}: x}}" for name in FIELDS], [_MOST_PROPERTIES, len(FIELDS) - _MOST_PROPERTIES]),
    ],
)
def test_a_ruleset_holds_no_more_than_the_library_takes_and_few_properties(
    conditions: list[str], shared: list[int]
) -> None:
    assert [len(patterns) for _, patterns in _draw([ready(one) for one in conditions], [])] == shared
