"""Deciding: from what a run received and what is known to what it would write. A pure function."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.matching.never_received import NEVER_RECEIVED, Unsent, never_received, tell
from engine.model.moments import Moment
from engine.records.kinds import kind_of
from engine.records.needs import remarks
from runs.execution.classifiers import dated, moment_of, undated
from runs.execution.fetch import DECIDED, start_of_day
from runs.execution.schedules import counts_from
from runs.guards.checks import Look, filled, look
from runs.guards.rule_edits import Edits
from runs.model.findings import Findings, Items, decisions_of
from runs.model.guard_findings import Trip
from runs.model.loaded import Loaded, hidden
from runs.model.order import Order
from runs.model.waivers import waivers_of
from runs.records.absence import leaves_after
from runs.records.archiving import remembered
from runs.records.arrival import remarks_on, settled
from runs.records.effects import effects_of
from runs.records.outcomes import answered
from runs.records.upward import offers_of
from store.lookup import fingerprints
from store.lookup.archives import Archive


def decide(order: Order, loaded: Loaded) -> Findings:
    """Decide what was received, compare it with what is known, and look at it as the guards do."""
    items: Items = loaded.classifier.seen((*loaded.received.items, *loaded.again))
    order.tell("deciding", len(items))
    if loaded.earlier is not None:
        items = dated(items, undated(items), loaded.prints, loaded.known, order.as_of)
    customer = order.rulebook.customer
    since = counts_from(getattr(customer.schedule, order.direction), customer.zone, order.as_of)
    items, archives = remembered(answered(items, loaded.outcomes), loaded.sheets, order.as_of, since)
    findings = _found(order, loaded, items, archives, loaded.whole)
    told = remarks(items, loaded.classifier.needs, loaded.classifier.asked)
    findings.remarks = [*findings.remarks, *told, *remarks_on(loaded.arrivals)]
    if order.direction == "upward":
        findings.offers = offers_of(findings)
    findings.arrivals, lacking = settled(findings, loaded.arrivals)
    _guard(order, loaded, findings, lacking)
    if findings.held:
        # What approving it would do: somebody then says that what did not come is gone.
        asked = loaded.received.asked
        findings.approved = findings if findings.whole == asked else _found(order, loaded, items, archives, asked)
    return findings


def _found(order: Order, loaded: Loaded, items: Items, archives: list[Archive], whole: frozenset[str]) -> Findings:
    """What is found where all that there is of the ``whole`` kinds was received."""
    rulebook = order.rulebook
    # A downward run is itself the last one: nothing is held back by it until a later one.
    last_sync = order.as_of if order.direction == "downward" else loaded.last_downward
    moment = moment_of(rulebook, order.as_of, last_sync, order.direction)
    kinds = frozenset(DECIDED[order.direction])
    out_of_sight = hidden(whole, loaded.prints)
    beside = [record for record in loaded.beside if kind_of(record) not in out_of_sight]
    decided = loaded.classifier.decide(items, moment, kinds=kinds, beside=beside)
    once = {identity for identity, one in loaded.known.items() if one.rule != NEVER_RECEIVED}
    unsent = never_received(decided, once) if order.direction == "downward" else Unsent((), ())
    tell(decided, unsent.ids)
    findings = Findings(
        customer=rulebook.customer.id,
        run_id=loaded.run_id,
        as_of=order.as_of,
        today=start_of_day(rulebook, order.as_of),
        items=(*loaded.received.items, *loaded.again, *unsent.ids),
        prints={**loaded.prints, **fingerprints.of_batch(unsent.ids)},
        decided=decided,
        classifier=loaded.classifier,
        kinds=kinds,
        whole=whole,
        # Of a fetch that failed in part nobody can tell what is missing.
        complete=frozenset() if loaded.received.is_partial else whole,
        leaves_after=leaves_after(rulebook),
        archives=archives,
        before=_moment_before(moment, loaded),
        waivers=waivers_of(rulebook.customer, order.as_of),
    )
    again = {fingerprints.identity(record) for record in loaded.again}
    every = decisions_of(findings)
    findings.remarks = unsent.remarks
    findings.absent = {name: every.pop(name) for name in map(fingerprints.identity, unsent.ids)}
    findings.found = {identity: one for identity, one in every.items() if identity not in again}
    findings.again = {identity: one for identity, one in every.items() if identity in again}
    findings.effects = effects_of(findings, loaded.kinds, loaded.verdicts)
    return findings


def _moment_before(moment: Moment, loaded: Loaded) -> Moment | None:
    """The moment of the earlier run in the same direction."""
    earlier = loaded.earlier
    if earlier is None:
        return None
    own = moment.last_sync == moment.as_of
    return msgspec.structs.replace(
        moment, as_of=earlier.as_of, last_sync=earlier.as_of if own else moment.last_sync, next_run=None
    )


def _guard(order: Order, loaded: Loaded, findings: Findings, lacking: Sequence[Trip]) -> None:
    earlier = loaded.earlier
    before = {} if earlier is None else earlier.filled
    if order.rulebook.guards.field_gone.then != "off":
        findings.filled = {**before, **filled(loaded.received.items, findings.complete)}
    if order.approves is not None:
        return
    findings.trips = look(
        Look(
            run=findings,
            known=loaded.known,
            received=loaded.received,
            edits=Edits(order.rulebook, loaded.parts),
            before=before,
            now=findings.filled,
            since_run=None if earlier is None else earlier.id,
            totals=loaded.totals,
        ),
        lacking,
    )
