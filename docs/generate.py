"""Writes the pages that are made from the code and the rules: `python -m docs.generate`. They are committed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec

from api.app import description
from connectors.registry import catalogue
from docs.commands import commands
from docs.gallery import gallery
from docs.limits import limits
from docs.operators import with_tables
from engine.language.renderer import Messages
from engine.model.package_files import RULES
from engine.model.rulebook import Rulebook
from engine.rulefiles.library import load_base
from engine.rulefiles.schema.rule_files import rule_file_schema

HOME = Path(__file__).resolve().parent.parent


@cache
def _base() -> Rulebook:
    return load_base(RULES, catalogue())


def rule_gallery() -> str:
    """Every base rule with its sentence, messages and examples."""
    return gallery(_base(), Messages(), HOME)


def how_to_write_a_rule() -> str:
    """The page for those who write rules: by hand, but for the tables of the tests."""
    return with_tables(HOME / "docs/rules/how-to-write-a-rule.md")


def schema() -> str:
    """The schema that editors read."""
    made = rule_file_schema(catalogue(), _base())
    definitions = made.pop("$defs")
    head = msgspec.json.format(msgspec.json.encode(made), indent=1).decode().removesuffix("\n}")
    # A definition a line: laid out it would be seven thousand lines, and a change still shows as one.
    lines = ",\n".join(f'  "{name}": {_json(definition)}' for name, definition in definitions.items())
    return f'{head},\n "$defs": {{\n{lines}\n }}\n}}\n'


def openapi() -> str:
    """The API's document, a call and a schema a line."""
    made = description()
    schemas = made["components"].pop("schemas")
    paths = made.pop("paths")
    head = msgspec.json.format(msgspec.json.encode(made), indent=1).decode().removesuffix("\n }\n}")
    calls = ",\n".join(f'  "{path}": {_json(operations)}' for path, operations in paths.items())
    lines = ",\n".join(f'   "{name}": {_json(schema)}' for name, schema in schemas.items())
    return f'{head},\n  "schemas": {{\n{lines}\n  }}\n }},\n "paths": {{\n{calls}\n }}\n}}\n'


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


PAGES: list[tuple[str, Callable[[], str]]] = [
    ("docs/commands.md", commands),
    ("docs/limits.md", limits),
    ("docs/rules/gallery.md", rule_gallery),
    ("docs/rules/how-to-write-a-rule.md", how_to_write_a_rule),
    ("rules/schema.json", schema),
    ("docs/openapi.json", openapi),
]
"""Path from the project's folder, and what makes the text. A new generated page is a line here."""


def stale() -> Iterator[str]:
    """Paths of the pages that are not as they would be written now."""
    for path, make in PAGES:
        page = HOME / path
        if not page.exists() or page.read_text(encoding="utf-8") != make():
            yield path


def main() -> None:
    """Write what is stale, and say so."""
    made = dict(PAGES)
    for path in list(stale()):
        page = HOME / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(made[path](), encoding="utf-8")
        sys.stderr.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
