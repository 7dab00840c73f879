"""The feed as CSV, for spreadsheets: cells that a spreadsheet would compute are written as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from babel.numbers import get_decimal_symbol
from fastapi import Response
from fastapi.responses import StreamingResponse
from msgspec import structs

from api.answers.page_words import Words
from engine.model.moments import zone
from runs.model.answers import FeedRow
from runs.model.asked import LARGEST_PAGE, IssueFilter
from runs.service import Service

CSV = "text/csv"
COLUMNS = ("source_id", "kind", "name", "mis_id", "problem", "fix", "fix_in", "rule", "state", "since")
"""In this order; their headers are `csv.<column>` of the pages' words."""

_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
"""First characters that make a spreadsheet compute a cell, in their full-width forms too."""
_BYTE_ORDER_MARK = "\ufeff"


def cell(value: object) -> str:
    """A value as a text cell; an apostrophe before what a spreadsheet would take for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in _DANGEROUS or text.lstrip()[:1] in _DANGEROUS else text


def header(words: Words, language: str) -> list[str]:
    """The column headers."""
    return [words.say(language, f"csv.{column}") for column in COLUMNS]


def csv_rows(words: Words, rows: Iterable[FeedRow], language: str, zone_name: str) -> Iterator[list[object]]:
    """One line per issue; one per record where the feed shows records without issues. Times are the customer's."""

    def local(moment: datetime) -> str:
        # To the minute, and without its offset: so every spreadsheet takes it for a time and can sort by it.
        return moment.astimezone(zone(zone_name)).strftime("%Y-%m-%d %H:%M")

    for row in rows:
        who = (row.source_id, words.say(language, f"kind.{row.kind}"), row.name, row.mis_id)
        for issue in row.issues:
            place = words.say(language, f"fix_in.{issue.fix_in}") if issue.fix_in else None
            state = words.say(language, f"state.{issue.state}")
            since = issue.back_at or issue.opened_at
            yield [*who, issue.problem, issue.fix, place, issue.rule, state, local(since)]
        if not row.issues:
            yield [*who, row.problem, row.fix, None, row.rule, None, local(row.since) if row.since else None]


def written_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], language: str) -> Iterator[bytes]:
    """CSV in UTF-8, a piece per 500 lines. Excel wants semicolons where the comma is for decimals, and the mark."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if get_decimal_symbol(language) == "," else ",", lineterminator="\r\n")
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
    if which.fold is None:
        which = structs.replace(which, fold=False)
    rows = _all_rows(service, customer, which, language)
    # What can be refused is refused with the first page, before the answer has begun.
    first = next(rows, None)
    everything = chain(() if first is None else (first,), rows)
    lines = csv_rows(words, everything, language, service.rulebook(customer).customer.zone)
    return StreamingResponse(
        written_rows(header(words, language), lines, language),
        media_type=CSV,
        headers={
            "Content-Disposition": f'attachment; filename="{name_of_file(customer)}"',
            "Content-Language": language,
            "Vary": "Accept-Language",
        },
    )


def _all_rows(service: Service, customer: str, which: IssueFilter, language: str) -> Iterator[FeedRow]:
    cursor: str | None = None
    while True:
        page = service.issues(customer, which, cursor, LARGEST_PAGE, language)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
