"""Near ids: which known id somebody meant whose own differs only in case, in zeros before it, or in spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Folds = Mapping[str, str | None]
"""What is left of an id when it is folded, to the id; None where several ids fold alike, so that none is meant."""


def folded_id(source_id: str) -> str:
    """What two ids share that a spreadsheet or a hand made different."""
    return "".join(source_id.casefold().split()).lstrip("0")


def folds(known: Iterable[str]) -> Folds:
    """The known ids by what is left of them; every one is looked at once."""
    found: dict[str, str | None] = {}
    for source_id in known:
        fold = folded_id(source_id)
        if fold:
            found[fold] = source_id if found.get(fold, source_id) == source_id else None
    return found


def near_id(source_id: str, known: Folds) -> str | None:
    """The known id that is meant by one that is not known; None where there is none, or no single one."""
    meant = known.get(folded_id(source_id))
    return None if meant == source_id else meant
