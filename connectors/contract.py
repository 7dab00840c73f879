"""The contract between a run and a connector: what a connector is, what it is given, how it fails.

ConnectorError
├── Unavailable     try again later: time-outs, 429, 5xx
├── Refused         a person must act: bad key, missing right, wrong address, no such file
└── Garbled         our mapping is wrong: the answer is not of the shape we know
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec
from msgspec import DecodeError, Struct, field

from engine.language.unread import failure_text
from engine.model.connector_spec import ConnectorSpec
from engine.records.decode import Invalid
from engine.records.kinds import Record
from engine.records.unread import Failure, Recovery, Unread, Value

NOT_JSON = (DecodeError, UnicodeDecodeError, RecursionError)
"""What reading JSON of an unknown hand raises: no JSON, or of another shape; not UTF-8; nested without an end."""


class ConnectorError(Exception):
    """A fetch that failed, named by what the run does next. Never carries personal data or secrets."""

    recovery: ClassVar[Recovery]

    def __init__(self, system: str, call: str, code: str, status: int | None = None, /, **values: Value) -> None:
        """`call` is the call or file, without values: a route template, a file's name. The words of the code, and what
        to do, stand in templates/<language>/unread.yaml."""
        self.failure = Failure(code, self.recovery, system, call, values)
        self.status = status
        """HTTP status of the answer, where there was one; not for people."""
        super().__init__(system, call, code)

    def __str__(self) -> str:
        return failure_text(self.failure, "en")


@contextmanager
def asking_for(what: str) -> Iterator[None]:
    """Say of what fails within that this was asked for: the id of a favourite, a school, a group; never of a person."""
    try:
        yield
    except ConnectorError as error:
        if what and not error.failure.about:
            error.failure = msgspec.structs.replace(error.failure, about=(what,))
        raise


class Unavailable(ConnectorError):
    """The system did not answer well this time; a later run may succeed by itself."""

    recovery = "unavailable"


class Refused(ConnectorError):
    """The system, or the file, will not be read until a person changes something."""

    recovery = "refused"


class Garbled(ConnectorError):
    """The answer is not of the shape the connector knows; the connector must be mended."""

    recovery = "garbled"


class Window(Struct, frozen=True):
    """The time a fetch is about. Aware, start included, end excluded."""

    starts: datetime
    ends: datetime


class Fetch(Struct):
    """What a fetch tells beside its records; the connector fills it, the run reads it."""

    invalid: list[Invalid] = field(default_factory=list)
    """Rows that could not be made a record; each becomes a `record.invalid` decision."""
    partial: list[ConnectorError] = field(default_factory=list)
    """Parts that failed after retries: nothing may be taken for deleted then."""
    requests: int = 0
    """Requests made, or files read."""
    received: int = 0
    """Rows or objects read so far."""
    notes: list[Unread] = field(default_factory=list)
    """How something had to be read that a person should know of, such as an old encoding. No personal data."""
    freshness: dict[str, datetime] = field(default_factory=dict)
    """Hop (such as `SIS → Wonde`) to the time its data is of."""
    on_page: Any = None
    """Called with (call, received) after each page or file, for progress; None for silence."""

    def note(self, code: str, **values: Value) -> None:
        """Say once how something had to be read."""
        told = Unread(code, values=values)
        if told not in self.notes:
            self.notes.append(told)

    def page(self, call: str, rows: int) -> None:
        """Count one answered request with its rows, and tell the progress."""
        self.requests += 1
        self.received += rows
        if self.on_page is not None:
            self.on_page(call, self.received)


class ConnectorContext(Struct, frozen=True):
    """What a connector is given beside its options."""

    zone: str
    """IANA name of the customer's zone, for times that come without one."""
    data_folder: Path
    """Where the customer's files lie; a `path:` stays inside."""
    id_key: bytes = b""
    """Key of the hashed ids that records get whose source has none; see ``connectors.reading.ids``."""
    allow_private: bool = False
    """Whether the operator allows hosts on private networks, and plain http to them."""
    transport: Any = None
    """An `httpx.BaseTransport` that ``connectors.http.client.Http`` sends by, for tests; None: the network."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds between attempts; tests give one that only counts."""
    timeout: float = 30.0
    """Seconds of silence after which a system counts as not answering."""


class Connector(Protocol):
    """A source or a platform that can be read. Made with its decoded options and what is around it."""

    spec: ClassVar[ConnectorSpec]

    def __init__(self, options: Any, around: ConnectorContext, /) -> None: ...

    def records(self, window: Window, fetch: Fetch, /) -> Iterator[Record]:
        """Every record, streamed. Raises ConnectorError when nothing useful can be read at all."""
        ...
