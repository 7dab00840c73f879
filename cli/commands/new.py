"""`muster new`: the frame of a rule, a customer or a connector."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.environment import rules_folder
from cli.terminal import Stopped, note, say

app = typer.Typer(help="Write the frame of a rule, a customer or a connector.", no_args_is_help=True)

RulesOption = Annotated[Path | None, typer.Option("--rules", help="Folder of rule files; without it MUSTER_RULES.")]


@app.command()
def rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Kind and situation: learner.on_trial.")],
    customer: Annotated[str, typer.Option(help="The customer whose own rule it is.")],
    then: Annotated[Literal["skip", "flag", "note"], typer.Option(help="What a match asks for.")] = "flag",
    fix_in: Annotated[
        Literal["source", "aggregator", "platform", "settings", "support"],
        typer.Option(help="Where somebody must act."),
    ] = "source",
    rules: RulesOption = None,
) -> None:
    """Add a rule to a customer's file: condition, two examples, messages in both languages.

    The frame passes muster check and matches nothing until you write its condition.

    Example: muster new rule learner.on_trial --customer norvane --then skip
    """
    from cli.scaffold.rule import add_rule, kind_of_rule
    from connectors.registry import catalogue
    from engine.loading import customers, load

    kind_of_rule(rule_id)
    folder = _writable(rules)
    if customer not in customers(folder):
        known = ", ".join(customers(folder)) or "none yet"
        raise Stopped(f"There is no customer {customer!r}. Wanted one of: {known}.")
    path = add_rule(load(folder, customer, catalogue()), rule_id, then, fix_in, folder)
    say(str(path))
    note(f"Write {rule_id}'s condition, examples and messages there, then run: muster check")


@app.command()
def customer(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens: lycee-norvane.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "to be written",
    source: Annotated[str, typer.Option(help="Connector of the source; see muster connectors.")] = "pushed",
    platform: Annotated[str, typer.Option(help="Connector of the platform; see muster connectors.")] = "edusign",
    language: Annotated[Literal["en", "fr"], typer.Option(help="Language of its messages.")] = "en",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "Europe/Paris",
    rules: RulesOption = None,
) -> None:
    """Write a customer's rule file, with every option that its connectors need.

    Example: muster new customer lycee-norvane --source pushed --platform edusign --language fr
    """
    from cli.scaffold.customer import add_customer
    from connectors.registry import catalogue

    path = add_customer(
        _writable(rules),
        catalogue(),
        customer_id,
        name=name,
        source=source,
        platform=platform,
        language=language,
        zone=zone,
    )
    say(str(path))
    note("Fill it in, set the secrets it names, then run: muster check")


def _writable(rules: Path | None) -> Path:
    folder = rules_folder(rules).resolve()
    if {"site-packages", "dist-packages"} & set(folder.parts):
        raise Stopped(
            "These are the rules installed with Muster, which the next installation overwrites. "
            "Make a folder of your own with customers/ in it, and name it by MUSTER_RULES or --rules."
        )
    return folder
