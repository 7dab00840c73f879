"""The documented short way in, for a source that has no connector."""

from __future__ import annotations

import json
from pathlib import Path

from connectors.contract import Fetch
from connectors.files import read_path
from docs.recipes.education_insights import records
from engine.records.kinds import kind_of

TABLES = {
    "RefDefinition": (["Id", "Code"], ["R1,Student", "R2,Teacher", "R3,9"]),
    "Organization": (["Id", "Identifier"], ["O1,N-1"]),
    "Person": (
        ["Id", "GivenName", "PreferredGivenName", "PreferredSurname", "Surname"],
        ["P1,Wilhelmina,Mina,,Okparo", "P2,Jon,,,Abelard"],
    ),
    "PersonEmailAddress": (
        ["EmailAddress", "PersonId", "PriorityOrder"],
        ["mina@example.org,P1,1", "home@example.org,P1,2"],
    ),
    "PersonPhoneNumber": (["PhoneNumber", "PersonId", "PriorityOrder"], []),
    "PersonOrganizationRole": (
        ["OrganizationId", "PersonId", "RefRoleId", "RefGradeLevelId"],
        ["O1,P1,R1,R3", "O1,P2,R2,"],
    ),
    "Session": (["Id", "StartDate", "EndDate"], ["T1,2026-09-01,2026-12-18"]),
    "SectionSession": (["SectionId", "SessionId"], ["S1,T1"]),
    "Section": (["Id", "Name", "Code", "OrganizationId"], ["S1,Biology,BIO,O1"]),
    "Enrollment": (
        ["Id", "PersonId", "RefSectionRoleId", "SectionId", "EntryDate", "ExitDate"],
        ["E1,P1,Student,S1,2026-09-01,2026-12-18"],
    ),
}


def test_a_roster_without_headers_becomes_records_that_are_read(tmp_path: Path) -> None:
    definitions = [
        {"entityName": name, "hasAttributes": [{"name": column} for column in columns]}
        for name, (columns, _) in TABLES.items()
    ]
    (tmp_path / "roster.cdm.json").write_text(json.dumps({"definitions": definitions}))
    for name, (_, rows) in TABLES.items():
        (tmp_path / f"{name.lower()}.csv").write_text("\n".join(rows))
    path = tmp_path / "records.ndjson"
    path.write_text("\n".join(json.dumps(record) for record in records(tmp_path)))
    fetch = Fetch()
    found = list(read_path(path, "Europe/Paris", fetch))
    assert fetch.invalid == []
    assert [(kind_of(record), record.source_id) for record in found] == [
        *(("learner", "P1"), ("instructor", "P2"), ("class", "S1"), ("enrolment", "E1"))
    ]
    assert getattr(found[0], "email", None) == "mina@example.org"
