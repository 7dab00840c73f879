"""The life of an issue in a person's hands: snoozed, waived, solved by hand, taken back; and what runs make of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from runs.issues.by_hand import Settlement
from runs.model.answers import FeedIssue
from runs.model.errors import CannotSettle, UnknownIssue
from store.base.database import Database
from store.queries.feed import IssueFilter
from tests.runs.schools import (
    ADA,
    ALGEBRA,
    ILL,
    LOU,
    NOW,
    PLAIN,
    WELL,
    WITHOUT_EMAIL,
    a_service,
    changed,
    later,
    states,
)

EMAIL = ("I-1", "instructor.email_missing")
TUESDAY = date(2026, 11, 24)
FRIDAY = date(2026, 11, 27)


class School:
    """A service of which the clock can be put on, with an instructor without an address."""

    def __init__(self, database: Database, folder: Path, **files: str) -> None:
        self.service = a_service(database, folder, **files)
        self.service.clock = lambda: self.now
        self.now = NOW
        self.push(*ILL)

    def push(self, *records: object) -> None:
        self.service.push("north", records, True, as_of=self.now)  # type: ignore[arg-type]

    def at(self, **more: float) -> School:
        self.now = later(**more)
        return self

    @property
    def issue(self) -> FeedIssue:
        return self.service.issue("north", self.id).issue

    @property
    def id(self) -> str:
        which = IssueFilter(rule="instructor.email_missing", fold=False)
        for state in (None, "snoozed", "waived", "resolved"):
            page = self.service.issues("north", IssueFilter(rule=which.rule, state=state, fold=False))  # type: ignore[arg-type]
            for row in page.items:
                for issue in row.issues:
                    if issue.rule == which.rule:
                        return issue.id
        raise AssertionError("there is such an issue")

    def settle(self, state: str, **more: object) -> None:
        self.service.settle("north", self.id, Settlement(state, **more), "Nora")  # type: ignore[arg-type]

    @property
    def listed(self) -> list[str]:
        return [row.source_id for row in self.service.issues("north").items]

    @property
    def told(self) -> list[tuple[object, object, str | None]]:
        history = self.service.issue("north", self.id).history
        return [(one.before, one.after, one.why) for one in history if one.what == "issue"]


@pytest.fixture
def school(database: Database, tmp_path: Path) -> School:
    return School(database, tmp_path)


def test_a_snoozed_issue_leaves_the_list_until_its_day_and_needs_no_run_to_come_back(school: School) -> None:
    school.settle("snoozed", until=FRIDAY, reason="Back on Friday")
    # What waited for it is no longer folded under anything.
    assert school.listed == ["S-1"]
    assert (school.issue.state, school.issue.reason, school.issue.settled_by) == ("snoozed", "Back on Friday", "Nora")
    assert school.issue.until == datetime(2026, 11, 26, 23, tzinfo=UTC), "the beginning of Friday in Paris"
    school.at(days=1).push(*ILL)
    assert school.listed == ["S-1"]
    school.at(days=4)
    assert (sorted(school.listed), school.issue.state) == (["I-1", "S-1"], "open")
    assert school.service.counts("north").states["open"] == 3
    school.push(WITHOUT_EMAIL, LOU, changed(ALGEBRA, starts_at=later(days=5), ends_at=later(days=5, hours=1)))
    assert school.told[0] == ("snoozed", "open", "over")
    assert school.issue.until is None


def test_one_snoozed_until_it_grows_comes_back_when_more_waits_for_it(school: School) -> None:
    school.settle("snoozed", until_it_grows=True)
    school.at(hours=1).push(*ILL)
    assert (school.listed, school.issue.until_it_grows) == (["S-1"], True)
    school.at(hours=2).push(
        *ILL, changed(ALGEBRA, source_id="S-2", starts_at=later(days=2), ends_at=later(days=2, hours=1))
    )
    assert (school.listed, school.issue.state) == (["I-1"], "open")
    assert school.told[0] == ("snoozed", "open", "grown")


def test_what_is_mended_while_it_sleeps_is_solved_and_shows_when_it_returns(school: School) -> None:
    school.settle("snoozed", until=FRIDAY)
    school.at(hours=1).push(*WELL)
    assert states(school.service)[EMAIL] == ("resolved", "fixed")
    school.at(hours=2).push(*ILL)
    assert (states(school.service)[EMAIL], school.listed) == (("back", None), ["I-1"])


def test_a_waived_issue_waits_for_nobody_until_its_last_day_is_over(school: School) -> None:
    school.settle("waived", until=TUESDAY, reason="An external jury")
    school.at(hours=6).push(*WELL)
    school.at(hours=12).push(*ILL)
    # It came back while the waiver holds.
    assert (states(school.service)[EMAIL], school.listed) == (("waived", None), ["S-1"])
    school.at(days=1, hours=13)
    assert school.listed == ["S-1"]
    school.at(days=1, hours=15)
    assert sorted(school.listed) == ["I-1", "S-1"]


def test_what_is_said_to_be_solved_comes_back_with_the_next_run_that_finds_it(school: School) -> None:
    school.settle("resolved", reason="Typed it in")
    assert (school.listed, states(school.service)[EMAIL]) == (["S-1"], ("resolved", "by_hand"))
    school.at(hours=1).push(*ILL)
    assert (school.listed, states(school.service)[EMAIL]) == (["I-1"], ("back", None))


def test_each_act_can_be_taken_back_by_hand(school: School) -> None:
    for state, more in (
        ("snoozed", {"until": FRIDAY}),
        ("waived", {"until": FRIDAY, "reason": "Known"}),
        ("resolved", {}),
    ):
        school.settle(state, **more)
        assert "I-1" not in school.listed
        school.settle("open")
        assert "I-1" in school.listed
        assert school.told[0] == (state, "open", "by_hand")


@pytest.mark.parametrize(
    ("settlement", "code"),
    [
        (Settlement("snoozed"), "no_end"),
        (Settlement("snoozed", until=date(2026, 11, 23)), "past"),
        (Settlement("waived", until=FRIDAY), "no_reason"),
        (Settlement("waived", until=FRIDAY, reason="  "), "no_reason"),
        (Settlement("waived", reason="Known"), "no_end"),
        (Settlement("waived", until=date(2026, 11, 22), reason="Known"), "past"),
        (Settlement("open"), "already_open"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(school: School, settlement: Settlement, code: str) -> None:
    with pytest.raises(CannotSettle) as refused:
        school.service.settle("north", school.id, settlement, "Nora")
    assert refused.value.code == code
    assert school.issue.state == "new"
    assert len(school.told) == 1


def test_what_a_run_found_to_be_solved_is_not_opened_by_hand(school: School) -> None:
    school.at(hours=1).push(*WELL)
    for wanted, code in ((Settlement("open"), "not_by_hand"), (Settlement("resolved"), "solved")):
        with pytest.raises(CannotSettle) as refused:
            school.service.settle("north", school.id, wanted, "Nora")
        assert refused.value.code == code
    with pytest.raises(UnknownIssue):
        school.service.settle("north", "nothing", Settlement("open"), "Nora")


WAIVED = """
waivers:
  - {rule: instructor.email_missing, records: [I-1], reason: An external jury, until: 2026-11-24}
