"""`muster check`: everything that is wrong with rule files, each at its place."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.environment import private_hosts_allowed, rules_folder
from cli.terminal import CLEAN, PROBLEMS, Stopped, finish, note, say

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
    language: Annotated[
        str | None, typer.Option(help="Tell only what a language lacks: what is missing, left over or English still.")
    ] = None,
    order: Annotated[
        bool, typer.Option("--order", help="Tell in which order rules are decided that ask what is decided of others.")
    ] = False,
) -> None:
    """Check rule files: shape, names, every example, every message; and whether each language is whole.

    Warnings do not change the exit status; errors make it 1.

    Examples: muster check · muster check ./rules --format github · muster check --language de
    """
    from connectors.registry import catalogue, not_loaded
    from engine.language.languages import languages
    from engine.language.renderer import Messages
    from engine.model.package_files import TEMPLATES
    from engine.rulefiles import report
    from engine.rulefiles.check import check as checking
    from engine.rulefiles.check.messages import problems_of
    from engine.rulefiles.library import customers, sound
    from engine.rulefiles.loader import in_file_order

    folder = rules_folder(rules)
    of_messages = partial(problems_of, Messages())
    lacks = languages().lacks
    if language is not None and language not in lacks:
        raise Stopped(f"No language {language!r} was begun, only {', '.join(lacks)}. See: muster new language")
    problems = lacks[language] if language else ()
    if not problems:
        problems = checking.check(folder, catalogue(), of_messages, allow_private_hosts=private_hosts_allowed())
        problems = in_file_order((*problems, *languages().unfinished()))
    if language is not None:
        problems = tuple(one for one in problems if one.place.path.startswith(f"{TEMPLATES.name}/{language}/"))
    written = {
        "text": report.as_text,
        "json": report.as_json,
        "github": report.as_github,
        "sarif": report.as_sarif,
    }[output](problems, report.sources(folder, problems))
    if written:
        say(written)
    if order:
        say(report.as_order(sound(folder, catalogue(), allow_private_hosts=private_hosts_allowed())))
    errors = sum(problem.severity == "error" for problem in problems)
    checked = (len(customers(folder)), "customer") if language is None else (1, "language")
    told = (checked, (errors, "error"), (len(problems) - errors, "warning"))
    first, *found = (f"{number} {word}{'' if number == 1 else 's'}" for number, word in told)
    for refused in not_loaded():
        note(f"muster: {refused}")
    note(f"{first} checked: {', '.join(found)}.")
    finish(PROBLEMS if errors or not_loaded() else CLEAN)
