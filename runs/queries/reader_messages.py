"""Wording: decisions as answers in the reader's language. Sentences come from the messages, never from here."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from engine.language.renderer import Messages, Rendered
from engine.language.unread import unread_text
from engine.matching.classifier import Decided
from engine.model.decisions import Decision, Facts, Match
from engine.model.moments import Moment
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import kind_of
from engine.records.unread import Unread
from runs.model.answers import Answer, Effect, Remark
from runs.model.errors import UnknownLanguage

RELATED_ONLY: Literal["related_record_only"] = "related_record_only"
INVALID = ("record.invalid", "record.id_conflict")


class ReaderMessages:
    """One rulebook's messages in one language."""

    def __init__(self, messages: Messages, rulebook: Rulebook, language: str | None) -> None:
        """``language`` is the customer's when None. Raises UnknownLanguage."""
        self.language = language or rulebook.customer.language
        if self.language not in messages.languages:
            raise UnknownLanguage(sorted(messages.languages))
        self._messages = messages
        self._rulebook = rulebook

    def render(self, rule: str, facts: Facts) -> Rendered:
        """A rule's message."""
        return self._messages.render(self._rulebook, rule, facts, self.language)

    def answer(self, decided: Decided, position: int, effect: Effect | None = None) -> Answer:
        """The answer on one item of a batch; ``effect`` is what the platform would see of it."""
        decision = decided.decisions[position]
        item = decided.items[position]
        if decision is None:
            kind = item.kind if isinstance(item, Invalid) else kind_of(item)
            return Answer(kind=kind, source_id=item.source_id, verdict=None, remark=RELATED_ONLY)
        if not decision.matches:
            return Answer(kind=decision.kind, source_id=decision.source_id, verdict=decision.verdict, effect=effect)
        return self._said(decided, position, decision, effect)

    def _said(self, decided: Decided, position: int, decision: Decision, effect: Effect | None) -> Answer:
        def remark(match: Match) -> Remark:
            said = self.render(match.rule, decided.facts(position, match.rule))
            return Remark(match.rule, match.reaction, said.problem, said.fix, match.fix_in)

        headline = None
        fix_in = None
        unread: list[Unread | str] = []
        if decision.rule is not None:
            facts = decided.facts(position, decision.rule)
            headline = self.render(decision.rule, facts)
            fix_in = decision.matches[0].fix_in
            unread = list(facts.errors)
        return Answer(
            kind=decision.kind,
            source_id=decision.source_id,
            verdict=decision.verdict,
            rule=decision.rule,
            problem=None if headline is None else headline.problem,
            fix=None if headline is None else headline.fix,
            fix_in=fix_in,
            also=[remark(match) for match in decision.also],
            notes=[remark(match) for match in decision.notes],
            invalid=decision.rule in INVALID,
            errors=[unread_text(one, self.language) for one in unread],
            unread=[one for one in unread if isinstance(one, Unread)],
            effect=effect,
        )


def at_moment(facts: Facts, moment: Moment) -> Facts:
    """Stored facts with the moment that they are read at: the next run is the next one from now."""
    return msgspec.structs.replace(
        facts,
        as_of=_written(moment.as_of),
        last_sync=None if moment.last_sync is None else _written(moment.last_sync),
        next_run=None if moment.next_run is None else _written(moment.next_run),
    )


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
