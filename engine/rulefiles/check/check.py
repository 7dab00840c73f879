"""Checking: everything `muster check` says of a rules folder, from YAML to every example of every rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.model.connector_spec import Catalogue
from engine.model.package_files import called
from engine.model.problems import Place, Problem, RuleFileError
from engine.model.rulebook import Rule, Rulebook
from engine.records.kinds import UPWARD
from engine.records.suggest import closest
from engine.relations.definitions import RELATIONS
from engine.rulefiles.folders import BASE, is_customer_id, other_spellings, right_name, yaml_files
from engine.rulefiles.loader import Loader, in_file_order, layer_of
from engine.rulefiles.reader import shown

_NOT_PROVIDED = re.compile(r"`([^`]+)` is not provided")


def check(
    rules: Path,
    catalogue: Catalogue,
    of_messages: Callable[[Rulebook], Iterable[Problem]],
    *,
    allow_private_hosts: bool = False,
) -> tuple[Problem, ...]:
    """Every problem and warning of all files, each once, in file order. Raises nothing for what files hold.

    ``of_messages`` tells what is wrong with the messages of a rulebook's rules (``engine.rulefiles.check.messages``).
    """
    loader = Loader(rules, catalogue, allow_private_hosts=allow_private_hosts)
    problems: list[Problem] = []
    rulebooks: list[Rulebook] = []
    for customer_id in (BASE, *loader.customers()):
        try:
            rulebook = loader.rulebook(customer_id)
        except RuleFileError as error:
            problems.extend(error.problems)
        else:
            problems.extend(rulebook.warnings)
            rulebooks.append(rulebook)
    problems.extend(_strays(loader, rulebooks))
    laid = list(loader.laid())
    problems.extend(problem for each in laid for problem in each.problems)
    broken = frozenset(rule_id for each in laid for rule_id in each.broken_rules)
    every = [rule for each in laid for rule in each.rules.values() if rule.id not in broken]
    every.extend(rule for rulebook in rulebooks for rule in rulebook.rules)
    problems.extend(_examples(every))
    for rulebook in rulebooks:
        problems.extend(_unnamed(rulebook, loader))
        problems.extend(of_messages(rulebook))
        problems.extend(_dormant(rulebook))
    return in_file_order(problems)


def _strays(loader: Loader, rulebooks: Iterable[Rulebook]) -> Iterator[Problem]:
    """Files that nobody reads."""
    folders = loader.folders
    specs = [*loader.catalogue.values()]
    for rulebook in rulebooks:
        specs.extend(use.spec for use in (rulebook.customer.source, rulebook.customer.platform) if use is not None)
    layers = tuple(dict.fromkeys(layer_of(spec) for spec in specs))
    for folder in (folders.base, folders.connectors, folders.customers):
        for path in other_spellings(folder):
            hint = f"rename it to {right_name(path)}"
            yield Problem(Place(called(path)), "bad-file-name", "the file is not read under this name", hint)
    for path in yaml_files(folders.customers):
        if not is_customer_id(path.stem):
            message = f"‘{shown(path.stem)}’ cannot be the id of a customer"
            hint = f"small letters, digits and hyphens, and not ‘{BASE}’: campus-norvane.yaml"
            yield Problem(Place(called(path)), "bad-file-name", message, hint)
    for path in yaml_files(folders.connectors):
        # A layer that no customer names yet may wait for one; one that is almost called like another is a slip.
        best = None if path.stem in layers else closest(path.stem, layers)
        if best is not None:
            message = f"no connector and no customer has the layer ‘{shown(path.stem)}’: nobody reads this file"
            yield Problem(Place(called(path)), "unknown-layer", message, f"did you mean {best}?", "warning")


def _unnamed(rulebook: Rulebook, loader: Loader) -> Iterator[Problem]:
    """Systems that a customer's file leaves out."""
    customer = rulebook.customer
    if customer.id == BASE:
        return
    place = Place(called(loader.folders.customers / f"{customer.id}.yaml"))
    if customer.source is None:
        message = "the customer names no `source`: nothing can be fetched, and every field counts as given"
        yield Problem(place, "no-systems", message, "write `source: {connector: ...}`", "warning")
    if customer.platform is None:
        message = "the customer names no `platform`: records of every kind are decided"
        yield Problem(place, "no-systems", message, "write `platform: {connector: ...}`", "warning")


def _examples(rules: Iterable[Rule]) -> Iterator[Problem]:
    """Examples that do not do what they claim, each rule's as it was written whole."""
    # Both evaluators are slow to import, and a folder that cannot be read needs neither.
    from engine.explaining.explainer import example_matches  # noqa: PLC0415
    from engine.matching.examples import Posed  # noqa: PLC0415

    for rule in {(rule.id, rule.place): rule for rule in rules if rule.kind}.values():
        for example in rule.examples:
            by_matcher = Posed(rule, example).by_matcher()
            by_explainer = example_matches(rule, example)
            does = "matches" if by_matcher else "does not match"
            if by_matcher != by_explainer:
                message = f"matcher and explainer disagree on this example of ‘{rule.id}’: for the matcher it {does}"
                hint = "this is an error of Muster's own; please report it with the rule"
                yield Problem(example.place, "engines-disagree", message, hint)
            elif by_matcher != example.matches:
                claims = "matches" if example.matches else "does not match"
                message = f"this example claims that ‘{rule.id}’ {claims}, and it {does}"
                hint = "correct the example or the rule; `muster explain` shows how each condition is read"
                yield Problem(example.place, "example-fails", message, hint)


def _dormant(rulebook: Rulebook) -> Iterator[Problem]:
    """Rules that can never match for a customer because its systems do not give what they read, by reason."""
    from engine.analysis.availability import REMEMBERED, provided_by, taken_by  # noqa: PLC0415
    from engine.matching.classifier import Classifier  # noqa: PLC0415 - as above

    source, platform = rulebook.customer.source, rulebook.customer.platform
    if source is None and platform is None:
        return
    taken = taken_by(rulebook)
    by_reason: dict[tuple[str, ...], list[str]] = {}
    for rule_id, reasons in Classifier(rulebook, provided_by(rulebook, REMEMBERED)).dormant.items():
        missing = tuple(name for reason in reasons for name in _NOT_PROVIDED.findall(reason))
        if not rulebook.customer.segments and any(name.endswith(".segments") for name in missing):
            continue  # the customer has no `segments:`; that is no matter of its systems
        if missing and rulebook.rule(rule_id).kind in taken:
            by_reason.setdefault(missing, []).append(rule_id)
    for names, rule_ids in by_reason.items():
        upward = rule_ids[0].partition(".")[0] in UPWARD
        use = platform if upward and platform is not None else source or platform
        assert use is not None
        given = ", ".join(f"`{name}`" for name in names)
        related = any(name.partition(".")[2] in RELATIONS.get(name.partition(".")[0], {}) for name in names)
        never = f"no record here can have {given}" if related else f"{use.title} never gives {given}"
        message = f"{never}: {', '.join(rule_ids)} can never match"
        hint = "nothing to do if the system has no such thing; else tell in `provides:` that it is sent"
        yield Problem(use.place, "dormant-rule", message, hint if use.provides else "", "warning")
