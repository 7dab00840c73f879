"""`muster check`: everything that is wrong with rule files, each at its place."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.environment import private_hosts_allowed, rules_folder
from cli.terminal import CLEAN, PROBLEMS, finish, note, say

Format = Literal["text", "json", "github", "sarif"]


def check(
    rules: Annotated[
        Path | None,
        typer.Argument(help="Folder of rule files; without it MUSTER_RULES, or the packaged rules."),
    ] = None,
    output: Annotated[
        Format,
        typer.Option("--format", help="text for people, github for workflow annotations, sarif for code scanning."),
    ] = "text",
) -> None:
    """Check rule files: shape, names, every example, every message.

    Warnings do not change the exit status; errors make it 1.

    Examples: muster check · muster check ./rules --format github
    """
    from connectors.registry import catalogue
    from engine.language.renderer import Messages
    from engine.rulefiles import report
    from engine.rulefiles.check import check as checking
    from engine.rulefiles.check.messages import problems_of
    from engine.rulefiles.library import customers

    folder = rules_folder(rules)
    of_messages = partial(problems_of, Messages())
    problems = checking.check(folder, catalogue(), of_messages, allow_private_hosts=private_hosts_allowed())
    written = {
        "text": report.as_text,
        "json": report.as_json,
        "github": report.as_github,
        "sarif": report.as_sarif,
    }[output](problems, report.sources(folder, problems))
    if written:
        say(written)
    errors = sum(problem.severity == "error" for problem in problems)
    told = ((len(customers(folder)), "customer"), (errors, "error"), (len(problems) - errors, "warning"))
    checked, *found = (f"{number} {word}{'' if number == 1 else 's'}" for number, word in told)
    note(f"{checked} checked: {', '.join(found)}.")
    finish(PROBLEMS if errors else CLEAN)
