"""Edits: what of a customer's rulebook changed since a run, and which of it explains what its rules decide now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from engine.analysis.reads import fields_read, settings_read
from engine.model.rulebook import Rule, Rulebook
from engine.model.versions import parts_of

_EVERYTHING = ("customer:source", "customer:platform", "customer:zone")
"""Parts of the customer's file that any rule may come out otherwise by: what is provided, and what day it is."""


class Edits:
    """The differences between a rulebook and the one that an earlier run used."""

    def __init__(self, rulebook: Rulebook, before: Mapping[str, str] | None) -> None:
        """``before`` are its parts then; None where nothing was edited, or nobody knows."""
        self._rulebook = rulebook
        now = {} if before is None else parts_of(rulebook)
        old = before or {}
        self.parts = frozenset(part for part in now.keys() | old.keys() if now.get(part) != old.get(part))
        """Rules, settings and parts of the customer's file that differ: `rule:session.jury`, `setting:topics`."""
        self._known: dict[str, tuple[str, ...]] = {}

    def explains(self, rule_id: str) -> bool:
        """Whether an edit can be why this rule matches now, or no longer does."""
        return bool(self.parts) and bool(self._parts_behind(rule_id))

    def explaining(self, rules: Mapping[str, int]) -> list[tuple[str, int]]:
        """The edits behind these rules, with how many of their records each explains; most first."""
        found: Counter[str] = Counter()
        for rule_id, number in rules.items():
            for part in self._parts_behind(rule_id):
                found[part] += number
        return found.most_common()

    def _parts_behind(self, rule_id: str) -> tuple[str, ...]:
        known = self._known.get(rule_id)
        if known is None:
            known = self._known[rule_id] = tuple(part for part in self._read_by(rule_id) if part in self.parts)
        return known

    def _read_by(self, rule_id: str) -> list[str]:
        """The parts of a rulebook that a rule depends on."""
        parts = [f"rule:{rule_id}"]
        rule = self._rules.get(rule_id)
        if rule is not None and rule.kind:
            parts += [f"setting:{name}" for name in settings_read(rule.when)]
            if any(field == "segments" for _, field in fields_read(rule)):
                parts.append("customer:segments")
            parts += _EVERYTHING
        return parts

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self._rulebook.rules}
