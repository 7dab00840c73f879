"""Checking: everything `muster check` says of a rules folder, from YAML to every example of every rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from engine.language.wording import wording
from engine.model.connector_spec import Catalogue
from engine.model.package_files import called
from engine.model.problems import Place, Problem, RuleFileError
from engine.model.rulebook import ConnectorUse, Rule, Rulebook
from engine.records.kinds import KINDS, UPWARD
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
    customers = loader.customers()
    of_customers = [partial(loader.rulebook, name, customers) for name in (BASE, *customers)]
    # Each layer also by itself: one that no customer uses yet is to be whole all the same.
    for load in (*of_customers, *(partial(loader.over_base, name) for name in loader.layer_files())):
        try:
            rulebook = load()
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
    known = frozenset(customers)
    for rulebook in rulebooks:
        if rulebook.customer.id in known:
            problems.extend(_unnamed(rulebook, loader))
        problems.extend(of_messages(rulebook))
    problems.extend(_dormant(rulebooks))
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


class _Asleep(Struct):
    """What a connector does not tell, and the rules that rest for its customers."""

    use: ConnectorUse
    names: dict[str, None] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)


def _dormant(rulebooks: Iterable[Rulebook]) -> Iterator[Problem]:
    """Rules that can never match because a customer's systems do not give what they read.

    By name where the customer's own file has a word on the rule; all others once for each connector, in words.
    """
    asleep: dict[str, _Asleep] = {}
    for rulebook in rulebooks:
        own: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for rule, missing in _lacking(rulebook):
            use = _use_of(rulebook, rule)
            if any(touch.layer == rulebook.customer.id for touch in rule.touched):
                own.setdefault((use.title, missing), []).append(rule.id)
                continue
            found = asleep.setdefault(use.title, _Asleep(use))
            found.names |= dict.fromkeys(missing)
            found.rules.add(rule.id)
            found.customers.add(rulebook.customer.id)
        for (_, names), rule_ids in own.items():
            given = ", ".join(f"`{name}`" for name in names)
            related = any(name.partition(".")[2] in RELATIONS.get(name.partition(".")[0], {}) for name in names)
            use = _use_of(rulebook, rulebook.rule(rule_ids[0]))
            never = f"no record here can have {given}" if related else f"{use.title} never gives {given}"
            yield _sleeping(use, f"{never}: {', '.join(rule_ids)} can never match")
    for title, found in asleep.items():
        words = "; ".join(dict.fromkeys(map(_in_words, found.names)))
        rules, customers = _number(len(found.rules), "rule"), _number(len(found.customers), "customer")
        message = f"{title} does not tell everything that is asked: {rules} cannot match for {customers} ({words})"
        yield _sleeping(found.use, message)


def _lacking(rulebook: Rulebook) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    """The rules that can never match, each with what is not provided."""
    from engine.analysis.availability import REMEMBERED, provided_by, taken_by  # noqa: PLC0415
    from engine.matching.classifier import Classifier  # noqa: PLC0415 - as above

    if rulebook.customer.source is None and rulebook.customer.platform is None:
        return
    taken = taken_by(rulebook)
    for rule_id, reasons in Classifier(rulebook, provided_by(rulebook, REMEMBERED)).dormant.items():
        missing = tuple(name for reason in reasons for name in _NOT_PROVIDED.findall(reason))
        if not rulebook.customer.segments and any(name.endswith(".segments") for name in missing):
            continue  # the customer has no `segments:`; that is no matter of its systems
        if missing and rulebook.rule(rule_id).kind in taken:
            yield rulebook.rule(rule_id), missing


def _use_of(rulebook: Rulebook, rule: Rule) -> ConnectorUse:
    """The system whose silence it is."""
    source, platform = rulebook.customer.source, rulebook.customer.platform
    use = platform if rule.kind in UPWARD and platform is not None else source or platform
    assert use is not None
    return use


def _sleeping(use: ConnectorUse, message: str) -> Problem:
    hint = "nothing to do if the system has no such thing; else tell in `provides:` that it is sent"
    return Problem(use.place, "dormant-rule", message, hint if use.provides else "", "warning")


def _in_words(name: str) -> str:
    """`learner.families`, `instructor.sessions`, `own_accounts.role` or `sheet`, in words."""
    words = wording("en")
    head, _, tail = name.partition(".")
    if head not in KINDS:
        return f"{words.field('', tail).text} of {words.relation('', head).many}"
    if not tail:
        return words.kind(head).many
    what = words.relation(head, tail).many if tail in RELATIONS.get(head, {}) else words.field(head, tail).text
    return f"{what} of {words.kind(head).many}"


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
