from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.registry import catalogue
from engine.model.guards import GUARDS, Guards
from engine.model.package_files import RULES
from engine.model.problems import Problem, RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.library import load, load_base

NORTH = "name: North\nlanguage: en\nzone: Europe/Paris\n"


def loaded(folder: Path, customer: str = "", layer: str = "") -> Rulebook:
    """A customer's rulebook over the packaged base, and over a connector's layer where one is given."""
    (folder / "customers").mkdir(parents=True)
    used = "source: {connector: pushed, system: Ypareo, layer: ypareo}\n" if layer else ""
    (folder / "customers" / "north.yaml").write_text(NORTH + used + customer, encoding="utf-8")
    if layer:
        (folder / "connectors").mkdir()
        (folder / "connectors" / "ypareo.yaml").write_text(layer, encoding="utf-8")
    return load(folder, "north", catalogue())


def problems(folder: Path, written: str) -> list[Problem]:
    with pytest.raises(RuleFileError) as caught:
        loaded(folder, written)
    return list(caught.value.problems)


def test_every_guard_is_on_for_everybody_and_documented_in_place() -> None:
    guards = load_base(RULES, catalogue()).guards
    assert {name: getattr(guards, name).then for name in GUARDS} == {
        "nothing_received": "hold",
        "removals": "hold",
        "verdict_jump": "hold",
        "field_gone": "hold",
        "stale_source": "warn",
        "not_arrived": "warn",
    }
    assert (guards.removals.percent, guards.verdict_jump.percent) == (10, 10)
    written = (RULES / "base" / "guards.yaml").read_text("utf-8").splitlines()
    for name in (*GUARDS, "out_of_term"):
        assert written[written.index(f"  {name}:") - 1].startswith("  #"), name


def test_where_no_layer_says_anything_no_guard_is_on() -> None:
    assert {getattr(Guards(), name).then for name in GUARDS} == {"off"}


def test_a_later_layer_changes_only_the_figures_it_names(tmp_path: Path) -> None:
    guards = loaded(
        tmp_path / "three",
        "guards:\n  removals: {percent_of: {session: 40}}\n  stale_source: {then: hold}\n",
        "guards:\n  removals: {percent: 20, percent_of: {learner: 5}}\n",
    ).guards
    assert (guards.removals.then, guards.removals.percent, guards.removals.at_least) == ("hold", 20, 10)
    # A mapping is replaced, as settings are.
    assert (guards.removals.limit("session"), guards.removals.limit("learner")) == (40, 20)
    assert (guards.stale_source.then, guards.stale_source.limit("SIS")) == ("hold", 48)


def test_the_days_out_of_term_are_whole_days_both_included(tmp_path: Path) -> None:
    out = loaded(
        tmp_path, "guards:\n  out_of_term: {starts_on: 2027-07-05, ends_on: 2027-09-10, percent: 55}\n"
    ).guards.out_of_term
    days = (date(2027, 7, 4), date(2027, 7, 5), date(2027, 9, 10), date(2027, 9, 11))
    assert [out.holds_on(day) for day in days] == [False, True, True, False]
    assert out.percent == 55


def test_a_guard_is_part_of_the_version(tmp_path: Path) -> None:
    plain = loaded(tmp_path / "a").version
    assert loaded(tmp_path / "b", "guards: {}\n").version == plain
    assert loaded(tmp_path / "c", "guards: {removals: {percent: 10}}\n").version == plain
    assert loaded(tmp_path / "d", "guards: {removals: {percent: 11}}\n").version != plain


def test_what_is_wrong_in_guards_is_told_all_at_once_with_its_place(tmp_path: Path) -> None:
    written = """\
guards:
  removal: {percent: 10}
  removals: {percent: 120, percents: 3, percent_of: {sessions: 10, learner: 0.5}}
  verdict_jump: {then: holds, percent: 10%}
  nothing_received: hold
  stale_source: {hours: yes, hours_of: {SIS: 0}}
  out_of_term: {starts_on: 2027-09-01, ends_on: 2027-08-01}
  field_gone: {at_least: 0}
"""
    told = [(one.place.line - 3, one.code) for one in problems(tmp_path, written)]
    assert told == [
        (2, "unknown-key"),
        (3, "bad-guard"),
        (3, "unknown-key"),
        (3, "unknown-kind"),
        (3, "wrong-type"),
        (4, "unknown-word"),
        (4, "wrong-type"),
        (5, "wrong-shape"),
        (6, "wrong-type"),
        (6, "bad-guard"),
        (7, "bad-guard"),
        (8, "bad-guard"),
    ]
