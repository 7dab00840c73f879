from __future__ import annotations

from pathlib import Path

import pytest

from engine.classify import Classifier
from engine.decisions import Decision, Match
from runs.deciding import Classifiers
from runs.resolving import cause, reads_clock
from store.database import Database
from tests.runs.schools import PLAIN, a_service

SYNC = Decision("learner", "L-1", "sync")


@pytest.fixture
def classifier(sqlite_database: Database, tmp_path: Path) -> Classifier:
    edited = PLAIN + "rules: {learner.duplicate: {then: note}}\n"
    service = a_service(sqlite_database, tmp_path, north=edited)
    return Classifiers().of(service.rulebook("north"), seen_before=True)


@pytest.mark.parametrize(
    ("rule", "version", "changed", "resolution"),
    [
        ("learner.email_missing", "same", True, "fixed"),
        ("learner.email_missing", "same", False, "fixed"),
        ("learner.email_missing", "older", False, "rule_changed"),
        ("learner.email_missing", "older", True, "unclear"),
        ("session.instructor_without_email", "older", False, "unclear"),
        ("session.instructor_without_email", "same", False, "fixed"),
        ("session.instructor_changed_today", "same", True, "unclear"),
        ("learner.duplicate", "same", True, "rule_changed"),
        ("learner.of_last_year", "same", True, "rule_changed"),
        ("record.unexpected_error", "same", False, "unclear"),
        ("record.invalid", "same", True, "fixed"),
    ],
)
def test_a_fix_is_claimed_only_where_nothing_else_explains_it(
    classifier: Classifier, rule: str, version: str, changed: bool, resolution: str
) -> None:
    written_by = classifier.rulebook.version if version == "same" else "of last week"
    assert cause(rule, written_by, SYNC, classifier, changed=changed) == (resolution, None)


def test_what_a_skip_decides_is_left_out_only_if_it_is_still_wrong(classifier: Classifier) -> None:
    skip = Match("learner.left", "skip")
    still = Decision("learner", "L-1", "skip", (skip, Match("learner.email_missing", "flag")))
    mended = Decision("learner", "L-1", "skip", (skip,))
    version = classifier.rulebook.version
    assert cause("learner.email_missing", version, still, classifier, changed=True) == ("left_out", "learner.left")
    assert cause("learner.email_missing", version, mended, classifier, changed=True) == ("fixed", None)


def test_a_dormant_rule_is_not_checked(sqlite_database: Database, tmp_path: Path) -> None:
    silent = PLAIN + "source: {connector: pushed, system: Ypareo, provides: {learner: [last_name]}}\n"
    service = a_service(sqlite_database, tmp_path, north=silent)
    classifier = Classifiers().of(service.rulebook("north"), seen_before=True)
    dormant = next(
        rule.id for rule in classifier.rulebook.rules if rule.id in classifier.dormant and rule.then == "flag"
    )
    assert cause(dormant, "any", SYNC, classifier, changed=True) == ("not_checked", None)


def test_a_rule_reads_the_clock_wherever_a_time_stands_in_it(classifier: Classifier) -> None:
    reading = {rule.id for rule in classifier.rulebook.rules if rule.kind and reads_clock(rule.when)}
    assert {"session.outside_window", "session.past", "learner.no_session_in_window"} <= reading
    assert "learner.email_missing" not in reading
