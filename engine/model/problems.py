"""Problems of rule files: what is wrong, where, and what to do. Data; ``engine.rulefiles.report`` prints them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning"]


class Place(Struct, frozen=True):
    """Where something stands in a file."""

    path: str
    line: int = 1
    """From 1."""
    column: int = 1
    """From 1, in characters."""
    length: int = 1
    """How many characters the caret marks."""


class Problem(Struct, frozen=True):
    """One thing that is wrong with a rule file."""

    place: Place
    code: str
    """A short name such as `unknown-field`; the docs explain each."""
    message: str
    """What was found, and what was wanted."""
    hint: str = ""
    """What to do; empty where the message says it."""
    severity: Severity = "error"


class RuleFileError(Exception):
    """The rule files of one customer could not be used. Carries every problem found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        super().__init__(f"{len(problems)} problem(s); first {first.place.path}:{first.place.line}: {first.message}")
