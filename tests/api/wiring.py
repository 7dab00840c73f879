"""Makes real batches of a rule's examples: the related records that an example gives are joined as a source would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.model.rulebook import Example
from engine.records.decode import read_mapping
from engine.relations.definitions import RELATIONS

Raw = dict[str, Any]
HERE = "this"


def batch(kind: str, example: Example) -> list[Raw]:
    """The example's record first, then its related records and what joins them."""
    record = _raw(kind, example.record, HERE)
    others: list[Raw] = []
    for relation, given in example.related.items():
        to = RELATIONS[kind][relation].to
        for number, values in enumerate(given, 1):
            other = _raw(str(values.get("kind", to[0])), values, f"{relation}-{number}")
            others += [other, *_join(relation, record, other, number - 1)]
    return [record, *others]


def _raw(kind: str, values: Mapping[str, Any], source_id: str) -> Raw:
    given = {name: value for name, value in values.items() if name not in ("kind", "segments")}
    record = read_mapping(kind, given, source_id, default_id=source_id)
    raw: Raw = msgspec.to_builtins(record)
    segments = values.get("segments") or []
    if segments:
        raw["segment_keys"] = {"site_code": segments}
    return raw


def _join(relation: str, record: Raw, other: Raw, number: int) -> list[Raw]:
    """Join another record to the deciding one; what else that takes is returned."""
    match record["kind"], relation:
        case "learner" | "instructor", _:
            _join_to_person(relation, record, other)
        case "session" | "sheet", "instructors" | "learners":
            ending = "ids" if record["kind"] == "session" else "refs"
            linked = record.setdefault(f"{relation.removesuffix('s')}_{ending}", [])
            if number < len(linked):
                other["source_id"] = linked[number]
            else:
                linked.append(other["source_id"])
        case "session", "twins":
            for name, value in (
                ("starts_at", "2026-11-25T09:00:00+01:00"),
                ("ends_at", "2026-11-25T12:00:00+01:00"),
                ("instructor_ids", ["i"]),
                ("learner_ids", ["l"]),
            ):
                other[name] = record.setdefault(name, value)
        case "session", "sheets":
            other["source_ref"] = record["source_id"]
        case "class", "enrolments":
            other["class_id"] = record["source_id"]
        case "class", "teachers":
            link = {"class_id": record["source_id"], "person_id": other["source_id"], "role": "instructor"}
            return [{"kind": "enrolment", "source_id": f"link-{number}"} | link]
        case "enrolment", "people":
            other["source_id"] = record.setdefault("person_id", other["source_id"])
            # An example need not say of which kind the person is; the enrolment's role does.
            other["kind"] = record.setdefault("role", other["kind"])
        case "enrolment", "other_people":
            other["source_id"] = record.setdefault("person_id", other["source_id"])
            record.setdefault("role", "learner" if other["kind"] == "instructor" else "instructor")
        case "enrolment", "classes":
            other["source_id"] = record.setdefault("class_id", other["source_id"])
        case "contract", "learners":
            other["source_id"] = record.setdefault("learner_id", other["source_id"])
        case "account", "people":
            record |= {"source_kind": other["kind"], "source_ref": other["source_id"]}
        case "sheet", "sessions":
            other["source_id"] = record.setdefault("source_ref", other["source_id"])
        case "sheet", "like_sessions":
            times = (("starts_at", "2026-11-25T09:00:00+01:00"), ("ends_at", "2026-11-25T12:00:00+01:00"))
            for name, value in times:
                other[name] = record.setdefault(name, value)
            other["instructor_ids"] = record.setdefault("instructor_refs", ["i"])
        case "sheet", "marks":
            other["sheet_id"] = record["source_id"]
        case kind, name:
            raise NotImplementedError(f"say how {kind}.{name} is joined")
    return []


def _join_to_person(relation: str, record: Raw, other: Raw) -> None:
    match relation:
        case "own_accounts":
            other |= {"source_kind": record["kind"], "source_ref": record["source_id"]}
        case "email_accounts" | "same_email":
            other["email"] = record.setdefault("email", "shared@example.org")
        case "same_person":
            for name, value in (("first_name", "Mina"), ("last_name", "Okparo"), ("birth_date", "2006-02-03")):
                other[name] = record.setdefault(name, value)
        case "logins":
            other["username"] = record.setdefault("email", "shared@example.org")
            other.setdefault("email", "another@example.org")
        case "former_accounts":
            for name, value in (("first_name", "Mina"), ("last_name", "Okparo")):
                other[name] = record.setdefault(name, value)
            other |= {"source_kind": record["kind"], "source_ref": f"gone-{other['source_id']}"}
        case "namesake_accounts":
            for name, value in (("first_name", "Mina"), ("last_name", "Okparo")):
                other[name] = record.setdefault(name, value)
        case "sessions":
            other.setdefault(f"{record['kind']}_ids", []).append(record["source_id"])
        case name:
            raise NotImplementedError(f"say how {record['kind']}.{name} is joined")
