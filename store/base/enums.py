"""Words: the states of runs and issues, and what else the tables take one of several words for."""

from __future__ import annotations

from typing import Literal

Direction = Literal["downward", "upward"]
Status = Literal[
    "running",
    "completed",
    "completed_with_issues",
    "partial",
    "held",
    "approved",
    "rejected",
    "superseded",
    "failed",
    "cut_off",
]
"""`held` changed nothing and waits for a person's word; then it is `approved`, and another run did what it would have
done, `rejected`, or `superseded` by a later run. `cut_off` ended with its process and wrote nothing."""
IssueState = Literal["new", "open", "back", "snoozed", "waived", "resolved"]
"""`new`: no run has seen it again yet; `back`: it was resolved and returned, and is the same issue."""
Resolution = Literal[
    "fixed",
    "arrived",
    "rule_changed",
    "left_out",
    "left_window",
    "not_named",
    "time_passed",
    "gone",
    "not_checked",
    "by_hand",
    "unclear",
]
"""Why an issue was closed, where that is certain: what the rule reads was corrected; the platform
shows it now, or said that it took it; the rule or its settings
were edited; a skip rule now decides; the session's day is over; it no longer applies merely because days went by;
the record is no longer received; nothing names any more what never came; the rule can no longer be evaluated; somebody
said so. Else `unclear`: it no
longer matches, and nothing here proves why."""
Scope = Literal["classify", "runs", "read", "issues", "admin"]

LastRun = Literal["synced", "later", "left_out", "to_fix", "waiting", "related", "not_received", "never_received"]
"""What the last run did with a record: `later`: left out for now, by rules that time will end; `left_out`: on purpose;
`to_fix`: somebody must act; `waiting`: it only waits for what is to fix on others; `related`: it is looked at beside
others and not decided; `not_received`: its source no longer gives it; `never_received`: nothing is known of it."""

Listed = Literal["to_fix", "waiting", "later", "left_out", "synced", "not_received"]
"""Those of which a feed lists records."""

COUNTED: tuple[str, ...] = ("received", "synced", "later", "left_out", "to_fix", "waiting", "related")
"""How many records of a kind a run received, and what it did with them; these add up."""


def last_run_of(verdict: str | None, *, later: bool, folded: bool) -> LastRun:
    """What a run did with a record that it received."""
    if verdict == "skip":
        return "later" if later else "left_out"
    if verdict == "flag":
        return "waiting" if folded else "to_fix"
    return "related" if verdict is None else "synced"


FINISHED: tuple[Status, ...] = ("completed", "completed_with_issues", "partial")
"""Runs after which the platform was brought up to date."""
OPEN: tuple[IssueState, ...] = ("new", "open", "back")
"""States of an issue that waits for a person."""
PAUSED: tuple[IssueState, ...] = ("snoozed", "waived")
"""States of an issue that waits for nobody until its time is over."""
