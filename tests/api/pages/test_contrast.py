"""The colours of the pages: readable in light and in dark, by WCAG's own formula."""

from __future__ import annotations

import re

import pytest

from engine.model.package_files import TEMPLATES

CSS = (TEMPLATES / "static" / "muster.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
)
GROUNDS = ("paper", "sheet", "sunk")
ON_GROUNDS = ("ink", "soft", "accent", "flag", "sync", "later", "note")
PAIRS = [(ink, ground) for ink in ON_GROUNDS for ground in GROUNDS]
PAIRS += [(name, f"{name}-wash") for name in ("flag", "skip", "later", "sync", "note", "accent")]
PAIRS += [("accent-ink", "accent")]
READABLE = 4.5


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_stand_out_from_their_ground(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= READABLE


def test_both_appearances_name_the_same_colours() -> None:
    assert {*DARK} == {*LIGHT}


def test_nothing_is_loaded_from_elsewhere_and_every_colour_has_a_name() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
    rules = CSS.split("/* The frame", 1)[1]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []
