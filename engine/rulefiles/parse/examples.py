"""Example nodes: reading the `examples:` of a rule. What they mean is ``engine.matching.examples``."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from engine.language.unread import unread_text
from engine.model.moments import zone as zone_of
from engine.model.problems import Place
from engine.model.rulebook import Example, SettingValue
from engine.records.decode import faults_of, read_mapping
from engine.records.fields import Field, fields_for_rules
from engine.records.suggest import did_you_mean
from engine.relations.definitions import RELATIONS
from engine.rulefiles.parse.operands import Scope, read_day, read_instant
from engine.rulefiles.parse.settings import read_value
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Mapping, Node, RefusedNode, Scalar, Sequence

ZONE = "Europe/Paris"
"""An example's zone where it names none."""
DAY = date(2026, 11, 21)
"""An example's day where it names none: any will do, as long as it is always the same."""

_KEYS = ("matches", "record", "related", "settings", "as_of", "last_sync", "zone")
_TOGETHER = {"accounts": ("own_accounts", "email_accounts")}
"""Relations that are others together; an example gives those."""


def read_examples(node: Node, scope: Scope, reading: ShapeReader) -> tuple[Example, ...]:
    """Every example that is right; the problems of the others are noted."""
    sequence = reading.sequence(node, "`examples`", "start each example with `- `")
    items = sequence.items if sequence is not None else ()
    made = [_Reader(scope, reading).read(item) for item in items]
    return tuple(example for example in made if example is not None)


def zone_named(name: str) -> bool:
    """Whether there is an IANA time zone of that name."""
    try:
        zone_of(name)
    except ZoneInfoNotFoundError:
        return False
    return name == "UTC" or ("/" in name and name[:1].isupper())


