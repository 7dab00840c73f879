"""Rule files kept beyond a process: the last good ones make the same rulebook again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.problems import RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.kept_files import packed, restored
from engine.rulefiles.library import Library
from engine.rulefiles.loader import Loader
from tests.engine.rule_folders import CATALOGUE, CUSTOMER, write

FILE = "customers/norvane.yaml"


class Kept:
    """Keeps in memory, as a database does for every process."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.times = 0

    def keep(self, rulebook: Rulebook, files: bytes) -> None:
        self.files[rulebook.customer.id] = files
        self.times += 1

    def last(self, customer: str) -> bytes | None:
        return self.files.get(customer)


def process(folder: Path, kept: Kept) -> Library:
    """A process that begins."""
    library = Library(folder, CATALOGUE)
    library.keeper = kept
    return library


def test_a_broken_file_leaves_what_an_earlier_process_found_good_in_force(tmp_path: Path) -> None:
    kept, folder = Kept(), write(tmp_path, {FILE: CUSTOMER})
    good = process(folder, kept).rulebook("norvane")
    write(tmp_path, {FILE: CUSTOMER + "\nrules: {nothing.of_the_kind: {then: flagg}}\n"})
    library = process(folder, kept)
    again = library.rulebook("norvane")
    assert (again.version, [rule.place for rule in again.rules]) == (good.version, [rule.place for rule in good.rules])
    assert library.problems("norvane")
    assert kept.times == 1
    (tmp_path / FILE).unlink()
    with pytest.raises(KeyError):
        process(folder, kept).rulebook("norvane")


def test_where_nothing_was_ever_good_its_problems_are_all_there_is(tmp_path: Path) -> None:
    folder = write(tmp_path, {FILE: "name: ["})
    with pytest.raises(RuleFileError):
        process(folder, Kept()).rulebook("norvane")


def test_what_was_written_after_it_was_read_is_not_kept_as_good(tmp_path: Path) -> None:
    loader = Loader(write(tmp_path, {FILE: CUSTOMER}), CATALOGUE)
    rulebook = loader.rulebook("norvane")
    write(tmp_path, {FILE: CUSTOMER + "# and one more word\n"})
    assert packed(loader, rulebook) is None


def test_files_that_this_program_no_longer_takes_are_none(tmp_path: Path) -> None:
    loader = Loader(write(tmp_path, {FILE: CUSTOMER}), CATALOGUE)
    files = packed(loader, loader.rulebook("norvane"))
    assert files is not None
    assert restored(files, "norvane", CATALOGUE, allow_private_hosts=False) is not None
    assert restored(files, "norvane", {}, allow_private_hosts=False) is None
