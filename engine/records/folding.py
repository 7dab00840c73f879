"""Folding: the form in which emails and names are compared, never shown."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and an accent; ß becomes ss when case is folded."""
_ACCENTS = re.compile("[\u0300-\u036f]")
"""Only these: vowel signs of other scripts are combining marks too, and make another name."""
_BETWEEN = re.compile(r"[\s\-‐-―'’‘ʼ´`|.,_]+")


def fold_email(email: str) -> str:
    """Trimmed, case-folded, NFC; empty when blank."""
    folded = email.strip().casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def fold_name(name: str) -> str:
    """Without accents and case; spaces, hyphens and apostrophes are one space. Empty when nothing remains."""
    if not name.isascii():
        name = _ACCENTS.sub("", unicodedata.normalize("NFKD", name)).casefold().translate(_LETTERS)
        # Folding case can bring an accent back: İ becomes i and a dot.
        name = _ACCENTS.sub("", name)
    else:
        name = name.casefold()
    return name if name.isalpha() else _BETWEEN.sub(" ", name).strip()
