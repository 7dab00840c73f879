"""`muster key`: keys for the API."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Muster


@pytest.mark.usefixtures("database")
def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(muster: Muster) -> None:
    made = muster("key", "new", "--customer", "norvane", "--scope", "read", "--scope", "classify", "--label", "feed")
    assert made.status == 0
    key = made.out.strip()
    key_id = re.fullmatch(r"muster_([0-9a-f]+)_\S+", key)
    assert key_id
    listed = muster("key", "list").out
    assert key not in listed
    assert listed.splitlines()[1].split()[:5] == [key_id[1], "feed", "norvane", "classify", "read"]
    assert muster("key", "revoke", key_id[1]).status == 0
    assert not muster("key", "list").out.splitlines()[1].endswith("-")


@pytest.mark.usefixtures("database")
def test_a_key_for_nobody_or_nothing_known_is_wrong_use(muster: Muster) -> None:
    assert muster("key", "new").status == 2
    assert "Wanted one of harbour, norvane" in muster("key", "new", "--customer", "acme").err
    assert muster("key", "new", "--customer", "norvane", "--scope", "write").status == 2
    muster("db", "upgrade")
    assert muster("key", "revoke", "nothing").status == 2
