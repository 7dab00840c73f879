"""Parameters: what stands in addresses and headers, declared once for every call."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Header, Path, Query
from pydantic import AfterValidator, AwareDatetime

from engine.model.decisions import Verdict
from engine.model.moments import EARLIEST, LATEST
from engine.model.rulebook import FixIn
from engine.records.kinds import KINDS, LONGEST_ID
from store.enums import Direction, IssueState
from store.feed import Sort
from store.queries import LARGEST_PAGE

LONGEST_TEXT = 200


def of_our_time(moment: datetime) -> datetime:
    """The moment; ValueError when anything around it could leave the calendar."""
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a moment from {EARLIEST.year} to {LATEST.year} is wanted")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(of_our_time)]
"""With room around it for local days, windows and years of runs."""

if TYPE_CHECKING:
    KindName = str
else:
    KindName = Literal[tuple(KINDS)]

CustomerId = Annotated[str, Path(description="Id of the customer: the name of its rule file.", examples=["norvane"])]
KindInPath = Annotated[KindName, Path(description="Kind of the record.", examples=["learner"])]
SourceIdInPath = Annotated[
    str, Path(description="Id of the record in the system it comes from.", examples=["L-204"], max_length=LONGEST_ID)
]
IssueId = Annotated[str, Path(description="Id of the issue, from the feed.", max_length=LONGEST_TEXT)]
RunId = Annotated[int, Path(description="Number of the run.", ge=1, le=2**53)]

KindFilter = Annotated[KindName | None, Query(description="Only records of this kind.")]
RuleFilter = Annotated[
    str | None,
    Query(
        description="Only records that this rule decides or flags.",
        examples=["learner.email_missing"],
        max_length=LONGEST_TEXT,
        pattern=r"^[A-Za-z0-9_.-]*$",
    ),
]
VerdictFilter = Annotated[Verdict | None, Query(description="Records of this verdict; flag when left out.")]
StateFilter = Annotated[
    IssueState | None,
    Query(description="Issues in this state; when left out, all that wait for a person: new, open and back."),
]
FixInFilter = Annotated[FixIn | None, Query(description="Only what is to be fixed there.")]
ChangedSince = Annotated[
    Moment | None, Query(description="Only what changed at or after this moment, with its UTC offset.")
]
WaitsFor = Annotated[
    str | None,
    Query(description="Only records that wait for this issue.", max_length=LONGEST_TEXT, pattern="^[A-Za-z0-9_-]*$"),
]
Fold = Annotated[
    bool | None,
    Query(
        description="Whether records that only wait for another record's issue are left out and counted there; when "
        "left out they are, unless `kind`, `rule`, `state`, `changed_since`, `waits_for` or a search narrows the feed."
    ),
]
SortedBy = Annotated[
    Sort,
    Query(
        description="`newest` first; what most others wait for first (`frees`); or what matters soonest first (`soon`)."
    ),
]
DayFilter = Annotated[date | None, Query(description="Only this local day of the customer, such as 2026-11-21.")]
Cursor = Annotated[
    str | None,
    Query(
        description="`next_cursor` of the page before, unchanged.", max_length=LONGEST_TEXT, pattern="^[A-Za-z0-9_-]*$"
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
AsOf = Annotated[Moment | None, Query(description="The moment to decide for, with its UTC offset; now when left out.")]
