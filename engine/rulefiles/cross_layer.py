"""Soundness: what can only be seen when all layers are laid: flags without a place to fix, settings that do not fit."""

from __future__ import annotations

from engine.analysis.ranks import Circle, Reach, misplaced, order_of, reaches
from engine.analysis.reads import asked, setting_read
from engine.model.conditions import Count, Day, FieldTest, Instant, Related, Value
from engine.model.problems import Place
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
        _check_reaches(rule, laid, reading)
    sound = [rule for rule in laid.rules.values() if rule.id not in laid.broken_rules and not any(misplaced(rule))]
    for circle in order_of(sound).circles:
        _tell_circle(circle, reading)
    _tell_waiting_both_ways([rule for rule in sound if rule.then == "flag"], reading)


def _check_reaches(rule: Rule, laid: Laid, reading: ShapeReader) -> None:
    """What a rule asks of the decisions on related records, and can never be told."""
    if rule.then == "off":
        return
    for reach, why in misplaced(rule):
        field, place = reach.test.field, _place(rule, reach)
        if why == "skip":
            others = "the record itself" if reach.relation is None else f"‘{reach.relation}’"
            message = f"‘{rule.id}’ skips, and asks for more than the skips of {others}: those are settled first"
            hint = f"a skip can ask `{field}: skip`, `{field}: {{not: skip}}` and `skipped_by`; or write `then: flag`"
        else:
            kinds = " and ".join(reach.to)
            message = (
                f"what is decided of {kinds} is not known where ‘{rule.id}’ is decided: the other way goes its own run"
            )
            hint = f"test a field of {kinds} instead"
        reading.problem(place, "verdict-out-of-reach", message, hint)
    for reach in reaches(rule):
        if reach.test.field != "skipped_by":
            continue
        known = tuple(one.id for one in laid.rules.values() if one.kind in reach.to)
        for operand in reach.test.operands:
            if isinstance(operand, Value) and operand.value not in known and operand.value not in laid.broken_rules:
                message = f"‘{shown(str(operand.value))}’ is no rule for {' or '.join(reach.to)}"
                reading.problem(reach.test.place, "unknown-rule", message, did_you_mean(str(operand.value), known))


def _tell_circle(circle: Circle, reading: ShapeReader) -> None:
    """A circle is told at one of its tests, with the way round."""
    # Told where it was closed: at a rule that a later layer wrote or changed, if there is one.
    rule, reach = max(circle.path, key=lambda one: one[0].touched[-1].layer != BASE)
    way = ", ".join(
        f"‘{rule.id}’ asks {' and '.join(reach.to)} over ‘{reach.relation}’"
        if reach.relation
        else f"‘{rule.id}’ asks the record itself"
        for rule, reach in circle.path
    )
    message = f"rules ask for each other's outcome in a circle: {way}"
    hint = f"`alone: ...` in place of `{reach.test.field}: ...` asks only for what a record comes to by itself"
    if rule.then == "skip":
        hint = "let one of them test a field in place of what is decided, or write `then: flag` for it"
    reading.problem(_place(rule, reach), "verdict-circle", message, hint)


def _tell_waiting_both_ways(flags: list[Rule], reading: ShapeReader) -> None:
    """A rule that may tell that a record waits for another, which is flagged because of this very record."""
    asking = [(rule, reach) for rule in flags for reach in reaches(rule) if reach.relation is not None]
    for rule, reach in asking:
        back = next(
            (o for o, its in asking if its.question == "alone" and o.kind in reach.to and rule.kind in its.to), None
        )
        if reach.question == "verdict" and back is not None and all(one.relation is not None for one in reaches(rule)):
            message = f"‘{rule.id}’ may wait for what itself waits for this {rule.kind}: ‘{back.id}’ asks back"
            hint = "add `unless: {alone: flag}`: who is to be put right alone is then told of that alone"
            reading.problem(_place(rule, reach), "verdict-circle", message, hint, "warning")


def _place(rule: Rule, reach: Reach) -> Place:
    """Where a rule asks for something; where its reaction was changed after that, if it was."""
    last = rule.touched[-1]
    return last.place if "then" in last.what else reach.test.place


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
    field = field_named(kinds, test.field, of_related=True)
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
