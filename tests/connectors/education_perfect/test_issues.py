"""What Education Perfect reports of a sync, by our rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.contract import Fetch, Refused
from connectors.education_perfect.issues import Reported, read_issues, rule_of
from connectors.registry import catalogue
from engine.model.package_files import RULES
from engine.rulefiles.library import load_base

HEADER = "Integration Source ID,EP Entity Type,Entity Name,MIS ID,Error Message"


def told(folder: Path, text: str) -> tuple[list[Reported], Fetch]:
    path = folder / "issues.csv"
    path.write_text(text)
    fetch = Fetch()
    return list(read_issues(path, fetch)), fetch


def test_a_row_is_named_by_our_rule(tmp_path: Path) -> None:
    found, fetch = told(
        tmp_path,
        f"{HEADER}\n"
        "A1029384,Student,Mina Okparo,4471,User is missing an email\n"
        "A900,Teacher,Orla Quist,318,Email doesn’t match invite settings\n"
        "A301,Class,,C-301,Missing class name\n"
        "A77,Users,Jon Abelard,,Users have duplicate emails\n"
        'A78,Student,Sami Ndao,4472,"User matched, but role is different to what was expected"\n',
    )
    assert found == [
        Reported("learner", "A1029384", "4471", "learner.email_missing", "issues.csv:2"),
        Reported("instructor", "A900", "318", "instructor.email_outside_domains", "issues.csv:3"),
        Reported("class", "A301", "C-301", "class.name_missing", "issues.csv:4"),
        Reported("person", "A77", None, "record.role_unknown", "issues.csv:5"),
        Reported("learner", "A78", "4472", "learner.role_mismatch", "issues.csv:6"),
    ]
    assert fetch.invalid == []


def test_our_own_csv_is_read_by_its_column_of_rules(tmp_path: Path) -> None:
    header = f"{HEADER.replace('EP Entity', 'Entity')},What to do,Rule"
    text = f"{header}\nA1,Learner,Mina Okparo,4471,Not synced,,learner.left\n"
    assert [(each.kind, each.rule) for each in told(tmp_path, text)[0]] == [("learner", "learner.left")]


def test_what_is_no_issue_is_told_by_its_place(tmp_path: Path) -> None:
    found, fetch = told(
        tmp_path, f"{HEADER}\n,Student,Mina Okparo,1,x\nA1,School,Norvane,1,x\nA2,Student,Sami Ndao,2,?\n"
    )
    assert [(each.source_id, each.rule) for each in found] == [("A2", None)]
    assert [each.source_id for each in fetch.invalid] == ["issues.csv:2", "issues.csv:3"]
    assert "Mina" not in repr(fetch.invalid)


def test_another_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="EP Entity Type"):
        told(tmp_path, "Integration Source ID,Error Message\nA1,x\n")


MESSAGES = (
    "User is missing an email",
    "Email doesn't match invite settings",
    "User matched, but role is different to what was expected",
    "Found multiple users, couldn't determine correct match",
    "Users have duplicate emails",
    "User's username is currently in use",
    "Missing class name",
    "An unexpected error has occurred, check again after your school's next sync",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_has_a_rule_that_there_is(message: str) -> None:
    rules = {rule.id for rule in load_base(RULES, catalogue()).rules}
    kinds = ["class"] if "class name" in message else ["learner", "instructor", "person"]
    for kind in kinds:
        assert rule_of(kind, message) in rules