"""


def test_the_customers_file_waives_and_takes_back(database: Database, tmp_path: Path) -> None:
    school = School(database, tmp_path, north=PLAIN + WAIVED)
    assert (states(school.service)[EMAIL], school.listed) == (("waived", None), ["S-1"])
    assert (school.issue.reason, school.issue.settled_by) == ("An external jury", "rules")
    for state in ("open", "resolved", "snoozed"):
        with pytest.raises(CannotSettle, match="customer's file"):
            school.settle(state, until=FRIDAY)
    (tmp_path / "customers" / "north.yaml").write_text(PLAIN, "utf-8")
    school = _again(database, tmp_path)
    school.at(hours=1).push(*ILL)
    assert (states(school.service)[EMAIL], school.listed) == (("open", None), ["I-1"])
    assert school.told[0] == ("waived", "open", "withdrawn")
    (tmp_path / "customers" / "north.yaml").write_text(PLAIN + WAIVED, "utf-8")
    school = _again(database, tmp_path)
    school.at(hours=2).push(*ILL)
    assert states(school.service)[EMAIL] == ("waived", None)
    (again,) = school.service.history("north").items[0].happenings
    assert (again.before, again.after, again.reason, again.by) == ("open", "waived", "An external jury", "rules")
    school.at(days=2).push(
        WITHOUT_EMAIL, LOU, changed(ALGEBRA, starts_at=later(days=3), ends_at=later(days=3, hours=1))
    )
    assert states(school.service)[EMAIL] == ("open", None)


def _again(database: Database, folder: Path) -> School:
    """The same school, its file read anew."""
    school = School.__new__(School)
    school.now = NOW
    school.service = a_service(database, folder, north=(folder / "customers" / "north.yaml").read_text("utf-8"))
    school.service.clock = lambda: school.now
    return school


def test_a_waiver_of_the_file_is_no_edit_of_the_rules(sqlite_database: Database, tmp_path: Path) -> None:
    school = School(sqlite_database, tmp_path)
    version = school.service.rulebook("north").version
    school.service = a_service(sqlite_database, tmp_path, north=PLAIN + WAIVED)
    school.service.clock = lambda: school.now
    assert school.service.rulebook("north").version == version
    school.at(hours=1).push(*WELL)
    assert states(school.service)[EMAIL] == ("resolved", "fixed")


def test_acts_by_hand_stand_in_the_history_of_the_day_on_which_they_were_done(school: School) -> None:
    school.at(days=1, hours=1).settle("snoozed", until=FRIDAY, reason="Back on Friday")
    first = school.service.history("north").items[0]
    assert (first.by_hand, first.name, first.at) == (True, "Ada Lund", NOW + timedelta(days=1, hours=1))
    (one,) = first.happenings
    assert (one.before, one.after, one.reason, one.by) == ("new", "snoozed", "Back on Friday", "Nora")
    assert school.service.explain("north", "instructor", "I-1").history[0].by == "Nora"


def test_a_session_with_its_own_cause_solved_by_hand_is_seen_again(school: School) -> None:
    assert school.listed == ["I-1"]
    school.settle("resolved")
    assert school.listed == ["S-1"]
    school.at(hours=1).push(ADA, LOU, ALGEBRA)
    assert school.listed == []
