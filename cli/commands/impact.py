"""`muster impact`: what edited rules would change, before they are in force."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.environment import open_service, rules_folder
from cli.options import Language
from cli.terminal import CLEAN, PROBLEMS, Stopped, columns, finish, local, note, paint, progress, say, say_json

if TYPE_CHECKING:
    from runs.queries.impact import Impact, RecordImpact, Said

TITLES = {
    "newly_skipped": ("Newly skipped", "left out from the next run on, without a word"),
    "newly_flagged": ("Newly flagged", "left out until somebody acts"),
    "no_longer_flagged": ("No longer flagged", "synced by the next run"),
    "changed_message": ("Changed message", "decided alike, told otherwise"),
    "newly_synced": ("Newly synced", "was left out on purpose until now"),
}
_WORDS = {"sync": "synced", "skip": "skipped", "flag": "flagged", None: "not decided"}


def impact(
    customer: Annotated[str, typer.Option(help="The customer's id: the name of its rule file.")],
    rules: Annotated[
        Path | None,
        typer.Option(help="Folder of the edited rules; without it the rules in force, edited since the last run."),
    ] = None,
    language: Language = None,
    limit: Annotated[int, typer.Option(help="How many records of each change to list; 0 for all.", min=0)] = 20,
    output: Annotated[
        Literal["text", "json"], typer.Option("--format", help="text for people, json for programs, with all records.")
    ] = "text",
) -> None:
    """Try edited rules on the records of the last run: what would be skipped or flagged, and what no longer.

    Newly skipped records come first: nobody is told of them. Nothing is written. The exit status is 1 when a record
    would be newly skipped or newly flagged.

    Examples: muster impact --customer norvane --rules ./rules · muster impact --customer norvane --format json
    """
    from cli.deciding import rulebook_of

    service = open_service()
    edited = None if rules is None else rulebook_of(_not_in_force(rules), customer)
    with progress(customer) as on_page:
        found = service.impact(customer, edited, language, on_page)
    if output == "json":
        say_json(found)
    else:
        zone = (edited or service.rulebook(customer)).customer.zone
        say(as_text(found, zone, limit))
        note(_about(found, zone))
    finish(PROBLEMS if found.newly_skipped or found.newly_flagged else CLEAN)


def _not_in_force(rules: Path) -> Path:
    """The folder, unless it is the one whose rules are in force: what it is compared with would be itself."""
    in_force, folder = rules_folder(), rules_folder(rules)
    if folder.resolve() == in_force.resolve():
        raise Stopped(
            f"The rules of {rules} are in force already, so that there is nothing to compare them with. Leave --rules "
            "out to see what their edits change since the last run; to try edits before, make them in a copy of it."
        )
    return folder


def as_text(found: Impact, zone: str, limit: int) -> str:
    """What changes, worst first: how many records by which rules, then the records by name."""
    from runs.queries.impact import ORDER

    parts = []
    for difference in ORDER:
        effects = found.of(difference)
        if not effects:
            continue
        title, meaning = TITLES[difference]
        lines = [paint(f"{title}: {len(effects)}", None, bold=True) + f" ({meaning})"]
        lines += [f"  {number} × {rules}" for rules, number in found.by_rule[difference].items()]
        shown = effects[: limit or None]
        lines += ["", columns([_HEAD, *(_row(effect, zone) for effect in shown)], indent="  ")]
        if difference == "changed_message" and found.compared_with == "rules_in_force":
            lines += [line for effect in shown for line in _worded(effect)]
        if len(effects) > len(shown):
            lines.append(f"  … and {len(effects) - len(shown)} more; --limit 0 lists all")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) or "Nothing changes."


_HEAD = ("kind", "id", "name", "starts", "now", "then")


def _row(effect: RecordImpact, zone: str) -> tuple[str, ...]:
    starts = "" if effect.starts_at is None else local(effect.starts_at, zone)
    return (effect.kind, effect.source_id, effect.name, starts, _told(effect.before), _told(effect.after))


def _told(said: Said) -> str:
    word = _WORDS[said.verdict]
    return word if said.rule is None else f"{word}, {said.rule}"


def _worded(effect: RecordImpact) -> list[str]:
    """Both wordings of a message that changed, one under the other."""
    pairs = ((effect.before.problem, effect.after.problem), (effect.before.fix, effect.after.fix))
    lines = [(sign, text) for texts in pairs if texts[0] != texts[1] for sign, text in zip("-+", texts, strict=True)]
    if not lines:
        lines = [("-", f"also: {', '.join(effect.before.also)}"), ("+", f"also: {', '.join(effect.after.also)}")]
    return [f"  {effect.kind} {effect.source_id}", *(f"    {sign} {text}" for sign, text in lines if text)]


def _about(found: Impact, zone: str) -> str:
    compared = {
        "rules_in_force": f"the rules in force ({found.version_before})",
        "last_run": f"what the last run decided ({found.version_before})",
    }[found.compared_with]
    if found.compared_with == "rules_in_force" and found.version_before == found.version_after:
        return (
            f"These rules say what the rules in force say ({found.version_after}): nothing is edited in them. Without "
            "--rules, the rules in force are compared with what the last run decided."
        )
    unreadable = f" {found.unreadable} could not be read and are left out." if found.unreadable else ""
    return (
        f"{found.decided} records of run {found.run_id}, as of {local(found.as_of, zone)}: edited rules "
        f"({found.version_after}) against {compared}. Nothing was written.{unreadable}"
    )
