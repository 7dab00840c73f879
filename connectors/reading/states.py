"""The words that rosters use for states: who and what still belongs there, and what no longer does."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from engine.records.unread import Unread, shown, unread

State = Literal["active", "gone"]

_WORDS: dict[State, str] = {
    "active": "active current enrolled registered open started",
    "gone": (
        "tobedeleted inactive deleted removed withdrawn left transferred graduated completed concluded ended closed "
        "dropped expelled archived disabled former leaver unenrolled cancelled canceled"
    ),
}
_STATES: dict[str, State] = {word: state for state, words in _WORDS.items() for word in words.split()}
_YES = frozenset(["true", "1", "yes", "y", "vrai", "oui", "enabled", "active"])
_NO = frozenset(["false", "0", "no", "n", "faux", "non", "disabled", "inactive"])
"""A spreadsheet writes truth in the language of its user."""


@lru_cache(4096)
def state_of(word: str) -> State | Unread:
    """What a source's word for a state is to us, whatever its case; no word at all is active, as the standards say.

    A word that is not known is told: who is gone must not be taken for somebody who is there, nor the other way.
    """
    if not word.strip():
        return "active"
    known = _STATES.get("".join(letter for letter in word.casefold() if letter.isalnum()))
    return known or unread("unknown_status", **shown(word))


@lru_cache(64)
def truth_of(word: str) -> bool | Unread | None:
    """Yes, no, nothing for no word at all."""
    folded = word.strip().casefold()
    if not folded:
        return None
    return True if folded in _YES else False if folded in _NO else Unread("not_a_boolean_cell", values=shown(word))
