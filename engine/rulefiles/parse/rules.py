"""Rule entries: reading the `rules:` of one layer, whole rules and changes to those of layers below."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from typing import cast

import msgspec

from engine.matching.complexity import MOST_BLOCKS, is_too_nested
from engine.model.conditions import ALWAYS, NEVER
from engine.model.rulebook import (
    FINDINGS,
    FIX_IN,
    REACTIONS,
    Example,
    FixIn,
    MessageText,
    Reaction,
    Rule,
    SettingEntry,
    Touch,
)
from engine.records.kinds import DOWNWARD, UPWARD
from engine.records.limits import LONGEST_TITLE
from engine.records.suggest import did_you_mean
from engine.rulefiles.parse.examples import read_examples
from engine.rulefiles.parse.operands import Scope
from engine.rulefiles.parse.when import parse_when
from engine.rulefiles.reader import ShapeReader, shown
from engine.rulefiles.yaml_tree import KeyValue, Node, RefusedNode, Scalar

RULE_KINDS = DOWNWARD + UPWARD
"""Kinds that rules can be for; marks are only ever related records."""
KEYS = ("for", "when", "then", "fix_in", "messages", "examples")
"""Characters of a title: a line of a list, a cell of a table."""
_WHOLE = ("for", "when", "then", "examples")
_CHANGES = ("then", "fix_in", "messages")
_ID = re.compile(r"[a-z]+\.[a-z][a-z0-9_]{0,63}")


class Entries:
    """The rules of one layer laid over those below."""

    def __init__(
        self,
        layer: str,
        layer_kind: str,
        rules: Dict[str, Rule],
        broken: frozenset[str],
        settings: Dict[str, SettingEntry],
        broken_settings: frozenset[str],
        languages: tuple[str, ...],
        reading: ShapeReader,
    ) -> None:
        self.rules: dict[str, Rule] = dict(rules)
        self.broken = broken
        self._layer = layer
        self._layer_kind = layer_kind
        self._settings = settings
        self._broken_settings = broken_settings
        self._values = {name: entry.value for name, entry in settings.items()}
        self._languages = languages
        self._reading = reading
        self._seen: dict[str, KeyValue] = {}

    def read(self, node: Node) -> None:
        """One `rules:` of the layer."""
        if isinstance(node, Scalar) and node.empty:
            return
        mapping = self._reading.mapping(node, "`rules`")
        for entry in mapping.entries if mapping is not None else ():
            before = len(self._reading.problems)
            self._rule(entry)
            if len(self._reading.problems) > before:
                self.broken |= {entry.name}

    def _rule(self, entry: KeyValue) -> None:
        reading = self._reading
        first = self._seen.setdefault(entry.name, entry)
        if first is not entry:
            where = f"{first.key.place.path}, line {first.key.place.line}"
            message = f"‘{shown(entry.name)}’ is written twice in this layer"
            reading.problem(entry.key.place, "duplicate-rule", message, f"it first stands in {where}; keep one")
            return
        if isinstance(entry.value, RefusedNode):
            return
        if isinstance(entry.value, Scalar) and entry.value.empty:
            # Nothing said of a rule changes nothing; an id that nobody knows is one half written.
            if entry.name not in FINDINGS:
                self._change(entry, {})
            return
        given = reading.mapping(entry.value, f"the rule ‘{shown(entry.name)}’", entry.key.place)
        if given is None:
            return
        parts = {part.name: part for part in reading.known(given, KEYS, "a rule")}
        if entry.name in FINDINGS or entry.name.startswith("record."):
            self._finding(entry, parts)
        elif "when" in parts:
            self._whole(entry, parts)
        else:
            self._change(entry, parts)

    # Whole rules.

    def _whole(self, entry: KeyValue, parts: dict[str, KeyValue]) -> None:
        reading = self._reading
        rule_id = entry.name
        for key in (key for key in _WHOLE if key not in parts):
            hint = f"a rule with `when` is whole: it has {', '.join(f'`{part}`' for part in _WHOLE)}"
            reading.problem(entry.key.place, "incomplete-rule", f"the rule ‘{shown(rule_id)}’ has no `{key}`", hint)
        kind = reading.one_of(parts["for"].value, RULE_KINDS, "kind", "unknown-kind") if "for" in parts else None
        self._name(entry, kind)
        then, fix_in, messages = self._reaction(parts), self._fix_in(parts), self._messages(parts)
        if kind is None:
            return
        before = len(reading.problems)
        scope = Scope(kind, (kind,), self._settings, self._broken_settings)
        when = parse_when(parts["when"].value, scope, reading)
        always = when == ALWAYS and len(reading.problems) == before
        examples: tuple[Example, ...] = ()
        if "examples" in parts:
            examples = read_examples(parts["examples"].value, scope, reading)
            if len(reading.problems) == before:
                self._both_ways(entry, parts["examples"], examples, always=always)
        below = self.rules.get(rule_id)
        touched = below.touched if below is not None else ()
        rule = Rule(
            id=rule_id,
            kind=kind,
            when=when,
            then=then or "off",
            fix_in=fix_in or (below.fix_in if below is not None and "fix_in" not in parts else None),
            examples=examples,
            messages=_over(below.messages if below is not None else {}, messages),
            touched=(*touched, Touch(self._layer, ("rule",), entry.key.place)),
            example_settings=self._values,
        )
        if len(reading.problems) == before and is_too_nested(rule):
            message = f"‘{rule_id}’ nests more than {MOST_BLOCKS} any, all, not and lists of tests"
            reading.problem(entry.key.place, "too-nested", message, "split it into several rules")
        self.rules[rule_id] = rule

    def _name(self, entry: KeyValue, kind: str | None) -> None:
        """Whether the id is well written and begins with the kind."""
        prefix, _, name = entry.name.partition(".")
        if _ID.fullmatch(entry.name) and (kind is None or prefix == kind):
            return
        better = re.sub(r"[^a-z0-9]+", "_", (name or prefix).lower()).strip("_") or "name"
        message = f"‘{shown(entry.name)}’ is no id for a rule" + (f" on {kind}" if kind else "")
        hint = f"write the kind, a point and a name: {kind or 'learner'}.{better}"
        self._reading.problem(entry.key.place, "bad-rule-id", message, hint)

    def _both_ways(self, entry: KeyValue, at: KeyValue, examples: tuple[Example, ...], *, always: bool) -> None:
        sides = {example.matches for example in examples}
        missing = [word for word, side in (("matches", True), ("does not match", False)) if side not in sides]
        if always and "does not match" in missing:
            missing.remove("does not match")
        for word in missing:
            flag = "true" if word == "matches" else "false"
            message = f"‘{entry.name}’ has no example that {word}"
            hint = f"add - {{matches: {flag}, record: {{...}}}}; examples are the rule's tests"
            self._reading.problem(at.key.place, "missing-example", message, hint)

    # Changes.

    def _change(self, entry: KeyValue, parts: dict[str, KeyValue]) -> None:
        reading, rule_id = self._reading, entry.name
        below = self.rules.get(rule_id)
        if below is None:
            if rule_id in self.broken:
                return
            if "for" in parts or "examples" in parts:
                self._whole(entry, {**parts, "when": KeyValue(entry.key, RefusedNode(entry.key.place))})
                hint = "write `when: {}` for a rule that always matches"
                message = f"the new rule ‘{shown(rule_id)}’ has no `when`"
                reading.problem(entry.key.place, "incomplete-rule", message, hint)
                self.rules.pop(rule_id, None)
                return
            known = [other for other in self.rules if other not in FINDINGS]
            hint = did_you_mean(rule_id, known, "rules") if known else "no layer below has any rule"
            new = f"a new rule has {', '.join(f'`{part}`' for part in _WHOLE)}"
            hint = new if self._layer_kind == "base" else f"{hint} ({new})" if not parts else hint
            reading.problem(entry.key.place, "unknown-rule", f"unknown rule ‘{shown(rule_id)}’", hint)
            return
        for key in ("for", "examples"):
            if key in parts:
                message = f"`{key}` belongs to a condition, and this entry has no `when`"
                hint = (
                    f"take it out to change only {', '.join(_CHANGES)}; "
                    f"to replace the condition write the rule whole: {', '.join(_WHOLE)}"
                )
                reading.problem(parts[key].key.place, "override-with-examples", message, hint)
        then, fix_in, messages = self._reaction(parts), self._fix_in(parts), self._messages(parts)
        self._touch(entry, below, parts, then=then, fix_in=fix_in, messages=messages)

    def _touch(
        self,
        entry: KeyValue,
        below: Rule,
        parts: dict[str, KeyValue],
        *,
        then: Reaction | None,
        fix_in: FixIn | None,
        messages: dict[str, MessageText],
    ) -> None:
        what = tuple(key for key in _CHANGES if key in parts)
        if not what:
            return
        self.rules[entry.name] = msgspec.structs.replace(
            below,
            then=then or below.then,
            fix_in=fix_in or below.fix_in,
            messages=_over(below.messages, messages),
            touched=(*below.touched, Touch(self._layer, what, entry.key.place)),
        )

    # The engine's own findings.

    def _finding(self, entry: KeyValue, parts: dict[str, KeyValue]) -> None:
        reading, rule_id = self._reading, entry.name
        if rule_id not in FINDINGS:
            message = f"‘{shown(rule_id)}’ is none of the engine's own findings"
            hint = did_you_mean(rule_id, FINDINGS) + "; a rule's id begins with the kind it is for"
            reading.problem(entry.key.place, "engine-finding", message, hint)
            return
        allowed = ("fix_in", "messages") if self._layer_kind != "base" else _CHANGES
        for name, part in parts.items():
            if name not in allowed:
                message = f"`{name}` of ‘{rule_id}’ cannot be changed: it is found by the engine itself"
                reading.problem(part.key.place, "engine-finding", message, "change only its fix_in and messages")
        then, fix_in, messages = self._reaction(parts), self._fix_in(parts), self._messages(parts)
        if "then" in allowed and then not in (None, "flag"):
            message = f"‘{rule_id}’ is always a flag"
            reading.problem(parts["then"].value.place, "engine-finding", message, "write `then: flag`")
        below = self.rules.get(rule_id)
        if below is not None:
            parts = {name: part for name, part in parts.items() if name != "then"}
            self._touch(entry, below, parts, then=None, fix_in=fix_in, messages=messages)
            return
        self.rules[rule_id] = Rule(
            id=rule_id,
            kind="",
            when=NEVER,
            then="flag",
            fix_in=fix_in,
            examples=(),
            messages=messages,
            touched=(Touch(self._layer, ("rule",), entry.key.place),),
            example_settings={},
        )

    # Parts.

    def _reaction(self, parts: dict[str, KeyValue]) -> Reaction | None:
        if "then" not in parts:
            return None
        return cast("Reaction | None", self._reading.one_of(parts["then"].value, REACTIONS, "reaction"))

    def _fix_in(self, parts: dict[str, KeyValue]) -> FixIn | None:
        if "fix_in" not in parts:
            return None
        return cast("FixIn | None", self._reading.one_of(parts["fix_in"].value, FIX_IN, "place to fix it in"))

    def _messages(self, parts: dict[str, KeyValue]) -> dict[str, MessageText]:
        made: dict[str, MessageText] = {}
        if "messages" not in parts:
            return made
        reading = self._reading
        mapping = reading.mapping(parts["messages"].value, "`messages`", parts["messages"].key.place)
        if mapping is None:
            return made
        for entry in mapping.entries:
            if self._languages and entry.name not in self._languages:
                message = f"unknown language ‘{shown(entry.name)}’"
                hint = did_you_mean(entry.name, self._languages, "languages")
                reading.problem(entry.key.place, "unknown-language", message, hint)
                continue
            text = self._message(entry)
            if text is not None:
                made[entry.name] = text
        return made

    def _message(self, entry: KeyValue) -> MessageText | None:
        reading = self._reading
        mapping = reading.mapping(entry.value, f"the messages in ‘{entry.name}’", entry.key.place)
        if mapping is None:
            return None
        names = ("problem", "fix")
        parts = {part.name: part.value for part in reading.known(mapping, ("title", *names), "a message")}
        for name in (name for name in names if name not in parts):
            message = f"the message in ‘{entry.name}’ has no `{name}`"
            hint = "`problem` says what is wrong, effect first; `fix` what to do, and where"
            reading.problem(entry.key.place, "missing-key", message, hint)
        texts = [reading.text(parts[name], f"`{name}`") for name in names if name in parts]
        title = self._title(parts["title"]) if "title" in parts else ""
        if len(texts) < len(names) or None in (*texts, title):
            return None
        return MessageText(*(text for text in (*texts, title) if text is not None))

    def _title(self, node: Node) -> str | None:
        title = self._reading.text(node, "`title`")
        if title is not None and (len(title) > LONGEST_TITLE or "{{" in title or "{%" in title):
            message = f"a title is at most {LONGEST_TITLE} characters, the same for every record, without {{{{ }}}}"
            self._reading.problem(node.place, "bad-message", message, "say what is the matter: Email address missing")
            return None
        return title


def _over(below: Dict[str, MessageText], own: Dict[str, MessageText]) -> dict[str, MessageText]:
    """The messages of a layer over those below: a title that it does not give stays."""
    kept = {language: below[language].title for language in own.keys() & below.keys()}
    titled = {
        language: msgspec.structs.replace(text, title=text.title or kept.get(language, ""))
        for language, text in own.items()
    }
    return {**below, **titled}
