"""Ids made of names."""

from __future__ import annotations

from connectors.reading.ids import fit, hashed


def test_an_id_made_of_a_name_is_stable_keyed_and_shows_nothing() -> None:
    one = hashed(b"norvane", "Élia  Vasserot", "2006-02-03")
    assert one == hashed(b"norvane", "e\u0301lia vasserot", "2006-02-03")
    assert one != hashed(b"other", "Élia Vasserot", "2006-02-03")
    assert one != hashed(b"norvane", "Élia", "Vasserot2006-02-03")
    assert len(one) == 20
    assert fit(b"norvane", "4471") == "4471"
    assert "@" not in fit(b"norvane", "mina@example.org")
