"""The small tables of a OneRoster package, held while the large ones are streamed."""

from __future__ import annotations

from datetime import date
from sys import intern
from typing import NamedTuple

from msgspec import Struct

from connectors.roles import role_of
from connectors.tables import Tables
from connectors.times import day_before, iso_day, outermost


class Org(NamedTuple):
    """A school, or a part of one."""

    code: str
    parent: str
    is_department: bool


class Lookups(Struct, frozen=True):
    """What the rows of users and classes refer to, by id."""

    orgs: dict[str, Org]
    terms: dict[str, tuple[date | str, date | str]]
    """First and last day, included."""
    subjects: dict[str, str]
    """Course to its subjects, or its title where it names none."""
    roles: dict[str, list[tuple[str, str, str, bool]]]
    """User to the word, the org, the end date and whether the row is deleted, of each role (1.2 only)."""
    birth_dates: dict[str, str]
    guardians: dict[str, tuple[str, str]]
    """User who is family of somebody to name and email."""

    @classmethod
    def read(cls, tables: Tables) -> Lookups:
        """Read every small table there is."""
        roles: dict[str, list[tuple[str, str, str, bool]]] = {}
        for row in tables.rows("roles", ("userSourcedId", "role")):
            held = (intern(row["role"]), intern(row["orgSourcedId"]), intern(row["endDate"]), is_gone(row["status"]))
            roles.setdefault(row["userSourcedId"], []).append(held)
        return cls(
            orgs={
                row["sourcedId"]: Org(
                    row["identifier"] or row["sourcedId"],
                    row["parentSourcedId"],
                    row["type"].casefold() == "department",
                )
                for row in tables.rows("orgs", ("sourcedId",))
            },
            terms={
                row["sourcedId"]: (iso_day(row["startDate"]), day_before(iso_day(row["endDate"])))
                for row in tables.rows("academicsessions", ("sourcedId",))
            },
            subjects={
                row["sourcedId"]: ", ".join(row.listed("subjects")) or row["title"]
                for row in tables.rows("courses", ("sourcedId",))
            },
            roles=roles,
            birth_dates={
                row["sourcedId"]: row["birthDate"]
                for row in tables.rows("demographics", ("sourcedId",))
                if row["birthDate"]
            },
            guardians=_guardians(tables, roles),
        )

    def codes(self, orgs: list[str]) -> list[str]:
        """The codes of these orgs; a department also has that of the school it is part of."""
        found: list[str] = []
        for start in orgs:
            each, seen = start, set[str]()
            while each and each not in seen:
                seen.add(each)
                org = self.orgs.get(each, Org(each, "", False))
                found.append(org.code)
                each = org.parent if org.is_department else ""
        return list(dict.fromkeys(found))

    def period(self, terms: list[str]) -> tuple[date | str, date | str]:
        """First and last day of all these terms together."""
        known = [self.terms[term] for term in terms if term in self.terms]
        return outermost([start for start, _ in known], min), outermost([end for _, end in known], max)

    def guardian(self, agents: list[str]) -> tuple[str, str]:
        """Name and email of the first of these who is family, one with an email before one without."""
        known = [self.guardians[agent] for agent in agents if agent in self.guardians]
        return min(known, key=lambda each: not each[1], default=("", ""))


def is_gone(status: str) -> bool:
    """Whether a row says that its object is deleted; `inactive` is the word of older versions."""
    return status.casefold() in ("tobedeleted", "inactive")


def _guardians(tables: Tables, roles: dict[str, list[tuple[str, str, str, bool]]]) -> dict[str, tuple[str, str]]:
    """A pass over the users only for these, so that the others need not be held."""
    if "users" not in tables or "agentSourcedIds" not in tables.table("users"):
        return {}
    found = {}
    for row in tables.rows("users", (), count=False):
        user = row["sourcedId"]
        words = [role[0] for role in roles.get(user, ())] or row.listed("role")
        if any(role_of(word) == "family" for word in words):
            first = row["preferredGivenName"] or row["givenName"]
            last = row["preferredFamilyName"] or row["familyName"]
            found[user] = (f"{first} {last}".strip(), row["email"])
    return found
