"""What a database holds, told without the numbers that it gave by itself, so that two can be compared."""

from __future__ import annotations

from typing import Any

from sqlmodel import SQLModel, select

from store.base.database import Database

_NAMED = {"run_id": "run", "record_id": "record", "issue_id": "issue", "cause_id": "issue"}


def told(database: Database) -> dict[str, list[str]]:
    """Table to its rows: of records, issues and runs the names stand in place of the numbers. Cut off runs are none."""
    with database.reading() as session:
        rows = {
            table.name: [dict(row) for row in session.connection().execute(select(table)).mappings()]
            for table in SQLModel.metadata.sorted_tables
        }
    rows["run"] = [row for row in sorted(rows["run"], key=lambda row: row["id"]) if row["status"] != "cut_off"]
    names: dict[tuple[str, Any], Any] = {("run", row["id"]): place for place, row in enumerate(rows["run"])}
    names |= {("record", row["id"]): (row["kind"], row["source_id"]) for row in rows["record"]}
    names |= {("issue", row["id"]): (names["record", row["record_id"]], row["rule"]) for row in rows["issue"]}

    def plain(table: str, row: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in row.items():
            kind = table if name == "id" else _NAMED.get(name) or ("run" if name.endswith("_run_id") else None)
            if name == "owner" or (name == "id" and (table, value) not in names):
                continue
            found[name] = value if kind is None or value is None else names[kind, value]
        return found

    return {table: sorted(repr(plain(table, row)) for row in held) for table, held in rows.items()}
