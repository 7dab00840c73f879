"""`muster new`: the frame of a rule, a customer, a connector or a language."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.environment import rules_folder
from cli.terminal import Stopped, note, say

app = typer.Typer(help="Write the frame of a rule, a customer, a connector or a language.", no_args_is_help=True)

RulesOption = Annotated[Path | None, typer.Option("--rules", help="Folder of rule files; without it MUSTER_RULES.")]


@app.command()
def rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Kind and situation: learner.on_trial.")],
    customer: Annotated[str | None, typer.Option(help="The customer whose own rule it is.")] = None,
    base: Annotated[bool, typer.Option("--base", help="A rule for everybody, in the base of this checkout.")] = False,
    then: Annotated[Literal["skip", "flag", "note"], typer.Option(help="What a match asks for.")] = "flag",
    fix_in: Annotated[
        Literal["source", "aggregator", "platform", "settings", "support"],
        typer.Option(help="Where somebody must act."),
    ] = "source",
    rules: RulesOption = None,
    templates: Annotated[
        Path | None, typer.Option(help="With --base: folder of the languages' words; without it the packaged one.")
    ] = None,
) -> None:
    """Add a rule to a customer's file, or to the base: condition, two examples, messages in every language.

    The frame has yet to be written over: until then muster check tells of each place, and the file is not in force.

    Examples: muster new rule learner.on_trial --customer norvane --then skip · muster new rule session.too_long --base
    """
    from cli.scaffold.rule import add_base_rule, add_rule, kind_of_rule
    from connectors.registry import catalogue
    from engine.language.languages import Languages, languages
    from engine.rulefiles.library import customers, load, load_base

    kind_of_rule(rule_id)
    if (customer is None) is not base:
        raise Stopped("Wanted one of --customer ID and --base, to know whose rule it is.")
    folder = _writable(rules)
    if customer is None:
        written = add_base_rule(
            load_base(folder, catalogue()),
            rule_id,
            then,
            fix_in,
            folder,
            Languages(templates) if templates else languages(),
        )
        after = "muster check, and just generate for the schema and the gallery"
    else:
        known = customers(folder)
        if customer not in known:
            raise Stopped(f"There is no customer {customer!r}. Wanted one of: {', '.join(known) or 'none yet'}.")
        written = add_rule(load(folder, customer, catalogue()), rule_id, then, fix_in, folder, languages())
        after = "muster check"
    for path in written:
        say(str(path))
    note(f"Write {rule_id}'s condition, examples and messages there, then run: {after}")


@app.command()
def customer(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens: lycee-norvane.")],
    name: Annotated[str, typer.Option(help="What people call it.")] = "to be written",
    source: Annotated[str, typer.Option(help="Connector of the source; see muster connectors.")] = "pushed",
    platform: Annotated[str, typer.Option(help="Connector of the platform; see muster connectors.")] = "edusign",
    language: Annotated[str, typer.Option(help="Language of its messages: en, or another that is offered.")] = "en",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "Europe/Paris",
    rules: RulesOption = None,
) -> None:
    """Write a customer's rule file, with every option that its connectors need.

    Example: muster new customer lycee-norvane --source pushed --platform edusign --language fr
    """
    from cli.scaffold.customer import add_customer
    from connectors.registry import catalogue
    from engine.language.languages import languages

    if language not in languages().names:
        raise Stopped(f"No language {language!r} is offered. Wanted one of: {', '.join(languages().names)}.")
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
    instead = "Make a folder of your own with customers/ in it, and name it by MUSTER_RULES or --rules."
    return _not_installed(rules_folder(rules), "rules", instead)


def _not_installed(folder: Path, what: str, instead: str) -> Path:
    folder = folder.resolve()
    if {"site-packages", "dist-packages"} & set(folder.parts):
        raise Stopped(f"These are the {what} installed with Muster, which the next installation overwrites. {instead}")
    return folder


@app.command()
def connector(
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens: norva-plan.")],
    title: Annotated[str, typer.Option(help="What people call the system.")] = "",
    side: Annotated[Literal["source", "platform"], typer.Option(help="Which side of a sync it is.")] = "source",
    into: Annotated[
        Path | None, typer.Option(help="The folder connectors/ to write into; without it this checkout's.")
    ] = None,
) -> None:
    """Write a connector's folder: mapper, sample, README, and its line in the registry.

    It reads a CSV file of people, or of a platform's accounts, and passes the connectors' acceptance suite; make it
    read your system.

    Examples: muster new connector norva-plan --title "Norva Plan" · muster new connector norva-board --side platform
    """
    import connectors
    from cli.scaffold.connector import add_connector

    instead = "Work in a checkout, or in a package of your own with an entry point in the group muster.connectors."
    folder = _not_installed(into or Path(connectors.__file__).parent, "connectors", instead)
    say(str(add_connector(folder, name, title, side)))
    note("Run just generate, for the schema. Read connectors/README.md, write the mapper, then run: just check")


@app.command()
def language(
    code: Annotated[str, typer.Argument(help="The language's code of two or three small letters: de.")],
    templates: Annotated[
        Path | None, typer.Option(help="Folder of the languages' words; without it this checkout's.")
    ] = None,
) -> None:
    """Begin a language: a folder with all that English says, each text marked as English still.

    The language is offered to nobody until muster check --language finds nothing more to do.

    Example: muster new language de
    """
    from cli.scaffold.language import add_language
    from engine.language.wholeness import UNTRANSLATED
    from engine.model.package_files import TEMPLATES

    for path in add_language(_not_installed(templates or TEMPLATES, "words", "Work in a checkout."), code):
        say(str(path))
    note(
        f"Translate each text marked {UNTRANSLATED} there and take the mark away; muster check --language {code} tells"
    )
    note("what is left. Once nothing is, run: just generate, and just check")
