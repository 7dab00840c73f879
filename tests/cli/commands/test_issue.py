"""`muster issue`: the feed in the terminal, and what a person says of an issue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Muster, Seeded


@pytest.fixture
def norvane(muster: Muster, stored: Seeded) -> Muster:
    """Commands over a copy of the seeded database, which may be changed."""
    return muster


def first(muster: Muster, *more: str) -> dict[str, Any]:
    told = muster("issue", "list", "norvane", "--limit", "1", "--format", "json", *more)
    issue: dict[str, Any] = json.loads(told.out)["items"][0]["issues"][0]
    return issue


def test_the_list_says_what_is_wrong_with_whom_and_how_many_wait(norvane: Muster) -> None:
    told = norvane("issue", "list", "norvane", "--sort", "frees", "--limit", "3")
    assert told.status == 1
    head, *rows = told.out.splitlines()
    assert head.split() == ["issue", "kind", "name", "state", "waiting", "rule"]
    assert [row.split()[1] for row in rows[:2]] == ["instructor", "instructor"]
    assert "only wait for these" in told.err
    assert "The first 3 of" in told.err
    assert "only wait" not in norvane("issue", "list", "norvane", "--all").err


def test_an_issue_is_shown_with_what_waits_for_it(norvane: Muster) -> None:
    issue = first(norvane, "--sort", "frees")
    told = norvane("issue", "show", "norvane", issue["id"], "--language", "en")
    assert told.status == 0
    assert "waits for this: session" in told.out


def test_an_issue_is_snoozed_waived_solved_and_reopened(norvane: Muster) -> None:
    issue = first(norvane)["id"]
    assert "snoozed until" in norvane("issue", "snooze", "norvane", issue, "--until", "2099-01-31").out
    assert "until it grows" in norvane("issue", "snooze", "norvane", issue, "--until-it-grows").out
    waived = norvane(
        "issue", "waive", "norvane", issue, "--until", "2099-01-31", "--reason", "Known", "--format", "json"
    )
    assert json.loads(waived.out)["issue"]["reason"] == "Known"
    assert "resolved (by_hand)" in norvane("issue", "resolve", "norvane", issue).out
    assert ", open" in norvane("issue", "reopen", "norvane", issue).out.splitlines()[0]


def test_who_settles_an_issue_stands_by_name_in_its_history(norvane: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "orla")
    issue = first(norvane)["id"]
    for given, by in ((("--by", "Ada Lund"), "Ada Lund"), ((), "command (orla)")):
        until = ("--until", "2099-01-31", "--reason", "Known")
        assert f"reason: Known ({by})" in norvane("issue", "waive", "norvane", issue, *until, *given).out
        assert norvane("issue", "reopen", "norvane", issue, *given).status == 0


def test_what_cannot_be_done_is_told_in_a_sentence(norvane: Muster) -> None:
    issue = first(norvane)["id"]
    for arguments, said in (
        (("snooze", "norvane", issue), "The snooze has no end."),
        (("snooze", "norvane", issue, "--until", "Monday"), "'Monday' is no day."),
        (("waive", "norvane", issue, "--until", "2020-01-31", "--reason", "Known"), "That day is past."),
        (("reopen", "norvane", issue), "This issue is open already."),
        (("show", "norvane", "nothing"), "This customer has no issue of that id."),
        (("list", "acme"), "There is no customer of that id."),
    ):
        told = norvane("issue", *arguments)
        assert told.status == 2, arguments
        assert said in told.err


def test_who_takes_an_empty_list_for_all_is_well_is_told_of_when_it_is(
    muster: Muster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules" / "customers").mkdir(parents=True)
    source = "source: {connector: records, path: away.ndjson, system: Ypareo}"
    (tmp_path / "rules" / "customers" / "north.yaml").write_text(f"name: North\nlanguage: en\nzone: UTC\n{source}\n")
    monkeypatch.setenv("MUSTER_RULES", str(tmp_path / "rules"))
    muster("db", "upgrade")
    assert muster("run", "north", "--by", "schedule").status == 1
    told = muster("issue", "list", "north")
    assert told.status == 1
    assert "failed and changed nothing" in told.err
    assert "There has been no good exchange yet. Check the path." in told.err
    health = json.loads(muster("issue", "list", "north", "--format", "json").out)["health"]
    assert health["state"] == "failed"
