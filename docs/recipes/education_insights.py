"""Records of an Open Education Analytics roster: headerless CSV whose columns stand in a `*.cdm.json` beside it.

    python -m docs.recipes.education_insights FOLDER > records.ndjson
    muster classify records.ndjson

An example of the short way in for a source that has no connector: read it, rename it, write one record a line.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.reading.roles import enrolment_role, kinds_of

Row = dict[str, str]


def tables(folder: Path) -> dict[str, list[Row]]:
    """Every table of the model by its small name; empty where the folder has no file of it."""
    model = json.loads(next(folder.glob("*.cdm.json")).read_text("utf-8-sig"))
    found = {}
    for entity in model["definitions"]:
        columns = [attribute["name"] for attribute in entity["hasAttributes"]]
        path = folder / f"{entity['entityName'].lower()}.csv"
        lines = path.read_text("utf-8-sig").splitlines() if path.exists() else []
        found[entity["entityName"].lower()] = [dict(zip(columns, row, strict=False)) for row in csv.reader(lines)]
    return found


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """People, then classes, then enrolments, as plain objects."""
    roster = tables(folder)
    codes = {row["Id"]: row["Code"] for row in roster["refdefinition"]}
    sites = {row["Id"]: row["Identifier"] for row in roster["organization"]}
    emails = _first(roster["personemailaddress"], "EmailAddress")
    phones = _first(roster["personphonenumber"], "PhoneNumber")
    posts: dict[str, list[Row]] = defaultdict(list)
    for row in roster["personorganizationrole"]:
        posts[row["PersonId"]].append(row)

    for person in roster["person"]:
        held = posts[person["Id"]]
        for kind, _ in kinds_of([codes.get(post["RefRoleId"], post["RefRoleId"]) for post in held]):
            found = {
                "kind": "instructor" if kind == "staff" else kind,
                "source_id": person["Id"],
                "first_name": person["PreferredGivenName"] or person["GivenName"],
                "last_name": person["PreferredSurname"] or person["Surname"],
                "email": emails.get(person["Id"]),
                "phone": phones.get(person["Id"]),
                "segment_keys": {"site_code": sorted({sites[post["OrganizationId"]] for post in held})},
            }
            if kind == "learner":
                grades = {codes.get(post.get("RefGradeLevelId", ""), "") for post in held} - {""}
                found["training"] = ", ".join(sorted(grades))
            elif kind != "person":
                found["teaching"] = kind == "instructor"
            yield found

    terms = {row["Id"]: row for row in roster["session"]}
    dates = {row["SectionId"]: terms[row["SessionId"]] for row in roster["sectionsession"]}
    for section in roster["section"]:
        term = dates.get(section["Id"], {})
        yield {
            "kind": "class",
            "source_id": section["Id"],
            "name": section["Name"],
            "code": section["Code"],
            "segment_keys": {"site_code": [sites[section["OrganizationId"]]]},
            "starts_on": term.get("StartDate"),
            "ends_on": term.get("EndDate"),
        }

    for row in roster["enrollment"]:
        yield {
            "kind": "enrolment",
            "source_id": row["Id"],
            "class_id": row["SectionId"],
            "person_id": row["PersonId"],
            "role": enrolment_role(codes.get(row["RefSectionRoleId"], row["RefSectionRoleId"])),
            "begins_on": row["EntryDate"],
            "ends_on": row["ExitDate"],
        }


def _first(rows: list[Row], column: str) -> dict[str, str]:
    """Person to the value of the highest priority."""
    ranked = sorted(rows, key=lambda row: int(row["PriorityOrder"] or 0), reverse=True)
    return {row["PersonId"]: row[column] for row in ranked}


if __name__ == "__main__":
    for record in records(Path(sys.argv[1])):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
