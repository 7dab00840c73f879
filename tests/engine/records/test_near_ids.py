"""Ids that differ only in case, zeros or spaces."""

from __future__ import annotations

import pytest

from engine.records.near_ids import folds, near_id


@pytest.mark.parametrize("written", ["4471", "04471", " 004471", "00 4471"])
def test_zeros_and_spaces_that_a_spreadsheet_took_or_gave_are_seen_through(written: str) -> None:
    assert near_id(written, folds(["004471", "0815"])) == "004471"


def test_case_is_seen_through() -> None:
    assert near_id("b-12A", folds(["B-12a"])) == "B-12a"


def test_where_two_may_be_meant_none_is() -> None:
    assert near_id("7", folds(["07", "007"])) is None


def test_an_id_that_is_there_is_not_a_near_one() -> None:
    assert near_id("7", folds(["7"])) is None
    assert near_id("000", folds(["0", "00"])) is None
    assert near_id("8", folds(["7"])) is None
