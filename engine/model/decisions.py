"""Decisions: the verdict on a record, with every rule that matched."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from engine.model.rulebook import FixIn, Reaction
from engine.records.unread import Unread

Verdict = Literal["sync", "skip", "flag"]


class Match(Struct, frozen=True):
    """One rule that matched a record."""

    rule: str
    reaction: Reaction
    fix_in: FixIn | None = None


class Decision(Struct, frozen=True):
    """The one answer for a record."""

    kind: str
    source_id: str
    verdict: Verdict
    matches: tuple[Match, ...] = ()
    """Every rule that matched: skips, then flags, then notes, each in the rulebook's order."""

    @property
    def rule(self) -> str | None:
        """The deciding rule; None for sync."""
        return None if self.verdict == "sync" else self.matches[0].rule

    @property
    def also(self) -> tuple[Match, ...]:
        """The other skips and flags that matched."""
        return tuple(match for match in self.matches[1:] if match.reaction != "note")

    @property
    def notes(self) -> tuple[Match, ...]:
        """The notes that matched."""
        return tuple(match for match in self.matches if match.reaction == "note")


class RelatedFacts(Struct, frozen=True):
    """What a message may say of the records of one relation."""

    count: int
    items: tuple[dict[str, Any], ...]
    """The first 20, each as plain values with `kind`, `source_id` and `name` first."""


class Facts(Struct, frozen=True, omit_defaults=True):
    """What a matching rule read: all that its message needs. Plain values, so that it can be stored as JSON."""

    kind: str
    source_id: str
    name: str
    record: dict[str, Any]
    """Fields that are not absent; times as ISO 8601 in UTC."""
    related: dict[str, RelatedFacts] = {}
    settings: dict[str, Any] = {}
    """Settings that the rule reads."""
    errors: tuple[Unread | str, ...] = ()
    """What is wrong with an invalid record; a text is one that an older version has stored."""
    as_of: str = ""
    last_sync: str | None = None
    next_run: str | None = None
