"""Examples: a rule's own records, made real, so that they can be decided as any other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from engine.analysis.availability import EVERYTHING
from engine.matching.classifier import decide_one
from engine.model.moments import Moment
from engine.model.rulebook import Example, Rule, SettingValue
from engine.records.decode import Invalid, faults_of, read_mapping
from engine.records.fields import COMPUTED
from engine.records.kinds import Record
from engine.relations.definitions import RELATIONS
from engine.relations.neighbourhood import Leading


class ExampleSituation:
    """A situation as an example gives it: related records by relation, and of each what no source gives."""

    def __init__(
        self, related: Mapping[str, tuple[Record, ...]], computed: Mapping[int, Mapping[str, Any]] | None = None
    ) -> None:
        self._related = related
        self._computed = computed or {}
        self.conflicts: dict[tuple[str, str], Record] = {}
        self.growth = 0

    def related(self, _record: Record, name: str) -> tuple[Record, ...]:
        """The records given for the relation; `accounts` is the other two together."""
        if name == "accounts" and name not in self._related:
            return self._related.get("own_accounts", ()) + self._related.get("email_accounts", ())
        return self._related.get(name, ())

    def leading(self, _kind: str, names: Iterable[str]) -> list[Leading]:
        """How to follow the relations."""
        return [Leading(name, partial(self.related, name=name), None) for name in names]

    def segments(self, record: Record) -> tuple[str, ...]:
        """The segments that the example gives the record."""
        found: tuple[str, ...] = self.computed(record, "segments")
        return found

    def standing(
        self, record: Record, field: str, _sight: object = None, _wanted: Collection[str] | None = None
    ) -> str | None:
        """What the example says is decided of a related record; one of which it says nothing is synced."""
        said = self._computed.get(id(record), {})
        skipped_by = said.get("skipped_by")
        verdict = said.get("verdict") or ("skip" if skipped_by else said.get("alone") or "sync")
        if field == "skipped_by":
            return skipped_by
        return said.get("alone") or verdict if field == "alone" and verdict != "skip" else verdict

    def computed(self, record: Record, field: str) -> Any:
        """What the example gives the record of a field that no source gives."""
        if field == "segments":
            return self._computed.get(id(record), {}).get(field, ())
        return self.standing(record, field)

    def record(self, _kind: str, _source_id: str) -> Record | None:
        """Nothing: an example's record stands as it is."""
        return None


class Posed:
    """An example with its records made: ready to be asked."""

    def __init__(self, rule: Rule, example: Example) -> None:
        self.rule = rule
        computed: dict[int, dict[str, Any]] = {}
        self.record = _record(rule.kind, example.record, "this", computed)
        related = {
            name: tuple(
                _record(str(values.get("kind", RELATIONS[rule.kind][name].to[0])), values, f"{name}.{number}", computed)
                for number, values in enumerate(items, 1)
            )
            for name, items in example.related.items()
        }
        self.situation: Any = ExampleSituation(related, computed)
        self.moment = Moment(as_of=example.as_of, zone=example.zone, last_sync=example.last_sync)
        self.settings: dict[str, SettingValue] = {**rule.example_settings, **example.settings}

    def by_matcher(self) -> bool:
        """Whether the rule matches, by the matcher, with everything provided."""
        return decide_one(self.rule, self.record, self.situation, self.moment, self.settings, EVERYTHING)


def _record(kind: str, values: Mapping[str, Any], default_id: str, computed: dict[int, dict[str, Any]]) -> Record:
    given = {name: value for name, value in values.items() if name != "kind" and name not in COMPUTED}
    made = read_mapping(kind, given, default_id, default_id=default_id)
    if isinstance(made, Invalid) or made.unread:
        # The loader has checked it: what is wrong is the value.
        raise ValueError("; ".join(map(str, faults_of(made))))
    computed[id(made)] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in COMPUTED
    }
    return made
