"""An order: what is to be run, for whom, and who said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from engine.model.rulebook import Rulebook
from runs.model.received import OnPage, Received
from store.base.enums import Direction

BY_SCHEDULE = "schedule"
"""Who asks for a run that is begun because its time has come."""


class Order(Struct, frozen=True):
    """What is to be run."""

    rulebook: Rulebook
    direction: Direction
    as_of: datetime
    complete: bool
    """Whether it was asked for as everything that there is."""
    receive: Callable[[Received], object]
    """Called once, when the run has its place, with what is to be filled."""
    on_page: OnPage | None = None
    approves: int | None = None
    """The held run that somebody approved, so that no guard holds this one."""
    by: str = ""
    """Who asked for it, or approved it."""

    def tell(self, doing: str, number: int) -> None:
        """Say what the run is doing."""
        if self.on_page is not None:
            self.on_page(doing, number)
