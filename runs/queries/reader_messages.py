"""Wording: decisions as answers in the reader's language. Sentences come from the messages, never from here."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from engine.language.renderer import Messages, Rendered
from engine.language.unread import unread_text
from engine.matching.classifier import Decided
from engine.model.decisions import Decision, Facts, Match
from engine.model.moments import Moment, zone
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import OF_PLATFORM, kind_of
from engine.records.unread import Unread
from runs.model.answers import Answer, Effect, Remark
from runs.model.errors import UnknownLanguage

RELATED_ONLY: Literal["related_record_only"] = "related_record_only"
Settled = Literal["settled", "passed", "passed_not_followed"]
"""How what is over is told: it is no longer so; or it passed before it was put right, as a record that no exchange
took, or as one that was synced and of which the platform showed nothing."""
INVALID = ("record.invalid", "record.id_conflict")


class ReaderMessages:
    """One rulebook's messages in one language."""

    def __init__(self, messages: Messages, rulebook: Rulebook, language: str | None) -> None:
        """``language`` is the customer's when None. Raises UnknownLanguage."""
        self.language = language or rulebook.customer.language
        if self.language not in messages.languages:
            raise UnknownLanguage(sorted(messages.languages))
        self.rulebook = rulebook
        self.messages = messages

    def render(self, rule: str, facts: Facts) -> Rendered:
        """A rule's message."""
        return self.messages.render(self.rulebook, rule, facts, self.language)

    def settled(self, said: Rendered, at: datetime, form: Settled = "settled") -> Rendered:
        """A message of what is over since, as what was said then."""
        words = self.messages.language(self.language).phrases
        when = words.said_when(at.astimezone(zone(self.rulebook.customer.zone)))
        forms: dict[Settled, str] = {
            "settled": words.settled_problem,
            "passed": words.passed_problem,
            "passed_not_followed": words.passed_not_followed,
        }
        problem = forms[form].format(when=when, problem=said.problem)
        return msgspec.structs.replace(said, problem=problem, fix=words.settled_fix)

    def answer(
        self,
        decided: Decided,
        position: int,
        effect: Effect | None = None,
        expected_on: datetime | None = None,
        upward: Moment | None = None,
    ) -> Answer:
        """The answer on one item of a batch; ``effect`` is what the platform would see of it, and the run that starts
        at ``expected_on`` will take it. ``upward`` is told of what goes up in a batch of both directions."""
        decision = decided.decisions[position]
        item = decided.items[position]
        if decision is None:
            kind = item.kind if isinstance(item, Invalid) else kind_of(item)
            return Answer(kind=kind, source_id=item.source_id, verdict=None, remark=RELATED_ONLY)
        if not decision.matches:
            return Answer(kind=decision.kind, source_id=decision.source_id, verdict=decision.verdict, effect=effect)
        return self._said(decided, position, decision, effect, expected_on, upward)

    def _said(
        self,
        decided: Decided,
        position: int,
        decision: Decision,
        effect: Effect | None,
        expected_on: datetime | None,
        upward: Moment | None,
    ) -> Answer:
        def known(rule: str) -> Facts:
            facts = decided.facts(position, rule)
            if upward is not None and decision.kind in OF_PLATFORM:
                facts = at_moment(facts, upward)
            return expecting(facts, expected_on)

        def remark(match: Match) -> Remark:
            said = self.render(match.rule, known(match.rule))
            return Remark(match.rule, match.reaction, said.problem, said.fix, match.fix_in, said.title)

        headline = None
        fix_in = None
        unread: list[Unread | str] = []
        if decision.rule is not None:
            facts = known(decision.rule)
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
            title=None if headline is None else headline.title,
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
        stalled=moment.stalled,
    )


def expecting(facts: Facts, expected_on: datetime | None) -> Facts:
    """Facts with the start of the run that will take the record, where it is known."""
    return (
        facts
        if expected_on is None or facts.stalled
        else msgspec.structs.replace(facts, expected_on=_written(expected_on))
    )


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
