"""Health: how a customer's exchanges stand, and its rules."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from engine.records.unread import Failure, Unread
from store.base.enums import Direction, Status

State = Literal["well", "late", "failed", "held", "rejected", "partial", "empty", "never"]
"""`late`: one that was planned was not begun; the last one `failed`, is `held` back and waits for a word, was
`rejected`, could read only a part (`partial`), or gave nothing at all (`empty`); `never`: nothing was tried."""
STATES: tuple[State, ...] = ("late", "failed", "held", "rejected", "partial", "empty", "never", "well")
"""What needs somebody most comes first."""


class Exchange(Struct, frozen=True):
    """How the exchanges of one direction stand. `problem` and `fix` are in the reader's language."""

    direction: Direction
    state: State
    last_good: datetime | None = None
    """Moment of the last exchange that read everything and was let through: what is shown is of it."""
    last_try: datetime | None = None
    """When the last one that has ended was begun."""
    last_status: Status | None = None
    run_id: int | None = None
    """The last one that has ended."""
    running_since: datetime | None = None
    next_run: datetime | None = None
    """When the next one is planned; None where none is. While `stalled` nothing says that it will take place."""
    late_since: datetime | None = None
    """When the first planned one that was not begun should have been."""
    missed: int = 0
    """How many planned ones were not begun since the last that was."""
    held: list[int] = []
    """Runs that wait for a person's word."""
    failures: list[Failure] = []
    """Why the last one failed, or could read only a part."""
    freshness: dict[str, str] = {}
    """Hop to the time that the data of the last good one was of."""
    remarks: list[Unread] = []
    """What the last good one showed of the connection as a whole: what nobody has, what was mostly not sent."""
    noticed: list[str] = []
    """The same in words."""
    problem: str = ""
    """What is the matter; empty while all is well."""
    fix: str = ""

    @property
    def stalled(self) -> bool:
        """Whether no run may be promised."""
        return self.state in ("late", "failed")


class CustomerHealth(Struct, frozen=True):
    """How one customer stands: its exchanges and its rules."""

    customer: str
    state: State
    """Of the direction that needs somebody most."""
    exchanges: list[Exchange] = []
    """Downward, and upward once one is planned or was tried."""
    problems: int = 0
    """Problems of the newer, broken state of its rule files; 0 when the rulebook in force is the newest."""
    unshown: int = 0
    """Mistakes in messages of its own, in whose place others are shown."""
    usable: bool = True
    """Whether a rulebook is in force at all."""
    rulebook_version: str | None = None
    """Of the rulebook in force."""
    rules: str = ""
    """What is the matter with the rule files, in the reader's language; empty where nothing is."""

    def of(self, direction: Direction) -> Exchange:
        """One direction."""
        return next((one for one in self.exchanges if one.direction == direction), Exchange(direction, "never"))

    @property
    def knows(self) -> bool:
        """Whether what is stored is all that should be known by now, of the source and of the platform."""
        # A way up that is planned and not overdue has nothing to tell yet.
        return self.of("downward").state == "well" and self.of("upward").state in ("well", "never")


class Health(Struct, frozen=True):
    """How the service stands: counts only, no names."""

    ok: bool
    database: bool
    """Whether it answers, its tables are those of this program, and it takes what is written."""
    customers: list[CustomerHealth]
    """Those that were looked at."""
    unlooked: int = 0
    """How many were not yet, since the service was started."""
    looked_at: datetime | None = None
    """When all were looked at last; None before that."""
