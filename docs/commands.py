"""The page of commands, made from what `--help` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import typer

from cli.main import app

_HEAD = """# Commands

Written by `just generate` from the help of each command. Data goes to stdout, everything else to stderr. The exit
status is 0 when all is clean, 1 when problems were found, 2 when a command was used wrongly, 3 when the database or the
disk cannot be used now.

A command that was asked for `--format json` and fails prints one document on stdout: `error`, the sentence of stderr;
`exit_status`; and what there is of `run_id`, `failure` (a code and its values) and `problems` of rule files. Options
that there are not are told on stderr alone.
"""


def commands() -> str:
    """Every command with its text, arguments and options, as Markdown."""
    return _HEAD + "".join(_page(command, path) for command, path in _leaves(typer.main.get_command(app), "muster"))


def _leaves(command: Any, path: str) -> Iterator[tuple[Any, str]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield command, path
        return
    for name in inner:
        yield from _leaves(inner[name], f"{path} {name}")


def _page(command: Any, path: str) -> str:
    lines = [f"\n## {path}\n"]
    for paragraph in command.help.split("\n\n"):
        label, _, examples = paragraph.partition(": ")
        if label in ("Example", "Examples"):
            lines += ["```console", *(example.strip() for example in " ".join(examples.split()).split("·")), "```\n"]
        else:
            lines.append(f"{' '.join(paragraph.split())}\n")
    rows = [_row(parameter) for parameter in command.params if parameter.help]
    if rows:
        lines += ["| argument or option | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        names = f"`{name if parameter.required else f'[{name}]'}`"
    else:
        names = " ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    written = parameter.type_descriptor.annotation
    choices = get_args(written) if get_origin(written) is Literal else ()
    told = parameter.help + (f" One of {', '.join(choices)}." if choices else "")
    shown = parameter.default not in (None, False, True, "") and parameter.param_type_name == "option"
    return f"| {names} | {told}{f' Default: `{parameter.default}`.' if shown else ''} |"
