"""Nesting: whether the matcher takes a rule, asked without loading the matcher for rules of any usual size."""

from __future__ import annotations

from engine.analysis.reads import walk
from engine.model.conditions import All, Any, Count, FieldTest, Related
from engine.model.rulebook import Rule

MOST_BLOCKS, MOST_TESTS = 14, 80
"""What the matcher takes of one rule for certain, see ``engine.matching.durable_engine``."""


def is_too_nested(rule: Rule) -> bool:
    """Whether the matcher refuses the rule. Never raises."""
    blocks = tests = 0
    for part in walk(rule.when):
        match part:
            case All(items) | Any(items):
                blocks += len(items) > 1
            case Count():
                blocks, tests = blocks + 1, tests + 2
            case FieldTest() | Related():
                tests += 1
    if blocks <= MOST_BLOCKS and tests <= MOST_TESTS:
        return False
    from engine.matching.classifier import fits  # noqa: PLC0415 - hardly any rule needs the matcher to be loaded

    return not fits(rule)
