"""Deciding what a file holds, without a database: by a customer's rules, or by the base rules alone."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cli.environment import private_hosts_allowed
from cli.terminal import Stopped, instant
from engine.model.rulebook import Customer, Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import KINDS, UPWARD, Record, kind_of

if TYPE_CHECKING:
    from connectors.contract import Fetch
    from engine.matching.classifier import Classifier, Decided
    from engine.records.unread import Unread

Items = list[Record | Invalid]


def rulebook_of(rules: Path, customer: str | None) -> Rulebook:
    """The customer's rulebook, else that of the base rules. Raises RuleFileError."""
    from connectors.registry import catalogue
    from engine.rulefiles.library import customers, load, load_base

    if customer is None:
        return load_base(rules, catalogue())
    known = customers(rules)
    if customer not in known:
        raise Stopped(f"There is no customer {customer!r}. Wanted one of: {', '.join(known) or 'none yet'}.")
    return load(rules, customer, catalogue(), allow_private_hosts=private_hosts_allowed())


def read(
    path: Path, customer: Customer, email_domain: str | None, on_page: Callable[[str, int], None]
) -> tuple[Items, Fetch]:
    """Everything in a file, folder or ZIP, what cannot be read as a record included; and how it had to be read.

    It is read as the customer's own source would read it, where that reads files, else by what its headers tell.
    """
    from connectors.contract import Fetch
    from connectors.files import read_path
    from connectors.registry import open_for_file

    if not path.exists():
        raise Stopped(f"There is no file or folder {path}.")
    fetch = Fetch(on_page=on_page)
    own = None if customer.source is None else open_for_file(customer.source, customer, os.environ, path)
    items: Items = list(read_path(path, customer.zone, fetch, email_domain, own=own))
    return [*items, *fetch.invalid], fetch


def of_the_file(rulebook: Rulebook, path: Path, items: Items) -> Rulebook:
    """The base rulebook with the file as its source, so that what such a file never holds is not missed in it.

    A roster holds what its format has; a file of records holds the kinds that are in it.
    """
    from connectors.files import recognise
    from connectors.registry import catalogue
    from engine.model.rulebook import ConnectorUse

    spec = catalogue()[recognise(path)]
    present = _kinds(items)
    gives = spec.provides
    if gives.keys() >= KINDS.keys() - UPWARD:
        gives = {kind: fields for kind, fields in gives.items() if kind in present}
    use = ConnectorUse(spec, {}, rulebook.rules[0].place, provides=gives)
    return msgspec.structs.replace(rulebook, customer=msgspec.structs.replace(rulebook.customer, source=use))


def decide(rulebook: Rulebook, items: Items, as_of: str | None) -> tuple[Classifier, Decided, Sequence[Unread]]:
    """Every item decided as at a moment, and behind them the ids that they name and nobody has; of kinds of which that
    are most, a remark.

    Nothing was synced before it, as far as a file can tell; of a kind that it does not hold nothing is missed in it.
    """
    from engine.matching.classifier import Classifier
    from engine.matching.never_received import never_received, tell
    from runs.execution.classifiers import moment_of

    zone = rulebook.customer.zone
    moment = instant(as_of, zone) if as_of else datetime.now(UTC)
    classifier = Classifier(rulebook)
    decided = classifier.decide(items, moment_of(rulebook, moment, None))
    unsent = never_received(decided, kinds=_kinds(items))
    tell(decided, unsent.ids)
    return classifier, decided, unsent.remarks


def _kinds(items: Items) -> set[str]:
    return {item.kind if isinstance(item, Invalid) else kind_of(item) for item in items}
