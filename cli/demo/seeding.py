"""Runs over the samples: the day before and now, each down to the platform and back up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cli.demo import CUSTOMERS, ndjson, of_the_platform, samples
from engine.records.decode import Invalid, read_json
from engine.records.kinds import Record

if TYPE_CHECKING:
    from runs.model.answers import RunSummary
    from runs.service import Service

DAYS = (1, 0)
"""The days before now on which a run took place, oldest first."""


def sample_items(
    customer: str, as_of: datetime, days_ago: int = 0
) -> tuple[list[Record | Invalid], list[Record | Invalid]]:
    """What the source sent and what the platform held, through the door."""
    raws = samples(customer, as_of, days_ago=days_ago)
    source = [raw for raw in raws if not of_the_platform(raw)]
    platform = [raw for raw in raws if of_the_platform(raw)]
    return read_json(ndjson(source).splitlines()), read_json(ndjson(platform).splitlines())


def seed(
    service: Service, as_of: datetime, days: tuple[int, ...] = DAYS, on_page: Callable[[str, int], None] | None = None
) -> Iterator[RunSummary]:
    """Run over every customer's samples as they stood on these days; gives each run as it ends."""
    for days_ago in days:
        moment = as_of - timedelta(days=days_ago)
        for customer in CUSTOMERS:
            source, platform = sample_items(customer, as_of, days_ago)
            # Accounts and sheets go down too: the rules on people and sessions look at them.
            yield service.push(customer, [*source, *platform], True, "downward", moment, on_page)
            yield service.push(customer, platform, True, "upward", moment, on_page)
