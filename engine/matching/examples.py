"""Examples: a rule's own records, made real, so that they can be decided as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.analysis.availability import EVERYTHING
from engine.matching.classifier import decide_one
from engine.model.moments import Moment
from engine.model.rulebook import Example, Rule, SettingValue
from engine.records.decode import Invalid, read_mapping
from engine.records.fields import SEGMENTED
from engine.records.kinds import Record, kind_of
from engine.relations.definitions import RELATIONS


class ExampleSituation:
    """A situation as an example gives it: related records by relation, segments as written."""

    def __init__(self, related: Mapping[str, tuple[Record, ...]], segments: Mapping[int, tuple[str, ...]]) -> None:
        self._related = related
        self._segments = segments
        self.conflicts: frozenset[tuple[str, str]] = frozenset()

    def related(self, _record: Record, name: str) -> tuple[Record, ...]:
        """The records given for the relation; `accounts` is the other two together."""
        if name == "accounts" and name not in self._related:
            return self._related.get("own_accounts", ()) + self._related.get("email_accounts", ())
        return self._related.get(name, ())

    def segments(self, record: Record) -> tuple[str, ...]:
        """The segments that the example gives the record."""
        return self._segments.get(id(record), ())

    def record(self, _kind: str, _source_id: str) -> Record | None:
        """Nothing: an example's record stands as it is."""
        return None


class Posed:
    """An example with its records made: ready to be asked."""

    def __init__(self, rule: Rule, example: Example) -> None:
        self.rule = rule
        segments: dict[int, tuple[str, ...]] = {}
        self.record = _record(rule.kind, example.record, "this", segments)
        related = {
            name: tuple(
                _record(str(values.get("kind", RELATIONS[rule.kind][name].to[0])), values, f"{name}.{number}", segments)
                for number, values in enumerate(items, 1)
            )
            for name, items in example.related.items()
        }
        self.situation: Any = ExampleSituation(related, segments)
        self.moment = Moment(as_of=example.as_of, zone=example.zone, last_sync=example.last_sync)
        self.settings: dict[str, SettingValue] = {**rule.example_settings, **example.settings}

    def by_matcher(self) -> bool:
        """Whether the rule matches, by the matcher, with everything provided."""
        return decide_one(self.rule, self.record, self.situation, self.moment, self.settings, EVERYTHING)


def _record(kind: str, values: Mapping[str, Any], default_id: str, segments: dict[int, tuple[str, ...]]) -> Record:
    given = {name: value for name, value in values.items() if name not in ("kind", "segments")}
    made = read_mapping(kind, given, default_id, default_id=default_id)
    if isinstance(made, Invalid):
        raise ValueError("; ".join(map(str, made.errors)))  # noqa: TRY004 - the loader has checked it: what is wrong is the value
    if kind_of(made) in SEGMENTED and "segments" in values:
        found = values["segments"]
        segments[id(made)] = tuple(found) if isinstance(found, list | tuple) else (str(found),)
    return made
