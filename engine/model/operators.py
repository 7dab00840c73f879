"""Operators: every test that rules can put to a field, one entry each.

Parser, meaning, patterns, schema, the page on writing rules and the laws' drawing are fed from here. Only the words
stand elsewhere: the line of the operator's name in each language's sentences, under `tests`, `times` or `sets`.
"""

from __future__ import annotations

from engine.model.operator_uses import LISTED, SINGLE, TEXTUAL, Operator, Order, Use
from engine.model.text_forms import has_form, of_domain

_BEFORE = Order(lambda _start, end, first, _last: end < first, "$lt")
_AFTER = Order(lambda start, _end, _first, last: start > last, "$gt")
_AT_LEAST = Order(lambda _start, end, first, _last: end >= first, "$gte")
_AT_MOST = Order(lambda start, _end, _first, last: start <= last, "$lte")
_MEETS = Order(lambda start, end, first, last: start <= last and end >= first)
_AVOIDS = Order(lambda start, end, first, last: start > last or end < first)

_SIZES = (0, 1, 2, 3)

_ALL = (
    Operator(
        "missing",
        contrary="present",
        value=Use("email: {is: missing}", "there is none", on=SINGLE, wants="nothing"),
        time=Use("left_on: {is: missing}", "there is none", wants="nothing"),
        set=Use("families: {is: missing}", "there is none at all", wants="nothing"),
    ),
    Operator(
        "present",
        contrary="missing",
        value=Use("email: {is: present}", "there is one", on=SINGLE, wants="nothing"),
        time=Use("left_on: {is: present}", "there is one", wants="nothing"),
        set=Use("families: {is: present}", "there is one at least", wants="nothing"),
    ),
    Operator(
        "well_formed",
        contrary="malformed",
        value=Use(
            "email: {is: well_formed}",
            "there is one, and it can be an email address or a phone number",
            on=("email", "phone"),
            wants="nothing",
            ready=lambda _, field_type: has_form(field_type, well=True),
        ),
    ),
    Operator(
        "malformed",
        contrary="well_formed",
        value=Use(
            "phone: {is: malformed}",
            "there is one, and it cannot be an email address or a phone number",
            on=("email", "phone"),
            wants="nothing",
            ready=lambda _, field_type: has_form(field_type, well=False),
        ),
    ),
    Operator(
        "equals",
        contrary="not",
        many="in",
        value=Use(
            "status: cancelled",
            "it is this; text is compared without regard to capitals, ids exactly",
            on=SINGLE,
            ready=lambda wanted, _: lambda value: value == wanted[0],
            pattern="=",
        ),
        time=Use("left_on: 2026-12-24", "it is this instant or, of a date, this day", order=_MEETS),
        set=Use("families: BTS", "this is among them", overlap=lambda wanted, values: not wanted.isdisjoint(values)),
    ),
    Operator(
        "not",
        contrary="equals",
        many="not_in",
        value=Use(
            "role: {not: learner}",
            "there is one, and it is another",
            on=SINGLE,
            ready=lambda wanted, _: lambda value: value != wanted[0],
            pattern="$neq",
        ),
        time=Use("left_on: {not: 2026-12-24}", "there is one, and it is another", order=_AVOIDS),
        set=Use("families: {not: BTS}", "there are some, and this is not among them", overlap=frozenset.isdisjoint),
    ),
    Operator(
        "in",
        contrary="not_in",
        worded="equals",
        value=Use(
            "status: {in: [left, suspended]}",
            "it is one of these; `status: [left, suspended]` is the same",
            on=LISTED,
            takes="list",
            ready=lambda wanted, _: frozenset(wanted).__contains__,
            pattern="=",
        ),
        set=Use(
            "families: {in: [BTS, CAP]}",
            "one of these is among them; `families: [BTS, CAP]` is the same",
            takes="list",
            overlap=lambda wanted, values: not wanted.isdisjoint(values),
        ),
    ),
    Operator(
        "not_in",
        contrary="in",
        worded="not",
        value=Use(
            "status: {not_in: [active, suspended]}",
            "there is one, and it is none of these",
            on=LISTED,
            takes="list",
            ready=lambda wanted, _: lambda value: value not in wanted,
            pattern="$neq",
        ),
        set=Use(
            "families: {not_in: [BTS, CAP]}",
            "there are some, and none of these",
            takes="list",
            overlap=frozenset.isdisjoint,
        ),
    ),
    Operator(
        "starts_with",
        value=Use(
            "name: {starts_with: Jury}",
            "the text begins with this",
            on=TEXTUAL,
            wants="part",
            ready=lambda wanted, _: lambda value: value.startswith(wanted),
        ),
    ),
    Operator(
        "ends_with",
        value=Use(
            "name: {ends_with: TG}",
            "the text ends with this",
            on=TEXTUAL,
            wants="part",
            ready=lambda wanted, _: lambda value: value.endswith(wanted),
        ),
    ),
    Operator(
        "contains",
        value=Use(
            "name: {contains: exam}",
            "the text contains this",
            on=TEXTUAL,
            wants="part",
            ready=lambda wanted, _: lambda value: any(item in value for item in wanted),
        ),
        set=Use(
            "families: {contains: [BTS, CAP]}",
            "all of these are among them",
            takes="any number",
            overlap=frozenset.issubset,
        ),
    ),
    Operator(
        "within",
        set=Use(
            "families: {within: [BTS, CAP]}",
            "there are some, and none but these",
            takes="any number",
            overlap=frozenset.issuperset,
        ),
    ),
    Operator(
        "domain_in",
        value=Use(
            "email: {domain_in: [school.org, .school.org]}",
            "its domain is in the list; with a dot in front, everything below it too",
            on=("email",),
            wants="domain",
            takes="any number",
            ready=lambda wanted, _: of_domain(wanted),
            tried=("example.org", ".example.org"),
        ),
    ),
    Operator(
        "before",
        contrary="at_least",
        time=Use(
            "starts_at: {before: today}", "it is earlier; than a day: before its midnight", wants="time", order=_BEFORE
        ),
    ),
    Operator(
        "after",
        contrary="at_most",
        time=Use(
            "starts_at: {after: now}", "it is later; than a day: the next day or later", wants="time", order=_AFTER
        ),
    ),
    Operator(
        "on", worded="equals", time=Use("starts_at: {on: today}", "it is during this day", wants="day", order=_MEETS)
    ),
    Operator(
        "at_least",
        contrary="below",
        value=Use("times_archived: {at_least: 2}", "it is this or more", on=("integer",), order=_AT_LEAST),
        time=Use(
            "starts_at: {at_least: today}",
            "it is then or later; of a day: during it or later",
            wants="time",
            order=_AT_LEAST,
        ),
        set=Use("segments: {at_least: 2}", "there are so many or more", wants="number", order=_AT_LEAST, tried=_SIZES),
    ),
    Operator(
        "at_most",
        contrary="above",
        value=Use("times_archived: {at_most: 2}", "it is this or less", on=("integer",), order=_AT_MOST),
        time=Use(
            "starts_at: {at_most: in 7 days}",
            "it is then or earlier; of a day: during it or earlier",
            wants="time",
            order=_AT_MOST,
        ),
        set=Use(
            "segments: {at_most: 2}",
            "there are some, and so many or fewer",
            wants="number",
            order=_AT_MOST,
            tried=_SIZES,
        ),
    ),
    Operator(
        "above",
        contrary="at_most",
        value=Use("times_archived: {above: 1}", "it is more than this", on=("integer",), order=_AFTER),
        set=Use("segments: {above: 1}", "there are more than so many", wants="number", order=_AFTER, tried=_SIZES),
    ),
    Operator(
        "below",
        contrary="at_least",
        value=Use("times_archived: {below: 3}", "it is less than this", on=("integer",), order=_BEFORE),
        set=Use(
            "segments: {below: 3}",
            "there are some, and fewer than so many",
            wants="number",
            order=_BEFORE,
            tried=_SIZES,
        ),
    ),
)

OPERATORS = {operator.name: operator for operator in _ALL}
"""By name, in the order that people are told them."""
