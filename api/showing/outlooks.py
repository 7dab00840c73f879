"""Outlooks: the three answers on a record, each in its own words."""

from __future__ import annotations

from msgspec import Struct

from api.showing.reader import Reader
from engine.records.kinds import OF_PLATFORM
from runs.model.answers import Outlook


class OutlookView(Struct, frozen=True):
    """The three answers on a record, in words."""

    last_run: str
    """As in ``store.base.enums.LastRun``: each has a heading, a short word, and some more words."""
    next_run: str
    """A sentence; empty of what is never decided by itself."""
    on_platform: str
    """A sentence."""
    segments: str
    """A sentence with the platform accounts that it belongs to; empty without any."""


def outlook_of(reader: Reader, kind: str, found: Outlook) -> OutlookView:
    """The answers in the reader's words."""
    systems = {"platform": reader.platform, "source": reader.source}
    place = found.on_platform
    there = reader.say(f"on_sheet.{place}" if kind in OF_PLATFORM else f"on_platform.{place}", **systems)
    names = ", ".join(found.segments)
    return OutlookView(
        last_run=found.last_run,
        next_run=_next_run(reader, found),
        on_platform=f"{there} {reader.say('record.told_by', who=reader.actor(found.told_by))}"
        if found.told_by
        else there,
        segments=reader.say("record.segments", n=len(found.segments), names=names) if names else "",
    )


def _next_run(reader: Reader, found: Outlook) -> str:
    if found.last_run == "related":
        return ""
    if found.next_run == "later" and found.expected_on is not None:
        return reader.say("next_run.later", when=reader.when(found.expected_on))
    stalled = found.next_run_at is None and found.next_run != "none_planned"
    return reader.say(f"next_run.{found.next_run}", run=reader.run(found.next_run_at, stalled=stalled))
