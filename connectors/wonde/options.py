"""What a customer file says of Wonde."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.model.connector_spec import Secret, Url

Email = Literal["email", "primary", "work", "home"]
PeopleBy = Literal["upi", "id"]
Tutors = Literal["parental", "any", "none"]
Weekday = Literal["monday", "sunday", "saturday"]

FIRST_OF_WEEK: dict[Weekday, int] = {"monday": 0, "saturday": 5, "sunday": 6}
"""As `date.weekday` counts."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: wonde`."""

    token: Secret
    schools: Annotated[
        tuple[str, ...], Meta(description="Ids of the schools to read, such as `A1930499544`.", min_length=1)
    ]
    url: Annotated[
        Url,
        Meta(
            description="Address of the region: `https://api.wonde.com/v1.0`, "
            "`https://api-ap-southeast-2.wonde.com/v1.0` for Australia and New Zealand, "
            "`https://api-af-south-1.wonde.com/v1.0` for South Africa."
        ),
    ] = "https://api.wonde.com/v1.0"
    lessons: Annotated[bool, Meta(description="Whether lessons are read, where a school has a timetable.")] = True
    people_by: Annotated[
        PeopleBy,
        Meta(
            description="What a person is known by: `upi`, which stays when somebody leaves and comes back, or `id`, "
            "which a platform may have been given."
        ),
    ] = "upi"
    emails: Annotated[
        tuple[Email, ...],
        Meta(description="Which of a person's addresses is taken, the first that there is; the next is the second."),
    ] = ("email", "primary", "work", "home")
    tutors: Annotated[
        Tutors,
        Meta(description="Which contact of a student is the tutor: one with parental responsibility, any, or none."),
    ] = "parental"
    left_within_days: Annotated[
        int,
        Meta(
            description="How many days before the window who left, and which classes were deleted, are still told; "
            "0: not asked for.",
            ge=0,
            le=366,
        ),
    ] = 30
    changed_within_days: Annotated[
        int,
        Meta(
            description="Read only people and classes copied by Wonde so many days before the window, or later; "
            "nothing is taken for gone then. Everything when 0.",
            ge=0,
            le=366,
        ),
    ] = 0
    week_starts: Annotated[
        Weekday, Meta(description="First day of the school's week: one call for lessons covers one week only.")
    ] = "monday"
    page_size: Annotated[int, Meta(description="Objects to ask for at a time.", ge=1, le=1000)] = 200
