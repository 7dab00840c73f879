"""Fetching: what a run is about, from the customer's connectors, a file, or a push."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from connectors.contract import ConnectorContext, Fetch, Window
from connectors.files import read_path
from connectors.registry import id_key, open_connector, open_for_file
from engine.model.moments import day_bounds, zone
from engine.model.rulebook import ConnectorUse, Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import DOWNWARD, UPWARD, Record
from runs.model.errors import NothingToFetch
from runs.model.received import OnPage, Received
from store.base.enums import Direction

DATA = "MUSTER_DATA"
"""Folder in which each customer has a folder of files; `data` in the current folder when not set."""

DECIDED: dict[Direction, tuple[str, ...]] = {"downward": DOWNWARD, "upward": UPWARD}
"""Which kinds a run decides; the platform's own list narrows it."""

_WHOLE: dict[Direction, frozenset[str]] = {"downward": frozenset((*DOWNWARD, "record")), "upward": frozenset(UPWARD)}
"""Kinds that a complete run has the last word on; `record` is what could not even be told to be of a kind."""


AROUND = ConnectorContext(zone="UTC", data_folder=Path("data"))
"""How systems are asked; a run puts in its customer's zone and folder."""


_WINDOW_DAYS = 14
_LOOKBACK_DAYS = 7


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
    around: ConnectorContext = AROUND,
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
        received.add(connector.records(asked, fetch), fetch, kinds, use.gives if use is platform else ())

    use, platform = must_fetch(rulebook, direction), customer.platform
    add(use, _WHOLE[direction] & {*use.fetches[direction], "record"})
    if use is not platform is not None and direction in platform.fetches:
        add(platform, platform.fetches[direction])
    return received


def must_fetch(rulebook: Rulebook, direction: Direction) -> ConnectorUse:
    """The connector that gives what a run decides. Raises NothingToFetch."""
    customer = rulebook.customer
    use = customer.source if direction == "downward" else customer.platform
    if use is None or direction not in use.fetches:
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
    own = None
    if direction == "downward" and customer.source is not None:
        own = open_for_file(customer.source, customer, environ, path)
    records = read_path(path, customer.zone, fetch, id_key=id_key(customer, environ), own=own)
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


def start_of_day(rulebook: Rulebook, as_of: datetime) -> datetime:
    """When the customer's day began, in UTC."""
    name = rulebook.customer.zone
    return day_bounds(as_of.astimezone(zone(name)).date(), name)[0].astimezone(UTC)
