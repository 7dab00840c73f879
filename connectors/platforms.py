"""Platforms that are known by name and whose accounts and sheets are sent to us for now, not fetched.

What each takes is from the systems' own documents: Campus Skills lives on contracts and their learners,
Education Perfect on rosters. Education Perfect publishes no API at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.contract import Around, Fetch, Window
from connectors.pushed import everything, nothing_to_fetch
from engine.catalogue import ConnectorSpec, Secret
from engine.records import Record


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside the platform's name."""

    token: Annotated[Secret | None, Meta(description="Key of the platform's API, when its records are read.")] = None


class _Sent:
    """A platform known by name whose records are sent to us."""

    spec: ClassVar[ConnectorSpec]

    def __init__(self, _options: Options, _around: Around, /) -> None:
        pass

    def records(self, _window: Window, _fetch: Fetch, /) -> Iterator[Record]:
        """Nothing can be fetched: Refused, and what to do instead."""
        nothing_to_fetch(self.spec.title)


class CampusSkills(_Sent):
    """The logbook of apprentices: the target of contracts and the learners in them."""

    spec = ConnectorSpec(
        name="campus-skills",
        title="Campus Skills",
        side="platform",
        options=Options,
        provides=everything("account"),
        takes=frozenset({"contract", "learner"}),
    )


class EducationPerfect(_Sent):
    """A learning platform: the target of rosters; it waits for no lesson."""

    spec = ConnectorSpec(
        name="education-perfect",
        title="Education Perfect",
        side="platform",
        options=Options,
        provides=everything("account"),
        takes=frozenset({"learner", "instructor", "person", "class", "enrolment"}),
    )
