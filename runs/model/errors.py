"""What a caller may be told instead of an answer: each says what was found, what was wanted, what to do.

    Declined
    ├── UnknownCustomer    no rule file of that name
    ├── UnknownKind        not a kind of record
    ├── UnknownFilter      a rule, an account or an issue to filter by that there is not
    ├── UnknownRecord      never received
    ├── UnknownIssue
    ├── CannotSettle       an issue cannot be snoozed, waived, resolved or opened like that
    ├── UnknownRun
    ├── UnknownLanguage    no messages in it
    ├── NotYet             a run for a moment that has not come
    ├── UnreadableCursor   not a cursor of this feed
    ├── BrokenRulebook     its rule files have problems and never had none
    ├── Busy               another run of this customer and direction is at work
    ├── NothingToFetch     its records are pushed, or its file names no connector
    ├── AlreadySettled     the held run was approved, rejected or superseded before
    ├── NotHeld            the run waits for nobody's word
    ├── RulebookEdited     the rules are not those that the held run was decided by
    ├── HeldBack           a held run keeps what it received
    ├── NothingStored      no run of the customer ever ended
    ├── FetchFailed        a system did not give its records
    └── Overtaken          the run lost its place to another and wrote nothing

No personal data stands in any of them: neither names nor the ids of people.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from engine.language.unread import failure_text, recovery_text
from engine.model.problems import Problem
from engine.records.suggest import FEW, closest
from engine.records.unread import Failure

SettleFault = Literal["solved", "not_by_hand", "already_open", "by_rules", "no_reason", "no_end", "no_day", "past"]
"""Why an issue cannot be settled like that."""


def of_the_database(error: BaseException) -> str | None:
    """What the database says that cannot be used now; None for any other error."""
    if not isinstance(error, Exception) or not type(error).__module__.startswith("sqlalchemy."):
        return None
    from store.base.database import unusable  # noqa: PLC0415 - nothing is imported for it that was not needed

    return unusable(error)


def where(error: BaseException) -> list[str]:
    """Where an error was raised, innermost last: folders, functions and lines. Its text may hold names."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).parent.name}/{frame.name}:{frame.lineno}" for frame in frames[-12:]]


class Declined(Exception):
    """Something asked for that cannot be given."""

    def __init__(self, found: str, wanted: str, todo: str) -> None:
        self.found = found
        self.wanted = wanted
        self.todo = todo
        super().__init__(" ".join(filter(None, (found, wanted, todo))))


class UnknownCustomer(Declined):
    """There is no customer of that id."""

    def __init__(self, customers: Sequence[str]) -> None:
        known = ", ".join(customers) if customers else "none yet"
        super().__init__(
            "There is no customer of that id.",
            f"Customers here: {known}.",
            "Add a file under rules/customers, or correct the id.",
        )
        self.customers = tuple(customers)


class UnknownKind(Declined):
    """That is not a kind of record."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__("That is not a kind of record.", f"Kinds: {', '.join(kinds)}.", "Correct the kind.")


class UnknownFilter(Declined):
    """There is nothing of that name to filter by, so that the answer would be empty for a wrong reason."""

    def __init__(self, parameter: str, given: str, known: Collection[str], called: str = "") -> None:
        best = closest(given, known)
        listed = "" if not 0 < len(known) <= FEW else f" {', '.join(known)}"
        super().__init__(
            f"There is no {called or parameter.replace('_', ' ')} of that name here.",
            f"Did you mean {best}?" if best else f"Wanted one of these:{listed}." if listed else "",
            "Correct it.",
        )
        self.parameter = parameter


class NotYet(Declined):
    """A run is to speak for a moment that has not come: all issues would be over by then, and were told as solved."""

    parameter = "as_of"

    def __init__(self) -> None:
        super().__init__(
            "That moment has not come.",
            "Wanted one that has.",
            "Correct it; `classify` looks ahead and stores nothing.",
        )


class UnknownRecord(Declined):
    """That record was never received from the customer's systems."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"No {kind} of that id was ever received.",
            "Wanted the id it has in the system it comes from.",
            "Check that it exists there and that a run has taken place since it was entered.",
        )
        self.kind = kind


