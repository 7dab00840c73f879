"""OneRoster 1.1 and 1.2 as CSV, a folder or a ZIP: people, classes and enrolments. It has no dated sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from connectors.admit import Raw, admitted
from connectors.archive import opened
from connectors.contract import Around, Fetch, Refused, Window
from connectors.ids import fit
from connectors.oneroster.columns import ALIASES, COLUMNS
from connectors.oneroster.lookups import Lookups, is_gone
from connectors.roles import enrolment_role, kinds_of
from connectors.tables import Row, Tables
from connectors.times import day_before, iso_day, local, outermost
from engine.catalogue import ConnectorSpec, DataPath
from engine.records import Record

_PERSON = frozenset(
    {"source_id", "mis_id", "first_name", "last_name", "email", "phone", "segment_keys", "status", "modified_at"}
)
_NOT_FALSE = frozenset({"", "true", "1", "yes"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: oneroster`."""

    path: Annotated[DataPath, Meta(description="The ZIP, or the folder of CSV files, in the customer's data folder.")]


class OneRoster:
    """Rosters in the standard's CSV binding."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="oneroster",
        title="OneRoster",
        side="source",
        options=Options,
        provides={
            "learner": _PERSON | {"birth_date", "training", "tutor_name", "tutor_email", "left_on"},
            "instructor": _PERSON | {"birth_date", "teaching", "left_on"},
            "person": _PERSON | {"role"},
            "class": frozenset(
                {
                    *("source_id", "name", "code", "subject", "segment_keys", "starts_on", "ends_on", "status"),
                    "modified_at",
                }
            ),
            "enrolment": frozenset(
                {"source_id", "class_id", "person_id", "role", "begins_on", "ends_on", "status", "modified_at"}
            ),
        },
    )

    def __init__(self, options: Options, around: Around, /) -> None:
        self._path = Path(options.path)
        self._key = around.id_key

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then classes, then enrolments. A table that should be there and is not makes the fetch partial."""
        with opened(self._path, self.spec.title) as files:
            tables = Tables(files, self.spec.title, COLUMNS, fetch, ALIASES)
            if "users" not in tables:
                raise Refused(
                    self.spec.title, self._path.name, "there is no users.csv in it", "Export the users as well."
                )
            fetch.partial.extend(_left_out(tables, self.spec.title))
            lookups = Lookups.read(tables)
            nothing = Refused(self.spec.title, "users.csv", "it holds no users", "Nothing was changed; export again.")
            yield from admitted(self._people(tables, lookups), fetch, nothing)
            yield from admitted(self._classes(tables, lookups), fetch)
            yield from admitted(self._enrolments(tables), fetch)

    def _people(self, tables: Tables, lookups: Lookups) -> Iterator[Raw]:
        for row in tables.rows("users", ("sourcedId",)):
            yield from self._person(row, lookups)

    def _person(self, row: Row, lookups: Lookups) -> Iterator[Raw]:
        """One record per role that concerns us: none for family, two for a learner who also teaches."""
        user = row["sourcedId"]
        held = lookups.roles.get(user) or [(word, "", "", False) for word in row.listed("role") or [""]]
        gone = is_gone(row["status"]) or all(role[3] for role in held)
        live = held if gone else [role for role in held if not role[3]]
        shared: dict[str, Any] = {
            "source_id": fit(self._key, user),
            "mis_id": _shown_id(row, user),
            "first_name": row["preferredGivenName"] or row["givenName"],
            "last_name": row["preferredFamilyName"] or row["familyName"],
            "email": row["email"],
            "phone": row["phone"] or row["sms"],
            "status": _status(row, gone),
            "modified_at": local(row["dateLastModified"], "UTC"),
        }
        for kind, word in kinds_of([role[0] for role in live if role[0]]):
            of_kind = [role for role in live if (kind, word) in kinds_of([role[0]] if role[0] else [])] or live
            orgs = [role[1] for role in of_kind if role[1]] or row.listed("orgSourcedIds")
            orgs = orgs or row.listed("primaryOrgSourcedId")
            values = shared | {"segment_keys": {"site_code": lookups.codes(orgs)}}
            if kind == "person":
                yield Raw(kind, values | {"role": word}, row.place)
                continue
            values["birth_date"] = iso_day(lookups.birth_dates.get(user, ""))
            values["left_on"] = _last_day([role[2] for role in of_kind])
            if kind == "learner":
                tutor_name, tutor_email = lookups.guardian(row.listed("agentSourcedIds"))
                values["training"] = ", ".join(row.listed("grades"))
                yield Raw(kind, values | {"tutor_name": tutor_name, "tutor_email": tutor_email}, row.place)
            else:
                yield Raw("instructor", values | {"teaching": kind == "instructor"}, row.place)

    def _classes(self, tables: Tables, lookups: Lookups) -> Iterator[Raw]:
        for row in tables.rows("classes", ("sourcedId",), "class"):
            starts, ends = lookups.period(row.listed("termSourcedIds"))
            values = {
                "source_id": row["sourcedId"],
                "name": row["title"],
                "code": row["classCode"],
                "subject": ", ".join(row.listed("subjects")) or lookups.subjects.get(row["courseSourcedId"], ""),
                "segment_keys": {"site_code": lookups.codes([row["schoolSourcedId"]])},
                "starts_on": starts,
                "ends_on": ends,
                "status": "ended" if is_gone(row["status"]) else "active",
                "modified_at": local(row["dateLastModified"], "UTC"),
            }
            yield Raw("class", values, row.place)

    def _enrolments(self, tables: Tables) -> Iterator[Raw]:
        for row in tables.rows("enrollments", ("classSourcedId", "userSourcedId"), "enrolment"):
            role = enrolment_role(row["role"])
            person = fit(self._key, row["userSourcedId"])
            ids = (row["classSourcedId"], person, role or "other")
            values = {
                "source_id": row["sourcedId"] or (":".join(ids) if all(ids) else ""),
                "class_id": row["classSourcedId"],
                "person_id": person,
                "role": role,
                "begins_on": iso_day(row["beginDate"]),
                "ends_on": day_before(iso_day(row["endDate"])),
                "status": "ended" if is_gone(row["status"]) else "active",
                "modified_at": local(row["dateLastModified"], "UTC"),
            }
            yield Raw("enrolment", values, row.place)


def _status(row: Row, gone: bool) -> str:
    if gone:
        return "left"
    return "active" if row["enabledUser"].casefold() in _NOT_FALSE else "suspended"


def _shown_id(row: Row, user: str) -> str:
    """The number people see in the source, where it is another than the id."""
    shown = row["identifier"] or row["userMasterIdentifier"]
    return "" if shown == user or "@" in shown else shown


def _last_day(ends: list[str]) -> Any:
    """The last day of the last role to end; nothing when one has no end."""
    return day_before(outermost([iso_day(end) for end in ends], max)) if all(ends) else ""


def _left_out(tables: Tables, system: str) -> Iterator[Refused]:
    """What makes this package less than the whole roster, so that nothing may be taken for gone."""
    for name in ("classes", "enrollments"):
        if name not in tables:
            yield Refused(system, f"{name}.csv", "it is not in the package", "Export it as well.")
    for row in tables.rows("manifest", ("propertyName", "value"), count=False):
        name = row["propertyName"].removeprefix("file.")
        if name in ("users", "roles", "classes", "enrollments") and row["value"].casefold() == "delta":
            yield Refused(
                system,
                f"{name}.csv",
                "it holds only what changed (a delta)",
                "Nothing is taken for gone; send a bulk export to have that done.",
            )
