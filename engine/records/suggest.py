"""Suggesting: the known word that somebody probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rapidfuzz.distance import DamerauLevenshtein

CUT_OFF = 0.6
"""How alike two words must be for one to be offered instead of the other."""


FEW = 12
"""Up to so many words a hint lists all that are allowed."""


_ALSO_CALLED = {
    "begins_with": "starts_with",
    "startswith": "starts_with",
    "endswith": "ends_with",
    "like": "contains",
    "matches": "contains",
    "greater_than": "above",
    "more_than": "above",
    "less_than": "below",
    "fewer_than": "below",
    "min": "at_least",
    "max": "at_most",
    "except": "unless",
    "and": "all",
    "or": "any",
    "none": "no",
    "empty": "missing",
    "blank": "missing",
    "absent": "missing",
    "exists": "present",
    "valid": "well_formed",
    "invalid": "malformed",
    "ignore": "skip",
    "error": "flag",
    "warn": "note",
    "warning": "note",
    "disabled": "off",
    "student": "learner",
    "pupil": "learner",
    "teacher": "instructor",
    "trainer": "instructor",
    "lesson": "session",
    "course": "session",
    "french": "fr",
    "english": "en",
    "erp": "source",
}
"""What people write who know the thing by another name."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, else the only one that begins with it; None when none is like it."""
    known = tuple(known)
    best, score = None, 0.0
    folded = word.casefold()[:80]
    if _ALSO_CALLED.get(folded) in known:
        return _ALSO_CALLED[folded]
    for other in known:
        alike = DamerauLevenshtein.normalized_similarity(folded, other.casefold(), score_cutoff=CUT_OFF)
        if alike > score:
            best, score = other, alike
    if best is None and len(folded) >= 3:
        begun = [other for other in known if other.casefold().startswith(folded)]
        best = begun[0] if len(begun) == 1 else None
    return best


def did_you_mean(word: str, known: Collection[str], of: str = "") -> str:
    """A hint: the closest known word, and all of them where they are few or none is close."""
    if not known:
        return "there are none"
    best = closest(word, known)
    listed = ", ".join(known)
    name = f"{of}: " if of else ""
    if best is None:
        return f"known {of or 'words'}: {listed}"
    if len(known) <= FEW:
        return f"did you mean {best}? ({name}{listed})"
    return f"did you mean {best}?"
