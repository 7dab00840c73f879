"""Outcomes as they are told: what one may say of a record, and what is answered to each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from engine.records.limits import LONGEST_ID, LONGEST_REFUSAL, LONGEST_REFUSAL_CODE

_NO_ZERO = "^[^\\x00]*$"

OutcomeKind = Literal["learner", "instructor", "session", "class", "enrolment", "contract", "sheet"]
Said = Literal["noted", "already", "older", "unknown", "invalid"]
"""`already`: the same was said before, or a sheet was confirmed; `older`: something later was said already, or the
record has changed since it was refused; `unknown`:
there is no such record, or the sheet was never on the list of what goes up; `invalid`: it cannot be read."""


class Outcome(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the platform did with one record; of a sheet, what the source did with its attendance."""

    kind: Annotated[OutcomeKind, Meta(description="Kind of the record.")]
    source_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_ID,
            pattern="^[^\\x00]+$",
            description="Its id in the source; of a sheet, the platform's.",
        ),
    ]
    outcome: Annotated[
        Literal["created", "updated", "unchanged", "refused"], Meta(description="What was done with it.")
    ]
    code: Annotated[
        Annotated[str, Meta(max_length=LONGEST_REFUSAL_CODE, pattern=_NO_ZERO)] | None,
        Meta(description="Why it was refused, in the words of whoever refused it; rules read it as `refusal_code`."),
    ] = None
    text: Annotated[
        Annotated[str, Meta(max_length=LONGEST_REFUSAL, pattern=_NO_ZERO)] | None,
        Meta(description="The same for people; shown as it is, stored, and never logged."),
    ] = None
    at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="When, with its UTC offset; now when left out.")
    ] = None

    def __post_init__(self) -> None:
        """See to it that nothing leaves the calendar."""
        if self.at is not None and not 1970 <= self.at.year < 2200:
            raise ValueError("A moment from 1970 to 2199 is wanted")


class Unreadable(Struct, frozen=True):
    """What was said cannot be read."""

    error: str
    """What is wrong with it, without the values found."""


class OutcomeNoted(Struct, frozen=True, omit_defaults=True):
    """What became of one thing that was said."""

    said: Said
    kind: str | None = None
    source_id: str | None = None
    error: str | None = None
    """What is wrong with an invalid one, without the values found."""


class OutcomesNoted(Struct, frozen=True):
    """What became of each, in the order in which they came."""

    outcomes: list[OutcomeNoted]
    counts: dict[str, int]

    @classmethod
    def of(cls, noted: list[OutcomeNoted]) -> OutcomesNoted:
        """These, counted by what was said of them."""
        counts = Counter(one.said for one in noted)
        return cls(noted, {said: counts[said] for said in get_args(Said)})


_outcome = msgspec.json.Decoder(Outcome)


def read_outcome(raw: bytes) -> Outcome | Unreadable:
    """One thing that was said."""
    try:
        return _outcome.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error)
        # Where msgspec repeats what was sent.
        for beginning in ("Invalid enum value", "Object contains unknown field"):
            if said.startswith(beginning):
                said = beginning + said[said.find(" - at") :] if " - at" in said else beginning
        return Unreadable(said)
