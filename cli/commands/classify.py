"""`muster classify`: decides what is in a file, and stores nothing."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.environment import rules_folder
from cli.terminal import CLEAN, COLOURS, PROBLEMS, columns, finish, local, note, paint, progress, say, say_json

if TYPE_CHECKING:
    from engine.model.rulebook import Rulebook
    from runs.model.answers import Answer, Classification

Format = Literal["text", "json", "ndjson", "csv"]
SHOWN = 20
VERDICTS = ("sync", "skip", "flag")
CSV_COLUMNS = ("kind", "source_id", "verdict", "rule", "problem", "fix", "fix_in", "also", "notes")


def classify(
    file: Annotated[
        Path, typer.Argument(help="Records as NDJSON or CSV, rosters, exports; as file, workbook, folder or ZIP.")
    ],
    customer: Annotated[
        str | None, typer.Option(help="Decide by this customer's rules; without it by the base rules.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Folder of rule files; without it MUSTER_RULES, or the packaged rules.")
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="text for people; the others hold every decision.")
    ] = "text",
    as_of: Annotated[
        str | None, typer.Option(help="Decide as at this day or time instead of now.", metavar="TIME")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the messages: en or fr.")] = None,
    email_domain: Annotated[
        str | None, typer.Option(help="Domain that makes an address of an SDS user name.", metavar="DOMAIN")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Show every flagged record, not {SHOWN}.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 even when something is flagged.")] = False,
) -> None:
    """Decide every record of a file: sync, skip or flag. Nothing is stored and no database is needed.

    The exit status is 1 when something is flagged.

    Examples: muster classify roster.zip · muster classify records.ndjson --customer norvane --format ndjson
    """
    from cli.deciding import decide, of_the_file, read, rulebook_of
    from engine.language.renderer import Messages
    from engine.language.unread import failure_text, unread_text
    from engine.matching.never_received import NEVER_RECEIVED
    from engine.records.needs import remarks
    from runs.model.answers import Classification
    from runs.queries.reader_messages import ReaderMessages

    rulebook = rulebook_of(rules_folder(rules), customer)
    wording = ReaderMessages(Messages(), rulebook, language)
    with progress(file.name) as on_page:
        items, fetch = read(file, rulebook.customer, email_domain, on_page)
        if customer is None:
            # Worded as before, by "the source": a roster's format is not where anything is put right.
            rulebook = of_the_file(rulebook, file, items)
        on_page("deciding", len(items))
        classifier, decided, unsent = decide(rulebook, items, as_of)
        answers = [wording.answer(decided, position) for position in decided.once()]
    moment = decided.moment
    told = [*fetch.notes, *unsent, *remarks(items, classifier.needs, classifier.asked)]
    there = [answer for answer in answers if answer.rule != NEVER_RECEIVED]
    found = Classification(
        decisions=there,
        never_received=[answer for answer in answers if answer.rule == NEVER_RECEIVED],
        as_of=moment.as_of,
        last_sync=moment.last_sync,
        next_run=moment.next_run,
        run_id=None,
        rulebook_version=rulebook.version,
        language=wording.language,
        counts={verdict: sum(one.verdict == verdict for one in there) for verdict in VERDICTS},
        notes=[unread_text(remark, wording.language) for remark in told],
        remarks=list(told),
        partial=[failure_text(part.failure, wording.language) for part in fetch.partial],
    )
    for said in (*found.partial, *found.notes):
        note(said)
    _write(found, rulebook, output, every=every)
    finish(PROBLEMS if any(one.verdict == "flag" for one in answers) and not exit_zero else CLEAN)


def _write(found: Classification, rulebook: Rulebook, output: Format, *, every: bool) -> None:
    import msgspec

    if output == "json":
        say_json(found)
    elif output == "ndjson":
        for answer in (*found.decisions, *found.never_received):
            say(msgspec.json.encode(answer).decode())
    elif output == "csv":
        from api.answers.feed_csv import written_rows

        sys.stdout.flush()
        for piece in written_rows(
            CSV_COLUMNS, map(_csv_row, (*found.decisions, *found.never_received)), found.language
        ):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        _tell(found, rulebook, every=every)


def _csv_row(answer: Answer) -> list[object]:
    also = " ".join(remark.rule for remark in answer.also)
    notes = " ".join(remark.rule for remark in answer.notes)
    first = [answer.kind, answer.source_id, answer.verdict, answer.rule, answer.problem, answer.fix, answer.fix_in]
    return [*first, also, notes]


def _tell(found: Classification, rulebook: Rulebook, *, every: bool) -> None:
    there = [answer for answer in found.decisions if answer.verdict is not None]
    decided = [*there, *found.never_received]
    kinds = dict.fromkeys(answer.kind for answer in there)
    by_kind = Counter((answer.kind, str(answer.verdict)) for answer in there)
    rows = [["kind", *VERDICTS]]
    rows += [[kind, *(str(by_kind[kind, verdict]) for verdict in VERDICTS)] for kind in kinds]
    rows.append(["all", *(str(found.counts[verdict]) for verdict in VERDICTS)])
    say(columns(rows, right=(1, 2, 3)))
    _tell_rules(decided, rulebook)
    flagged = [answer for answer in decided if answer.verdict == "flag"]
    shown = flagged if every else flagged[:SHOWN]
    for answer in shown:
        say()
        say(f"{paint(f'{answer.kind} {answer.source_id}', COLOURS['flag'], bold=True)}  {answer.rule}")
        say(f"  {answer.problem}")
        say(f"  {answer.fix}")
        for remark in answer.also:
            say(f"  also {remark.rule}: {remark.problem}")
    if len(flagged) > len(shown):
        note(f"\n{len(flagged) - len(shown)} more flagged records: --all shows them.")
    whose = "the base rules" if rulebook.customer.id == "base" else f"{rulebook.customer.name}'s rules"
    related = len(found.decisions) - len(there)
    beside = f" {related} more are only looked at beside them." if related else ""
    unsent = len(found.never_received)
    beside += f" Ids that they name and that were not sent: {unsent}." if unsent else ""
    note(
        f"\n{len(there)} records decided by {whose}, as of {local(found.as_of, rulebook.customer.zone)} "
        f"({rulebook.customer.zone}).{beside}"
    )


def _tell_rules(decided: list[Answer], rulebook: Rulebook) -> None:
    """How often each rule decided, or was noted; in the rulebook's order within a reaction."""
    deciding = Counter((str(answer.verdict), answer.rule) for answer in decided if answer.rule)
    noted = Counter(("note", remark.rule) for answer in decided for remark in answer.notes)
    order = {rule.id: place for place, rule in enumerate(rulebook.rules)}
    rows = [
        [reaction, str(rule), str(number)]
        for reaction, counts in (("flag", deciding), ("skip", deciding), ("note", noted))
        for (of, rule), number in sorted(counts.items(), key=lambda each: (-each[1], order.get(str(each[0][1]), 0)))
        if of == reaction
    ]
    if rows:
        say()
        for line, row in zip(columns(rows, right=(2,)).splitlines(), rows, strict=True):
            say(paint(line, COLOURS[row[0]]))
