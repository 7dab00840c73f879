"""What a customer's file accepts as it is, and what is told of a waiver that is not right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.engine.rule_folders import CUSTOMER, problems, rulebook

WAIVED = """\
waivers:
  - rule: session.no_instructor
    records: [904412, "00318"]
    reason: Juries have no instructor
    until: 2027-06-30
"""


def test_a_waiver_names_a_rule_records_a_reason_and_a_last_day(tmp_path: Path) -> None:
    (waiver,) = rulebook(tmp_path, customer=CUSTOMER + WAIVED).customer.waivers
    assert (waiver.rule, waiver.kind, waiver.source_ids) == ("session.no_instructor", "session", ("904412", "00318"))
    assert (waiver.reason, waiver.until) == ("Juries have no instructor", date(2027, 6, 30))


def test_a_finding_of_the_engines_own_is_waived_for_a_kind(tmp_path: Path) -> None:
    written = "waivers: [{rule: record.invalid, kind: learner, records: [7], reason: Known, until: 2027-06-30}]\n"
    (waiver,) = rulebook(tmp_path, customer=CUSTOMER + written).customer.waivers
    assert (waiver.rule, waiver.kind) == ("record.invalid", "learner")


def test_a_waiver_changes_no_decision_and_so_no_version(tmp_path: Path) -> None:
    plain = rulebook(tmp_path / "plain")
    assert rulebook(tmp_path / "waived", customer=CUSTOMER + WAIVED).version == plain.version


@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        ("waivers: no", "wrong-shape", "`waivers`"),
        ("waivers: [session.no_instructor]", "wrong-shape", "a waiver is a mapping"),
        ("waivers: [{records: [7], reason: Known, until: 2027-06-30}]", "missing-key", "a waiver has no `rule`"),
        (
            "waivers: [{rule: session.no_instructor, reason: Known, until: 2027-06-30}]",
            "missing-key",
            "a waiver has no `records`",
        ),
        (
            "waivers: [{rule: session.no_instructor, records: [7], until: 2027-06-30}]",
            "missing-key",
            "a waiver has no `reason`",
        ),
        (
            "waivers: [{rule: session.no_instructor, records: [7], reason: Known}]",
            "missing-key",
            "a waiver has no `until`",
        ),
        (
            "waivers: [{rule: session.no_instructor, records: [], reason: Known, until: 2027-06-30}]",
            "empty",
            "`records` lists nothing",
        ),
        (
            "waivers: [{rule: session.no_instructor, records: [7], reason: Known, until: 30/06/2027}]",
            "bad-time",
            "is no day",
        ),
        (
            "waivers: [{rule: session.no_instructer, records: [7], reason: Known, until: 2027-06-30}]",
            "unknown-rule",
            "there is no rule ‘session.no_instructer’ to waive",
        ),
        (
            "waivers: [{rule: session.no_instructor, kind: learner, records: [7], reason: Known, until: 2027-06-30}]",
            "unknown-kind",
            "is not for records of the kind ‘learner’",
        ),
        (
            "waivers: [{rule: record.invalid, records: [7], reason: Known, until: 2027-06-30}]",
            "missing-key",
            "is for records of any kind",
        ),
        (
            "waivers: [{rule: session.no_instructor, records: [7], reason: Known, until: 2027-06-30, by: me}]",
            "unknown-key",
            "a waiver has no ‘by’",
        ),
    ],
)
def test_what_is_wrong_with_a_waiver_is_told_at_its_place(tmp_path: Path, written: str, code: str, said: str) -> None:
    found = problems(tmp_path, customer=CUSTOMER + written + "\n")
    assert [problem.code for problem in found] == [code]
    assert said in found[0].message
    assert found[0].place.line == CUSTOMER.count("\n") + 1
