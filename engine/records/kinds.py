"""Records: one thing of a source or a platform in our normal form, one typed class per kind.

The struct is the only list of fields. Its annotations feed the loader, "did you mean", the rule files' JSON
Schema, the OpenAPI document and the docs (see ``engine.records.fields``).

``None`` and the empty tuple mean absent, and nothing else does: what a source writes for "nothing" is made
absent at the door (``engine.records.decode``). Times are aware; dates are local days of the customer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from engine.records.limits import LONGEST_EMAIL, LONGEST_ID, LONGEST_PHONE, LONGEST_TEXT, MOST_VALUES
from engine.records.unread import Unread

SegmentKey = Literal[
    "structure_code",
    "site_code",
    "structure_id",
    "place",
    "section",
    "family",
    "company",
    "sector",
    "favourite",
]

Id = Annotated[str, Meta(max_length=LONGEST_ID, extra={"type": "id"})]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"type": "text"})]
Email = Annotated[str, Meta(max_length=LONGEST_EMAIL, extra={"type": "email"})]
Phone = Annotated[str, Meta(max_length=LONGEST_PHONE, extra={"type": "phone"})]
Ids = Annotated[tuple[Id, ...], Meta(max_length=MOST_VALUES)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=MOST_VALUES)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
SegmentKeys = dict[
    SegmentKey, Annotated[tuple[Annotated[str, Meta(max_length=LONGEST_ID)], ...], Meta(max_length=MOST_VALUES)]
]

SourceId = Annotated[
    Id,
    Meta(
        min_length=1,
        description="Its id where it comes from; unique within customer and kind.",
    ),
]
MisId = Annotated[Id | None, Meta(description="The id people see in the source, where it is another one.")]
FirstName = Annotated[Text | None, Meta(description="First name, as written in the source.")]
LastName = Annotated[Text | None, Meta(description="Last name, as written in the source.")]
EmailOf = Annotated[Email | None, Meta(description="Main email address, as written in the source.")]
SecondaryEmail = Annotated[Email | None, Meta(description="Another email address of the same person.")]
PhoneOf = Annotated[Phone | None, Meta(description="Phone number, as written in the source.")]
BirthDate = Annotated[date | None, Meta(description="Date of birth.")]
PersonStatus = Annotated[
    Literal["active", "left", "suspended"] | None, Meta(description="Whether the person still belongs here.")
]
LeftOn = Annotated[date | None, Meta(description="Last day of the person, past or to come.")]
NOTED = Meta(extra={"noted": True})
"""Of a field that a system or a run notes by itself: nobody can be asked to enter it otherwise."""
ModifiedAt = Annotated[datetime | None, Meta(description="When it was last changed where it comes from."), NOTED]
Creator = Literal["api", "owner", "administrator", "user", "instructor"]
CREATORS: tuple[Creator, ...] = get_args(Creator)
"""Who makes accounts and sheets; `api` is the connector."""
CreatedBy = Annotated[
    Creator | None,
    Meta(description="Who made it; `api` is the connector."),
    NOTED,
]
Keys = Annotated[
    SegmentKeys, Meta(description="What the source segments by: key to one or more values; see `segments:`.")
]
Families = Annotated[Texts, Meta(description="Families it is classified under.")]
TutorName = Annotated[Text | None, Meta(description="Name of the tutor in the company.")]
TutorEmail = Annotated[Email | None, Meta(description="Email address of the tutor in the company.")]


class Record(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind", gc=False
):
    """One thing in our normal form."""

    source_id: SourceId
    unread: tuple[Unread, ...] = ()
    """Values of known fields that could not be read, which are absent here: no field of the thing, and told of it. Only
    the door writes it."""


class Told(Record, frozen=True, kw_only=True, gc=False):
    """Something that goes over to another system, with what that one said of it; runs remember it and fill it in."""

    outcome: Annotated[
        Literal["created", "updated", "unchanged", "refused"] | None,
        Meta(description="What the system it goes to last said that it did with it."),
        NOTED,
    ] = None
    refusal_code: Annotated[
        Text | None, Meta(description="Code by which that system refused it, in its own words."), NOTED
    ] = None
    refusal_text: Annotated[Text | None, Meta(description="Text by which that system refused it."), NOTED] = None
    told_at: Annotated[datetime | None, Meta(description="When that system did or refused it."), NOTED] = None


class Learner(Told, tag="learner", frozen=True, kw_only=True, gc=False):
    """Somebody who learns: pupil, student, apprentice, trainee."""

    mis_id: MisId = None
    first_name: FirstName = None
    last_name: LastName = None
    email: EmailOf = None
    secondary_email: SecondaryEmail = None
    phone: PhoneOf = None
    birth_date: BirthDate = None
    training: Annotated[Text | None, Meta(description="Training, programme or year followed.")] = None
    company: Annotated[Text | None, Meta(description="Company of the apprenticeship or placement.")] = None
    segment_keys: Keys = {}
    section: Annotated[Text | None, Meta(description="Section or promotion the learner is in.")] = None
    families: Families = ()
    groups: Annotated[Ids, Meta(description="Ids of the groups the learner is in.")] = ()
    tutor_name: TutorName = None
    tutor_email: TutorEmail = None
    status: PersonStatus = None
    left_on: LeftOn = None
    modified_at: ModifiedAt = None


class Instructor(Told, tag="instructor", frozen=True, kw_only=True, gc=False):
    """Somebody who teaches: teacher, trainer, speaker."""

    mis_id: MisId = None
    first_name: FirstName = None
    last_name: LastName = None
    email: EmailOf = None
    secondary_email: SecondaryEmail = None
    phone: PhoneOf = None
    birth_date: BirthDate = None
    teaching: Annotated[bool | None, Meta(description="Whether the person teaches, among other staff.")] = None
    segment_keys: Keys = {}
    status: PersonStatus = None
    left_on: LeftOn = None
    modified_at: ModifiedAt = None


class Person(Record, tag="person", frozen=True, kw_only=True, gc=False):
    """Somebody whose role the source does not tell: neither learner nor instructor until it does."""

    mis_id: MisId = None
    first_name: FirstName = None
    last_name: LastName = None
    email: EmailOf = None
    secondary_email: SecondaryEmail = None
    phone: PhoneOf = None
    role: Annotated[Text | None, Meta(description="The source's word for the role, when it has one.")] = None
    segment_keys: Keys = {}
    status: PersonStatus = None
    modified_at: ModifiedAt = None


class Session(Told, tag="session", frozen=True, kw_only=True, gc=False):
    """One attendance sheet to be: a dated meeting of learners and instructors."""

    mis_id: MisId = None
    name: Annotated[Text | None, Meta(description="Name of the session, as learners will read it.")] = None
    starts_at: Annotated[datetime | None, Meta(description="When it starts.")] = None
    ends_at: Annotated[datetime | None, Meta(description="When it ends.")] = None
    room: Annotated[Text | None, Meta(description="Room or rooms.")] = None
    remote: Annotated[bool | None, Meta(description="Whether it is held at a distance.")] = None
    status: Annotated[
        Literal["validated", "pending", "cancelled"] | None, Meta(description="State of the session itself.")
    ] = None
    training_status: Annotated[
        Text | None, Meta(description="State of the training structure the session belongs to, in the source's words.")
    ] = None
    topic: Annotated[Text | None, Meta(description="Subject taught.")] = None
    families: Families = ()
    training: Annotated[Text | None, Meta(description="Training the session belongs to.")] = None
    segment_keys: Keys = {}
    instructor_ids: Annotated[Ids, Meta(description="Source ids of the instructors linked to it.")] = ()
    learner_ids: Annotated[Ids, Meta(description="Source ids of the learners expected one by one.")] = ()
    group_ids: Annotated[Ids, Meta(description="Ids of the groups expected.")] = ()
    created_at: Annotated[datetime | None, Meta(description="When it was created in the source."), NOTED] = None
    modified_at: ModifiedAt = None


class Class(Told, tag="class", frozen=True, kw_only=True, gc=False):
    """A class or section that people are enrolled in; it has no dated meetings of its own."""

    mis_id: MisId = None
    name: Annotated[Text | None, Meta(description="Name of the class.")] = None
    code: Annotated[Text | None, Meta(description="Short code of the class.")] = None
    subject: Annotated[Text | None, Meta(description="Subject taught.")] = None
    segment_keys: Keys = {}
    starts_on: Annotated[date | None, Meta(description="First day.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day, included.")] = None
    status: Annotated[Literal["active", "ended"] | None, Meta(description="Whether the class is running.")] = None
    modified_at: ModifiedAt = None


class Enrolment(Told, tag="enrolment", frozen=True, kw_only=True, gc=False):
    """One person in one class, with the role the person has there."""

    class_id: Annotated[Id | None, Meta(description="Source id of the class.")] = None
    person_id: Annotated[Id | None, Meta(description="Source id of the person.")] = None
    role: Annotated[
        Literal["learner", "instructor", "other"] | None, Meta(description="Role of the person in this class.")
    ] = None
    begins_on: Annotated[date | None, Meta(description="First day.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day, included.")] = None
    status: Annotated[Literal["active", "ended"] | None, Meta(description="Whether it is in force.")] = None
    modified_at: ModifiedAt = None


class Contract(Told, tag="contract", frozen=True, kw_only=True, gc=False):
    """An apprenticeship contract: a learner, a company, the company's tutor and a training."""

    learner_id: Annotated[Id | None, Meta(description="Source id of the learner.")] = None
    learner_name: Annotated[
        Text | None, Meta(description="First and last name of the learner, where the contract itself tells them.")
    ] = None
    company: Annotated[Text | None, Meta(description="Company the learner works for.")] = None
    tutor_name: TutorName = None
    tutor_email: TutorEmail = None
    school_tutor_email: Annotated[Email | None, Meta(description="Email address of the tutor at school.")] = None
    training: Annotated[Text | None, Meta(description="Training the contract is for.")] = None
    segment_keys: Keys = {}
    starts_on: Annotated[date | None, Meta(description="First day.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day, included.")] = None
    terminated_on: Annotated[date | None, Meta(description="Day it was ended early.")] = None
    modified_at: ModifiedAt = None


