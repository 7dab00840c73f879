"""Days of one file: read in the order that is expected, unless all the days in it show another; told once then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime

from connectors.contract import Fetch
from connectors.reading.tables import Tables
from connectors.reading.times import Day, DayOrder, day_as, ordered_day, ordered_time, orders_of
from connectors.reading.workbooks import is_workbook_name
from engine.records.unread import Unread

_EXAMPLE = date(2026, 11, 24)

Written = Callable[[], Iterable[tuple[str, str]]]
"""Every day that stands in the file: its column and its text."""


ISO: DayOrder = "YYYY-MM-DD"


def days_in(tables: Tables, table: str, columns: Collection[str], expected: DayOrder, fetch: Fetch) -> Days:
    """The days in these columns of one table of a package, whose standard says how they are written."""

    def written() -> Iterator[tuple[str, str]]:
        for row in tables.rows(table, (), count=False):
            for column in columns:
                yield column, row[column]

    return Days(expected, tables.table(table).file.name if table in tables else table, written, fetch)


def _is_iso(text: str) -> bool:
    return orders_of(text).keys() == {ISO}


class Days:
    """How the days of a file are read."""

    def __init__(
        self,
        expected: DayOrder,
        file: str,
        written: Written,
        fetch: Fetch,
        *,
        option: str = "",
        said: bool = False,
    ) -> None:
        """`option` is where the customer may say the order, and `said` whether that was done: then it stands."""
        self._expected = expected
        self._file = file
        self._written = written
        self._fetch = fetch
        self._option = option
        self._said = said
        self._shown: DayOrder | None = None
        self._are_days = is_workbook_name(file)
        """A day in a cell of a workbook is one; a day that somebody typed there as a text is as in any file."""

    def day(self, text: str) -> Day:
        """A day; nothing for nothing; what is wrong with it."""
        if self._are_days and _is_iso(text):
            return ordered_day(text, ISO)
        return ordered_day(text, self._order(text), self._option)

    def time(self, text: str, zone: str) -> datetime | str | Unread:
        """A day and a time of day."""
        if self._are_days and _is_iso(text):
            return ordered_time(text, ISO, zone)
        return ordered_time(text, self._order(text), zone, self._option)

    def _order(self, text: str) -> DayOrder:
        """The order of the file. It is looked at whole only once some day in it does not tell by itself."""
        if self._shown is None:
            fits = orders_of(text)
            if not fits or fits.keys() == {self._expected}:
                return self._expected
            self._shown = self._look()
        return self._shown

    def _look(self) -> DayOrder:
        common: set[DayOrder] | None = None
        columns: dict[str, None] = {}
        for column, text in self._written():
            if (fits := orders_of(text)) and not (self._are_days and _is_iso(text)):
                common = fits.keys() & common if common is not None else {*fits}
                columns[column] = None
        if not common or self._expected in common or len(common) > 1:
            return self._expected
        (written,) = common
        self._tell(written, tuple(columns))
        return self._expected if self._said else written

    def _tell(self, written: DayOrder, columns: tuple[str, ...]) -> None:
        order = self._expected
        if not self._option:
            self._fetch.note("written_in_another_order", file=self._file, columns=columns, order=order, written=written)
            return
        self._fetch.note(
            "written_in_another_order_than_said" if self._said else "written_in_another_order_option",
            file=self._file,
            columns=columns,
            order=order,
            written=written,
            option=self._option,
            example_in_order=day_as(_EXAMPLE, order),
            example_as_written=day_as(_EXAMPLE, written),
        )
