"""Reports: problems as text for people, as JSON, as GitHub annotations and as SARIF.

A line of a file is shown only in the text, and never with what may be a secret in it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from engine.analysis.ranks import order_of, reaches
from engine.model.package_files import TEMPLATES, called
from engine.model.problems import Place, Problem
from engine.model.rulebook import Rulebook
from engine.rulefiles.folders import Folders, yaml_files
from engine.rulefiles.problem_codes import CODES
from engine.rulefiles.yaml_errors import LINE_BREAK

_WIDTH = 110
"""Columns of a file's line that are shown; a longer one is cut around the place."""
_NO_SOURCES: Mapping[str, str] = {}
# Bounded and possessive, so that a line costs its length: a line may be as long as its file.
_SECRET_KEY = re.compile(
    r"""(?ix)
        (?P<before> (?:token|password|passwd|secret|credential|api_?key|bearer) [\w-]{0,200}+ ["']? \s{0,200}+ : \s*+)
        (?P<value> "(?:\\.|[^"\\])*"? | '[^']*'? | [^\s,}\]\#]+ )"""
)


def sources(rules: Path, problems: Iterable[Problem]) -> dict[str, str]:
    """The texts of the files that problems stand in, by the path they name. What cannot be read is left out."""
    folders = Folders.of(rules)
    wanted = {problem.place.path for problem in problems}
    found: dict[str, str] = {}
    for folder in (folders.base, folders.connectors, folders.customers, *sorted(TEMPLATES.iterdir())):
        for path in yaml_files(folder):
            name = called(path)
            if name in wanted and name not in found:
                try:
                    found[name] = path.read_bytes().decode("utf-8-sig", errors="replace")
                except OSError:
                    continue
    return found


def as_text(problems: Sequence[Problem], sources: Mapping[str, str] = _NO_SOURCES) -> str:
    """For people: each problem with its line and a caret under what is meant. Empty when there is none.

    ``sources`` holds the files' texts by path; a problem in a file without one is told without its line.
    """
    lines = {path: LINE_BREAK.split(text) for path, text in sources.items()}
    for problem in problems:
        if problem.code == "literal-secret":
            _mask(lines, problem.place)
    return "\n\n".join(_told(problem, lines.get(problem.place.path, [])) for problem in problems)


def _told(problem: Problem, lines: Sequence[str]) -> str:
    place = problem.place
    severity = "warning: " if problem.severity == "warning" else ""
    head = f"{place.path}:{place.line}:{place.column}  {severity}{problem.message}  [{problem.code}]"
    if place.line > len(lines):
        return f"{head}\n    {problem.hint}" if problem.hint else head
    line, column, length = _cut(_masked(lines[place.line - 1]), place.column - 1, place.length)
    number = str(place.line)
    bar = " " * len(number)
    before, marked = line[:column], line[column : column + length]
    caret = " " * _wide(before) + "^" * max(1, _wide(marked))
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{head}\n    {number} | {line}\n    {bar} | {caret}{hint}"


