"""`muster schema`: the JSON Schema that editors complete and check rule files with."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from cli.environment import rules_folder
from cli.terminal import say


def schema() -> None:
    """Print the JSON Schema of rule files, for editors.

    A rule file names it in its first line: # yaml-language-server: $schema=../schema.json

    Example: muster schema > schema.json
    """
    import json

    from connectors.registry import catalogue
    from engine.rulefiles.library import load_base
    from engine.rulefiles.schema.rule_files import rule_file_schema

    made = rule_file_schema(catalogue(), load_base(rules_folder(), catalogue()))
    say(json.dumps(made, indent=2, ensure_ascii=False))
