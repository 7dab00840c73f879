"""The reader: whose words a page is in, and how values, places and rules are said in them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from api.answers.page_words import Words
from engine.language.filters import Stalled
from engine.language.renderer import Messages
from engine.language.wording import wording
from engine.model.moments import zone
from engine.model.rulebook import FixIn, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import KINDS

NOTHING: tuple[object, ...] = (None, [], {}, "")
"""Values of a field that is absent."""


_KEY_ID = re.compile(r"[0-9a-f]{12}")


class Reader(Struct, frozen=True):
    """Whose words to use: a language, on the rulebook of one customer."""

    words: Words
    messages: Messages
    language: str
    rulebook: Rulebook

    def say(self, key: str, **values: Any) -> str:
        """Words of the pages."""
        return self.words.say(self.language, key, **values)

    def actor(self, by: str) -> str:
        """Who did or told something: a person by name, a program by the id of its key."""
        return self.say("frame.program", id=by) if _KEY_ID.fullmatch(by) else by

    def place(self, fix_in: FixIn | None) -> str | None:
        """Where to fix it, as messages call it."""
        return None if fix_in is None else self.messages.place(self.rulebook, fix_in, self.language)

    @property
    def sender(self) -> str:
        """What the records come from."""
        return self.messages.sender(self.rulebook, self.language)

    @property
    def platform(self) -> str:
        """What the platform is called."""
        return self.messages.place(self.rulebook, "platform", self.language)

    @property
    def source(self) -> str:
        """What the source is called."""
        use = self.rulebook.customer.source
        return use.title if use is not None else self.say("fix_in.source")

    def run(self, at: datetime | None, *, stalled: bool = False) -> str:
        """A coming run as part of a sentence, as messages have it; also where none is planned, or may be promised."""
        local = None if at is None else at.astimezone(zone(self.rulebook.customer.zone))
        said = self.messages.language(self.language).environment.filters["run"]
        return str(said(Stalled() if stalled else local))

    def when(self, moment: datetime) -> str:
        """The local day and time of day of a moment."""
        return self.words.when(moment, self.language, self.rulebook.customer.zone)

    def clock(self, local: datetime) -> str:
        """The time of day of a local moment, as messages have it."""
        return str(self.messages.language(self.language).environment.filters["clock"](local))

    def day(self, moment: datetime, *, last: bool = False) -> str:
        """The local day of a moment; with ``last`` the day that is over then."""
        moment -= timedelta(microseconds=1) if last else timedelta()
        return self.words.day(moment, self.language, self.rulebook.customer.zone)

    def rule(self, rule_id: str) -> str:
        """What a rule is called."""
        return self.messages.title(self.rulebook, rule_id, self.language)

    def value(self, kind: str, name: str, value: Any) -> str:
        """A stored value of a field as a reader writes it."""
        words = wording(self.language)
        field = fields_of(kind).get(name) if kind in KINDS else None
        if field is not None and isinstance(value, str):
            if field.type == "instant":
                value = datetime.fromisoformat(value)
            elif field.type == "date":
                value = date.fromisoformat(value)
            elif field.choices:
                value = words.values.get(value, value)
        return words.shown(value, self.rulebook.customer.zone)
