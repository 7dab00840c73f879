"""Fetching: what a run is about, from the customer's connectors, a file, or a push."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct, field

from connectors.contract import Around, ConnectorError, Fetch, Window
from connectors.files import read_path
from connectors.registry import id_key, is_pushed, open_connector
from engine.model.moments import day_bounds, zone
from engine.model.rulebook import ConnectorUse, Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import DOWNWARD, UPWARD, Record
from runs.model.errors import NothingToFetch
from store.fingerprints import identity
from store.words import Direction

DATA = "MUSTER_DATA"
"""Folder in which each customer has a folder of files; `data` in the current folder when not set."""

DECIDED: dict[Direction, tuple[str, ...]] = {"downward": DOWNWARD, "upward": UPWARD}
"""Which kinds a run decides; the platform's own list narrows it."""

_WHOLE: dict[Direction, tuple[str, ...]] = {"downward": (*DOWNWARD, "record"), "upward": UPWARD}
"""Kinds that a complete run has the last word on; `record` is what could not even be told to be of a kind."""

OnPage = Callable[[str, int], None]

AROUND = Around(zone="UTC", data_folder=Path("data"))
"""How systems are asked; a run puts in its customer's zone and folder."""

_OVER = frozenset({"left", "ended", "cancelled"})
"""States of records that are told so as to say that they are no longer there."""

_WINDOW_DAYS = 14
_LOOKBACK_DAYS = 7


class Received(Struct):
    """All that a run has received."""

    items: list[Record | Invalid] = field(default_factory=list)
    asked: frozenset[str] = frozenset()
    """Kinds that were asked for completely, whether or not there were any."""
    complete: frozenset[str] = frozenset()
    """Those of which something came and nothing failed, so that what is missing is no longer there."""
    partial: list[ConnectorError] = field(default_factory=list)
    failed_before: tuple[str, str] | None = None
    """Error and recovery of the partial run that was held with these records."""
    requests: int = 0
    freshness: dict[str, datetime] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """How something had to be read that a person should know of, each once."""

    @property
    def is_partial(self) -> bool:
        """Whether some part could not be read, so that nothing may be taken for gone."""
        return bool(self.partial) or self.failed_before is not None

    def told(self) -> tuple[str | None, str | None]:
        """What failed of it, in words, and what the first failure asks for; None where nothing did."""
        if self.partial:
            return " ".join(dict.fromkeys(str(error) for error in self.partial)), self.partial[0].recovery
        return self.failed_before or (None, None)

    def add(self, items: Iterable[Record | Invalid], fetch: Fetch, kinds: Collection[str]) -> None:
        """Add what one system gave; of these kinds it gave everything, unless parts of it failed."""
        before = len(self.items)
        try:
            self.items.extend(items)
        finally:
            # Of a fetch that failed, too, it is told what it asked.
            self.requests += fetch.requests
            self.freshness.update(fetch.freshness)
            self.notes = list(dict.fromkeys([*self.notes, *fetch.notes]))
        self.items.extend(fetch.invalid)
        self.partial += fetch.partial
        if not fetch.partial:
            self.asked |= frozenset(kinds)
            # A kind of which nothing came, or nothing but what is over, is more likely not given than all gone:
            # who left and what was cancelled stand in lists of their own, which may be there when the others are not.
            given = {identity(item)[0] for item in self.items[before:] if not is_over(item)}
            self.complete |= (given | ({"record"} if given else set())).intersection(kinds)


def pushed(
    items: Iterable[Record | Invalid],
    direction: Direction,
    on_page: OnPage | None,
    *,
    complete: bool,
    into: Received | None = None,
) -> Received:
    """What was pushed."""
    received = Received() if into is None else into
    fetch = Fetch(on_page=on_page)
    received.add(items, fetch, _WHOLE[direction] if complete else ())
    if on_page is not None:
        on_page("received", len(received.items))
    return received


def fetched(
    rulebook: Rulebook,
    direction: Direction,
    as_of: datetime,
    environ: Mapping[str, str],
    on_page: OnPage | None,
    into: Received | None = None,
    around: Around = AROUND,
) -> Received:
    """What the customer's systems give: for a downward run the source and then the platform, else the platform.

    `into` also has what was asked before a failure. Raises ConnectorError when a system gives nothing useful,
    NothingToFetch when none can be asked.
    """
    customer = rulebook.customer
    received = Received() if into is None else into
    asked = window(rulebook, direction, as_of)
    folder = Path(environ.get(DATA) or "data") / customer.id
    around = msgspec.structs.replace(around, zone=customer.zone, data_folder=folder)

    def add(use: ConnectorUse, kinds: Collection[str]) -> None:
        fetch = Fetch(on_page=on_page)
        connector = open_connector(use, customer, around, environ)
        received.add(connector.records(asked, fetch), fetch, kinds)

    add(must_fetch(rulebook, direction), _WHOLE[direction])
    if direction == "downward" and customer.platform is not None and not is_pushed(customer.platform):
        # Only its accounts are told whole: of sheets it gives those of the window.
        add(customer.platform, ("account",))
    return received


def must_fetch(rulebook: Rulebook, direction: Direction) -> ConnectorUse:
    """The connector that gives what a run decides. Raises NothingToFetch."""
    customer = rulebook.customer
    use = customer.source if direction == "downward" else customer.platform
    if use is None or is_pushed(use):
        raise NothingToFetch("source" if direction == "downward" else "platform")
    return use


def from_path(
    rulebook: Rulebook,
    direction: Direction,
    path: Path,
    environ: Mapping[str, str],
    on_page: OnPage | None,
    into: Received | None = None,
) -> Received:
    """What a file, folder or ZIP holds, as if it were all that there is. Raises ConnectorError."""
    received = Received() if into is None else into
    fetch = Fetch(on_page=on_page)
    customer = rulebook.customer
    records = read_path(path, customer.zone, fetch, id_key=id_key(customer, environ))
    received.add(records, fetch, _WHOLE[direction])
    return received


def window(rulebook: Rulebook, direction: Direction, as_of: datetime) -> Window:
    """The whole days a fetch is about: from those that sheets are looked back on, to the end of the window or of today.

    A downward fetch looks back as well: the sessions of the last days are what their sheets are compared with.
    """
    customer = rulebook.customer
    today = as_of.astimezone(zone(customer.zone)).date()

    def days(setting: str, otherwise: int) -> timedelta:
        entry = rulebook.settings.get(setting)
        return timedelta(days=entry.value if entry is not None and isinstance(entry.value, int) else otherwise)

    start = today - days("lookback_days", _LOOKBACK_DAYS)
    end = today + days("window_days", _WINDOW_DAYS) if direction == "downward" else today
    return Window(day_bounds(start, customer.zone)[0], day_bounds(end, customer.zone)[1])


def is_over(item: Record | Invalid) -> bool:
    """Whether a record only says that somebody left, or that something ended or was cancelled."""
    return getattr(item, "status", None) in _OVER


def start_of_day(rulebook: Rulebook, as_of: datetime) -> datetime:
    """When the customer's day began, in UTC."""
    name = rulebook.customer.zone
    return day_bounds(as_of.astimezone(zone(name)).date(), name)[0].astimezone(UTC)
