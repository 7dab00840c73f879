"""Folding: the form in which emails and names are compared, never shown."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Literal

from engine.records.limits import MOST_MARKS

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and an accent; ß becomes ss when case is folded."""
_ACCENTS = re.compile("[\u0300-\u036f]")
"""Only these: vowel signs of other scripts are combining marks too, and make another name."""
_BETWEEN = re.compile(r"[\s\-‐-―'’‘ʼ´`|.,_]+")


_FOREIGN = re.compile(rf"[^\0-\u02ff]{{{MOST_MARKS + 1}}}")
"""Without such a run there cannot be so many marks on a letter; texts of most languages are through with it at once."""
_MADE_OF_MARKS = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""No marks themselves; taken apart they are."""


def _is_mark(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or letter in _MADE_OF_MARKS


def is_crowded(text: str) -> bool:
    """Whether more marks stand on one letter than any writing has. Asked before a text is put into a normal form: that
    takes the square of their number."""
    if text.isascii() or _FOREIGN.search(text) is None:
        return False
    return any(marks and sum(1 for _ in run) > MOST_MARKS for marks, run in groupby(text, _is_mark))


def normal(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """A text in one of Unicode's normal forms, whoever wrote it; of a crowd of marks on one letter the first stay."""
    if is_crowded(text):
        runs = ("".join(run)[: MOST_MARKS if marks else None] for marks, run in groupby(text, _is_mark))
        text = "".join(runs)
    return unicodedata.normalize(form, text)


def fold_email(email: str) -> str:
    """Trimmed, case-folded, NFC; empty when blank."""
    folded = email.strip().casefold()
    return folded if folded.isascii() else normal("NFC", folded)


def fold_name(name: str) -> str:
    """Without accents and case; spaces, hyphens and apostrophes are one space. Empty when nothing remains."""
    if not name.isascii():
        name = _ACCENTS.sub("", normal("NFKD", name)).casefold().translate(_LETTERS)
        # Folding case can bring an accent back: İ becomes i and a dot.
        name = _ACCENTS.sub("", name)
    else:
        name = name.casefold()
    return name if name.isalpha() else _BETWEEN.sub(" ", name).strip()
