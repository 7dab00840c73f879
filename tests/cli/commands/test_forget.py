"""`muster forget`: one person's data taken away."""

from __future__ import annotations

from tests.cli.conftest import Muster, Seeded


def test_a_person_is_forgotten_only_when_somebody_says_yes(muster: Muster, stored: Seeded) -> None:
    flagged = next(row for row in stored.service.issues("norvane").items if row.kind == "learner")
    refused = muster("forget", "norvane", "learner", flagged.source_id)
    assert (refused.status, refused.out) == (2, "")
    assert "Repeat it with --yes" in refused.err
    told = muster("forget", "norvane", "learner", flagged.source_id, "--yes")
    assert told.status == 0
    assert "1  learner deleted" in told.out
    assert muster("explain", "norvane", "learner", flagged.source_id).status == 1
    again = muster("forget", "norvane", "learner", flagged.source_id, "--yes")
    assert again.out == "Nothing was stored of that person.\n"
    assert muster("forget", "norvane", "session", "1", "--yes").status == 2
