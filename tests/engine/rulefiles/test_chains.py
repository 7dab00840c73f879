"""Kept chains: laid once whoever asks, never of files as they were, and only so many."""

from __future__ import annotations

import shutil
from pathlib import Path

from connectors.registry import catalogue
from engine.model.package_files import RULES
from engine.rulefiles.chains import MOST_BASES, MOST_CHAINS, Chain, Chains
from engine.rulefiles.folders import BASE
from engine.rulefiles.loader import Loader


def test_two_loaders_of_one_folder_have_the_same_rules_until_a_file_is_edited(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    path = tmp_path / "rules" / "base" / "learner.yaml"
    one, other = (Loader(path.parents[1], catalogue()) for _ in range(2))
    same = [loader.rulebook(BASE).rule("learner.email_missing") for loader in (one, other)]
    assert same[0] is same[1]
    assert other.files.is_as_read(path)
    written = path.read_text("utf-8")
    path.write_text(written.replace("learner.email_missing:", "learner.email_absent:"), "utf-8")
    assert not other.files.is_as_read(path)
    for loader in (other, one):
        assert "learner.email_absent" in {rule.id for rule in loader.rulebook(BASE).rules}


def test_the_oldest_base_goes_with_all_that_was_laid_over_it() -> None:
    kept = Chains()
    for number in range(MOST_BASES + 1):
        for key in ((number,), (number, "a"), (number, "a", "b")):
            kept.keep(Chain(key))
    assert [kept.get(key) for key in ((0,), (0, "a"), (0, "a", "b"))] == [None] * 3
    assert kept.get((1, "a", "b")) is not None


def test_only_so_many_are_kept_and_the_base_stays() -> None:
    kept = Chains()
    kept.keep(Chain(("base",)))
    for number in range(MOST_CHAINS):
        kept.keep(Chain(("base", number)))
    assert kept.get(("base", 0)) is None
    assert kept.get(("base",)) is not None
    assert kept.get(("base", MOST_CHAINS - 1)) is not None
