"""A customer of every system that can be read: its file, its service, and its system on loopback, well or spoilt."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlmodel import select
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.contract import ConnectorContext
from connectors.registry import catalogue
from engine.language.languages import languages
from engine.language.renderer import Messages
from engine.records.kinds import DOWNWARD, KINDS, Record
from engine.rulefiles.library import Library
from runs.model.answers import RunSummary
from runs.service import Service
from store.base.database import Database
from store.base.enums import COUNTED, Direction
from store.base.tables import RecordRow
from tests.connectors.fakes import hyperplanning
from tests.connectors.serving import served
from tests.connectors.trying import SAMPLED, fake_of, filled, folder_of, read
from tests.runs.shelf import shelved

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Ten o'clock in Paris, on the first day of the samples."""

Platform = Mapping[str, Any]
EDUSIGN: Platform = {"connector": "edusign"}
EDUCATION_PERFECT: Platform = {"connector": "education-perfect"}
SKILLS: Platform = {
    "connector": "pushed-platform",
    "system": "Campus Skills",
    "layer": "campus-skills",
    "takes": ["learner", "contract"],
}
EVERYTHING: Platform = {"connector": "pushed-platform", "system": "Northgate", "takes": list(DOWNWARD)}

PLATFORMS: dict[str, Platform] = {
    "ammon": EDUSIGN,
    "aurion": EDUSIGN,
    "columns": EVERYTHING,
    "contracts": SKILLS,
    "hyperplanning": EDUSIGN,
    "hyperplanning-csv": EDUSIGN,
    "hyperplanning-ical": EDUSIGN,
    "oneroster": EDUCATION_PERFECT,
    "oneroster-rest": EDUCATION_PERFECT,
    "records": EVERYTHING,
    "sc-form": EDUSIGN,
    "sds": EDUCATION_PERFECT,
    "wonde": EDUCATION_PERFECT,
    "ypareo": EDUSIGN,
}
"""Source to the platform that takes what it gives; of a new one, any kind."""
SETTINGS: dict[str, dict[str, Any]] = {
    # Its fake answers for exactly these days.
    "columns": {"lookback_days": 0, "window_days": 13},
    # One reason of several stands for one of the source's.
    "edusign": {"absence_reasons": {"rea_1": "MALADIE"}},
}
PUSHED_BY = {"edusign": "ypareo", "campus-skills": "contracts"}
"""Platform to the connector whose samples its source sends before it is read; before a new one, Ypareo's."""
AS_OF = {"edusign": datetime(2026, 11, 28, 21, tzinfo=UTC)}
"""When it is not Monday: on Saturday night the week's sheets are there."""


class Tried(Struct, frozen=True):
    """One connector in one of its cases."""

    connector: str
    case: str

    @property
    def side(self) -> str:
        return SAMPLED[self.connector].spec.side

    @property
    def direction(self) -> Direction:
        return "downward" if self.side == "source" else "upward"

    @property
    def on_files(self) -> bool:
        return fake_of(self.connector).on_files(self.case)

    def __str__(self) -> str:
        return f"{self.connector} ({self.case})" if self.case else self.connector


def _first(connector: str, *, on_files: bool) -> list[Tried]:
    fake = fake_of(connector)
    return [Tried(connector, case) for case in fake.cases if fake.on_files(case) is on_files][:1]


SYSTEMS = [found for name in sorted(SAMPLED) for on_files in (True, False) for found in _first(name, on_files=on_files)]
"""Every connector that has samples or a fake, by its first case on files and its first on a system."""


def customer_file(tried: Tried, url: str, guards: Mapping[str, Any] | None = None, **settings: Any) -> str:
    """The file of the customer `fake`; JSON is YAML too."""
    spec, fake = SAMPLED[tried.connector].spec, fake_of(tried.connector)
    options = filled(fake.cases[tried.case], {"url": url, "samples": "samples"})
    if not tried.on_files and "url" in spec.options.__struct_fields__:
        options.setdefault("url", url)
    used = {"connector": tried.connector, **options}
    if tried.side == "source":
        systems = {"source": used, "platform": PLATFORMS.get(tried.connector, EVERYTHING)}
    else:
        systems = {"source": {"connector": "pushed", "system": "Ypareo", "layer": "ypareo"}, "platform": used}
    written = {"name": "Norvane", "language": "en", "zone": "Europe/Paris", **systems}
    if found := SETTINGS.get(tried.connector, {}) | settings:
        written["settings"] = found
    if guards:
        written["guards"] = guards
    return json.dumps(written, indent=1)


