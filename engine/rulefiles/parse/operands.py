"""Operands: what stands behind a test, typed by the field it is held against.

A literal, `$setting`, `$this.field`, an instant such as `24 hours ago`, a day such as `in 14 days`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from msgspec import Struct

from engine.model.conditions import Day, Instant, Operand, Setting, This, Value
from engine.model.operator_uses import TEXTUAL, TIMES, Use
from engine.model.rulebook import SettingEntry
from engine.model.text_forms import not_a_domain
from engine.records.decode import absent
from engine.records.fields import Field, fields_of
from engine.records.folding import normal
from engine.records.suggest import closest, did_you_mean
from engine.rulefiles.operators import field_names, settings_for, use_on
from engine.rulefiles.reader import ShapeReader, found, shown
from engine.rulefiles.yaml_tree import Node, RefusedNode, Scalar

_REFERENCE = re.compile(r"\$([a-z_][a-z0-9_]*)")
_THIS = re.compile(r"\$this\.([a-z_][a-z0-9_]*)")
_AMOUNT = r"(?P<amount>[0-9]{1,6}|\$[a-z_][a-z0-9_]*)\s+(?P<unit>minute|hour|day|week)s?"
_IN = re.compile(rf"in\s+{_AMOUNT}")
_AGO = re.compile(rf"{_AMOUNT}\s+ago")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_FIRST_YEAR = "1800"
"""No school is older; before it, local days fall off the calendar."""
_NAMED_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
TIME_WORDS = (
    "now",
    "last_sync",
    "today",
    "yesterday",
    "tomorrow",
    "24 hours ago",
    "in 2 hours",
    "3 days ago",
    "in 14 days",
)
"""Examples of every form, for hints."""


class Scope(Struct, frozen=True):
    """Where in a condition we are, and what can be named there."""

    kind: str
    """Of the deciding record."""
    kinds: tuple[str, ...]
    """Kinds of the records whose fields are tested here; several inside a mixed relation."""
    settings: Mapping[str, SettingEntry]
    """Those known to the layer, by name."""
    broken_settings: frozenset[str] = frozenset()
    """Settings that are named but whose definition has a problem of its own."""
    relation: str | None = None

    @property
    def title(self) -> str:
        """What a message calls the records tested here."""
        return self.relation or self.kind


def read_day(text: str) -> date | None:
    """A calendar day written `2026-12-20`, or None."""
    if not _DAY.fullmatch(text) or text < _FIRST_YEAR:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(scalar: Scalar, reading: ShapeReader) -> datetime | None:
    """An instant in ISO form with its offset, in UTC; else None, and the problem is noted."""
    match = _INSTANT.fullmatch(scalar.text) if scalar.text >= _FIRST_YEAR else None
    try:
        instant = datetime.fromisoformat(scalar.text.replace("t", "T").replace("z", "Z")) if match else None
        if instant is not None and instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is not None:
        message = f"`{shown(scalar.text)}` does not say in which zone"
        hint = "add the offset from UTC: 2026-12-20T09:00:00+01:00, or Z for UTC"
        reading.problem(scalar.place, "naive-instant", message, hint)
        return None
    message = f"{found(scalar)} is no instant"
    reading.problem(scalar.place, "bad-time", message, "write 2026-12-20T09:00:00+01:00")
    return None


class OperandReader:
    """Reads operands in one scope."""

    def __init__(self, reading: ShapeReader, scope: Scope) -> None:
        self._reading = reading
        self._scope = scope

    def read(self, field: Field, test: str, node: Node) -> Operand | None:
        """The operand of one test (`equals` for a bare value); None when it is wrong and the problem noted."""
        if isinstance(node, RefusedNode):
            return None
        if isinstance(node, Scalar) and node.empty:
            message = f"nothing stands behind ‘{field.name}’"
            hint = f"to ask whether it is missing write `{field.name}: {{is: missing}}`"
            self._reading.problem(node.place, "empty", message, hint)
            return None
        scalar = self._reading.scalar(node, "a value to compare with")
        if scalar is None:
            return None
        use = use_on(field, test)
        assert use is not None, f"{test} does not go with {field.title}"
        if field.type in TIMES and use.wants != "number":
            return self._time(field, test, use, scalar)
        if scalar.text.startswith("$"):
            return self._reference(field, test, use, scalar)
        return self._literal(field, test, use, scalar)

    def setting(self, scalar: Scalar, wanted: tuple[str, ...], what: str) -> Setting | None:
        """The setting that `$name` names, if it is known and of one of these types."""
        match = _REFERENCE.fullmatch(scalar.text)
        if match is None:
            message = f"‘{shown(scalar.text)}’ names no setting"
            self._reading.problem(
                scalar.place, "unknown-setting", message, "write $name, or $this.field for a field of the record"
            )
            return None
        name = match[1]
        entry = self._scope.settings.get(name)
        if entry is None:
            if name not in self._scope.broken_settings:
                message = f"unknown setting ‘{name}’"
                self._reading.problem(
                    scalar.place, "unknown-setting", message, did_you_mean(name, tuple(self._scope.settings))
                )
            return None
        if entry.type not in wanted:
            fitting = ", ".join(wanted) or "none"
            message = f"{what} cannot be compared with the setting ‘{name}’ of type {entry.type}"
            self._reading.problem(
                scalar.place, "setting-does-not-fit", message, f"types of setting that fit here: {fitting}"
            )
            return None
        return Setting(name)

    def _reference(self, field: Field, test: str, use: Use, scalar: Scalar) -> Operand | None:
        if scalar.text == "$this" or scalar.text.startswith("$this."):
            return self._this(field, use, scalar)
        what = f"‘{field.name}’" if test == "equals" else f"‘{test}’ on ‘{field.name}’"
        return self.setting(scalar, settings_for(field, test), what)

    def _this(self, field: Field, use: Use, scalar: Scalar) -> This | None:
        kind = self._scope.kind
        match = _THIS.fullmatch(scalar.text)
        name = match[1] if match else scalar.text.partition(".")[2]
        other = fields_of(kind).get(name)
        if other is None or other.type == "keys":
            message = f"‘{shown(scalar.text)}’: {kind} has no field ‘{shown(name)}’"
            self._reading.problem(
                scalar.place, "unknown-field", message, did_you_mean(name, field_names((kind,)), f"fields of {kind}")
            )
            return None
        if use.wants == "number":
            fits = other.type == "integer"
        elif field.type in TEXTUAL:
            fits = other.type in TEXTUAL
        elif field.type in TIMES:
            fits = other.type in TIMES
        else:
            fits = other.type == field.type
        one_only = use.wants == "part" or use.order is not None
        if not fits or (one_only and other.is_set) or use.wants == "domain":
            message = f"‘{field.title}’ ({field.type}) cannot be compared so with ‘{other.title}’ ({other.type})"
            self._reading.problem(scalar.place, "wrong-value", message, "compare fields of the same type")
            return None
        return This(name)

    def _literal(self, field: Field, test: str, use: Use, scalar: Scalar) -> Value | None:
        if field.type == "boolean":
            flag = self._reading.boolean(scalar, f"‘{field.name}’")
            return None if flag is None else Value(flag)
        if field.type == "integer" or use.wants == "number":
            number = scalar.value
            if isinstance(number, int) and not isinstance(number, bool):
                return Value(number)
            what = f"the size of ‘{field.title}’" if field.is_set else f"‘{field.name}’"
            if not field.is_set and use.wants == "number":
                what = f"what `{test}` takes"
            message = f"{what} is a whole number, not {found(scalar)}"
            hint = "write it without quotes" if scalar.text.isdigit() else ""
            self._reading.problem(scalar.place, "wrong-type", message, hint)
            return None
        return self._text(field, use, scalar)

    def _text(self, field: Field, use: Use, scalar: Scalar) -> Value | None:
        text = normal("NFC", scalar.text)
        if field.choices and text not in field.choices:
            best = closest(text, field.choices)
            listed = ", ".join(field.choices)
            hint = f"did you mean {best}? ({listed})" if best else f"it is one of {listed}"
            message = f"‘{field.name}’ of {self._scope.title} is never ‘{shown(text)}’"
            self._reading.problem(scalar.place, "wrong-value", message, hint)
            return None
        whole = use.wants == "value"
        if absent(text, field.name) if whole else not text.strip():
            message = f"‘{shown(text)}’ is read as missing, so nothing ever equals it"
            hint = f"write `{field.name}: {{is: missing}}`"
            self._reading.problem(scalar.place, "never-equal", message, hint)
            return None
        if use.wants == "domain" and not_a_domain(text):
            message = f"‘{shown(text)}’ is no domain"
            hint = "write the part behind the @; .school.org takes its subdomains too"
            self._reading.problem(scalar.place, "wrong-value", message, hint)
            return None
        return Value(text.strip() if whole or use.wants == "domain" else text)

    def _time(self, field: Field, test: str, use: Use, scalar: Scalar) -> Operand | None:
        operand: Operand | None
        if scalar.text.startswith("$") and not _AGO.fullmatch(scalar.text):
            operand = self._reference(field, test, use, scalar)
        else:
            operand = self._time_word(field, scalar)
        is_day = isinstance(operand, Day) or (isinstance(operand, Value) and not isinstance(operand.value, datetime))
        if use.wants == "value" and is_day and (isinstance(operand, Day) or field.type == "instant"):
            message = f"‘{shown(scalar.text)}’ is a whole day"
            hint = f"write `{field.name}: {{on: {scalar.text}}}`" + (" under `not:`" if test == "not" else "")
            self._reading.problem(scalar.place, "bad-time", message, hint)
            return None
        is_instant = isinstance(operand, Instant) or (isinstance(operand, Value) and not is_day)
        if use.wants == "day" and is_instant:
            message = f"‘{test}’ wants a day, and ‘{shown(scalar.text)}’ is an instant"
            self._reading.problem(scalar.place, "bad-time", message, "write a day: today, in 3 days, 2026-12-20")
            return None
        return operand

    def _time_word(self, field: Field, scalar: Scalar) -> Operand | None:
        text = scalar.text.strip()
        if text == "now":
            return Instant()
        if text == "last_sync":
            return Instant(anchor="last_sync")
        if text in _NAMED_DAYS:
            return Day(_NAMED_DAYS[text])
        match = _IN.fullmatch(text) or _AGO.fullmatch(text)
        if match is not None:
            return self._span(scalar, match, ago=text.endswith("ago"))
        day = read_day(text)
        if day is not None:
            return Value(day)
        if _INSTANT.fullmatch(text):
            if field.type == "date":
                message = f"‘{field.name}’ is a day, and ‘{shown(text)}’ an instant"
                self._reading.problem(scalar.place, "bad-time", message, f"write the day: {text[:10]}")
                return None
            instant = read_instant(scalar, self._reading)
            return None if instant is None else Value(instant)
        if _DAY.fullmatch(text):
            self._reading.problem(scalar.place, "bad-time", f"there is no day {text}", "look at a calendar")
            return None
        best = closest(text, TIME_WORDS)
        forms = ", ".join((*TIME_WORDS, "2026-12-20", "2026-12-20T09:00:00+01:00"))
        hint = f"did you mean {best}? ({forms})" if best else f"forms: {forms}"
        self._reading.problem(scalar.place, "bad-time", f"‘{shown(text)}’ is no time that rules know", hint)
        return None

    def _span(self, scalar: Scalar, match: re.Match[str], *, ago: bool) -> Instant | Day | None:
        written, unit = match["amount"], match["unit"]
        amount: int | Setting
        if written.startswith("$"):
            if unit == "week":
                message = "weeks take a number, not a setting"
                self._reading.problem(scalar.place, "bad-time", message, f"count in days: {written} days")
                return None
            named = Scalar(scalar.place, written, plain=True)
            setting = self.setting(named, ("integer",), f"an amount of {unit}s")
            if setting is None:
                return None
            amount = setting
        else:
            amount = int(written) * (7 if unit == "week" else 1)
            amount = -amount if ago else amount
        backwards = ago and isinstance(amount, Setting)
        if unit in ("day", "week"):
            return Day(amount, ago=backwards)
        return Instant(amount=amount, unit="hours" if unit == "hour" else "minutes", ago=backwards)


def stands_for_many(operand: Operand, scope: Scope) -> bool:
    """Whether an operand is several values: a setting that is a list or mapping, or a set of the record."""
    if isinstance(operand, Setting):
        return scope.settings[operand.name].type in ("texts", "mapping")
    return isinstance(operand, This) and fields_of(scope.kind)[operand.field].is_set
