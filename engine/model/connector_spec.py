"""All that the rest must know of a connector without importing it: what it gives, takes, requires, and so on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from engine.records.kinds import DOWNWARD, KINDS, PEOPLE, UPWARD

Side = Literal["source", "platform"]
Certainty = Literal["ours", "standard", "published", "observed", "mapped", "unsaid"]
"""Where what a connector knows of its system comes from: our own format, a published standard, what the vendor
publishes, programs and exports seen to work, the customer's own column map. Its README says it fact by fact."""

Secret = Annotated[str, Meta(extra={"secret": True}, description="A secret, written `${MUSTER_<CUSTOMER>_...}`.")]
Url = Annotated[str, Meta(extra={"url": True}, description="Address of the system, https.")]
DataPath = Annotated[str, Meta(extra={"path": True}, description="A file or folder in the customer's data folder.")]


Fields = Mapping[str, frozenset[str]]
"""Kind to names of its fields."""


class Schedule(Struct, frozen=True):
    """When runs start, as local wall-clock times `HH:MM` of the customer."""

    downward: tuple[str, ...] = ()
    upward: tuple[str, ...] = ()


TWICE_A_DAY = Schedule(("12:00", "22:00"), ("22:00",))
"""When exchanges of schedules and attendance usually are."""

FETCHED: Mapping[Side, Fields] = {
    "source": {"downward": frozenset(DOWNWARD)},
    # Of its sheets a platform gives those of the window; only a run about them says that one is gone.
    "platform": {"downward": frozenset({"account"}), "upward": frozenset(UPWARD)},
}
"""What is usually fetched of each side; see `ConnectorSpec.fetches`."""

_PERSON = frozenset({"first_name", "last_name", "email"})
REQUIRED: Fields = MappingProxyType(
    {
        **dict.fromkeys(PEOPLE, _PERSON),
        "session": frozenset({"name", "starts_at", "ends_at", "instructor_ids"}),
        "class": frozenset({"name"}),
        "contract": frozenset({"company", "tutor_email"}),
    }
)
"""What platforms usually require, and what is asked for where a customer names no platform."""

_OF_PEOPLE = {name: name for name in ("first_name", "last_name", "email")}
_OF_SESSIONS = {name: name for name in ("name", "starts_at", "ends_at")}
COMPARED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(PEOPLE, _OF_PEOPLE),
        "session": {**_OF_SESSIONS, "instructor_ids": "instructor_refs", "learner_ids": "learner_refs"},
    }
)
"""What a platform's accounts and sheets usually show of the source's records."""

HELD_AGAINST: Mapping[str, str] = {**dict.fromkeys(PEOPLE, "account"), "session": "sheet"}
"""Kinds that a platform shows again, each as which of its own."""


class ConnectorSpec(Struct, frozen=True):
    """One connector: its own folder's word on it, and the only one.

    Raises ValueError when it names a kind, a field or an option that there is not.
    """

    name: str
    """What a customer file writes under `connector:`, and the name of the connector's layer."""
    title: str
    """What people call the system, as messages write it: `Ypareo`."""
    side: Side
    options: type[Struct]
    """What else a customer file may write beside `connector:`; described fields, as records have."""
    provides: Fields
    """Kind to the fields it can give (`source_id` always). A rule on anything else is dormant."""
    takes: frozenset[str] = frozenset()
    """Kinds that a platform takes from the source: only these are decided. Empty for a source."""
    layer: str = ""
    """File name of its layer under rules/connectors; its own name when empty."""
    layer_file: Path | None = None
    """The layer itself, where a package of its own brings it; an operator's file of the layer's name goes before it."""
    given: Callable[[Mapping[str, Any]], Fields] | None = None
    """What of `provides` it gives with these options, as a customer's file has them; absent: all of it."""
    fetches: Fields | None = None
    """Direction of a run to the kinds it is asked for whole, so that what is missing of them is gone; other kinds may
    come along. It is not asked in a direction left out. Empty: its records are sent. Absent: `FETCHED` of its side."""
    needs: frozenset[str] = frozenset()
    """Options without which nothing can be fetched, so that its records are sent."""
    requires: Fields = REQUIRED
    """Kind to the fields that a platform cannot do without. They count as provided: their absence is the finding."""
    compares: Mapping[str, Mapping[str, str]] = COMPARED
    """Kind of the source to its fields that a platform shows, each with the account's or sheet's field it is held
    against; where one differs the platform would see an update."""
    schedule: Schedule | None = None
    """When its exchanges usually are; `muster new customer` writes it. Absent: the other side's, or `TWICE_A_DAY`."""
    certainty: Certainty = "unsaid"

    def __post_init__(self) -> None:
        """See to it that every name is one, so that a slip is told where it is written."""
        self._named("needs", self.needs, self.options.__struct_fields__)
        self._named("takes", self.takes, KINDS)
        self._named("compares", self.compares, HELD_AGAINST)
        for kind, pairs in self.compares.items():
            self._named(f"compares.{kind}", pairs, KINDS[kind].__struct_fields__)
            self._named(f"compares.{kind}", pairs.values(), KINDS[HELD_AGAINST[kind]].__struct_fields__)
        for part, fields in (("provides", self.provides), ("requires", self.requires)):
            self._named(part, fields, KINDS)
            for kind, names in fields.items():
                self._named(f"{part}.{kind}", names, KINDS[kind].__struct_fields__)
        self._named("fetches", self.fetches or (), FETCHED[self.side])
        decided = DOWNWARD if self.side == "source" else UPWARD
        for direction, kinds in (self.fetches or {}).items():
            self._named(f"fetches.{direction}", kinds, [kind for kind in decided if kind in self.provides])

    def _named(self, part: str, names: Collection[str], known: Collection[str]) -> None:
        wrong = sorted(set(names) - set(known))
        if wrong:
            found, wanted = ", ".join(wrong), ", ".join(known) or "nothing"
            raise ValueError(f"The connector {self.name}: `{part}` names {found}. Wanted some of: {wanted}.")


Catalogue = Mapping[str, ConnectorSpec]
