"""Soundness: what can only be seen when all layers are laid: flags without a place to fix, settings that do not fit."""

from __future__ import annotations

from engine.analysis.reads import asked, setting_read
from engine.model.conditions import Count, Day, FieldTest, Instant, Related
from engine.model.rulebook import FINDINGS, FIX_IN, Customer, Rule, SettingEntry
from engine.model.text_forms import not_a_domain
from engine.records.suggest import closest, did_you_mean
from engine.relations.definitions import RELATIONS
from engine.rulefiles.folders import BASE
from engine.rulefiles.layers import Laid
from engine.rulefiles.operators import field_named, use_on
from engine.rulefiles.reader import ShapeReader, shown

_MOST_DAYS = 36_500
"""A hundred years; more is a slip of the finger."""


def check_laid(laid: Laid, customer: Customer, reading: ShapeReader) -> None:
    """Note what is wrong with the effective rules of a customer."""
    for rule in laid.rules.values():
        if rule.id in laid.broken_rules:
            continue
        if rule.then == "flag" and rule.fix_in is None:
            last = next(touch for touch in reversed(rule.touched) if {"rule", "then"}.intersection(touch.what))
            message = f"‘{rule.id}’ flags, and does not say where it is to be fixed"
            reading.problem(last.place, "missing-fix-in", message, f"add `fix_in:` {', '.join(FIX_IN)}")
        first = rule.touched[0]
        own = first.layer == customer.id != BASE and rule.id not in FINDINGS
        if own and rule.then != "off" and customer.language not in rule.messages:
            message = f"‘{rule.id}’ has no message in ‘{customer.language}’, the customer's language"
            hint = f"add `messages: {{{customer.language}: {{problem: ..., fix: ...}}}}`"
            reading.problem(first.place, "missing-message", message, hint)
        _check_settings(rule, laid, reading)


def _check_settings(rule: Rule, laid: Laid, reading: ShapeReader) -> None:
    for test, relation in asked(rule.when):
        if isinstance(test, Related):
            continue
        of = (rule.kind,) if relation is None else RELATIONS[rule.kind][relation].to
        for operand in test.operands if isinstance(test, FieldTest) else (test.number,):
            name = setting_read(operand)
            entry = laid.settings.get(name) if name is not None else None
            if entry is None or entry.name in laid.broken_settings:
                continue
            if isinstance(operand, Instant | Day) or isinstance(test, Count):
                _check_amount(entry, rule, reading)
            elif isinstance(test, FieldTest):
                _check_words(entry, test, of, rule, reading)


def _check_amount(entry: SettingEntry, rule: Rule, reading: ShapeReader) -> None:
    value = entry.value
    if isinstance(value, int) and not 0 <= value <= _MOST_DAYS:
        message = f"‘{entry.name}’ is counted by ‘{rule.id}’, and {value} is no such count"
        _once(entry, message, f"write a number from 0 to {_MOST_DAYS}", reading)


def _check_words(
    entry: SettingEntry, test: FieldTest, kinds: tuple[str, ...], rule: Rule, reading: ShapeReader
) -> None:
    value = entry.value
    words = tuple(value) if isinstance(value, tuple | dict) else (value,) if isinstance(value, str) else ()
    field = field_named(kinds, test.field)
    use = None if field is None else use_on(field, test.op)
    for word in words:
        if field is not None and field.choices and word not in field.choices:
            best = closest(word, field.choices)
            message = f"‘{entry.name}’ is held against ‘{test.field}’ by ‘{rule.id}’, which is never ‘{shown(word)}’"
            hint = (f"did you mean {best}? " if best else "") + f"({', '.join(field.choices)})"
            _once(entry, message, hint, reading)
        if use is not None and use.wants == "domain" and not_a_domain(word):
            message = f"‘{shown(word)}’ of ‘{entry.name}’ is no domain"
            hint = "write the part behind the @; .school.org takes its subdomains too"
            _once(entry, message, hint, reading)


def _once(entry: SettingEntry, message: str, hint: str, reading: ShapeReader) -> None:
    """One problem for one setting, however many rules read it."""
    if not any(problem.place == entry.place and problem.hint == hint for problem in reading.problems):
        reading.problem(entry.place, "setting-does-not-fit", message, hint)


def check_waivers(laid: Laid, customer: Customer, reading: ShapeReader) -> None:
    """Note the waivers of rules that there are not, and of rules for another kind."""
    for waiver in customer.waivers:
        rule = laid.rules.get(waiver.rule)
        if rule is None and waiver.rule not in FINDINGS:
            if waiver.rule not in laid.broken_rules:
                hint = did_you_mean(waiver.rule, tuple(laid.rules))
                reading.problem(waiver.place, "unknown-rule", f"there is no rule ‘{shown(waiver.rule)}’ to waive", hint)
        elif rule is not None and rule.kind and rule.kind != waiver.kind:
            message = f"‘{waiver.rule}’ is not for records of the kind ‘{waiver.kind}’"
            reading.problem(waiver.place, "unknown-kind", message, "leave `kind:` out")
