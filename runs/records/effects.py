"""Effects: what the platform would see of the records that are synced: made new, changed in which fields, or as it is.

People are held against their own account, else against the one account with their email; sessions against their
sheet, by the fields that the platform's connector `compares`. Where the platform tells nothing of the kind there is
nothing to say. Nothing here is ever written to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from engine.analysis.availability import Provided
from engine.matching.classifier import Classifier, Decided
from engine.model.connector_spec import HELD_AGAINST
from engine.records.decode import Invalid
from engine.records.folding import fold_email
from engine.records.kinds import PEOPLE, Record, kind_of
from engine.relations.neighbourhood import Situation
from runs.model.answers import Effect
from runs.model.findings import Findings
from runs.model.loaded import Verdicts

Synced = Callable[[str, str], bool]
"""Whether the record of that kind and id is synced itself, so that the platform knows of it."""

COUNTED = ("create", "update", "unchanged")
PLACES: Mapping[str, tuple[str, ...]] = {"account": ("own_accounts", "email_accounts"), "sheet": ("sheets",)}
"""What a record is held against, to the relations over which that is found."""
_PEOPLE_OF_SESSIONS = {"instructor_ids": "instructors", "learner_ids": "learners"}


def effect_of(
    record: Record, situation: Situation, provided: Provided, compared: Mapping[str, str], synced: Synced
) -> Effect:
    """What the platform would see of a record of the batch that is synced, by these fields and those of its own."""
    kind = kind_of(record)
    shown_as: Any = there(record, situation)
    if shown_as is None:
        return Effect("create")
    shown = [(name, other) for name, other in compared.items() if provided.field(HELD_AGAINST[kind], other)]
    fields = [name for name, other in shown if _differs(record, name, getattr(shown_as, other), situation, synced)]
    return Effect("update" if fields else "unchanged", fields, shown_as.source_id)


def there(record: Record, situation: Situation) -> Record | None:
    """The account or sheet of the platform that is the record's; None where it shows none."""
    return _account(record, situation) if kind_of(record) in PEOPLE else _sheet(record, situation)


def followed(classifier: Classifier, told: Collection[str], kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """Kind and relation of all that is looked at to tell the effects of records of these kinds."""
    for kind, compared in classifier.rulebook.customer.compares.items():
        against = HELD_AGAINST[kind]
        if kind in kinds and against in told and classifier.provided.kind(against):
            people = (relation for name, relation in _PEOPLE_OF_SESSIONS.items() if name in compared)
            yield from ((kind, relation) for relation in (*PLACES[against], *people))


def effects_of(run: Findings, stored: Collection[str], verdicts: Verdicts) -> dict[str, dict[str, int]]:
    """Kind to how many of a run's synced records the platform would see as what; see ``effects_in``."""
    effects = effects_in(run.decided, stored, verdicts)
    counts: dict[str, dict[str, int]] = {}
    for (kind, _), one in run.found.items():
        effect = effects.get(one.position)
        if effect is not None:
            counts.setdefault(kind, dict.fromkeys(COUNTED, 0))[effect.what] += 1
    return counts


def effects_in(decided: Decided, stored: Collection[str], verdicts: Verdicts) -> Mapping[int, Effect]:
    """Position in a batch to what the platform would see, of what is synced.

    ``stored`` are the kinds of which anything is known beside the batch, ``verdicts`` those of the people who are.
    """
    provided = decided.classifier.provided
    told = {*stored, *(kind_of(item) for item in decided.items if not isinstance(item, Invalid))}
    compares = decided.classifier.rulebook.customer.compares
    wanted = {kind for kind in compares if HELD_AGAINST[kind] in told and provided.kind(HELD_AGAINST[kind])}
    records: dict[int, Any] = {
        position: decided.record(position)
        for position, decision in enumerate(decided.decisions)
        if decision is not None and decision.verdict == "sync" and decision.kind in wanted
    }
    if not records:
        return {}
    own = {
        (decision.kind, decision.source_id): decision.verdict for decision in decided.decisions if decision is not None
    }

    def synced(kind: str, source_id: str) -> bool:
        return (own.get((kind, source_id)) or verdicts.get((kind, source_id))) == "sync"

    return {
        position: effect_of(record, decided.situation, provided, compares[kind_of(record)], synced)
        for position, record in records.items()
    }


def _account(record: Record, situation: Situation) -> Record | None:
    own: Any = situation.related(record, "own_accounts")
    if own:
        return next((account for account in own if not account.archived), own[0])  # type: ignore[no-any-return]
    others: Any = [account for account in situation.related(record, "email_accounts") if not _archived(account)]
    return others[0] if len(others) == 1 else None


def _archived(account: Any) -> bool:
    return bool(account.archived)


def _sheet(record: Record, situation: Situation) -> Record | None:
    sheets = situation.related(record, "sheets")
    return sheets[0] if sheets else None


def _differs(record: Any, name: str, there: Any, situation: Situation, synced: Synced) -> bool:
    mine = getattr(record, name)
    if name in _PEOPLE_OF_SESSIONS:
        # Who is not synced cannot be on the sheet; of who is on it anybody counts.
        people = {one.source_id: kind_of(one) for one in situation.related(record, _PEOPLE_OF_SESSIONS[name])}
        there = set(there)
        return bool(there - people.keys()) or any(
            source_id not in there and synced(kind, source_id) for source_id, kind in people.items()
        )
    if name == "email" and mine and there:
        return fold_email(mine) != fold_email(there)
    return bool(mine != there)
