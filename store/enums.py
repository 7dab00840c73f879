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
    "fixed", "rule_changed", "left_out", "left_window", "time_passed", "gone", "not_checked", "by_hand", "unclear"
]
"""Why an issue was closed, where that is certain: what the rule reads was corrected; the rule or its settings
were edited; a skip rule now decides; the session's day is over; it no longer applies merely because days went by;
the record is no longer received; the rule can no longer be evaluated; somebody said so. Else `unclear`: it no
longer matches, and nothing here proves why."""
Scope = Literal["classify", "runs", "read", "issues", "admin"]

FINISHED: tuple[Status, ...] = ("completed", "completed_with_issues", "partial")
"""Runs after which the platform was brought up to date."""
OPEN: tuple[IssueState, ...] = ("new", "open", "back")
"""States of an issue that waits for a person."""
PAUSED: tuple[IssueState, ...] = ("snoozed", "waived")
"""States of an issue that waits for nobody until its time is over."""
