"""One person to be forgotten: which records are theirs, and how they are taken out of what others' records hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from engine.records.folding import fold_email
from engine.records.kinds import Account, Contract, Enrolment, Mark, Record, Session, Sheet, kind_of

SETS = {"learner": ("learner_ids", "learner_refs"), "instructor": ("instructor_ids", "instructor_refs")}
"""Kind of a person to the sets of others' records in which its id stands."""
NAMES = tuple(name for name in Sheet.__struct_fields__ if name.endswith("_names"))
"""What of a sheet holds names of people; the id of one whose name is not known."""
WHO = (*SETS, "person")
"""Kinds of records that are about a person; `person` where the source does not tell which."""
OF_ONE = ("account", "mark", "enrolment", "contract")
"""Kinds of records that are about one person each."""
ANSWERS = ("refusal_code", "refusal_text")
"""Fields in the words of the system that a record goes to."""
_ROLES = {"learner": "learner", "instructor": "instructor", "other": "person"}
_GONE: Any = object()

_encode = msgspec.json.Encoder(order="deterministic").encode


class KnownPerson(Struct):
    """What is known of the person by which to find them elsewhere."""

    kind: str
    ids: set[str]
    """Their id in the source, and those of accounts made by hand, by which sheets know them."""
    emails: set[str] = field(default_factory=set)
    """Folded."""
    names: set[str] = field(default_factory=set)
    identities: set[tuple[str, str]] = field(default_factory=set)
    """Kind and id of each record that is theirs."""
    shared: bool = False
    """Whether somebody of another kind has their id in the source too."""

    def know(self, record: Record) -> None:
        """Learn what a record of theirs says of them."""
        self.identities.add((kind_of(record), record.source_id))
        for name in ("email", "secondary_email", "username"):
            self.meet(getattr(record, name, None))
        parts = [getattr(record, name, None) for name in ("first_name", "last_name")]
        if all(parts):
            self.names.add(" ".join(part for part in parts if part))
        if isinstance(record, Account) and not record.source_ref:
            self.ids.add(record.source_id)

    def meet(self, email: object) -> None:
        """Learn an address of theirs."""
        if isinstance(email, str) and (folded := fold_email(email)):
            self.emails.add(folded)

    def owns(self, record: Record) -> bool:
        """Whether all of a record is about them."""
        source_ids = {source_id for kind, source_id in self.identities if kind == self.kind}
        match record:
            case Account():
                if record.source_kind and record.source_ref:
                    return record.source_kind == self.kind and record.source_ref in source_ids
                return any(
                    written is not None and fold_email(written) in self.emails
                    for written in (record.email, record.username)
                )
            case Mark():
                return record.person_kind == self.kind and record.person_ref in self.ids
            case Enrolment():
                return record.person_id in source_ids and self._may_be(_ROLES.get(record.role or ""))
            case Contract():
                return self.kind == "learner" and record.learner_id in source_ids
            case _:
                return (kind_of(record), record.source_id) in self.identities

    def without(self, record: Record) -> Record:
        """Another's record without their id in its sets, and without an answer that names them."""
        said = {name: getattr(record, name, None) for name in ANSWERS}
        if naming := {name: None for name, words in said.items() if words is not None and self.is_named(words)}:
            record = msgspec.structs.replace(record, **naming)
        if not isinstance(record, Session | Sheet):
            return record
        fields = {
            name: tuple(one for one in held if one not in self.ids)
            for name in self._sets
            if (held := getattr(record, name, ())) and not self.ids.isdisjoint(held)
        }
        if isinstance(record, Sheet):
            for named in NAMES:
                held = getattr(record, named)
                if not (self.names | self.ids).isdisjoint(held):
                    fields[named] = tuple(name for name in held if name not in self.names | self.ids)
        return msgspec.structs.replace(record, **fields) if fields else record

    @property
    def _sets(self) -> tuple[str, ...]:
        """The sets of others' records in which their id stands for them."""
        others = () if self.shared else tuple(name for names in SETS.values() for name in names)
        return SETS.get(self.kind, others)

    def _may_be(self, kind: str | None) -> bool:
        """Whether their id, said to be that of a person of a kind, or of none that is known, is theirs."""
        return kind == self.kind or (not self.shared and (kind is None or self.kind == "person"))

    def is_named(self, text: str | bytes) -> bool:
        """Whether an address or a full name of theirs stands in a text."""
        lower = (text.decode(errors="replace") if isinstance(text, bytes) else text).casefold()
        return any(known.casefold() in lower for known in (*self.emails, *self.names))

    def may_stand_in(self, written: bytes) -> bool:
        """Whether an id, an address or a name of theirs stands in something written as JSON. Cheap, never misses."""
        return any(msgspec.json.encode(one) in written for one in self.ids) or self.is_named(written)

    def taken_out(self, written: bytes, subject: str = "") -> bytes | None:
        """Something written as JSON without what is theirs; None where nothing is. ``subject`` is a field's name."""
        value = msgspec.json.decode(written)
        left = self._left(value, subject)
        if left == value:
            return None
        return _encode([] if left is _GONE else left)

    def _left(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            if self._is_mark(value):
                return _GONE
            return [left for one in value if (left := self._left(one, name)) is not _GONE]
        if isinstance(value, dict):
            if self._is_theirs(value):
                return _GONE
            # A correction names its field beside the values.
            inner = value.get("field")
            return dict(self._entries(value, inner if isinstance(inner, str) else ""))
        if isinstance(value, str) and name in self._sets and value in self.ids:
            return _GONE
        if isinstance(value, str) and name in NAMES and value in self.names | self.ids:
            return _GONE
        if isinstance(value, str) and name in ANSWERS and self.is_named(value):
            return _GONE
        return value

    def _entries(self, value: dict[str, Any], field_name: str) -> Iterator[tuple[str, Any]]:
        for key, held in value.items():
            if key in ("reason", "why", *ANSWERS) and isinstance(held, str) and self.is_named(held):
                continue
            left = self._left(held, field_name if key in ("before", "after") else key)
            if left is not _GONE:
                yield key, left

    def _is_theirs(self, value: dict[str, Any]) -> bool:
        if (value.get("kind"), value.get("source_id")) in self.identities:
            return True
        return value.get("person_kind") == self.kind and value.get("person_ref") in self.ids

    def _is_mark(self, value: list[Any]) -> bool:
        """A mark of a sheet's first archiving, as `[kind, id, state, minutes]`."""
        return len(value) == 4 and value[0] == self.kind and value[1] in self.ids
