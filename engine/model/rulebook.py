"""The rulebook: the effective rules of one customer, and what else its file says. ``engine.rulefiles`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from engine.model.conditions import Condition
from engine.model.connector_spec import COMPARED, FETCHED, REQUIRED, ConnectorSpec, Fields, Schedule
from engine.model.guards import Guards
from engine.model.problems import Place, Problem

Reaction = Literal["skip", "flag", "note", "off"]
FixIn = Literal["source", "aggregator", "platform", "settings", "support"]
SettingType = Literal["integer", "number", "boolean", "text", "texts", "date", "mapping"]
SettingValue = bool | int | float | str | date | tuple[str, ...] | Mapping[str, str] | None

REACTIONS: tuple[Reaction, ...] = ("skip", "flag", "note", "off")
FIX_IN: tuple[FixIn, ...] = ("source", "aggregator", "platform", "settings", "support")

FINDINGS: tuple[str, ...] = (
    "record.invalid",
    "record.id_conflict",
    "record.role_unknown",
    "record.waits",
    "record.never_received",
    "record.unexpected_error",
    "record.did_not_arrive",
    "record.refused",
)
"""The engine's own rules: an id and messages, no condition; flags, before all others."""

NOT_FOLLOWED: tuple[str, ...] = FINDINGS[-2:]
"""Those of them that leave the verdict as it is: the platform has not done what was decided."""


class Example(Struct, frozen=True):
    """One item of a rule's `examples:`."""

    matches: bool
    record: Mapping[str, Any]
    """As written, by field name; typed by ``engine.matching.examples``."""
    related: Mapping[str, tuple[Mapping[str, Any], ...]]
    settings: Mapping[str, SettingValue]
    as_of: datetime
    """Aware; noon of the day in `zone` when the file gives a day or nothing."""
    last_sync: datetime | None
    zone: str
    place: Place


class MessageText(Struct, frozen=True):
    """A message in one language: two templates, and a title, which is plain text."""

    problem: str
    fix: str
    title: str = ""
    """What is the matter in a few words, of whatever record; empty where the layer leaves it to those below."""


class Touch(Struct, frozen=True):
    """One layer's word on a rule."""

    layer: str
    """`base`, the connector's name, or the customer's id."""
    what: tuple[str, ...]
    """`rule` where the layer wrote it whole; else what it changed: `then`, `fix_in`, `messages`."""
    place: Place


class Rule(Struct, frozen=True):
    """One situation: its id, its condition and its reaction, as all layers together have it."""

    id: str
    kind: str
    """The kind it is for; empty for the engine's own findings."""
    when: Condition
    then: Reaction
    fix_in: FixIn | None
    examples: tuple[Example, ...]
    messages: Mapping[str, MessageText]
    """Language to messages that a layer wrote beside the rule; the packaged ones are not here."""
    touched: tuple[Touch, ...]
    """Which layers wrote it, in order; the first wrote it whole."""
    example_settings: Mapping[str, SettingValue]
    """The settings of the layer that wrote it whole, under which its examples run."""

    @property
    def place(self) -> Place:
        """Where its condition stands."""
        return next(touch.place for touch in reversed(self.touched) if "rule" in touch.what)

    @property
    def layer(self) -> str:
        """The layer that its condition comes from."""
        return next(touch.layer for touch in reversed(self.touched) if "rule" in touch.what)


class SettingEntry(Struct, frozen=True):
    """One setting of a rulebook."""

    name: str
    type: SettingType
    value: SettingValue
    description: str
    layer: str
    """The layer whose value is in force."""
    place: Place


class ConnectorUse(Struct, frozen=True):
    """A customer's `source:` or `platform:`: which connector, with which options (secrets still `${...}`)."""

    spec: ConnectorSpec
    options: Mapping[str, Any]
    place: Place
    provides: Fields | None = None
    """What the customer's file itself declares, for records that are pushed; else the connector's."""

    @property
    def title(self) -> str:
        """What people call the system, as messages write it."""
        return str(self.options.get("system") or self.spec.title)

    @property
    def is_named(self) -> bool:
        """Whether that is a name. A file in our own format is whatever system's the customer's file says."""
        return "system" not in self.spec.options.__struct_fields__ or bool(self.options.get("system"))

    @property
    def takes(self) -> frozenset[str]:
        """Kinds that a platform takes."""
        return frozenset(self.options.get("takes") or self.spec.takes)

    @property
    def gives(self) -> Fields:
        """Kind to the fields that come from it."""
        if self.provides is not None:
            return self.provides
        return self.spec.provides if self.spec.given is None else self.spec.given(self.options)

    @property
    def fetches(self) -> Fields:
        """Direction of a run to the kinds that it is asked for whole; empty where its records are sent."""
        if any(not self.options.get(name) for name in self.spec.needs):
            return {}
        return FETCHED[self.spec.side] if self.spec.fetches is None else self.spec.fetches


class Waiver(Struct, frozen=True):
    """Issues that a customer's file accepts as they are."""

    rule: str
    kind: str
    source_ids: tuple[str, ...]
    reason: str
    until: date
    """The last day, included."""
    place: Place


class Customer(Struct, frozen=True):
    """What a customer's file says beside its rules."""

    id: str
    """The file's name without its ending: small letters, digits, hyphens."""
    name: str
    language: str
    zone: str
    """IANA name."""
    source: ConnectorUse | None
    platform: ConnectorUse | None
    schedule: Schedule
    segments: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Platform account → segment key → values; every key named must fit. Empty: no segmentation."""
    waivers: tuple[Waiver, ...] = ()
    """They change what waits for a person and no decision: the version does not know them."""

    @property
    def requires(self) -> Fields:
        """What the platform cannot do without."""
        return REQUIRED if self.platform is None else self.platform.spec.requires

    @property
    def compares(self) -> Mapping[str, Mapping[str, str]]:
        """What the platform shows of the source's records."""
        return COMPARED if self.platform is None else self.platform.spec.compares


Names = Mapping[str, Mapping[str, str]]
"""Something to what people call it, by language."""


class Rulebook(Struct, frozen=True):
    """The effective rules of one customer: base ← source connector ← platform connector ← customer."""

    customer: Customer
    rules: tuple[Rule, ...]
    """In the order that decides the headline; the switched-off ones too."""
    settings: Mapping[str, SettingEntry]
    version: str
    """A short hash of everything that went in."""
    warnings: tuple[Problem, ...] = ()
    guards: Guards = Guards()
    """What holds a run back."""
    places: Names = {}
    """What the layers call places; an aggregator is there only where one stands between source and platform."""
    spreadsheet: Names = {}
    """What the platform's own list of issues calls the column of the kind, and kinds."""

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError when there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
