"""What the platform has and the source has not."""

from __future__ import annotations

from pathlib import Path

from store.base.database import Database
from tests.runs.schools import ACCOUNT, NOW, SHEET, WELL, a_service, changed


def test_what_has_no_source_is_listed_and_left_alone(database: Database, tmp_path: Path) -> None:
    service = a_service(database, tmp_path)
    by_hand = changed(
        ACCOUNT, source_id="A-8", source_kind=None, source_ref=None, created_by="administrator", first_name="Zoé"
    )
    orphan = changed(SHEET, source_id="F-8", source_ref="S-8")
    service.push("north", [*WELL, ACCOUNT, by_hand, SHEET, orphan], True, as_of=NOW)
    page = service.unsourced("north")
    assert [(one.kind, one.source_id, one.why) for one in page.items] == [
        ("account", "A-8", "made_by_hand"),
        ("sheet", "F-8", "source_gone"),
    ]
    first = service.unsourced("north", None, 1)
    rest = service.unsourced("north", first.next_cursor, 1)
    assert [*first.items, *rest.items] == page.items
    assert rest.next_cursor is None
