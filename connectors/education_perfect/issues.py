"""The issues that Education Perfect reports of a sync, read from its CSV and named by our rules.

Its five columns and its messages are those of its public help page. A row tells what was refused, not what the
platform holds: no account can be made of it, so this gives findings, not records.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from connectors.contract import Fetch
from connectors.reading.archive import opened
from connectors.reading.tables import Table, folded
from engine.records.decode import Invalid
from engine.records.kinds import DOWNWARD
from engine.records.unread import unread

TITLE = "Education Perfect's issues"

COLUMNS = {
    "source_id": "Integration Source ID",
    "entity": "EP Entity Type",
    "name": "Entity Name",
    "mis_id": "MIS ID",
    "message": "Error Message",
    "rule": "Rule",
}
"""Our name for a column to the one it has in the file; `Rule` is only in the CSV that Muster writes itself."""

ENTITIES = {"teacher": "instructor", "student": "learner", "users": "person"} | {kind: kind for kind in DOWNWARD}
"""Entity type, in small letters, to kind; our own CSV writes the kinds themselves. `Users` are people whose role the
source does not tell."""

_PEOPLE = {
    "user is missing an email": "email_missing",
    "email doesnt match invite settings": "email_outside_domains",
    "user matched but role is different": "role_mismatch",
    "found multiple users": "match_ambiguous",
    "users have duplicate emails": "email_shared",
    "users username is currently in use": "username_taken",
}
"""How a message begins, in small letters and without marks, to what our rule is called after the kind."""


class Reported(Struct, frozen=True):
    """One row: what was not synced, and which of our rules says so."""

    kind: str
    source_id: str
    """The integration's id, as the source gives it."""
    mis_id: str | None
    """The id that people see in their own system."""
    rule: str | None
    """Id of our rule; None for a message that we do not know."""
    place: str
    """Where the row stands, such as `issues.csv:12`."""


def read_issues(path: Path, fetch: Fetch) -> Iterator[Reported]:
    """Every row of the issue CSV, be it the platform's or, in English, our own. Names of people are not kept.

    A row without an id, or of an entity type that is not known, goes to `fetch.invalid`. Raises Refused when the path
    or its columns cannot be read.
    """
    known = {folded(name): name for name in COLUMNS.values()} | {"entitytype": COLUMNS["entity"]}
    with opened(path, TITLE) as files:
        for file in files:
            table = Table(file, TITLE, known, fetch)
            table.need((COLUMNS["source_id"], COLUMNS["entity"], COLUMNS["message"]))
            for row in table.rows():
                source_id, entity = row[COLUMNS["source_id"]], row[COLUMNS["entity"]]
                kind = ENTITIES.get(entity.casefold())
                if kind is None or not source_id:
                    fetch.invalid.append(Invalid(kind or "record", row.place, (unread("no_id_or_no_entity"),)))
                else:
                    rule = row[COLUMNS["rule"]] or rule_of(kind, row[COLUMNS["message"]])
                    yield Reported(kind, source_id, row[COLUMNS["mis_id"]] or None, rule, row.place)


def rule_of(kind: str, message: str) -> str | None:
    """The rule that says of this kind what the message says; None for a message that is not known.

    For a person of unknown role it is the finding that the role is unknown: until that is mended no other is asked.
    """
    text = "".join(letter for letter in " ".join(message.casefold().split()) if letter.isalnum() or letter == " ")
    if text.startswith("an unexpected error"):
        return "record.unexpected_error"
    if kind == "class":
        return "class.name_missing" if text.startswith("missing class name") else None
    found = next((rule for begins, rule in _PEOPLE.items() if text.startswith(begins)), None)
    if found is None:
        return None
    return "record.role_unknown" if kind == "person" else f"{kind}.{found}"
