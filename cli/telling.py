"""Telling: what several commands say of a customer beside their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.terminal import local, note

if TYPE_CHECKING:
    from runs.model.health import CustomerHealth
    from runs.service import Service


def tell_health(health: CustomerHealth, zone: str) -> None:
    """Say on stderr of when the data is, and what is the matter with exchanges and rules."""
    down = health.of("downward")
    if down.last_good is not None:
        coming = "" if down.stalled or down.next_run is None else f" Next one planned {local(down.next_run, zone)}."
        note(f"Last exchange {local(down.last_good, zone)}.{coming}")
    for one in health.exchanges:
        if one.problem:
            note(" ".join(filter(None, (one.problem, one.fix))))
    if health.rules:
        note(health.rules)


def tell_rules(service: Service, customer: str) -> None:
    """Say on stderr that the rule files are not those in force."""
    if rules := service.health_of(customer, "en").rules:
        note(rules)
