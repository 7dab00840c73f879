"""Deciding: from what a run received and what is known to what it would write. A pure function."""

from __future__ import annotations

import msgspec

from engine.model.moments import Moment
from engine.records.kinds import kind_of
from runs.execution.classifiers import dated, moment_of, undated
from runs.execution.fetch import DECIDED, start_of_day
from runs.guards.checks import Look, filled, look
from runs.guards.rule_edits import Edits
from runs.model.findings import Findings, Items, decisions_of
from runs.model.loaded import Loaded, hidden
from runs.model.order import Order
from runs.model.waivers import waivers_of
from runs.records.absence import leaves_after
from runs.records.archiving import remembered
from runs.records.effects import effects_of
from runs.records.upward import offers_of
from store.archives import Archive


def decide(order: Order, loaded: Loaded) -> Findings:
    """Decide what was received, compare it with what is known, and look at it as the guards do."""
    items: Items = loaded.received.items
    order.tell("deciding", len(items))
    if loaded.earlier is not None:
        items = dated(items, undated(order.rulebook, items), loaded.prints, loaded.known, order.as_of)
    items, archives = remembered(items, loaded.sheets, order.as_of)
    findings = _found(order, loaded, items, archives, loaded.whole)
    if order.direction == "upward":
        findings.offers = offers_of(findings)
    _guard(order, loaded, findings)
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
    moment = moment_of(rulebook, order.as_of, last_sync)
    kinds = frozenset(DECIDED[order.direction])
    out_of_sight = hidden(whole, loaded.prints)
    beside = [record for record in loaded.beside if kind_of(record) not in out_of_sight]
    decided = loaded.classifier.decide(items, moment, kinds=kinds, beside=beside)
    findings = Findings(
        customer=rulebook.customer.id,
        run_id=loaded.run_id,
        as_of=order.as_of,
        today=start_of_day(rulebook, order.as_of),
        items=loaded.received.items,
        prints=loaded.prints,
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
    findings.found = decisions_of(findings)
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


def _guard(order: Order, loaded: Loaded, findings: Findings) -> None:
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
        )
    )