class _Reader:
    def __init__(self, scope: Scope, reading: ShapeReader) -> None:
        self._scope = scope
        self._reading = reading

    def read(self, node: Node) -> Example | None:
        reading = self._reading
        before = len(reading.problems)
        mapping = reading.mapping(node, "an example")
        if mapping is None:
            return None
        parts = {entry.name: entry for entry in reading.known(mapping, _KEYS, "an example")}
        for key in ("matches", "record"):
            if key not in parts:
                hint = "write {matches: true, record: {email: mina@example.org}}"
                reading.problem(mapping.place, "missing-key", f"an example has no `{key}`", hint)
        matches = reading.boolean(parts["matches"].value, "`matches`") if "matches" in parts else None
        kind = self._scope.kind
        record = (
            self._record(parts["record"].value, (kind,), "`record`", of_related=False) if "record" in parts else None
        )
        related = self._related(parts["related"].value) if "related" in parts else {}
        settings = self._settings(parts["settings"].value) if "settings" in parts else {}
        zone = self._zone(parts.get("zone"))
        as_of = self._moment(parts.get("as_of"), zone) or _noon(DAY, zone)
        last_sync = self._moment(parts.get("last_sync"), zone)
        if matches is None or record is None or len(reading.problems) > before:
            return None
        return Example(
            matches=matches,
            record=record,
            related=related,
            settings=settings,
            as_of=as_of,
            last_sync=last_sync,
            zone=zone,
            place=mapping.place,
        )

    def _zone(self, entry: KeyValue | None) -> str:
        text = self._reading.text(entry.value, "`zone`") if entry is not None else None
        if entry is None or text is None:
            return ZONE
        if zone_named(text):
            return text
        hint = "write an IANA name such as Europe/Paris"
        self._reading.problem(entry.value.place, "unknown-zone", f"unknown time zone ‘{shown(text)}’", hint)
        return ZONE

    def _moment(self, entry: KeyValue | None, zone: str) -> datetime | None:
        if entry is None:
            return None
        scalar = self._reading.scalar(entry.value, f"`{entry.name}`")
        if scalar is None:
            return None
        day = read_day(scalar.text)
        return _noon(day, zone) if day is not None else read_instant(scalar, self._reading)

    def _settings(self, node: Node) -> dict[str, SettingValue]:
        values: dict[str, SettingValue] = {}
        mapping = self._reading.mapping(node, "`settings` of an example")
        for entry in mapping.entries if mapping is not None else ():
            known = self._scope.settings.get(entry.name)
            if known is None:
                if entry.name not in self._scope.broken_settings:
                    message = f"unknown setting ‘{shown(entry.name)}’"
                    hint = did_you_mean(entry.name, tuple(self._scope.settings), "settings")
                    self._reading.problem(entry.key.place, "unknown-setting", message, hint)
                continue
            given = read_value(entry.value, known.type, f"‘{entry.name}’", self._reading)
            if given is not None:
                values[entry.name] = given.value
        return values

    def _related(self, node: Node) -> dict[str, tuple[Dict[str, Any], ...]]:
        kind, reading = self._scope.kind, self._reading
        related: dict[str, tuple[Dict[str, Any], ...]] = {}
        mapping = reading.mapping(node, "`related`")
        known = RELATIONS.get(kind, {})
        for entry in mapping.entries if mapping is not None else ():
            if entry.name in _TOGETHER and entry.name in known:
                hint = "give " + " and ".join(f"`{part}`" for part in _TOGETHER[entry.name])
                message = f"‘{entry.name}’ is other relations together"
                reading.problem(entry.key.place, "bad-example", message, hint)
            elif entry.name not in known:
                message = f"{kind} has no relation ‘{shown(entry.name)}’"
                hint = did_you_mean(entry.name, tuple(known), f"relations of {kind}")
                reading.problem(entry.key.place, "unknown-relation", message, hint)
            else:
                sequence = reading.sequence(entry.value, f"‘{entry.name}’", f"write `{entry.name}: [{{...}}]`")
                kinds = known[entry.name].to
                items = [
                    self._record(item, kinds, f"an item of ‘{entry.name}’", of_related=True)
                    for item in (sequence.items if sequence is not None else ())
                ]
                related[entry.name] = tuple(item for item in items if item is not None)
        return related

    def _record(self, node: Node, kinds: tuple[str, ...], what: str, *, of_related: bool) -> Dict[str, Any] | None:
        """The fields as written; with `kind` where several are possible."""
        reading = self._reading
        mapping = reading.mapping(node, what)
        if mapping is None:
            return None
        before = len(reading.problems)
        known = {of: fields_for_rules(of, of_related=of_related) for of in kinds}
        told = mapping.get("kind")
        if told is not None:
            kind = reading.one_of(told.value, kinds, "kind", "unknown-kind")
            if kind is None:
                return None
        else:
            kind = next((of for of in kinds if all(entry.name in known[of] for entry in mapping.entries)), kinds[0])
        values: dict[str, Any] = {}
        fields = known[kind]
        for entry in mapping.entries:
            if entry.name == "kind":
                continue
            if entry.name not in fields:
                message = f"{kind} has no field ‘{shown(entry.name)}’"
                hint = did_you_mean(entry.name, tuple(fields), "fields")
                reading.problem(entry.key.place, "unknown-field", message, hint)
                continue
            values[entry.name] = self._value(entry.value)
            if not isinstance(entry.value, RefusedNode):
                self._check(fields[entry.name], entry, values[entry.name])
        if len(reading.problems) > before:
            return None
        return {"kind": kind, **values} if len(kinds) > 1 else values

    def _value(self, node: Node) -> Any:
        """Plain values, text as spelled: the door types it, as it does for a CSV."""
        match node:
            case Scalar():
                return None if node.empty else node.text
            case Sequence(items=items):
                return [self._value(item) for item in items]
            case Mapping(entries=entries):
                return {entry.name: self._value(entry.value) for entry in entries}
            case _:
                return None

    def _check(self, field: Field, entry: KeyValue, value: Any) -> None:
        """Whether the door takes this one field; asked alone, so that its problem has a place."""
        if field.of_related:
            fits = isinstance(value, str) and (not field.choices or value in field.choices)
            errors: tuple[str, ...] = () if fits else (f"‘{entry.name}’ is {' or '.join(field.choices) or 'a rule'}",)
        elif field.computed:
            whole = isinstance(value, list) and all(isinstance(item, str) for item in value)
            errors = () if whole else (f"‘{entry.name}’ is a list of texts",)
        elif entry.name == "source_id":
            errors = () if isinstance(value, str) else ("`source_id` is one text",)
        else:
            read = read_mapping(field.kind, {entry.name: value}, "example", default_id="example")
            errors = tuple(unread_text(one, "en") for one in faults_of(read))
        for error in errors:
            self._bad(entry.value.place, error)

    def _bad(self, place: Place, error: str) -> None:
        hint = "write it as a source would send it, or leave it out"
        self._reading.problem(place, "bad-example", error, hint)


def _noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), zone_of(zone))
