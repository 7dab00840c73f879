"""What a customer file writes beside `connector: edusign`, and what Edusign gives under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from connectors.pushed import everything
from engine.model.connector_spec import Secret, Url
from engine.records.kinds import OF_PLATFORM

FETCHED: Mapping[str, frozenset[str]] = {
    "account": frozenset(
        {
            *("source_id", "source_kind", "source_ref", "role", "email", "username", "first_name", "last_name"),
            *("created_by", "archived", "modified_at"),
        }
    ),
    "sheet": frozenset(
        {
            *("source_id", "source_ref", "name", "starts_at", "ends_at", "created_by", "instructor_refs"),
            *("learner_refs", "archived"),
        }
    ),
    "mark": frozenset(
        {
            *("source_id", "sheet_id", "person_kind", "person_ref", "state", "minutes_late", "reason_code"),
            *("justified", "comment"),
        }
    ),
}
"""What Edusign itself tells. When and how often a sheet was archived it does not: runs remember that."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: edusign`."""

    token: Annotated[
        Secret | None,
        Meta(description="Key of the school's account on Edusign; without it, its records are sent to Muster."),
    ] = None
    url: Annotated[Url, Meta(description="Address of the API.")] = "https://ext.edusign.fr"
    id_prefix: Annotated[
        str, Meta(description="What stands before the source's id in API_ID, such as `ypareo:`; often nothing.")
    ] = ""
    api_types: Annotated[
        tuple[str, ...],
        Meta(description="API_TYPE of what this source's connector made, such as YPAREO; any, when left out."),
    ] = ()
    creators: Annotated[
        dict[str, Literal["owner", "administrator", "user", "instructor"]],
        Meta(description="CREATOR_ID to who that is, for what was made by hand."),
    ] = {}
    first_sheet_page: Annotated[int, Meta(ge=0, le=1, description="Number of the first page of sheets.")] = 0
    workers: Annotated[int, Meta(ge=1, le=8, description="How many calls are made at the same time.")] = 4


def given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What is fetched with a key; without one, whoever sends the records may tell everything."""
    return FETCHED if options.get("token") else everything(*OF_PLATFORM)
