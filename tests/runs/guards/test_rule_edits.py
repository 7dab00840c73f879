"""Which edits of the rules explain what they decide, and which fields they read."""

from __future__ import annotations

from pathlib import Path

from connectors.registry import catalogue
from engine.model.rulebook import Rulebook
from engine.model.versions import parts_of
from engine.rulefiles.library import load
from runs.guards.rule_edits import Edits

NORTH = "name: North\nlanguage: en\nzone: Europe/Paris\n"


def loaded(folder: Path, more: str = "") -> Rulebook:
    (folder / "customers").mkdir(parents=True, exist_ok=True)
    (folder / "customers" / "north.yaml").write_text(NORTH + more, encoding="utf-8")
    return load(folder, "north", catalogue())


def edits(tmp_path: Path, before: str, after: str) -> Edits:
    return Edits(loaded(tmp_path, after), parts_of(loaded(tmp_path, before)))


def test_what_was_not_edited_explains_nothing(tmp_path: Path) -> None:
    found = edits(tmp_path, "", "# a remark\nsettings: {window_days: 14}\n")
    assert (found.parts, found.explains("session.outside_window")) == (frozenset(), False)
    assert Edits(loaded(tmp_path), None).explaining({"session.outside_window": 3}) == []


def test_a_setting_explains_the_rules_that_read_it(tmp_path: Path) -> None:
    found = edits(tmp_path, "", "settings: {window_days: 7, topics: [Maths]}\n")
    assert found.parts == {"setting:window_days", "setting:topics"}
    assert found.explaining({"session.outside_window": 3, "learner.no_session_in_window": 2, "session.past": 9}) == [
        ("setting:window_days", 5)
    ]


def test_a_reaction_explains_its_own_rule_and_a_message_none(tmp_path: Path) -> None:
    found = edits(tmp_path, "", "rules: {session.not_remote: {then: skip}, session.past: {fix_in: support}}\n")
    assert found.parts == {"rule:session.not_remote"}
    assert found.explains("session.not_remote")


def test_segments_explain_the_rules_that_read_them_and_a_zone_all(tmp_path: Path) -> None:
    found = edits(tmp_path, "segments: {a: {site_code: A}}\n", "segments: {a: {site_code: B}}\n")
    assert (found.explains("learner.outside_segment"), found.explains("learner.email_missing")) == (True, False)
    (tmp_path / "b").mkdir()
    before = parts_of(loaded(tmp_path / "b"))
    path = tmp_path / "b" / "customers" / "north.yaml"
    path.write_text(NORTH.replace("Paris", "London"), encoding="utf-8")
    assert Edits(load(tmp_path / "b", "north", catalogue()), before).explains("learner.email_missing")
