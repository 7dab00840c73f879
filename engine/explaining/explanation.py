"""The shape of an explanation: plain text and values in the reader's language, ready as JSON."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.model.rulebook import FixIn, Reaction

Holds = Literal["true", "false", "unavailable"]
Outcome = Literal["matched", "not_matched", "dormant", "off"]
Block = Literal["test", "all", "any", "not", "unless", "relation", "count", "record"]


class ValueRead(Struct, frozen=True, omit_defaults=True):
    """One value that a test looked at."""

    label: str
    """What it is called: `email address`, `window_days`, `the last sync`."""
    value: str | None
    """As the reader writes it; None for missing or unset."""
    origin: Literal["record", "related", "setting", "moment"]
    of: str = ""
    """Whose: `learner 20881`, or the layer that a setting's value comes from."""


class Node(Struct, frozen=True, omit_defaults=True):
    """One part of a rule's condition."""

    block: Block
    sentence: str
    holds: Holds
    field: str = ""
    """The field tested, by its name in rule files; of a relation, the relation."""
    why: str = ""
    """What is not provided or not set, where it is unavailable."""
    readings: tuple[ValueRead, ...] = ()
    children: tuple[Node, ...] = ()
    more: int = 0
    """Related records beyond those told."""


class Overriding(Struct, frozen=True):
    """A later layer's word on a rule."""

    layer: str
    what: tuple[str, ...]
    place: str


class RuleReport(Struct, frozen=True, omit_defaults=True):
    """What became of one rule on the record."""

    id: str
    reaction: Reaction
    outcome: Outcome
    sentence: str
    layer: str
    """The layer that its condition comes from."""
    place: str
    """File and line of the condition."""
    fix_in: FixIn | None = None
    deciding: bool = False
    overriding: tuple[Overriding, ...] = ()
    why: tuple[str, ...] = ()
    """Why it is dormant."""
    tree: Node | None = None
    """Its condition, evaluated; absent for the engine's own findings, dormant and switched-off rules."""


class Check(Struct, frozen=True, omit_defaults=True):
    """One of the questions support asks first, in their order."""

    question: str
    rule: str
    answer: Literal["ok", "problem", "unknown"]
    """`unknown` where the rule is off, dormant or not in the rulebook."""
    why: str = ""


class Near(Struct, frozen=True):
    """What would have to differ for another answer."""

    rule: str
    outcome: Literal["sync", "not_matched"]
    """`sync`: the record would sync; `not_matched`: this rule would fall away and others stay."""
    changes: tuple[str, ...]
    """All of these together, a clause each."""
    sentence: str


class Explanation(Struct, frozen=True, omit_defaults=True):
    """Why one record was decided as it was."""

    kind: str
    source_id: str
    name: str
    verdict: Literal["sync", "skip", "flag"] | None
    """None for a record that was only a related one here."""
    rule: str | None
    """The deciding rule."""
    language: str
    as_of: str
    """ISO 8601, as all times of its own; those in sentences and readings are the customer's local ones."""
    zone: str
    rulebook: str
    """Version of the rulebook."""
    last_sync: str | None = None
    errors: tuple[str, ...] = ()
    """What is wrong with a record that is invalid, a sentence each."""
    checks: tuple[Check, ...] = ()
    rules: tuple[RuleReport, ...] = ()
    """Every rule of the kind, in the rulebook's order."""
    near: tuple[Near, ...] = ()
