"""What a customer file writes beside `connector: ypareo`, and what Ypareo gives under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from engine.model.connector_spec import Secret, Url

Part = Literal["staff", "planning", "contracts", "tutors"]
"""What a customer may do without: its token then needs no right to it."""

_LEARNER = frozenset(
    {
        *("source_id", "first_name", "last_name", "email", "secondary_email", "phone", "birth_date", "training"),
        *("segment_keys", "section", "groups", "left_on"),
    }
)
_CONTRACT = frozenset(
    {"source_id", "learner_id", "learner_name", "company", "training", "starts_on", "ends_on", "terminated_on"}
)
_TUTOR = frozenset({"tutor_name", "tutor_email"})

PROVIDES: Mapping[str, frozenset[str]] = {
    "learner": _LEARNER | _TUTOR | {"company"},
    "instructor": frozenset({"source_id", "first_name", "last_name", "email", "birth_date", "teaching"}),
    "session": frozenset(
        {
            *("source_id", "name", "starts_at", "ends_at", "room", "remote", "status", "training_status", "topic"),
            *("training", "instructor_ids", "learner_ids", "group_ids"),
        }
    ),
    "contract": _CONTRACT | _TUTOR,
}
"""Everything it can give. Ypareo tells no time of change."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: ypareo`."""

    url: Annotated[Url, Meta(description="Address up to `index.php`: https://norvane.ymag.cloud/index.php.")]
    token: Annotated[Secret, Meta(description="Token of the REST provider made for Muster in Ypareo.")]
    sites: Annotated[tuple[str, ...], Meta(description="Codes of the sites to read; all when left out.")] = ()
    periods: Annotated[tuple[str, ...], Meta(description="Codes of the periods to read; all when left out.")] = ()
    without: Annotated[
        tuple[Part, ...],
        Meta(description="Parts that are not read: staff, planning, contracts, tutors. Rules on them then rest."),
    ] = ()
    short_trainings: Annotated[
        bool, Meta(description="Whether learners of short trainings (formation courte) are read as well.")
    ] = False
    email: Annotated[
        Literal["normal", "professional"],
        Meta(description="Which address of a learner is synced; the other one becomes secondary_email."),
    ] = "normal"
    professional_email: Annotated[
        str,
        Meta(
            description="Field of a learner that holds the professional address, dotted: `adresse.emailPro`. Left "
            "out, it is the address of the learner's user account."
        ),
    ] = ""
    address: Annotated[
        Literal[1, 2], Meta(description="Which address block of a learner the normal address and the phone are of.")
    ] = 1
    second_address: Annotated[str, Meta(description="Field of a learner that holds the second address block.")] = (
        "adresse2"
    )
    site_code: Annotated[
        str, Meta(description="Field of an enrolment that holds the site's code; else it is looked up by its name.")
    ] = "site.codeSite"
    structure_id: Annotated[
        str, Meta(description="Field of an enrolment that holds the id of the structure, dotted; not read when empty.")
    ] = ""
    session_state: Annotated[
        str, Meta(description="Field of a session that holds its state, dotted; not read when empty.")
    ] = ""
    session_states: Annotated[
        dict[str, Literal["validated", "pending", "cancelled"]],
        Meta(description="The source's words for a session's state, and which of ours each is."),
    ] = {}
    training_state: Annotated[
        str,
        Meta(description="Field of a session that holds the state of its training action; not read when empty."),
    ] = ""
    rooms: Annotated[
        dict[str, str], Meta(description="Room's code to its name; a code that is not in it stands for itself.")
    ] = {}
    tutor_code: Annotated[
        str, Meta(description="Field of a contract that holds the code of the tutor among the company's people.")
    ] = "codeInterlocuteur"
    tutor_first_name: Annotated[str, Meta(description="Field of a company's person: first name.")] = "prenom"
    tutor_last_name: Annotated[str, Meta(description="Field of a company's person: last name.")] = "nom"
    tutor_email: Annotated[str, Meta(description="Field of a company's person: address.")] = "email"
    workers: Annotated[int, Meta(ge=1, le=8, description="How many calls are made at the same time.")] = 4

    def reads(self, part: Part) -> bool:
        """Whether that part is read."""
        return part not in self.without


def given(options: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """What it gives under options as a customer's file has them."""
    without = options.get("without") or ()
    learner = PROVIDES["learner"]
    session = PROVIDES["session"]
    for option, field in (("session_state", "status"), ("training_state", "training_status")):
        if not options.get(option):
            session = session - {field}
    found = dict(PROVIDES) | {"learner": learner, "session": session}
    if "contracts" in without:
        del found["contract"]
        found["learner"] = learner - _TUTOR - {"company"}
    elif "tutors" in without:
        found |= {"learner": learner - _TUTOR, "contract": _CONTRACT}
    for part, kind in (("staff", "instructor"), ("planning", "session")):
        if part in without:
            del found[kind]
    return found
