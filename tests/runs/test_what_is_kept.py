"""Every column that there is: whether something of a person may stand in it, that forgetting reaches it, and purging.

A new column fails until it is said here which it is.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlmodel import SQLModel, select

from engine.records.decode import Invalid, read_json
from engine.records.kinds import Account, Contract, Enrolment, Learner, Mark, Record
from runs.issues.by_hand import Settlement
from runs.model.outcomes import Outcome
from runs.retention.forget import forget
from runs.retention.purge import purge
from runs.service import Service
from store.base.database import Database
from tests.runs.schools import ADA, ALGEBRA, NOW, PLAIN, SHEET, a_service, changed, later

OF_A_PERSON = {
    "record": {"source_id", "name", "search", "data"},
    "issue": {"facts", "correction", "reason"},
    "change": {"before", "after"},
    "archive": {"attendance"},
    "upload": {"sheet", "marks"},
    "outcome": {"source_id", "code", "text"},
    "held_entry": {"source_id", "name"},
}
WITH_THEM = {"record_key": {"digest"}, "record": {"fingerprint", "decided"}, "issue": {"facts_fingerprint"}}
"""Digests of what may be of a person; they go with it, or are made anew."""
WHILE_HELD = {"held": {"received"}}
"""Nobody is forgotten until it is settled, and with that gone."""
BY_STAFF = {"run": {"asked_by", "settled_by"}, "issue": {"settled_by"}, "outcome": {"told_by"}, "api_key": {"label"}}
"""Who works with Muster, and not of whom a source tells."""
OF_FILES = {"rulebook": {"files", "parts"}}
"""As the customer's file has it, a waiver's reason among it: gone with the file's next version."""
OF_NOBODY = {
    "record": {
        *("id", "customer", "kind", "verdict", "rule", "matches", "later", "segments", "created_by", "verdict_at"),
        *("starts_at", "modified_at", "matters_at", "waiting", "folded", "unfollowed", "first_run_id"),
        *("changed_run_id", "not_received_since", "not_received_runs", "left_at"),
    },
    "record_key": {"record_id"},
    "issue": {
        *("id", "customer", "record_id", "rule", "state", "position", "fix_in", "rulebook_version", "opened_run_id"),
        *("opened_at", "back_at", "closed_run_id", "closed_at", "resolution", "resolved_by", "until", "snoozed_size"),
    },
    "issue_cause": {"issue_id", "cause_id"},
    "change": {"id", "customer", "run_id", "record_id", "at", "what", "subject"},
    "standing": {"customer", "records", "issues"},
    "run": {
        *("id", "customer", "direction", "status", "complete", "as_of", "started_at", "finished_at", "owner"),
        *("heartbeat_at", "rulebook_version", "received", "changed", "requests", "counts", "again", "by_rule"),
        *("issues", "effects", "freshness", "notes", "failures", "guards", "filled", "settled_at", "approves"),
    },
    "rulebook": {"customer", "version", "in_force_at"},
    "held": {"run_id"},
    "held_entry": {"id", "run_id", "what", "kind", "before", "after"},
    "archive": {"customer", "sheet_id", "first_archived_at", "archived_at", "times_archived", "archived"},
    "upload": {"id", "customer", "sheet_id", "run_id", "offered_at", "withdrawn_at", "uploaded_at"},
    "outcome": {"customer", "kind", "outcome", "at", "fingerprint"},
    "api_key": {"id", "digest", "customers", "scopes", "created_at", "revoked_at"},
}

LONE = "Zoriande Quill"
HERS = ("zoriande", "Z-")
"""What stands in nothing but what is of her: her name and address, and the ids of what is about her."""
ZORIANDE = Learner(source_id="Z-1", first_name="Zoriande", last_name="Quill", email="zoriande@example.org")
SESSION = changed(ALGEBRA, group_ids=(), learner_ids=("Z-1",))
MINA = Learner(source_id="L-2", first_name="Mina", last_name="Roe", email="mina@example.org")
ROE = Learner(source_id="L-3", first_name="Ann", last_name="Roe", email="ann@example.org")
AT_ONCE = "settings: {leaves_after_runs: 1}\nguards: {removals: {then: off}, verdict_jump: {then: off}}\n"
FOREIGN = '{"kind": "%s", "source_id": "%s", "unknown": 1, %s}'


def unreadable() -> list[Record | Invalid]:
    """An account, a contract and an enrolment of hers that cannot be used, and an enrolment in no known role."""
    hers = '"first_name": "Zoriande", "last_name": "Quill", "email": "zoriande@example.org"'
    return read_json(
        [
            (FOREIGN % ("account", "Z-11", f'"source_kind": "learner", "source_ref": "Z-1", {hers}')).encode(),
            (FOREIGN % ("contract", "Z-12", f'"learner_id": "Z-1", "learner_name": "{LONE}"')).encode(),
            (FOREIGN % ("enrolment", "Z-13", '"person_id": "Z-1", "role": "learner"')).encode(),
            (FOREIGN % ("session", "S-9", '"learner_ids": ["Z-1"]')).encode(),
            json.dumps({"kind": "enrolment", "source_id": "Z-14", "person_id": "Z-1", "role": "pupil"}).encode(),
        ]
    )


