"""Decisions: the verdict on a record, with every rule that matched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from engine.model.rulebook import FixIn, Reaction
from engine.records.kinds import OF_PLATFORM
from engine.records.unread import Unread, is_misshapen

Verdict = Literal["sync", "skip", "flag"]


class Match(Struct, frozen=True):
    """One rule that matched a record."""

    rule: str
    reaction: Reaction
    fix_in: FixIn | None = None


UNUSABLE = ("record.invalid", "record.id_conflict")
"""The findings on what came and cannot be used."""


def mended_in(kind: str, faults: Iterable[Unread | str] = ()) -> FixIn | None:
    """Where what came and cannot be used is mended, if that is not where the finding on it says."""
    if any(isinstance(fault, Unread) and is_misshapen(fault) for fault in faults):
        return "support"
    return "platform" if kind in OF_PLATFORM else None


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
        """The other skips and flags that matched; of what is synced, what the platform did not follow."""
        others = self.matches if self.verdict == "sync" else self.matches[1:]
        return tuple(match for match in others if match.reaction != "note")

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
    named: tuple[dict[str, Any], ...] = ()
    """Other records that the fields name by id, as `kind`, `source_id`, `name` and, where it has one, `mis_id`."""
    errors: tuple[Unread | str, ...] = ()
    """What is wrong with an invalid record; a text is one that an older version has stored."""
    waits: tuple[dict[str, Any], ...] = ()
    """What the record waits for that is there and cannot be used, as related records are told, each with `why`."""
    near: tuple[dict[str, Any], ...] = ()
    """What somebody may have meant by an id that nobody has."""
    alike: tuple[dict[str, Any], ...] = ()
    """Who has an id that nobody has in the role in which it is named."""
    totals: dict[Literal["waits", "near", "alike"], int] = {}
    """How many there are of these, where not all are told."""
    named_by: RelatedFacts | None = None
    """Who names an id under which nothing was ever received."""
    as_of: str = ""
    last_sync: str | None = None
    next_run: str | None = None
    stalled: bool = False
    """Whether no next run can be promised, whatever is planned."""
    since: str | None = None
    """Since when it should be there, where it is told that it did not arrive."""
    run: int | None = None
    """The run that synced it then."""
    hindered: bool = False
    """Whether what is left out for now would be flagged else, so that it does not come by itself; never stored."""
    expected_on: str | None = None
    """Start of the run that will take the record if nothing changes, where that was worked out; never stored."""
