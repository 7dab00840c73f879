"""Prints an explanation for a terminal: what decided first, then the rest, in aligned columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.explaining.explanation import Explanation, Node, RuleReport, ValueRead
from engine.language.wording import Wording, wording

_MARKS = {"true": "✓", "false": "✗", "unavailable": "?"}
_ANSWERS = {"ok": "✓", "problem": "✗", "unknown": "?"}
_WIDEST = 72
_MOST_READINGS = 4
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_PAINTS = {"true": "green", "false": "dim", "unavailable": "yellow"}
_VERDICTS = {"sync": "green", "skip": "yellow", "flag": "red"}

Row = tuple[str, str]
"""The left column, and what is read beside it."""


def as_text(explanation: Explanation, *, colour: bool = False) -> str:
    """The explanation as lines of text, ending with a newline; with ANSI colours where wanted."""
    return "\n".join(_Printer(explanation, colour=colour).lines()) + "\n"


class _Printer:
    def __init__(self, explanation: Explanation, *, colour: bool) -> None:
        self._told = explanation
        self._words: Wording = wording(explanation.language)
        self._explain = self._words.explain
        self._between: str = self._explain["between"]
        self._colour = colour

    def lines(self) -> Iterator[str]:
        yield from self._heading()
        told = self._told
        if told.errors:
            yield from self._section("errors", [f"  {error}" for error in told.errors])
        if told.checks and told.verdict != "sync":
            yield from self._section("checks", self._checks())
        groups: dict[str, list[RuleReport]] = {"matched": [], "not_matched": [], "dormant": [], "off": []}
        for report in told.rules:
            groups[report.outcome].append(report)
        matched = [line for report in groups["matched"] for line in self._matched(report)]
        yield from self._section("matched", matched)
        yield from self._section("near", [f"  {near.sentence}" for near in told.near])
        yield from self._section("not_matched", self._columns([self._failed(one) for one in groups["not_matched"]]))
        dormant = [(f"  {one.id}", self._between.join(one.why)) for one in groups["dormant"]]
        yield from self._section("dormant", self._columns(dormant))
        yield from self._section("off", [f"  {one.id}" for one in groups["off"]])

    def _section(self, title: str, lines: list[str]) -> Iterator[str]:
        if lines:
            yield ""
            yield self._paint(self._explain[title], "bold")
            yield from lines

    def _heading(self) -> Iterator[str]:
        told, explain = self._told, self._explain
        verdict = explain["related_only"] if told.verdict is None else explain["verdicts"][told.verdict]
        template: str = explain["heading_rule" if told.rule else "heading"]
        yield self._paint(
            template.format(
                kind=self._words.kind(told.kind).one,
                source_id=told.source_id,
                name=told.name,
                verdict=self._paint(verdict, _VERDICTS.get(told.verdict or "", "dim")),
                rule=told.rule,
            ),
            "bold",
        )
        last = explain["never_synced"] if told.last_sync is None else self._time(told.last_sync)
        yield self._paint(
            explain["as_of"].format(as_of=self._time(told.as_of), last_sync=last, version=told.rulebook), "dim"
        )

    def _time(self, written: str) -> str:
        return self._words.shown(datetime.fromisoformat(written), self._told.zone)

    def _checks(self) -> list[str]:
        rows: list[Row] = []
        for number, check in enumerate(self._told.checks, 1):
            answer = self._explain["answers"][check.answer]
            why = self._explain["reading"].format(label=answer, value=check.why) if check.why else answer
            beside = check.rule if check.answer == "problem" else ""
            rows.append((f"  {number}. {_ANSWERS[check.answer]} {check.question}", f"{why}  {beside}".rstrip()))
        return self._columns(rows)

    def _matched(self, report: RuleReport) -> Iterator[str]:
        notes = [self._explain["reactions"][report.reaction]]
        if report.deciding:
            notes.append(self._explain["deciding"])
        yield f"  {self._paint(report.id, 'bold')}  {', '.join(notes)}  {self._paint(report.place, 'dim')}"
        for change in report.overriding:
            changed: str = self._explain["changed_by"]
            what = ", ".join(change.what)
            yield self._paint(f"    {changed.format(what=what, layers=change.layer)}  {change.place}", "dim")
        if report.tree is None:
            yield f"    {report.sentence}"
        else:
            yield from self._columns(list(self._tree(report.tree, 4)))

    def _tree(self, node: Node, indent: int) -> Iterator[Row]:
        top = node.block == "all" and indent == 4
        if not top:
            label = node.sentence
            if node.block in ("all", "any", "not", "unless"):
                label = self._explain["blocks"][node.block]
            mark = self._paint(_MARKS[node.holds], _PAINTS[node.holds])
            empty = node.block in ("relation", "count") and not node.children and node.holds != "unavailable"
            beside = self._explain["none"] if empty else self._readings(node)
            yield f"{' ' * indent}{mark} {label}", beside
        if top and not node.children:
            yield f"{' ' * indent}{_MARKS[node.holds]} {node.sentence}", ""
        for child in node.children:
            yield from self._tree(child, indent if top else indent + 2)
        if node.more:
            yield f"{' ' * (indent + 2)}  {self._explain['more'].format(n=node.more)}", ""

    def _failed(self, report: RuleReport) -> Row:
        """A rule that did not match, with the first test it failed at."""
        assert report.tree is not None
        node = report.tree
        while node.block == "all" and node.children:
            node = next((child for child in node.children if child.holds != "true"), node.children[0])
        beside = self._all_readings(node)
        sentence = f"{_MARKS[node.holds]} {node.sentence}"
        return f"  {report.id}", f"{sentence}  {self._paint(f'[{beside}]', 'dim')}" if beside else sentence

    def _readings(self, node: Node) -> str:
        if node.why:
            return node.why
        return self._between.join(self._reading(reading) for reading in node.readings)

    def _all_readings(self, node: Node) -> str:
        """What a whole part read, each value once, and what it could not: enough to see why it failed."""
        todo, told = [node], dict[str, None]()
        for part in todo:
            if part.why:
                told[part.why] = None
            told.update((self._reading(reading), None) for reading in part.readings)
            if part.block in ("all", "any", "not", "unless"):
                todo.extend(part.children)
        return self._between.join(list(told)[:_MOST_READINGS])

    def _reading(self, reading: ValueRead) -> str:
        value = self._explain["missing"] if reading.value is None else reading.value
        if reading.origin == "setting" and reading.of:
            value = self._explain["setting_of"].format(value=value, layer=reading.of)
        written: str = self._explain["reading"].format(label=reading.label, value=value)
        return written

    def _columns(self, rows: list[Row]) -> list[str]:
        """Rows with the right column aligned; a left one that is too wide pushes its own aside."""
        widths = [len(_bare(left)) for left, right in rows if right]
        width = max([size for size in widths if size <= _WIDEST], default=0)
        lines: list[str] = []
        for left, right in rows:
            space = " " * max(0, width - len(_bare(left)))
            lines.append(f"{left}{space}  {right}" if right else left)
        return lines

    def _paint(self, text: str, name: str) -> str:
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self._colour else text


def _bare(text: str) -> str:
    """The text without colours."""
    for code in _CODES.values():
        text = text.replace(f"\x1b[{code}m", "")
    return text.replace("\x1b[0m", "")
