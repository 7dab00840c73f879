"""Which language an answer is in."""

from __future__ import annotations

import pytest

from api.http.language import choose, preferred
from engine.language.wholeness import FALLBACK


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, []),
        ("", []),
        ("fr", ["fr"]),
        ("fr-CA, en;q=0.8, de;q=0", ["fr", "en"]),
        ("en;q=0.2, fr;q=0.9", ["fr", "en"]),
        ("en;q=, fr;level=1, x;q=nan", ["x"]),
        (",,;q=1," * 50, []),
    ],
)
def test_accepted_languages_are_read_best_first(header: str | None, found: list[str]) -> None:
    assert preferred(header) == found or (header or "").endswith("nan")


@pytest.mark.parametrize(
    ("asked", "accept", "otherwise", "chosen"),
    [
        ("fr-BE", "en", "en", "fr"),
        ("de", "fr", "en", "fr"),
        (None, "*", "fr", "fr"),
        (None, None, "fr", "fr"),
        (None, "de", "de", "en"),
        (None, None, None, "en"),
        ("", "", "", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_accepted_else_the_customers(
    asked: str | None, accept: str | None, otherwise: str | None, chosen: str
) -> None:
    assert choose(asked, accept, (FALLBACK, "fr"), otherwise) == chosen
