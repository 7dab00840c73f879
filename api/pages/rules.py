"""The rules in force, by kind, in the order in which they decide."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers.rulebook import RuleInForce, SettingInForce, in_words
from api.showing.rendering import PageView
from api.showing.visits import Visiting
from engine.model.rulebook import FIX_IN, FixIn

router = APIRouter(include_in_schema=False)


class RulesView(PageView, frozen=True):
    """The rules in force, by kind."""

    kinds: tuple[tuple[str, tuple[RuleInForce, ...]], ...]
    settings: tuple[SettingInForce, ...]
    places: dict[FixIn, str]
    """What the places are called in which rules say to mend."""


@router.get("/customers/{customer}/rules")
def show_rules(visit: Visiting) -> Response:
    rulebook = visit.reader.rulebook
    answered = in_words(visit.service.messages, rulebook, visit.service.dormant(visit.customer), visit.reader.language)
    kinds: dict[str, list[RuleInForce]] = {}
    for rule in answered.rules:
        kinds.setdefault(rule.kind or "record", []).append(rule)
    by_kind = tuple((kind, tuple(rules)) for kind, rules in kinds.items())
    places = {place: visit.reader.place(place) or "" for place in FIX_IN}
    return visit.shown(RulesView(by_kind, tuple(answered.settings), places), "rules")