class Account(Record, tag="account", frozen=True, kw_only=True, gc=False):
    """Somebody's account on the platform; its `source_id` is the platform's own id."""

    source_kind: Annotated[
        Literal["learner", "instructor"] | None, Meta(description="Kind of the source's record it was made from.")
    ] = None
    source_ref: Annotated[
        Id | None, Meta(description="Id of the source's record it was made from; absent when made by hand.")
    ] = None
    role: Annotated[Literal["learner", "instructor", "other"] | None, Meta(description="Role on the platform.")] = None
    email: Annotated[Email | None, Meta(description="Email address on the platform.")] = None
    username: Annotated[Email | None, Meta(description="What the person signs in with.")] = None
    first_name: Annotated[Text | None, Meta(description="First name on the platform.")] = None
    last_name: Annotated[Text | None, Meta(description="Last name on the platform.")] = None
    birth_date: BirthDate = None
    created_by: CreatedBy = None
    archived: Annotated[bool | None, Meta(description="Whether it is archived.")] = None
    modified_at: ModifiedAt = None


class Sheet(Told, tag="sheet", frozen=True, kw_only=True, gc=False):
    """An attendance sheet on the platform; its `source_id` is the platform's own id."""

    source_ref: Annotated[
        Id | None, Meta(description="Id of the session it was made from; absent when made by hand.")
    ] = None
    name: Annotated[Text | None, Meta(description="Name on the platform.")] = None
    starts_at: Annotated[datetime | None, Meta(description="When it starts.")] = None
    ends_at: Annotated[datetime | None, Meta(description="When it ends.")] = None
    created_by: CreatedBy = None
    instructor_refs: Annotated[
        Ids, Meta(description="Source ids of its instructors; of one made by hand, the platform's id.")
    ] = ()
    learner_refs: Annotated[
        Ids, Meta(description="Source ids of its learners; of one made by hand, the platform's id.")
    ] = ()
    archived: Annotated[bool | None, Meta(description="Whether it is archived (locked) now.")] = None
    first_archived_at: Annotated[
        datetime | None,
        Meta(description="When it was first archived, or the start of the run that first saw it so."),
        NOTED,
    ] = None
    archived_at: Annotated[datetime | None, Meta(description="When it was last archived."), NOTED] = None
    times_archived: Annotated[Count | None, Meta(description="How often it was archived, when known."), NOTED] = None
    changed_since_first_archive: Annotated[
        bool | None, Meta(description="Whether its attendance differs from that at the first archiving."), NOTED
    ] = None
    changed_names: Annotated[
        Texts,
        Meta(description="Names of those whose attendance differs from that at the first archiving."),
        NOTED,
    ] = ()
    uploaded_at: Annotated[
        datetime | None, Meta(description="When its attendance was sent to the source; absent when never."), NOTED
    ] = None
    justified_names: Annotated[
        Texts, Meta(description="Names of those whose absence was justified after it was sent."), NOTED
    ] = ()
    unjustified_names: Annotated[
        Texts,
        Meta(description="Names of those whose absence was sent as justified and no longer is."),
        NOTED,
    ] = ()
    unmarked_names: Annotated[
        Texts, Meta(description="Names of the learners on it of whom no attendance came."), NOTED
    ] = ()
    unsigned_names: Annotated[
        Texts, Meta(description="Names of the instructors on it of whom no attendance came."), NOTED
    ] = ()


