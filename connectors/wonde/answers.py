"""Wonde's answers: pages of both kinds, relations that are an id, an object or missing, times that name their zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct

from connectors.http.pages import FetchedPage
from connectors.reading.times import aware, iso_day
from engine.model.moments import zone

Object = Mapping[str, Any]

_OFFSET = re.compile(r"[+-]\d\d:?\d\d")


class Pagination(Struct):
    """Where a page stands. The whole object is missing when everything fits on one page."""

    next: str | None = None
    more: bool = False
    current_page: int | None = None


class Meta(Struct):
    """What an answer says of itself."""

    pagination: Pagination | None = None


class Listing(Struct):
    """One page of a list."""

    data: list[dict[str, Any]]
    # PHP writes an empty object as an empty list.
    meta: Meta | list[Any] | None = None


def following(page: FetchedPage[Listing]) -> Mapping[str, Any] | None:
    """The next page, by number or by cursor. Of the link only the query is followed, never its host."""
    meta = page.answer.meta
    pagination = meta.pagination if isinstance(meta, Meta) else None
    if pagination is None or not (pagination.more or pagination.next):
        return None
    query = parse_qs(urlsplit(pagination.next or "").query)
    if "cursor" in query:
        return {"cursor": query["cursor"][0], "page": None}
    if "page" in query:
        return {"page": query["page"][0]}
    return {"page": (pagination.current_page or page.number + 1) + 1}


def one(value: Any) -> Object:
    """A related object that was asked for; an empty one when it came as an id, or not at all."""
    found = value.get("data", value) if isinstance(value, dict) else value
    return found if isinstance(found, dict) else {}


def many(value: Any) -> list[Any]:
    """Related objects, or ids where they were not asked for."""
    found = value.get("data") if isinstance(value, dict) else value
    return found if isinstance(found, list) else []


def text(value: Any) -> str:
    """A text or number, trimmed; empty for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def named(value: Any) -> str:
    """The name of a related object, such as a room; an id alone names nothing."""
    return text(one(value).get("name"))


def instant(value: Any) -> datetime | str:
    """A time that names its zone, by name or by offset; UTC where it names none. What cannot be read stays text."""
    written, where = _parts(value)
    if not written:
        return ""
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is not None or not where:
            return aware(found, "UTC")
        if _OFFSET.fullmatch(where):
            return aware(datetime.fromisoformat(written + where), "UTC")
        # Of abbreviations only those of UTC are the same everywhere; "Z" is one.
        return aware(found, "UTC" if where.upper() in ("Z", "UTC", "GMT") else zone(where).key)
    except (ValueError, ZoneInfoNotFoundError):
        return written


def day(value: Any) -> date | str:
    """A day, written as one or as a time; the day is the one written, whatever its zone."""
    written, _ = _parts(value)
    return iso_day(written) if written else ""


def _parts(value: Any) -> tuple[str, str]:
    if isinstance(value, dict):
        return text(value.get("date")), text(value.get("timezone"))
    return text(value), ""


def newest(objects: list[dict[str, Any]]) -> datetime | None:
    """When the youngest of these was last copied from the school's system."""
    return max(_copied(objects), default=None)


def _copied(objects: list[dict[str, Any]]) -> Iterator[datetime]:
    for each in objects:
        for name in ("updated_at", "deleted_at"):
            found = instant(each.get(name))
            if isinstance(found, datetime):
                yield found
