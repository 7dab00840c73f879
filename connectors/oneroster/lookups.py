"""The small tables of a OneRoster roster, held while the large ones are streamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from connectors.reading.states import state_of
from connectors.reading.times import Day, day_before, iso_day, outermost
from engine.records.unread import Unread


class Cells(Protocol):
    """One row or object, by the column names of the CSV binding; empty text and empty lists for what it has not."""

    @property
    def place(self) -> str:
        """Where it stands, for errors."""
        ...

    def __getitem__(self, column: str, /) -> str: ...

    def listed(self, column: str, /) -> list[str]:
        """The values of a column that holds several."""
        ...


class Org(NamedTuple):
    """A school, or a part of one."""

    code: str
    parent: str
    is_department: bool


class Lookups(Struct):
    """What users and classes refer to, by id."""

    orgs: dict[str, Org] | None = field(default_factory=dict)
    """None when they could not be read: then nobody has a code, rather than a wrong one."""
    terms: dict[str, tuple[Day, Day]] = field(default_factory=dict)
    """First and last day, included."""
    subjects: dict[str, str] = field(default_factory=dict)
    """Course to its subjects, or its title where it names none."""
    birth_dates: dict[str, Day] = field(default_factory=dict)
    guardians: dict[str, tuple[str, str]] = field(default_factory=dict)
    """User who is family of somebody to name and email."""

    def add_org(self, row: Cells) -> None:
        """Keep an org."""
        code = row["identifier"] or row["sourcedId"]
        self.orgs = self.orgs or {}
        self.orgs[row["sourcedId"]] = Org(code, row["parentSourcedId"], row["type"].casefold() == "department")

    def add_term(self, row: Cells, day: Callable[[str], Day] = iso_day) -> None:
        """Keep an academic session: a term, a year."""
        self.terms[row["sourcedId"]] = (day(row["startDate"]), day_before(day(row["endDate"])))

    def add_course(self, row: Cells) -> None:
        """Keep a course."""
        self.subjects[row["sourcedId"]] = ", ".join(row.listed("subjects")) or row["title"]

    def add_demographics(self, row: Cells, day: Callable[[str], Day] = iso_day) -> None:
        """Keep the birth date of somebody."""
        if row["birthDate"]:
            self.birth_dates[row["sourcedId"]] = day(row["birthDate"])

    def codes(self, orgs: list[str]) -> list[str]:
        """The codes of these orgs; a department also has that of the school it is part of."""
        found: list[str] = []
        for start in orgs if self.orgs is not None else ():
            each, seen = start, set[str]()
            while each and each not in seen:
                seen.add(each)
                org = (self.orgs or {}).get(each, Org(each, "", False))
                found.append(org.code)
                each = org.parent if org.is_department else ""
        return list(dict.fromkeys(found))

    def period(self, terms: list[str]) -> tuple[Day, Day]:
        """First and last day of all these terms together."""
        known = [self.terms[term] for term in terms if term in self.terms]
        return outermost([start for start, _ in known], min), outermost([end for _, end in known], max)

    def guardian(self, agents: list[str]) -> tuple[str, str]:
        """Name and email of the first of these who is family, one with an email before one without."""
        known = [self.guardians[agent] for agent in agents if agent in self.guardians]
        return min(known, key=lambda each: not each[1], default=("", ""))


def left(status: str, gone: str) -> str | Unread:
    """Our word for a row's status: `gone` where its object is deleted; a word that is not known is told."""
    state = state_of(status)
    return gone if state == "gone" else state