class Mark(Record, tag="mark", frozen=True, kw_only=True, gc=False):
    """Attendance of one person on one sheet. Only ever a related record."""

    sheet_id: Annotated[Id | None, Meta(description="Platform id of the sheet.")] = None
    person_kind: Annotated[Literal["learner", "instructor"] | None, Meta(description="Whose attendance it is.")] = None
    person_ref: Annotated[
        Id | None, Meta(description="Source id of the person; of one made by hand, the platform's id.")
    ] = None
    state: Annotated[
        Literal["present", "absent", "late", "excused", "left_early"] | None, Meta(description="Attendance.")
    ] = None
    minutes_late: Annotated[Count | None, Meta(description="Minutes late.")] = None
    reason_code: Annotated[Id | None, Meta(description="Reason of the absence, the platform's id.")] = None
    justified: Annotated[bool | None, Meta(description="Whether the absence is justified.")] = None
    comment: Annotated[Text | None, Meta(description="Remark beside the mark.")] = None


AnyRecord = Learner | Instructor | Person | Session | Class | Enrolment | Contract | Account | Sheet | Mark

KINDS: dict[str, type[Record]] = {
    "learner": Learner,
    "instructor": Instructor,
    "person": Person,
    "session": Session,
    "class": Class,
    "enrolment": Enrolment,
    "contract": Contract,
    "account": Account,
    "sheet": Sheet,
    "mark": Mark,
}

