"""Measures what is named, or all but the long ones: `python -m benchmarks [NAME...]`, of the names in RUNS."""

from __future__ import annotations

import sys

from benchmarks import feeds, fetching, http, impact, matcher, store
from benchmarks.table import show

RUNS = {
    "matcher": lambda: matcher.sixteen_rules(10_000),
    "million": lambda: matcher.sixteen_rules(1_000_000),
    "sessions": lambda: matcher.sessions(2_000),
    "http": http.classify,
    "beside": http.beside,
    "fetching": fetching.big_school,
    "reloads": lambda: matcher.reloads(1_000),
    "store": store.runs,
    "feeds": feeds.first_pages,
    "impact": impact.of_an_edit,
}

LONG = ("million", "beside", "store", "feeds", "impact")
"""Only when they are named."""


def main(names: list[str]) -> int:
    """Run what is named; 2 for a name that is not known."""
    unknown = [name for name in names if name not in RUNS]
    if unknown:
        print(f"no benchmark named {unknown[0]}; there are: {', '.join(RUNS)}", file=sys.stderr)
        return 2
    for name in names or [name for name in RUNS if name not in LONG]:
        print(f"\n## {name}\n")
        show(RUNS[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
