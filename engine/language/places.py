"""Places: what people call the source, what stands before the platform, the platform, the settings and support."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.wholeness import FALLBACK
from engine.model.rulebook import FixIn, Rulebook


def place_name(rulebook: Rulebook, place: FixIn, language: str, words: Mapping[FixIn, str]) -> str:
    """What a place is called: as the layers say, else as the system's connector, else in the language's own words."""
    given = rulebook.places.get(place)
    if given:
        spoken = (language, FALLBACK, *given)
        return next(given[each] for each in spoken if each in given)
    use = {"source": rulebook.customer.source, "platform": rulebook.customer.platform}.get(place)
    return use.title if use is not None and use.is_named else words[place]


def sender_name(rulebook: Rulebook, language: str, words: Mapping[FixIn, str]) -> str:
    """What sends the records: what stands in between, or else the source."""
    return place_name(rulebook, "aggregator" if "aggregator" in rulebook.places else "source", language, words)
