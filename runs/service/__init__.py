"""The service: everything the web and the terminal ask for, on one database and one folder of rules."""

from __future__ import annotations

from runs.api_keys import Keys
from runs.service import feed, readiness, records, running
from runs.service.ground import Ground


class Service(Ground):
    """One service for web and terminal alike: each question by its name, answered in the module of its area."""

    must_have_come = running.must_have_come
    push = running.push
    run = running.run
    runs = running.runs
    run_summary = running.run_summary
    held = running.held
    waiting = running.waiting
    approve = running.approve
    reject = running.reject
    guard_words = running.guard_words

    issues = feed.issues
    issue = feed.issue
    settle = feed.settle
    history = feed.history
    counts = feed.counts

    classify = records.classify
    dormant = records.dormant
    explain = records.explain
    kept = records.kept
    impact = records.impact
    unsourced = records.unsourced
    to_upload = records.to_upload
    confirm_uploaded = records.confirm_uploaded
    note_outcomes = records.note_outcomes

    health = readiness.health
    health_of = readiness.health_of

    @property
    def keys(self) -> Keys:
        """The keys that open the API."""
        return Keys(self.database)
