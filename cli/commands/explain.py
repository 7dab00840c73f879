"""`muster explain`: why a record was decided as it was, condition by condition."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import open_service, rules_folder
from cli.options import Language, Output
from cli.telling import tell_health
from cli.terminal import CLEAN, PROBLEMS, Stopped, finish, local, note, progress, say, say_json

if TYPE_CHECKING:
    from engine.explaining.explainer import Explanation
    from runs.model.answers import Explained

LAST_RUN = {
    "synced": "it was synced.",
    "later": "it was left out for now, by rules that time will end.",
    "left_out": "it was left out on purpose.",
    "to_fix": "it was not synced: somebody must act.",
    "waiting": "it was not synced: it only waits for what is to fix on other records.",
    "related": "it is not decided by itself: it is looked at beside other records.",
    "not_received": "it was not received: its source no longer gives it.",
    "never_received": "no record of that kind and id has ever come from the customer's systems.",
}
NEXT_RUN = {
    "goes": "it goes with {at}, if nothing changes.",
    "later": "it goes with the run of {expected} at the earliest, if nothing changes.",
    "out": "it does not go with {at}, unless something changes.",
    "none_planned": "none is planned.",
    "listed": "none has to take it any more: it is on the list of what is to be entered.",
}
ON_PLATFORM = {
    "seen": "it was seen there.",
    "confirmed": "it is confirmed.",
    "not_seen": "it has not been seen there.",
    "not_told": "nothing that was read there says.",
    "to_enter": "its attendance is to be entered in the source.",
    "refused": "it is refused.",
}


def explain(
    customer: Annotated[str, typer.Argument(help="The customer's id; base for the base rules, with --file.")],
    kind: Annotated[str, typer.Argument(help="Kind of the record: learner, session, ...")],
    source_id: Annotated[str, typer.Argument(metavar="ID", help="Its id where it comes from.")],
    file: Annotated[
        Path | None, typer.Option(help="Take records from this file, folder or ZIP instead of the database.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Folder of rule files, with --file; without it MUSTER_RULES.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="With --file: decide as at this day or time.", metavar="TIME")
    ] = None,
    language: Language = None,
    output: Output = "text",
) -> None:
    """Tell why a record was synced, skipped or flagged: each rule, each condition, each value, and the near misses.

    Examples: muster explain norvane session 904412 · muster explain base learner 7 --file roster.zip
    """
    if file is None:
        if as_of or rules:
            raise Stopped("--as-of and --rules go with --file; a stored record is explained as of now.")
        service = open_service()
        found = service.explain(customer, kind, source_id, language)
        _write(found, found.explanation, output)
        if output == "text":
            zone = service.rulebook(customer).customer.zone
            _tell_outlook(found, zone)
            tell_health(service.health_of(customer, "en"), zone)
        finish(PROBLEMS if found.last_run == "never_received" else CLEAN)
    explanation = _from_file(customer, kind, source_id, file, rules, as_of, language)
    _write(explanation, explanation, output)


def _from_file(
    customer: str,
    kind: str,
    source_id: str,
    file: Path,
    rules: Path | None,
    as_of: str | None,
    language: str | None,
) -> Explanation:
    from cli.deciding import decide, of_the_file, read, rulebook_of
    from engine.explaining.explainer import explain as explained
    from engine.language.renderer import Messages
    from runs.queries.reader_messages import ReaderMessages

    rulebook = rulebook_of(rules_folder(rules), None if customer == "base" else customer)
    chosen = ReaderMessages(Messages(), rulebook, language).language
    with progress(file.name) as on_page:
        items, _ = read(file, rulebook.customer, None, on_page)
        if customer == "base":
            rulebook = of_the_file(rulebook, file, items)
        classifier, decided, _ = decide(rulebook, items, as_of)
    for position, decision in enumerate(decided.decisions):
        if decision is not None and (decision.kind, decision.source_id) == (kind, source_id):
            return explained(classifier, decided, position, chosen)
    kinds = sorted({decision.kind for decision in decided.decisions if decision is not None})
    raise Stopped(
        f"There is no {kind} of that id in {file.name} that is decided. "
        f"Wanted a source_id of one of the kinds decided there: {', '.join(kinds)}."
    )


def _write(found: object, explanation: Explanation | None, output: str) -> None:
    from engine.explaining.as_text import as_text

    if output == "json":
        say_json(found)
    elif explanation is not None:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        say(as_text(explanation, colour=colour))


def _tell_outlook(found: Explained, zone: str) -> None:
    say(f"Last run: {LAST_RUN[found.last_run]}")
    if found.last_run != "related":
        run = "the first run once exchanges work again"
        at = run if found.next_run_at is None else f"the run of {local(found.next_run_at, zone)}"
        expected = "" if found.expected_on is None else local(found.expected_on, zone)
        say(f"Next run: {NEXT_RUN[found.next_run].format(at=at, expected=expected)}")
    effect = None if (deciding := found.then or found.answer) is None else deciding.effect
    fields = f" ({', '.join(effect.fields)})" if effect is not None and effect.fields else ""
    would = "" if effect is None else f" It would see: {effect.what}{fields}."
    who = f" As told by {found.told_by}." if found.told_by else ""
    say(f"On the platform: {ON_PLATFORM[found.on_platform]}{who}{would}")
    if found.segments:
        say(f"Accounts: {', '.join(found.segments)}.")
    if found.first_seen is not None:
        note(f"First received {local(found.first_seen, zone)}.")
    if found.not_received_since is not None:
        note(f"Not received any more since {local(found.not_received_since, zone)}.")
