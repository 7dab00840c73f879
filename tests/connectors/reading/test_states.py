"""The words of rosters for what is there and what is gone."""

from __future__ import annotations

import pytest

from connectors.reading.states import state_of, truth_of
from engine.records.unread import unread


@pytest.mark.parametrize("word", ["tobedeleted", "toBeDeleted", "inactive", "Deleted", "WITHDRAWN", "graduated"])
def test_who_is_gone_is_gone_by_any_usual_word(word: str) -> None:
    assert state_of(word) == "gone"


@pytest.mark.parametrize("word", ["active", "Enrolled", "", " "])
def test_who_is_there_is_there_also_without_a_word(word: str) -> None:
    assert state_of(word) == "active"


def test_a_word_that_is_not_known_is_told_and_neither() -> None:
    assert state_of("on leave") == unread("unknown_status", value="on leave")


def test_truth_is_read_as_a_spreadsheet_of_any_language_writes_it() -> None:
    assert [truth_of(word) for word in ("TRUE", "1", "vrai", "FAUX", "0", "no", "")] == [
        *(True, True, True, False, False, False, None)
    ]
    assert truth_of("perhaps") == unread("not_a_boolean_cell", value="perhaps")
