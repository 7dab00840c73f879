"""The reader: whose words a page is in, and how values, places and rules are said in them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from api.answers.page_words import Words
from engine.language.sentences import rule_sentence
from engine.language.wording import wording
from engine.model.rulebook import FixIn, Rulebook
from engine.records.fields import fields_of
from engine.records.kinds import KINDS

NOTHING: tuple[object, ...] = (None, [], {}, "")
"""Values of a field that is absent."""


class Reader(Struct, frozen=True):
    """Whose words to use: a language, on the rulebook of one customer."""

    words: Words
    language: str
    rulebook: Rulebook

    def say(self, key: str, **values: Any) -> str:
        """Words of the pages."""
        return self.words.say(self.language, key, **values)

    def place(self, fix_in: FixIn | None) -> str | None:
        """Where to fix it: the name of the customer's own system where it has one."""
        if fix_in is None:
            return None
        customer = self.rulebook.customer
        use = {"source": customer.source, "platform": customer.platform}.get(fix_in)
        return use.title if use is not None and use.is_named else self.say(f"fix_in.{fix_in}")

    @property
    def platform(self) -> str:
        """What the platform is called."""
        use = self.rulebook.customer.platform
        return use.title if use is not None else self.say("fix_in.platform")

    def day(self, moment: datetime, *, last: bool = False) -> str:
        """The local day of a moment; with ``last`` the day that is over then."""
        moment -= timedelta(microseconds=1) if last else timedelta()
        return self.words.day(moment, self.language, self.rulebook.customer.zone)

    def rule(self, rule_id: str) -> str:
        """A rule as a sentence; its id where the rulebook has it no more."""
        try:
            rule = self.rulebook.rule(rule_id)
        except KeyError:
            return rule_id
        return rule_sentence(rule, self.language, self.rulebook)

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
