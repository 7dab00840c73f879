"""Seven days of a campus on two systems: runs, feed and changes after each day, as one text that was read."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from runs.issues.by_hand import Settlement
from store.base.database import Database
from tests.runs.schools import changed
from tests.runs.week import SHEET, Week, at, marks

GOLDEN = Path(__file__).parent / "golden" / "week.txt"
LONGEST = 30
"""Lines of a day: a screen."""


def test_a_week_reads_right_day_after_day(database: Database, tmp_path: Path) -> None:
    week = Week(database, tmp_path)
    days = [day(week) for day in (monday, tuesday, wednesday, thursday, friday, saturday, sunday)]
    assert all(written.count("\n") <= LONGEST for written in days)
    written = "\n".join(days)
    if os.environ.get("MUSTER_WRITE_GOLDEN"):
        GOLDEN.write_text(written, "utf-8")
    assert written == GOLDEN.read_text("utf-8")


def monday(week: Week) -> str:
    """The first runs: Ada has no address, one learner has none, another a wrong one."""
    week.down(0)
    week.up(0)
    return week.written(0)


def tuesday(week: Week) -> str:
    """Fixes: Ada's address and Tom's are entered. Bo archives Monday's sheet."""
    week.ada(email="ada.lund@example.org")
    week.learner("203", email="tom.abel@example.org")
    week.down(1)
    week.sheets = [changed(SHEET, archived=True), *week.sheets[1:], *marks()]
    week.up(1)
    return week.written(1)


def wednesday(week: Week) -> str:
    """A return: somebody has emptied Ada's address again. Nora snoozes the wrong one until Friday."""
    week.settle(2, "09:00", "205", Settlement("snoozed", date(2026, 11, 27), reason="Asked the learner"))
    week.ada(email=None)
    week.down(2)
    week.now = at(2, "15:00")
    week.service.confirm_uploaded("norvane", {"crs_1": None})
    week.up(2)
    return week.written(2)


def thursday(week: Week) -> str:
    """An outage: Ypareo's push is empty. Nothing is taken for gone."""
    held = week.down(3, [])
    week.now = at(3, "12:30")
    week.service.reject("norvane", held.id, "Nora")
    week.up(3)
    return week.written(3)


def friday(week: Week) -> str:
    """The rules are edited; the archived sheet was opened, a mark changed, and archived again."""
    week.edit_rules("rules: {learner.email_malformed: {then: note}, session.room_missing: {then: flag}}\n")
    week.down(4)
    week.sheets = [changed(SHEET, archived=True), week.sheets[1], *marks("201")]
    week.up(4)
    return week.written(4)


def saturday(week: Week) -> str:
    """Twelve of twenty learners are missing from the push: the run is held, and rejected."""
    everybody = week.learners
    week.learners = everybody[:8]
    held = week.down(5)
    week.learners = everybody
    week.now = at(5, "14:00")
    week.service.reject("norvane", held.id, "Nora")
    week.up(5)
    return week.written(5)


def sunday(week: Week) -> str:
    """Everybody is back; Ada's address is too. Nora has corrected Ypareo by hand and waives the sheet."""
    week.ada(email="ada.lund@example.org")
    week.down(6)
    week.settle(6, "16:00", "crs_1", Settlement("waived", date(2027, 6, 30), reason="Corrected in Ypareo by hand"))
    week.up(6)
    return week.written(6)
