"""Checks of places: what a message says to do is done where the label beside it says, whatever stands in between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from engine.analysis.causes import WAITS
from engine.language.renderer import UNRENDERABLE, Messages, is_customers
from engine.model.decisions import UNUSABLE, Facts, mended_in
from engine.model.problems import Place, Problem
from engine.model.rulebook import FIX_IN, FixIn, MessageText, Rule, Rulebook


def misplaced(
    messages: Messages,
    language: str,
    message: MessageText,
    rule: Rule,
    rulebook: Rulebook,
    tried: Iterable[Facts],
    place: Place,
) -> Iterator[Problem]:
    """A flag's text on what to do that does not name the place of its `fix_in`, or another one first.

    What only waits for another record's issue names none: that one says where.
    """
    if rule.then != "flag" or rule.fix_in is None:
        return
    own = is_customers(rule, rulebook)
    there = [name for name in FIX_IN if name != "aggregator" or name in rulebook.places]
    marked = msgspec.structs.replace(rulebook, places={name: {language: _mark(name)} for name in there})
    for facts in tried:
        wanted = (mended_in(facts.kind, facts.errors) if rule.id in UNUSABLE else None) or rule.fix_in
        try:
            said = messages.rendered(message.fix, language, facts, marked)
        except UNRENDERABLE:
            return  # told as what it is
        words = messages.language(language).phrases
        # An id that what stands in between gave is called by it, and is no place.
        given = re.escape(words.sender_id.format(sender=_mark("aggregator"), id="\0")).replace("\0", r"\w+")
        named = _named(re.sub(given, "", said), words.named_by)
        # A customer's own text may name nobody: it tells its own people whom to call.
        if named[:1] == ((wanted,) if rule.id != WAITS else ()) or (own and (not named or wanted in named)):
            continue
        found = f"the fix of {rule.id} in ‘{language}’ says to mend it in {' and '.join(named) or 'no place'}"
        hint = f"`fix_in: {wanted}` stands beside it as the place to mend: name that one first"
        if rule.id == WAITS:
            hint = "name no place: the issue that it waits for says where"
        yield Problem(
            place, "other-place", f"{found}, first of all" if named else found, hint, "warning" if own else "error"
        )
        return


def literal(text: str, rule: Rule, rulebook: Rulebook, language: str, place: Place, which: str) -> Iterator[Problem]:
    """Places that a layer's text calls by a name of their own, which another layer or customer may call otherwise."""
    customer = rulebook.customer
    names = {given[language] for given in rulebook.places.values() if language in given}
    names |= {use.title for use in (customer.source, customer.platform) if use is not None and use.is_named}
    for name in sorted(names):
        if re.search(rf"\b{re.escape(name)}\b", text) and len(name) < len(text):
            found = f"the {which} of {rule.id} in ‘{language}’ has the name “{name}” written into it"
            yield Problem(place, "other-place", found, "write {{ source }}, {{ sender }} or {{ platform }}", "warning")


def _mark(place: FixIn) -> str:
    return f"⟦{place}⟧"


def _named(text: str, by: dict[FixIn, str]) -> tuple[FixIn, ...]:
    """The places that a text names, in its order."""
    found = {place: text.find(_mark(place)) for place in FIX_IN}
    for place, word in by.items():
        match = re.search(rf"\b{re.escape(word)}\b", text)
        found[place] = match.start() if match else -1
    return tuple(sorted((place for place, at in found.items() if at >= 0), key=lambda place: found[place]))
