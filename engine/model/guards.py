"""Guards: what holds a run back before it does harm at scale, as a customer's layers together have them. Data only.

Where no layer says anything of a guard it is off; `rules/base/guards.yaml` says what holds for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

GuardAction = Literal["hold", "warn", "off"]
ACTIONS: dict[GuardAction, str] = {
    "hold": "The run changes nothing and waits for a person's word.",
    "warn": "The run goes on, and says so.",
    "off": "Not looked at.",
}
GuardName = Literal["nothing_received", "removals", "verdict_jump", "field_gone", "stale_source", "not_arrived"]
GUARDS: tuple[GuardName, ...] = get_args(GuardName)

Then = Annotated[GuardAction, Meta(description="What becomes of the run.")]
Percent = Annotated[int, Meta(ge=0, le=100)]
Number = Annotated[int, Meta(ge=1, le=10**9)]
Hours = Annotated[int, Meta(ge=1, le=24 * 366)]


class NothingReceived(Struct, frozen=True):
    """A kind of which nothing came where there usually is something.

    Sessions alone are a holiday: they may all be away while the source answers well and its people are there.
    """

    then: Then = "off"
    at_least: Annotated[Number, Meta(description="Of how many known records on an empty answer is unusual.")] = 1


class Share(Struct, frozen=True):
    """How many of a kind's known records may do something at once."""

    then: Then = "off"
    percent: Annotated[Percent, Meta(description="More than this share of a kind is too many.")] = 100
    percent_of: Annotated[
        Mapping[str, int], Meta(description="The same for single kinds, such as {session: 30}.", extra={"of": "kind"})
    ] = {}
    at_least: Annotated[Number, Meta(description="Fewer records than this never are, whatever their share.")] = 1

    def limit(self, kind: str) -> int:
        """The share of a kind that is still right, in percent."""
        return self.percent_of.get(kind, self.percent)


class FieldGone(Struct, frozen=True):
    """A field that many records of a kind had, and now none has."""

    then: Then = "off"
    percent: Annotated[Percent, Meta(description="Share of the kind that had the field before.")] = 100
    at_least: Annotated[Number, Meta(description="How many records had it before.")] = 1


class StaleSource(Struct, frozen=True):
    """Data that is older than it should be, where the source tells how old it is."""

    then: Then = "off"
    hours: Annotated[Hours | None, Meta(description="Older than this is too old.")] = None
    hours_of: Annotated[
        Mapping[str, int],
        Meta(description="The same for single hops on the way, such as {SIS → Wonde: 6}.", extra={"of": "hop"}),
    ] = {}

    def limit(self, hop: str) -> int | None:
        """How old the data of a hop may be, in hours; None for any age."""
        return self.hours_of.get(hop, self.hours)


class OutOfTerm(Struct, frozen=True):
    """Days of the year on which many records come and go, such as the summer before a new school year."""

    starts_on: Annotated[date | None, Meta(description="First of these days.")] = None
    ends_on: Annotated[date | None, Meta(description="Last of these days, included.")] = None
    percent: Annotated[Percent, Meta(description="Share of a kind that may be removed or jump on them.")] = 100

    def holds_on(self, day: date) -> bool:
        """Whether a local day of the customer is one of them."""
        return self.starts_on is not None and self.ends_on is not None and self.starts_on <= day <= self.ends_on


class Guards(Struct, frozen=True):
    """The guards of one customer."""

    nothing_received: Annotated[
        NothingReceived, Meta(description="A kind of which nothing came where there usually is something.")
    ] = NothingReceived()
    removals: Annotated[Share, Meta(description="Records of a kind that are missing from a complete fetch.")] = Share()
    verdict_jump: Annotated[
        Share, Meta(description="Records of a kind that were synced, and would now be flagged or left out.")
    ] = Share()
    field_gone: Annotated[FieldGone, Meta(description="A field that no record of a kind has any more.")] = FieldGone()
    stale_source: Annotated[StaleSource, Meta(description="Data older than it should be.")] = StaleSource()
    not_arrived: Annotated[
        Share, Meta(description="Records of a kind that should be on the platform and are not: told once for all.")
    ] = Share()
    out_of_term: Annotated[
        OutOfTerm, Meta(description="Days on which more records than usual may be removed or jump.")
    ] = OutOfTerm()