@contextmanager
def serving(tried: Tried) -> Iterator[tuple[str, Switch]]:
    """The system, running; for a connector that reads files, none."""
    fake = fake_of(tried.connector)
    switch = Switch(fake.application() if not tried.on_files else None)
    if tried.on_files:
        yield "", switch
        return
    with served(switch) as url:
        yield url, switch


def service_of(tried: Tried, url: str, database: Database, folder: Path, **more: Any) -> Service:
    """A service whose only customer is `fake`, with its rules and its files in the folder. Its clock stands."""
    (folder / "rules" / "customers").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "customers" / "fake.yaml").write_text(customer_file(tried, url, **more), encoding="utf-8")
    shutil.copytree(
        folder_of(SAMPLED[tried.connector]) / "samples", folder / "data" / "fake" / "samples", dirs_exist_ok=True
    )
    environ = {
        **filled(fake_of(tried.connector).environ, {"url": url}),
        "MUSTER_ALLOW_PRIVATE_HOSTS": "1",
        "MUSTER_DATA": str(folder / "data"),
    }
    library = Library(folder / "rules", catalogue(), allow_private_hosts=True)
    return shelved(Service(database, library, catalogue(), Messages(), environ, lambda: MONDAY, patient()))


def patient(slept: list[float] | None = None, timeout: float = 30.0) -> ConnectorContext:
    """Waits between attempts are noted, not slept."""
    kept = [] if slept is None else slept
    return ConnectorContext("UTC", Path("data"), sleep=kept.append, timeout=timeout)


def run(service: Service, tried: Tried, hours: int = 0) -> RunSummary:
    """One run of what the connector's side decides, so many hours after the first."""
    as_of = AS_OF.get(tried.connector, MONDAY) + timedelta(hours=hours)
    return service.run("fake", tried.direction, as_of=as_of)


def first_run(service: Service, tried: Tried) -> RunSummary:
    """The first run; for a platform, after its source has sent its records. Sheets are seen on Monday before."""
    if tried.side == "platform":
        service.push("fake", sent_by(PUSHED_BY.get(tried.connector, "ypareo")), True, as_of=MONDAY)
    if tried.connector in AS_OF:
        service.run("fake", tried.direction, as_of=MONDAY)
    return run(service, tried)


def sent_by(source: str) -> list[Record]:
    """What a source's samples hold."""
    return read(source, next(iter(fake_of(source).cases))).records


def line(tried: Tried, summary: RunSummary) -> str:
    """A run in one line: kind by kind, how many came and how they were decided."""
    parts = []
    for kind in KINDS:
        if counts := summary.counts.get(kind):
            verdicts = [f"{counts[name]} {name.replace('_', ' ')}" for name in COUNTED[1:] if counts[name]]
            parts.append(f"{kind} {counts['received']} ({', '.join(verdicts)})")
    return f"{tried}: {summary.status}; {'; '.join(parts)}"


class Flagged(Struct, frozen=True):
    """One flagged record, as a reader sees it."""

    kind: str
    name: str
    rule: str
    message: str


def flagged(service: Service, kinds: Collection[str]) -> dict[str, Flagged]:
    """The newest flagged record of these kinds in the feed, in each language."""
    found: dict[str, Flagged] = {}
    for language in languages().names:
        rows = service.issues("fake", language=language, limit=200).items
        row = next(row for row in rows if row.verdict == "flag" and row.kind in kinds)
        found[language] = Flagged(row.kind, row.name, str(row.rule), f"{row.problem} {row.fix}")
    return found


# Faults on demand

Fits = Callable[[Request], bool]


