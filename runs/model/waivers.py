"""Waiving: what a customer's file accepts as it is, ready to be looked up by record and rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from engine.model.moments import day_bounds
from engine.model.rulebook import Customer

RULES = "rules"
"""Who waived what the customer's file waives."""


class Waived(Struct, frozen=True):
    """That an issue is accepted as it is."""

    until: datetime
    """When its last day is over."""
    reason: str


Waivers = Mapping[tuple[str, str, str], Waived]
"""Kind, source id and rule to the waiver that holds."""


def waivers_of(customer: Customer, as_of: datetime) -> Waivers:
    """Those of the customer's file that hold at that moment; of several for one issue, the longest."""
    found: dict[tuple[str, str, str], Waived] = {}
    for waiver in sorted(customer.waivers, key=lambda waiver: waiver.until):
        until = day_bounds(waiver.until, customer.zone)[1]
        if until > as_of:
            for source_id in waiver.source_ids:
                found[waiver.kind, source_id, waiver.rule] = Waived(until, waiver.reason)
    return found