def filled(database: Database, folder: Path) -> Service:
    """A school in which she stands in whatever may hold a person."""
    service = a_service(database, folder, north=PLAIN + AT_ONCE)
    hers = [
        Enrolment(source_id="Z-2", class_id="C-1", person_id="Z-1", role="learner"),
        Contract(source_id="Z-3", learner_id="Z-1", company="Norvane", tutor_name="Ruth"),
    ]
    accounts = [
        Account(source_id="Z-4", source_kind="learner", source_ref="Z-1", role="learner", username="zoriande.q"),
        Account(
            source_id="Z-5", role="learner", email="zoriande@example.org", first_name="Zoriande", last_name="Quill"
        ),
    ]
    # Who waited for her address is told that it was corrected, and whose.
    service.push(
        "north",
        [ADA, changed(ZORIANDE, email=None), MINA, ROE, SESSION, *hers, *accounts, *unreadable()],
        True,
        as_of=NOW,
    )
    service.push(
        "north", [ADA, ZORIANDE, MINA, ROE, SESSION, *hers, *accounts, *unreadable()], True, as_of=later(hours=1)
    )
    service.push("north", [changed(SESSION, learner_ids=("Z-1", "L-2"))], False, as_of=later(hours=2))
    told = ("refused", f"no {LONE}", f"{LONE} is not there")
    outcomes = [
        Outcome(kind=kind, source_id=one, outcome=told[0], code=told[1], text=told[2])  # type: ignore[arg-type]
        for kind, one in (("learner", "Z-1"), ("session", "S-1"))
    ]
    service.note_outcomes("north", outcomes)
    refused = next(row for row in service.issues("north", limit=99).items if row.source_id == "S-1").issues[0]
    service.settle("north", refused.id, Settlement("snoozed", until_it_grows=True, reason=f"{LONE} said so"), "Nora")
    marks = [Mark(source_id="Z-6", sheet_id="F-1", person_kind="learner", person_ref="Z-1", state="absent")]
    sheet = changed(SHEET, learner_refs=("Z-1", "L-2"))
    for days in (0.2, 1, 3):
        open_or_not = changed(sheet, archived=days >= 1)
        service.push("north", [open_or_not, *marks, *accounts], True, "upward", later(days=days))
    service = a_service(database, folder, north=PLAIN + "guards: {removals: {percent: 0, at_least: 1}}\n")
    named = Account(source_id="Z-7", role="learner", first_name="Zoriande", last_name="Quill")
    held = service.push("north", [ADA, MINA, SESSION, named], True, as_of=later(days=4))
    service.reject("north", held.id, "Nora")
    return service


def standing_in(database: Database) -> set[tuple[str, str]]:
    """Table and column of all that holds something of hers."""
    with database.reading() as session:
        return {
            (table.name, column.name)
            for table in SQLModel.metadata.sorted_tables
            for column in table.columns
            for value in session.connection().execute(select(column)).scalars()
            if any(one in _text(value) for one in HERS)
        }


def _text(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.replace("Zoriande", "zoriande")


def test_of_every_column_it_is_said_whether_something_of_a_person_may_stand_in_it() -> None:
    said = [OF_A_PERSON, WITH_THEM, WHILE_HELD, BY_STAFF, OF_FILES, OF_NOBODY]
    listed = sorted((table, name) for part in said for table, names in part.items() for name in names)
    there = sorted((table.name, column.name) for table in SQLModel.metadata.sorted_tables for column in table.columns)
    assert listed == there


def test_a_person_stands_in_these_and_is_forgotten_in_each(database: Database, tmp_path: Path) -> None:
    service = filled(database, tmp_path)
    assert standing_in(database) == {(table, name) for table, names in OF_A_PERSON.items() for name in names}
    forget(database, "north", "learner", "Z-1", service.clock)
    assert standing_in(database) == set()


def test_whoever_has_left_is_in_nothing_that_is_left_of_what_is_purged(database: Database, tmp_path: Path) -> None:
    filled(database, tmp_path)
    service = a_service(database, tmp_path, north=PLAIN + AT_ONCE)
    other = changed(SESSION, source_id="S-2", learner_ids=("L-2",), starts_at=later(days=400), ends_at=later(days=401))
    others = [ADA, MINA, ROE, other]
    enrolled = Enrolment(source_id="E-1", class_id="C-1", person_id="L-2", role="learner")
    contract = Contract(source_id="K-1", learner_id="L-2", company="Norvane")
    account = Account(source_id="A-2", source_kind="learner", source_ref="L-2", role="learner")
    sheet = changed(SHEET, source_id="F-2", source_ref="S-2", learner_refs=("L-2",), starts_at=later(days=30))
    for day in (30, 31):
        service.push("north", [*others, enrolled, contract], True, as_of=later(days=day))
        service.push("north", [account, sheet], True, "upward", later(days=day))
    purge(database, later(days=90), "north", service.clock)
    assert standing_in(database) == set()
