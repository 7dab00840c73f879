"""The words of the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, nodes

from api.answers.feed_csv import COLUMNS
from api.answers.page_words import Words
from api.pages.feed import FILTERS
from api.pages.issue import ACTS
from api.showing.rendering import PAGES
from engine.explaining.explainer import Check
from engine.model.decisions import Verdict
from engine.model.rulebook import REACTIONS
from engine.records.kinds import KINDS
from runs.model.answers import Awakened, EffectKind, NextRun, OnPlatform, Unsourced
from runs.model.errors import SettleFault
from store.base.enums import PAUSED, IssueState, LastRun, Listed, Resolution, Status
from store.queries.feed import Sort

WORDS = Words()
TEMPLATES = sorted(path.name for path in PAGES.glob("*.html"))

NAMED: dict[str, tuple[str, ...]] = {
    "kind": (*KINDS, "record"),
    "kinds": (*KINDS, "record"),
    "state": get_args(IssueState),
    "reaction": REACTIONS,
    "counts": get_args(Listed),
    "verdict": get_args(Verdict),
    "resolution": get_args(Resolution),
    "run_status": get_args(Status),
    **dict.fromkeys(("last_run", "last_run_chip", "last_run_more"), get_args(LastRun)),
    **dict.fromkeys(("next_run", "next_run_short"), get_args(NextRun)),
    **dict.fromkeys(("on_sheet", "on_sheet_short"), get_args(OnPlatform)),
    # What is to be entered is only ever a sheet.
    **dict.fromkeys(("on_platform", "on_platform_short"), tuple({*get_args(OnPlatform)} - {"to_enter"})),
    "check": get_args(Check.__annotations__["answer"]) or ("ok", "problem", "unknown"),
    "filter": FILTERS,
    "csv": COLUMNS,
    "explain": ("true", "false", "unavailable"),
    "happened": (
        *(f"issue_{state}" for state in get_args(IssueState)),
        *(f"now_{presence}" for presence in ("received", "not_received", "gone", "unreadable")),
    ),
    "sort": get_args(Sort),
    "waiting": tuple(f"{kind}.one" for kind in (*KINDS, "record")),
    "paused": tuple(f"{state}_until" for state in PAUSED),
    "feed": tuple(f"also_{state}.one" for state in PAUSED),
    "settle": tuple(ACTS) + tuple(f"{act}_more" for act in ACTS),
    "cannot": get_args(SettleFault),
    "awakened": get_args(Awakened),
    "effect": get_args(EffectKind),
    "unsourced": get_args(Unsourced.__annotations__["why"]) or ("made_by_hand", "source_gone"),
    "nav": ("feed", "history", "runs", "rules"),
}
"""Words that are named by a value of the program, for each of which there must be some."""


@pytest.mark.parametrize("group", NAMED)
def test_each_value_of_the_program_has_words(group: str) -> None:
    for name in NAMED[group]:
        assert WORDS.keys["en"][f"{group}.{name}"]


def said(template: str) -> set[str]:
    """The keys that a template says by a constant; of a composed one, its beginning and a star."""
    tree = Environment(autoescape=True).parse((PAGES / template).read_text("utf-8"))
    found: set[str] = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            key = call.args[0]
            for one in (key.expr1, key.expr2) if isinstance(key, nodes.CondExpr) else (key,):
                if isinstance(one, nodes.Const):
                    found.add(one.value)
                else:
                    first = one.nodes[0] if isinstance(one, nodes.Concat) else one
                    assert isinstance(first, nodes.Const)
                    found.add(f"{first.value}*")
    return found


def test_the_templates_say_only_words_that_there_are_and_every_word_is_said() -> None:
    keys = {key.removesuffix(".one").removesuffix(".other") for key in WORDS.keys["en"]}
    used = set().union(*(said(template) for template in TEMPLATES))
    constant = {key for key in used if not key.endswith("*")}
    assert constant <= keys
    composed = tuple(key[:-1] for key in used if key.endswith("*"))
    source = "".join(path.read_text("utf-8") for path in Path("api").rglob("*.py"))
    in_program = set(re.findall(r"""["']([a-z_]+\.[a-z_]+)["']""", source))
    started = tuple(re.findall(r"""f["']([a-z_]+\.[a-z_]*){""", source))
    unsaid = {key for key in keys - constant - in_program if not key.startswith((*composed, *started))}
    assert unsaid == set()


def test_a_count_picks_the_languages_own_plural() -> None:
    assert WORDS.say("en", "feed.total", n=0) == "0 records to fix"
    assert WORDS.say("fr", "feed.total", n=0) == "0 fiche à corriger"
    assert WORDS.say("en", "feed.total", n=1) == "1 record to fix"
    assert WORDS.say("en", "feed.total", n=1234) == "1,234 records to fix"
    assert WORDS.say("fr", "feed.total", n=1234).replace("\u202f", " ") == "1 234 fiches à corriger"


def test_times_are_shown_in_the_customers_zone() -> None:
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert WORDS.day(moment, "en", "Europe/Paris") == "21 November 2026"
    assert WORDS.day(moment, "fr", "Europe/Paris") == "21 novembre 2026"
    assert WORDS.when(moment, "en", "Europe/Paris") == "Sat 21 Nov 2026, 00:30"
    assert WORDS.when(moment, "fr", "Europe/London") == "ven. 20 nov. 2026, 23:30"


def test_french_writes_the_first_of_a_month_in_its_own_way() -> None:
    moment = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert WORDS.day(moment, "fr", "Europe/Paris") == "1er décembre 2026"
    assert WORDS.when(moment, "fr", "Europe/Paris") == "mar. 1er déc. 2026, 10:00"
    assert WORDS.day(moment, "en", "Europe/Paris") == "1 December 2026"