UNREAD = "unread"
"""What stands on every record beside its fields."""


def field_names(kind: str) -> tuple[str, ...]:
    """The fields of a kind, in order."""
    return tuple(name for name in KINDS[kind].__struct_fields__ if name != UNREAD)


TOLD = tuple(kind for kind, struct in KINDS.items() if issubclass(struct, Told))
"""Kinds of which the system that they go to may say what it did with them."""
ANSWERED = frozenset(Told.__struct_fields__) - {"source_id", UNREAD}
"""Their fields that say it."""

_KIND_OF = {struct: kind for kind, struct in KINDS.items()}

PEOPLE = ("learner", "instructor")
DOWNWARD = ("learner", "instructor", "person", "session", "class", "enrolment", "contract")
"""Kinds a downward run decides, in the order its counts are shown."""
UPWARD = ("sheet", "account")
"""Kinds an upward run decides."""
OF_PLATFORM = frozenset({*UPWARD, "mark"})
"""Kinds that the platform gives."""


def kind_of(record: Record) -> str:
    """The kind of a record, such as ``learner``."""
    return _KIND_OF[type(record)]


def name_of(record: Record) -> str:
    """What a person would call the record: a person's name, a session's or class's name, else its id."""
    return called(lambda field: getattr(record, field, None), record.source_id)


def called(held: Callable[[str], Any], source_id: str) -> str:
    """The same of whatever holds these fields."""
    first, last = held("first_name"), held("last_name")
    if first or last:
        return " ".join(part for part in (first, last) if part)
    return str(held("name") or held("learner_name") or held("mis_id") or source_id)
