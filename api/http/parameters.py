"""Parameters: what stands in addresses and headers, declared once for every call."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Header, Path, Query
from pydantic import PlainValidator, WithJsonSchema

from engine.model.decisions import Verdict
from engine.model.rulebook import FixIn
from engine.records.kinds import CREATORS, KINDS
from engine.records.limits import LONGEST_ID, LONGEST_SEARCH
from runs.model.asked import LARGEST_PAGE, Direction, IssueState, Listed, Sort

_DAY = "(19[7-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}"
MOMENT = rf"^{_DAY}[Tt ][0-9]{{2}}:[0-9]{{2}}:[0-5][0-9](\.[0-9]+)?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})$"
"""How a moment is written: with its UTC offset, and in years around which nothing leaves the calendar."""


def of_our_time(moment: datetime | None) -> None:
    """ValueError when the moment is none that `MOMENT` takes."""
    if moment is not None and not 1970 <= moment.year < 2200:
        raise ValueError("A moment from 1970 to 2199 is wanted")


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written.upper() if re.fullmatch(MOMENT, written) else "")
    except ValueError:
        raise ValueError(
            "A moment from 1970 to 2199 with its UTC offset is wanted, such as 2026-11-21T12:00:00+01:00"
        ) from None


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError("A day is wanted, such as 2026-11-21") from None


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": MOMENT}),
]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]

if TYPE_CHECKING:
    KindName = str
else:
    KindName = Literal[tuple(KINDS)]

CustomerId = Annotated[str, Path(description="Id of the customer: the name of its rule file.", examples=["norvane"])]
KindInPath = Annotated[KindName, Path(description="Kind of the record.", examples=["learner"])]
SourceIdInPath = Annotated[
    str, Path(description="Id of the record in the system it comes from.", examples=["L-204"], max_length=LONGEST_ID)
]
IssueId = Annotated[str, Path(description="Id of the issue, from the feed.", max_length=LONGEST_SEARCH)]
RunId = Annotated[int, Path(description="Number of the run.", ge=1, le=2**53)]

KindFilter = Annotated[KindName | None, Query(description="Only records of this kind.")]
RuleFilter = Annotated[
    str | None,
    Query(
        description="Only records that this rule decides or flags.",
        examples=["learner.email_missing"],
        max_length=LONGEST_SEARCH,
        pattern=r"^[A-Za-z0-9_.-]*$",
    ),
]
VerdictFilter = Annotated[Verdict | None, Query(description="Records of this verdict; flag when left out.")]
LastRunFilter = Annotated[
    Listed | None,
    Query(
        description="Records with which the last run did this: finer than `verdict`, and also `not_received`. All of "
        "them, whether an issue of theirs waits for a person or not."
    ),
]
SegmentFilter = Annotated[
    str | None,
    Query(
        description="Only records that belong to this platform account, one of the customer’s `segments:`.",
        max_length=LONGEST_SEARCH,
        pattern="^[^\\x00]*$",
    ),
]
CreatorFilter = Annotated[
    str | None,
    Query(
        description="Only accounts and sheets that this one made on the platform; `api` is the connector.",
        max_length=LONGEST_SEARCH,
        json_schema_extra={"enum": [*CREATORS, None]},
    ),
]
StateFilter = Annotated[
    IssueState | None,
    Query(description="Issues in this state; when left out, all that wait for a person: new, open and back."),
]
FixInFilter = Annotated[FixIn | None, Query(description="Only what is to be fixed there.")]
ChangedSince = Annotated[
    Moment | None,
    Query(description="Only what changed at or after this moment, from 1970 to 2199, with its UTC offset."),
]
WaitsFor = Annotated[
    str | None,
    Query(description="Only records that wait for this issue.", max_length=LONGEST_SEARCH, pattern="^[A-Za-z0-9_-]*$"),
]
Fold = Annotated[
    bool | None,
    Query(
        description="Whether records that only wait for another record's issue are left out and counted there; when "
        "left out they are, unless `kind`, `rule`, `last_run`, "
        "`segment`, `created_by`, `state`, `changed_since`, `waits_for` or a search narrows the feed."
    ),
]
SortedBy = Annotated[
    Sort,
    Query(
        description="`newest` first; what most others wait for first (`frees`); or what matters soonest first "
        "(`soon`), what was missed after it."
    ),
]
DayFilter = Annotated[Day | None, Query(description="Only this local day of the customer, such as 2026-11-21.")]
Cursor = Annotated[
    str | None,
    Query(
        description="`next_cursor` of the page before, unchanged; any other is refused as `invalid-request`.",
        max_length=LONGEST_SEARCH,
        pattern="^[A-Za-z0-9_-]*$",
    ),
]
Limit = Annotated[int, Query(description="How many at most.", ge=1, le=LARGEST_PAGE)]
DirectionFilter = Annotated[Direction | None, Query(description="Only runs in this direction.")]

Language = Annotated[
    str | None,
    Query(
        description="Language of the sentences; before `Accept-Language`, after the body's.",
        max_length=35,
        pattern="^[A-Za-z0-9-]*$",
    ),
]
AcceptLanguage = Annotated[str | None, Header(description="Languages of the reader, best first.")]
AsOf = Annotated[
    Moment | None,
    Query(description="The moment to decide for, from 1970 to 2199, with its UTC offset; now when left out."),
]
