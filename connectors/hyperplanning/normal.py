"""The one normal form that Hyperplanning's three ways in share: ids of sessions, groups, keys of segments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from connectors.contract import Window

TITLE = "Hyperplanning"
LAYER = "hyperplanning"

_PART = re.compile(r"(?:<[^>]*>|\[[^\]]*\]|[^,<\[])+")
_BRACKETS = re.compile(r"([<\[])\s*(.*?)\s*([>\]])")


def session_id(course: str, starts: datetime) -> str:
    """The id of one placed session. A course (`cours`) is placed many times, so its key alone names no session.

    `starts` is wall-clock time: the id is the one a person reads in the timetable, whatever the zone.
    """
    return f"{course}:{starts:%Y%m%d%H%M}"


def group_name(written: str) -> str:
    """A group as it is compared: `< B1 >  gr2.1` and `<B1> gr2.1` are one."""
    return _BRACKETS.sub(r"\1\2\3", " ".join(written.split()))


def group_names(cell: str) -> list[str]:
    """The groups of a cell, separated by commas that stand in no bracket, each once.

    `B1` is a promotion, `<B1> gr2.1` a TD group of it, `[B1 gr1.1]` a group joined of several (regroupement).
    """
    return list(dict.fromkeys(name for part in _PART.findall(cell) if (name := group_name(part))))


def promotions_of(groups: Iterable[str]) -> list[str]:
    """The promotions that these groups are, or are part of: `B1` for `B1` and for `<B1> gr2.1`."""
    found = (group if group[:1] not in "<[" else group[1 : group.find(">")] for group in groups if group[:1] != "[")
    return list(dict.fromkeys(found))


def segment_keys(families: Iterable[str], sections: Iterable[str]) -> dict[str, list[str]]:
    """What Hyperplanning segments by: the families and the section (promotion) of a learner, together."""
    return {"family": list(families), "section": list(sections)}


def touches(window: Window, starts: datetime | str, ends: datetime | str) -> bool:
    """Whether a session meets the window. One whose start cannot be read does: it must be told, not lost."""
    if not isinstance(starts, datetime):
        return True
    until = ends if isinstance(ends, datetime) and ends > starts else starts
    return starts < window.ends and (until > window.starts or starts >= window.starts)
