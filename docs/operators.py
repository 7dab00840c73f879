"""The tables of the page on writing rules that tell every test, one line for each entry of the operators."""

from __future__ import annotations

import re
from pathlib import Path

from engine.model.operator_uses import Use
from engine.model.operators import OPERATORS

_TABLE = re.compile(
    r"(?P<start><!-- every test on a (?P<sort>value|set|time) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def with_tables(page: Path) -> str:
    """The page with its tables written anew; all between them is written by hand."""
    return _TABLE.sub(lambda found: found["start"] + _table(found["sort"]) + found["end"], page.read_text("utf-8"))


def _table(sort: str) -> str:
    uses: list[Use] = [use for operator in OPERATORS.values() if (use := getattr(operator, sort)) is not None]
    lines = [f"| `{use.example}` | {use.says} |" for use in uses]
    return "\n".join(["\n| you write | it holds when |", "|---|---|", *lines, "", ""])