def _cut(line: str, column: int, length: int) -> tuple[str, int, int]:
    """The line as shown, and where the mark stands in it."""
    line = "".join(sign if sign.isprintable() else " " for sign in line)
    column = min(column, len(line))
    length = max(1, min(length, len(line) - column))
    if len(line) > _WIDTH:
        start = max(0, min(column - _WIDTH // 3, len(line) - _WIDTH))
        end = start + _WIDTH
        head, tail = "…" if start else "", "…" if end < len(line) else ""
        length = max(1, min(length, end - column))
        return f"{head}{line[start:end].rstrip()}{tail}", column - start + len(head), length
    return line.rstrip(), column, length


def _wide(text: str) -> int:
    """Columns a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)


def _mask(lines: dict[str, list[str]], place: Place) -> None:
    """Cover a secret that stands in the file; a longer one covers the lines below it too."""
    of_file = lines.get(place.path, [])
    if place.line <= len(of_file):
        line, start = of_file[place.line - 1], place.column - 1
        of_file[place.line - 1] = line[:start] + "*" * place.length + line[start + place.length :]


@lru_cache(maxsize=8)
def _masked(line: str) -> str:
    """The line with the values of keys that are called like a secret covered, unless they only name one."""

    def cover(match: re.Match[str]) -> str:
        value = match["value"]
        named = re.fullmatch(r"""["']?\$\{MUSTER_[A-Z0-9_]+\}["']?""", value)
        return match[0] if named else match["before"] + "*" * len(value)

    return _SECRET_KEY.sub(cover, line)


def as_json(problems: Sequence[Problem], _sources: Mapping[str, str] = _NO_SOURCES) -> str:
    """One object: `problems`, each with path, line, column, length, severity, code, message and hint; and counts."""
    errors = sum(problem.severity == "error" for problem in problems)
    told = [
        {
            "path": problem.place.path,
            "line": problem.place.line,
            "column": problem.place.column,
            "length": problem.place.length,
            "severity": problem.severity,
            "code": problem.code,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    whole = {"problems": told, "errors": errors, "warnings": len(problems) - errors}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def as_github(problems: Sequence[Problem], _sources: Mapping[str, str] = _NO_SOURCES) -> str:
    """Workflow commands of GitHub Actions, a line each: annotations beside the changed lines."""
    return "\n".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    place = problem.place
    properties = {
        "file": place.path,
        "line": str(place.line),
        "col": str(place.column),
        "endColumn": str(place.column + place.length),
        "title": f"muster: {problem.code}",
    }
    written = ",".join(f"{name}={_escaped(value, more=True)}" for name, value in properties.items())
    return f"::{problem.severity} {written}::{_escaped(_sentence(problem), more=False)}"


def _escaped(text: str, *, more: bool) -> str:
    """As GitHub's runner unescapes it; a property's value escapes `:` and `,` too."""
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")] + ([(":", "%3A"), (",", "%2C")] if more else [])
    for sign, code in pairs:
        text = text.replace(sign, code)
    return text


def _sentence(problem: Problem) -> str:
    return f"{problem.message}: {problem.hint}" if problem.hint else problem.message


def as_sarif(problems: Sequence[Problem], _sources: Mapping[str, str] = _NO_SOURCES) -> str:
    """SARIF 2.1.0, for code scanning."""
    codes = sorted({problem.code for problem in problems})
    results = [
        {
            "ruleId": problem.code,
            "ruleIndex": codes.index(problem.code),
            "level": problem.severity,
            "message": {"text": _sentence(problem)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": problem.place.path},
                        "region": {
                            "startLine": problem.place.line,
                            "startColumn": problem.place.column,
                            "endColumn": problem.place.column + problem.place.length,
                        },
                    }
                }
            ],
        }
        for problem in problems
    ]
    driver = {
        "name": "muster",
        "rules": [{"id": code, "shortDescription": {"text": CODES.get(code, code)}} for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def as_order(rulebooks: Iterable[Rulebook]) -> str:
    """In which order rules are decided that ask what is decided of others; of customers where it is their own."""
    told: dict[tuple[str, ...], str] = {}
    for rulebook in rulebooks:
        told.setdefault(tuple(_order(rulebook)), rulebook.customer.id)
    return "\n\n".join("\n".join((f"{name}:", *lines)) for lines, name in told.items())


def _order(rulebook: Rulebook) -> Iterator[str]:
    order = order_of(rulebook.rules)
    notes = dict.fromkeys([rule.id for rule in rulebook.rules if rule.then == "note"], 0)
    for title, places in (("skips, level {}", order.levels), ("flags, rank {}", order.ranks), ("notes", notes)):
        for place in sorted(set(places.values())):
            rules = [rulebook.rule(name) for name, at in places.items() if at == place]
            asking = [rule for rule in rules if reaches(rule)]
            yield f"  {title.format(place)}: {len(rules)} rule{'' if len(rules) == 1 else 's'}"
            for rule in asking:
                asked = dict.fromkeys(
                    f"{_ASKED[reach.question]} {reach.relation or 'the record itself'}" for reach in reaches(rule)
                )
                yield f"    {rule.id} asks {', '.join(asked)}"


_ASKED = {"skips": "the skips of", "alone": "what is decided alone of", "verdict": "the verdict of"}