class Switch:
    """A system that is well until it is spoilt."""

    def __init__(self, application: ASGIApp | None) -> None:
        self._application = application
        self.well()

    def well(self) -> None:
        """Answer as the system does."""
        self._fault: ASGIApp | None = None
        self._left = 0
        self.spoilt = 0

    def spoil(self, fault: ASGIApp, fits: Fits, times: int = 1_000_000) -> None:
        """Answer so many of these requests by the fault."""
        self._fault, self._fits, self._left = fault, fits, times
        self.spoilt = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._application is not None
        if self._fault is not None and self._left > 0 and self._fits(Request(scope)):
            self._left -= 1
            self.spoilt += 1
            await self._fault(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def first_answer_again(self) -> ASGIApp:
        """A fault: whatever page is asked for, the first one comes."""
        kept: list[Message] = []

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            said = list(kept)
            if not said:
                assert self._application is not None

                async def keep(message: Message) -> None:
                    said.append(message)

                await self._application(scope, receive, keep)
                if said[0]["status"] == 200:
                    kept.extend(said)
            for message in said:
                await send(message)

        return answer


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answers, and ends when whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


_NO_CONTRACTS = b'{"total": 0, "contrats": []}'
_NOTHING_OF_EDUSIGN = b'{"status": "success", "result": [], "message": null}'


class Calls(Struct, frozen=True):
    """Which calls of a system are spoilt. A call is named by how its path ends or, for SOAP, by its name."""

    part: str
    """One call, or one list, of several."""
    lists: Mapping[str, bytes]
    """Lists, and what each answers when there is nothing in it."""
    paged: str = ""
    """A list that comes in pages; empty where the system has none."""


CALLS: dict[str, Calls] = {
    "aurion": Calls("/8412", {"/8412": b'<?xml version="1.0" encoding="UTF-8"?><favori id="8412"></favori>'}),
    "campus-skills": Calls(
        "/contrats-get-all", {"/contrats": _NO_CONTRACTS, "/contrats-get-all": _NO_CONTRACTS}, "/contrats"
    ),
    "columns": Calls("/seances", {"/seances": b'{"data": {"items": []}}'}, "/seances"),
    "edusign": Calls(
        "/professor", dict.fromkeys(("/student", "/professor", "/course"), _NOTHING_OF_EDUSIGN), "/student"
    ),
    "hyperplanning": Calls(
        "EMailsTableauDEnseignants",
        {name: hyperplanning.answered(name, []).encode() for name in hyperplanning.CALLS if name.startswith("Tous")},
    ),
    "hyperplanning-ical": Calls("_B2.ics", {".ics": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"}),
    "oneroster-rest": Calls(
        "/classes",
        {f"/{name}": b'{"%s": []}' % name.encode() for name in ("users", "classes", "enrollments")},
        "/users",
    ),
    "sc-form": Calls("/GetSeance", {"/GetEntite": b"[]", "/GetSeance": b"[]"}),
    "wonde": Calls(
        "/employees",
        {f"/{name}": b'{"data": []}' for name in ("students", "employees", "classes", "lessons")},
        "/students",
    ),
    "ypareo": Calls("/personnels", {"": b"[]"}),
}
"""Every connector that reads a system by HTTP."""


def call_of(request: Request) -> str:
    """What a request calls: the path, or the name of a SOAP call."""
    return request.headers.get("soapaction", "").strip('"') or request.url.path


def calling(name: str) -> Fits:
    """Requests of that call; every request for an empty name."""
    return lambda request: call_of(request).endswith(name)


def opened(path: Path | str) -> Database:
    """The database in that file."""
    return Database.open(f"sqlite:///{path}")


def copied(path: Path) -> Path:
    """A copy of the database in that file, also of what is not yet in its main file."""
    copy = path.with_suffix(".copy")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def stored(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that a database holds, but for its list of runs and what a held one waits with."""
    with database.reading() as session:
        connection = session.connection()
        found = connection.exec_driver_sql("select name from sqlite_master where type = 'table' order by 1").scalars()
        return {
            name: sorted((tuple(row) for row in connection.exec_driver_sql(f'select * from "{name}"')), key=repr)  # noqa: S608 - our own tables
            for name in list(found)
            if name not in ("run", "held", "held_entry")
        }


def records(database: Database) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What is known of every record, and how it is decided."""
    with database.reading() as session:
        return {(row.kind, row.source_id): (row.data, row.verdict, row.rule) for row in session.exec(select(RecordRow))}


def left(database: Database) -> list[str]:
    """Ids of the decided records that count as gone, or are no longer received."""
    with database.reading() as session:
        rows = session.exec(select(RecordRow).where(RecordRow.verdict != None))  # noqa: E711 - SQL
        return [row.source_id for row in rows if row.left_at is not None or row.not_received_since is not None]


def as_json(summary: RunSummary) -> str:
    """A run as the API answers it."""
    return msgspec.json.encode(summary).decode()
