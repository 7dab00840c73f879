"""OneRoster 1.1 and 1.2 as CSV, a folder or a ZIP: people, classes and enrolments. It has no dated sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from sys import intern
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from connectors.contract import ConnectorContext, Fetch, Refused, Window
from connectors.oneroster.columns import ALIASES, COLUMNS, OWN
from connectors.oneroster.lookups import Lookups, left
from connectors.oneroster.mapping import COLUMNS_OF, PROVIDES, Role, class_, enrolment, guardian, person
from connectors.reading.admit import admitted
from connectors.reading.archive import opened
from connectors.reading.days import ISO, days_in
from connectors.reading.tables import Row, Tables
from engine.model.connector_spec import ConnectorSpec, DataPath
from engine.records.kinds import Record

_OF_A_ROLE = ("userSourcedId", "role")
"""Columns without which the table of roles tells nothing."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: oneroster`."""

    path: Annotated[DataPath, Meta(description="The ZIP, or the folder of CSV files, in the customer's data folder.")]


class OneRoster:
    """Rosters in the standard's CSV binding."""

    spec: ClassVar[ConnectorSpec] = ConnectorSpec(
        name="oneroster",
        title="OneRoster",
        certainty="standard",
        side="source",
        options=Options,
        provides=PROVIDES,
    )

    def __init__(self, options: Options, around: ConnectorContext, /) -> None:
        self._path = Path(options.path)
        self._key = around.id_key

    def records(self, _window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """People, then classes, then enrolments. A table that should be there and is not makes the fetch partial."""
        with opened(self._path, self.spec.title) as files:
            tables = Tables(files, self.spec.title, COLUMNS, fetch, ALIASES, OWN)
            if "users" not in tables:
                raise Refused(self.spec.title, self._path.name, "no_users_file")
            fetch.partial.extend(_left_out(tables, self.spec.title))
            lookups, roles = _lookups(tables, fetch)
            nothing = Refused(self.spec.title, "users.csv", "no_users")
            users = tables.rows("users", ("sourcedId",))
            people = (raw for row in users for raw in person(row, _roles(row, roles), lookups, self._key))
            yield from admitted(people, fetch, nothing, COLUMNS_OF)
            classes = tables.rows("classes", ("sourcedId",), "class")
            yield from admitted((class_(row, lookups) for row in classes), fetch, columns=COLUMNS_OF)
            enrolments = tables.rows("enrollments", ("classSourcedId", "userSourcedId"), "enrolment")
            days = days_in(tables, "enrollments", ("beginDate", "endDate"), ISO, fetch)
            raws = (enrolment(row, self._key, days.day) for row in enrolments)
            yield from admitted(raws, fetch, columns=COLUMNS_OF)


def _lookups(tables: Tables, fetch: Fetch) -> tuple[Lookups, dict[str, list[Role]]]:
    """The small tables, and the roles of each user (1.2 only)."""
    lookups = Lookups()
    if "role" in tables.table("users"):
        tables.usable("roles", _OF_A_ROLE)
    if "orgs" in tables and not tables.usable("orgs", ("sourcedId",)):
        lookups.orgs = None
    for name in ("academicsessions", "courses", "demographics"):
        tables.usable(name, ("sourcedId",))
    terms = days_in(tables, "academicsessions", ("startDate", "endDate"), ISO, fetch).day
    births = days_in(tables, "demographics", ("birthDate",), ISO, fetch).day
    ends = days_in(tables, "roles", ("endDate",), ISO, fetch).day
    adding: tuple[tuple[str, Callable[[Row], None]], ...] = (
        ("orgs", lookups.add_org),
        ("academicsessions", lambda row: lookups.add_term(row, terms)),
        ("courses", lookups.add_course),
        ("demographics", lambda row: lookups.add_demographics(row, births)),
    )
    for table, add in adding:
        for row in tables.rows(table, ("sourcedId",)):
            add(row)
    roles: dict[str, list[Role]] = {}
    for row in tables.rows("roles", _OF_A_ROLE):
        held = Role(intern(row["role"]), intern(row["orgSourcedId"]), ends(row["endDate"]), left(row["status"], "left"))
        roles.setdefault(row["userSourcedId"], []).append(held)
    if "agentSourcedIds" in tables.table("users"):
        # A pass over the users only for these, so that the others need not be held.
        for row in tables.rows("users", (), count=False):
            found = guardian(row, _roles(row, roles))
            if found is not None:
                lookups.guardians[row["sourcedId"]] = found
    return lookups, roles


def _roles(row: Row, roles: dict[str, list[Role]]) -> list[Role]:
    return roles.get(row["sourcedId"], [])


def _left_out(tables: Tables, system: str) -> Iterator[Refused]:
    """What makes this package less than the whole roster, so that nothing may be taken for gone."""
    for name in ("classes", "enrollments"):
        if name not in tables:
            yield Refused(system, f"{name}.csv", "not_in_the_package")
    try:
        manifest = list(tables.rows("manifest", ("propertyName", "value"), count=False))
    except Refused as unreadable:
        # It may say that this is a delta.
        yield unreadable
        return
    for row in manifest:
        name = row["propertyName"].removeprefix("file.")
        if name in ("users", "roles", "classes", "enrollments") and row["value"].casefold() == "delta":
            yield Refused(system, f"{name}.csv", "is_a_delta")
