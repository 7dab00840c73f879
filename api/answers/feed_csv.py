"""The feed as CSV, for spreadsheets: cells that a spreadsheet would compute are written as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from babel.numbers import get_decimal_symbol
from fastapi import Response
from fastapi.responses import StreamingResponse
from msgspec import structs

from api.answers.page_words import Words
from engine.language.renderer import Messages
from engine.model.moments import zone
from engine.model.rulebook import Rulebook
from engine.records.kinds import OF_PLATFORM
from runs.model.answers import FeedRow
from runs.model.asked import LARGEST_PAGE, IssueFilter
from runs.model.health import CustomerHealth
from runs.service import Service

CSV = "text/csv"
OUTLOOK = ("last_run", "next_run", "expected_on", "on_platform", "segments")
"""Columns of the three answers, the same on every line of a record."""
COLUMNS = (
    "source_id",
    "kind",
    "name",
    "mis_id",
    "problem",
    "title",
    "fix",
    "fix_in",
    "rule",
    "state",
    "since",
    *OUTLOOK,
)
"""In this order; their headers are `csv.<column>` of the pages' words."""

_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
"""First characters that make a spreadsheet compute a cell, in their full-width forms too."""
_BEHIND_A_SEPARATOR = re.compile(r'([,;|\t\r\n][\s"]{0,8})([=+\-@＝＋－＠])')
"""Where a spreadsheet that is set to another separator begins a cell, and would compute it."""
_BYTE_ORDER_MARK = "\ufeff"


def cell(value: object) -> str:
    """A value as a text cell; an apostrophe before what a spreadsheet would take for a formula."""
    text = "" if value is None else _BEHIND_A_SEPARATOR.sub(r"\1'\2", str(value))
    return f"'{text}" if text[:1] in _DANGEROUS or text.lstrip()[:1] in _DANGEROUS else text


def header(words: Words, rulebook: Rulebook, language: str) -> list[str]:
    """The column headers."""
    own = {"kind": rulebook.spreadsheet.get("kind", {}).get(language)}
    return [own.get(column) or words.say(language, f"csv.{column}") for column in COLUMNS]


def csv_rows(
    words: Words, messages: Messages, rulebook: Rulebook, rows: Iterable[FeedRow], language: str
) -> Iterator[list[object]]:
    """One line per issue; one per record where the feed shows records without issues. Times are the customer's."""
    zone_name = rulebook.customer.zone

    def local(moment: datetime) -> str:
        # To the minute, and without its offset: so every spreadsheet takes it for a time and can sort by it.
        return moment.astimezone(zone(zone_name)).strftime("%Y-%m-%d %H:%M")

    for row in rows:
        there = (
            f"on_sheet_short.{row.on_platform}" if row.kind in OF_PLATFORM else f"on_platform_short.{row.on_platform}"
        )
        outlook = (
            words.say(language, f"last_run.{row.last_run}"),
            words.say(language, f"next_run_short.{row.next_run}"),
            None if row.expected_on is None else local(row.expected_on),
            words.say(language, there),
            ", ".join(row.segments),
        )
        kind = rulebook.spreadsheet.get(row.kind, {}).get(language) or words.say(language, f"kind.{row.kind}")
        who = (row.source_id, kind, row.name, row.mis_id)
        for issue in row.issues:
            mended = messages.place(rulebook, issue.fix_in, language) if issue.fix_in else None
            state = words.say(language, f"state.{issue.state}")
            opened = issue.back_at or issue.opened_at
            yield [*who, issue.problem, issue.title, issue.fix, mended, issue.rule, state, local(opened), *outlook]
        if not row.issues:
            since = None if row.since is None else local(row.since)
            yield [*who, row.problem, row.title, row.fix, None, row.rule, None, since, *outlook]


def written_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], language: str) -> Iterator[bytes]:
    """CSV in UTF-8, a piece per 500 lines. Excel wants semicolons where the comma is for decimals, and the mark."""
    buffer = io.StringIO()
    separator = ";" if get_decimal_symbol(language) == "," else ","
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    buffer.write(_BYTE_ORDER_MARK)
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % 500 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def name_of_file(customer: str) -> str:
    """What the file is called; a customer's id is small letters, digits and hyphens."""
    return f"muster-{customer}.csv"


def as_csv(words: Words, service: Service, customer: str, which: IssueFilter, language: str) -> Response:
    """The whole feed as a CSV answer, page by page."""
    rulebook = service.rulebook(customer)
    if which.fold is None:
        which = structs.replace(which, fold=False)
    health = service.health_of(customer, language)
    rows = _all_rows(service, customer, which, language)
    # What can be refused is refused with the first page, before the answer has begun.
    first = next(rows, None)
    everything = chain(() if first is None else (first,), rows)
    lines = csv_rows(words, service.messages, rulebook, everything, language)
    return StreamingResponse(
        written_rows(header(words, rulebook, language), lines, language),
        media_type=CSV,
        headers={
            "Content-Disposition": f'attachment; filename="{name_of_file(customer)}"',
            "Content-Language": language,
            "Vary": "Accept-Language",
            **health_headers(health),
        },
    )


def health_headers(health: CustomerHealth) -> dict[str, str]:
    """How the exchanges stand that a file is of: what is not in it is in order only where they are `well`."""
    down = health.of("downward")
    moments = {
        "Muster-Last-Exchange": down.last_good,
        "Muster-Last-Try": down.last_try,
        "Muster-Next-Exchange": None if down.stalled else down.next_run,
    }
    told = {name: at.isoformat(timespec="seconds").replace("+00:00", "Z") for name, at in moments.items() if at}
    rules = {"Muster-Rules": "broken"} if health.problems else {}
    return {"Muster-Health": health.state} | told | rules


def _all_rows(service: Service, customer: str, which: IssueFilter, language: str) -> Iterator[FeedRow]:
    cursor: str | None = None
    while True:
        page = service.issues(customer, which, cursor, LARGEST_PAGE, language)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
