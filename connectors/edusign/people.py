"""Students and professors as accounts, and whom an id on a sheet stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from connectors.edusign.answers import Row, holds, instant, text
from connectors.edusign.options import Options
from connectors.reading.admit import Raw

Kind = Literal["learner", "instructor"]
CALLS: Mapping[Kind, str] = {"learner": "v1/student", "instructor": "v1/professor"}


class Origins:
    """Edusign's id to the id in the source, by kind: the source may use one number for two people."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._refs: dict[Kind, dict[str, str]] = {}
        self._complete: set[Kind] = set()

    def source_ref(self, found: Row) -> str:
        """The source's id of what its connector made; empty for what was made by hand.

        What another connector made keeps what stands there, whole, and so is nobody of this source.
        """
        written, made_by = text(found.get("API_ID")), text(found.get("API_TYPE"))
        if not written:
            return ""
        if self._options.api_types and made_by.casefold() not in map(str.casefold, self._options.api_types):
            return f"{made_by or '?'}:{written}"
        return written.removeprefix(self._options.id_prefix)

    def learn(self, kind: Kind, found: Row, own_id: str = "") -> None:
        """Remember whom an id stands for: by the source's id, or by Edusign's own for who was made by hand."""
        own = text(found.get("ID")) or own_id
        if own:
            self._refs.setdefault(kind, {})[own] = self.source_ref(found) or own

    def complete(self, kind: Kind) -> None:
        """All of that kind have been learnt, so that an id which is not among them can be asked for."""
        self._complete.add(kind)

    def knows(self, kind: Kind) -> bool:
        """Whether the people of that kind could be read, all of them."""
        return kind in self._complete

    def missing(self, kind: Kind, ids: Iterable[str]) -> Iterator[str]:
        """Those of the ids that are not known, each once."""
        refs = self._refs.get(kind, {})
        return (own for own in dict.fromkeys(ids) if own not in refs)

    def is_one(self, kind: Kind, own_id: str) -> bool:
        """Whether an id is that of somebody of the kind."""
        return own_id in self._refs.get(kind, {})

    def of(self, kind: Kind, own_id: str) -> str:
        """Whom an id stands for; itself where nobody knows."""
        return self._refs.get(kind, {}).get(own_id, own_id)


def _is_hidden(found: Row, own: str) -> bool:
    """Whether it was deleted on Edusign, which keeps it and its address: a flag, or a list of ids that has its own."""
    hidden = found.get("HIDDEN")
    return own in map(text, hidden) if isinstance(hidden, list) else holds(hidden)


def account(kind: Kind, found: Row, origins: Origins, options: Options) -> Raw:
    """One student or professor."""
    own, ref = text(found.get("ID")), origins.source_ref(found)
    values = {
        "source_id": own,
        "source_kind": kind if ref else "",
        "source_ref": ref,
        "role": kind,
        "email": found.get("EMAIL"),
        "username": found.get("USERNAME"),
        "first_name": found.get("FIRSTNAME"),
        "last_name": found.get("LASTNAME"),
        "archived": _is_hidden(found, own),
        "created_by": "api" if ref else options.creators.get(text(found.get("CREATOR_ID")), ""),
        "modified_at": instant(found.get("DATE_UPDATED")),
    }
    return Raw("account", values, f"{CALLS[kind]} {own}")
