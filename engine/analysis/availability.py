"""What is provided: which kinds and fields a customer's systems give, so that absence can be told from silence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from engine.model.rulebook import Rulebook
from engine.records.fields import REACHING, SEGMENTED
from engine.records.kinds import ANSWERED, KINDS, PEOPLE, TOLD, field_names
from engine.relations.definitions import RELATIONS


class Provided(Struct, frozen=True):
    """Kinds and their provided fields. A test on anything else is unavailable."""

    kinds: Mapping[str, frozenset[str]] | None
    """None: everything is."""

    def kind(self, kind: str) -> bool:
        """Whether records of the kind are given."""
        return self.kinds is None or kind in self.kinds

    def field(self, kind: str, field: str) -> bool:
        """Whether records of the kind come with the field."""
        if self.kinds is None:
            return True
        return kind in self.kinds and (field == "source_id" or field in self.kinds[kind])

    def relation(self, kind: str, name: str) -> bool:
        """Whether the relation can be followed: its kind and one of its joins are provided."""
        if self.kinds is None:
            return True
        relation = RELATIONS[kind][name]
        return any(all(self.field(of, field) for of, field in join) for join in relation.joins)

    def through(self, kind: str, name: str, field: str) -> bool:
        """Whether a field of the related records is provided: by one of the relation's kinds at least."""
        return any(self.field(to, field) for to in RELATIONS[kind][name].to)


EVERYTHING = Provided(None)

ARCHIVED = frozenset(
    ("sheet", name)
    for name in (
        "first_archived_at",
        "archived_at",
        "times_archived",
        "changed_since_first_archive",
        "changed_names",
        "uploaded_at",
        "justified_names",
        "unjustified_names",
        "unmarked_names",
        "unsigned_names",
    )
)
"""What runs remember of sheets from the first one on, before it decides: always provided."""

SAID = frozenset((kind, name) for kind in TOLD for name in ANSWERED)
"""What the system that records go to said of them, which runs remember: always provided."""

REMEMBERED = frozenset(
    (kind, "modified_at") for kind, record in KINDS.items() if "modified_at" in record.__struct_fields__
)
"""Kinds and fields that runs fill in from the second on: when they saw a record change."""


def provided_by(rulebook: Rulebook, remembered: Collection[tuple[str, str]] = ()) -> Provided:
    """What the customer's source and platform declare, what the platform requires, and what runs remember.

    ``remembered`` holds (kind, field) pairs such as ``("session", "modified_at")``.
    """
    customer = rulebook.customer
    uses = [use for use in (customer.source, customer.platform) if use is not None]
    kinds: dict[str, set[str]] = {}
    if not uses:
        kinds = {kind: set(field_names(kind)) for kind in KINDS}
    for use in uses:
        for kind, fields in use.gives.items():
            kinds.setdefault(kind, set()).update(fields)
    for kind, field in (*ARCHIVED, *SAID, *remembered):
        if kind in kinds:
            kinds[kind].add(field)
    for kind, required in customer.requires.items():
        if kind in kinds:
            kinds[kind] |= required
    if customer.segments:
        for kind in SEGMENTED:
            if kind in kinds:
                kinds[kind].add("segments")
    for kind in taken_by(rulebook):
        if kind in kinds:
            kinds[kind].update(REACHING)
    return Provided({kind: frozenset(fields) for kind, fields in kinds.items()})


def taken_by(rulebook: Rulebook) -> frozenset[str]:
    """The kinds that are decided: those the platform takes, and its own accounts and sheets.

    A person of unknown role is decided where people are taken. Without a platform every kind is, but marks,
    which are only ever related records.
    """
    platform = rulebook.customer.platform
    if platform is None or not platform.takes:
        return frozenset(KINDS) - {"mark"}
    takes = set(platform.takes) | {"account", "sheet"}
    if takes.intersection(PEOPLE):
        takes.add("person")
    return frozenset(takes)