class UnknownIssue(Declined):
    """The customer has no issue of that id."""

    def __init__(self) -> None:
        super().__init__(
            "This customer has no issue of that id.", "Wanted an id from the feed.", "Look it up in the feed."
        )


class CannotSettle(Declined):
    """That cannot be done with the issue as it is, or not without saying more."""

    def __init__(self, code: SettleFault, found: str, wanted: str, todo: str) -> None:
        super().__init__(found, wanted, todo)
        self.code = code


class UnknownRun(Declined):
    """The customer has no run of that number."""

    def __init__(self) -> None:
        super().__init__("This customer has no run of that number.", "Wanted a number from the list of runs.", "")


class UnknownLanguage(Declined):
    """There are no messages in that language."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__("There are no messages in that language.", f"Wanted one of {', '.join(languages)}.", "")


class UnreadableCursor(Declined):
    """That is not a cursor that this feed gave."""

    def __init__(self) -> None:
        super().__init__(
            "The cursor cannot be read.",
            "Wanted `next_cursor` of the page before, unchanged.",
            "Start again without a cursor.",
        )


class BrokenRulebook(Declined):
    """The customer's rule files have problems, and there is no earlier good state of them to go on with."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            f"The customer's rule files have {len(problems)} problem(s).",
            "Wanted files that `muster check` finds nothing in.",
            "Run `muster check` and mend what it names.",
        )
        self.problems = tuple(problems)


class Busy(Declined):
    """Another run of the same customer and direction is at work."""

    def __init__(self, direction: str, run_id: int) -> None:
        super().__init__(
            f"A {direction} run of this customer is at work (run {run_id}).",
            "Wanted none.",
            "Wait until it is finished; if its process died, it is freed by itself within two minutes.",
        )
        self.run_id = run_id


class NotHeld(Declined):
    """The run was never held, or is none."""

    def __init__(self) -> None:
        super().__init__(
            "This run does not wait for anybody's word.",
            "Wanted the number of a held run.",
            "Look up the held runs in the list of runs.",
        )


class AlreadySettled(Declined):
    """The held run was settled before."""

    def __init__(self) -> None:
        super().__init__(
            "This run was settled already.",
            "Wanted one that is still held.",
            "Look at the list of runs: it was approved, rejected, or superseded by a later run.",
        )


class RulebookEdited(Declined):
    """The customer's rules were edited after the run was held, so that it would do something else now."""

    def __init__(self) -> None:
        super().__init__(
            "The customer's rules were edited since this run was held, so that it would do something else now.",
            "Wanted the rules by which it was decided.",
            "Reject it and start another run.",
        )


class NothingToFetch(Declined):
    """The customer's file names no connector that can be read in this direction."""

    def __init__(self, side: str) -> None:
        super().__init__(
            f"The customer's {side} gives nothing to fetch: its records are pushed, or none is named.",
            f"Wanted a {side} with a connector that fetches, or a file of records.",
            "Push the records, or name a file or folder to read.",
        )


class HeldBack(Declined):
    """A held run of the customer keeps all that it received, out of which nobody can be taken."""

    def __init__(self) -> None:
        super().__init__(
            "A held run of this customer keeps all that it received.",
            "Wanted none.",
            "Approve or reject it, and try again.",
        )


class NothingStored(Declined):
    """No run of the customer ever ended, so that nothing is stored to try rules on."""

    def __init__(self) -> None:
        super().__init__(
            "No run of this customer has ended yet.",
            "Wanted one, whose records rules can be tried on.",
            "Start one: muster run, or push its records.",
        )


class FetchFailed(Declined):
    """A system did not give its records; the run is stored as failed and nothing else was written."""

    def __init__(self, failure: Failure, run_id: int) -> None:
        super().__init__(failure_text(failure, "en"), "", f"What to do: {recovery_text(failure, 'en')}.")
        self.failure = failure
        self.run_id = run_id


class Overtaken(Declined):
    """The run was taken for dead and another took its place; it wrote nothing."""

    def __init__(self) -> None:
        super().__init__(
            "This run was silent for so long that another took its place.",
            "Nothing of it was written.",
            "Start it again.",
        )
