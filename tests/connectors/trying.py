"""Ways to try a connector: on its samples as files, or on its fake server, through the registry as a run does."""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import connectors
from connectors.contract import Connector, ConnectorContext, Fetch, Window
from connectors.registry import BUILT_IN, open_connector
from engine.language.unread import unread_text
from engine.model.connector_spec import ConnectorSpec, Schedule
from engine.model.problems import Place
from engine.model.rulebook import ConnectorUse, Customer
from engine.records.kinds import Record
from tests.connectors.serving import served
from tests.hostile.mutators import ANSWERS

HOME = Path(connectors.__file__).parent
WINDOW = Window(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 12, 6, 23, tzinfo=UTC))
"""Two weeks of Paris, from Monday 23 November 2026."""


def folder_of(kind: type[Connector]) -> Path:
    """Where a connector's module lies."""
    found = importlib.util.find_spec(kind.__module__)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


SAMPLED = {kind.spec.name: kind for kind in BUILT_IN if (folder_of(kind) / "samples").is_dir()}
"""The connectors that have a folder of samples, by name."""


class Fake(Struct, frozen=True):
    """What `fakes/<name>.py` says: how the connector is to be tried."""

    cases: Mapping[str, Mapping[str, Any]]
    """Name of the case to options as a customer file has them; `{url}` and `{samples}` are filled in."""
    environ: Mapping[str, str] = {}
    application: Any = None
    """Makes the fake system, an ASGI application; None for a connector that reads files."""

    def on_files(self, case: str) -> bool:
        """Whether the case reads files; a connector may read a system in one case and files in another."""
        return self.application is None or "path" in self.cases[case]


def fake_of(name: str) -> Fake:
    """The fake of a connector; for one without, every folder in its samples, or the samples themselves."""
    module_name = f"tests.connectors.fakes.{name.replace('-', '_')}"
    if importlib.util.find_spec(module_name) is not None:
        module = importlib.import_module(module_name)
        cases = getattr(module, "CASES", None) or {"": module.OPTIONS}
        return Fake(cases, getattr(module, "ENVIRON", {}), getattr(module, "application", None))
    samples = folder_of(SAMPLED[name]) / "samples"
    folders = sorted(each.name for each in samples.iterdir() if each.is_dir())
    return Fake({each: {"path": f"{{samples}}/{each}"} for each in folders} or {"": {"path": "{samples}"}})


class Tried(Struct):
    """One case read to its end."""

    records: list[Record]
    fetch: Fetch
    slept: list[float] = field(default_factory=list)


def opened(
    spec: ConnectorSpec,
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    data_folder: Path,
    slept: list[float],
    transport: Any = None,
) -> Connector:
    """A connector as a run opens it, for an invented customer `fake` in Paris."""
    use = ConnectorUse(spec, options, Place("fake.yaml"))
    customer = Customer("fake", "Fake", "fr", "Europe/Paris", use, None, Schedule(), {})
    around = ConnectorContext(zone="Europe/Paris", data_folder=data_folder, sleep=slept.append, transport=transport)
    return open_connector(use, customer, around, {**environ, "MUSTER_ALLOW_PRIVATE_HOSTS": "1"})


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A value with `{url}` and `{samples}` filled in, however deep."""
    if isinstance(value, str):
        for name, found in names.items():
            value = value.replace(f"{{{name}}}", found)
        return value
    if isinstance(value, Mapping):
        return {key: filled(each, names) for key, each in value.items()}
    return [filled(each, names) for each in value] if isinstance(value, list) else value


@contextmanager
def connected(name: str, case: str, wrapped_in: Any = None) -> Iterator[tuple[Connector, list[float]]]:
    """A connector opened on one case, its fake system running; `wrapped_in` may spoil the system."""
    fake, kind = fake_of(name), SAMPLED[name]
    slept: list[float] = []
    samples = folder_of(kind) / "samples"
    if fake.on_files(case):
        names = {"samples": samples.name}
        yield opened(kind.spec, filled(fake.cases[case], names), fake.environ, samples.parent, slept), slept
        return
    application = fake.application()
    with served(wrapped_in(application) if wrapped_in else application) as url:
        options, environ = options_on(name, case, url)
        yield opened(kind.spec, options, environ, samples.parent, slept), slept


def options_on(name: str, case: str, url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The options and the secrets of a case, for its fake system at this address."""
    fake, options = fake_of(name), SAMPLED[name].spec.options
    given = dict(fake.cases[case])
    names = {"url": url, "samples": "samples"}
    if "url" in options.__struct_fields__:
        given.setdefault("url", url)
    return filled(given, names), filled(fake.environ, names)


def read(name: str, case: str) -> Tried:
    """One case of a connector, read to its end."""
    fetch = Fetch()
    with connected(name, case) as (connector, slept):
        return Tried(list(connector.records(WINDOW, fetch)), fetch, slept)


class Answering:
    """A system that answers everything in one way."""

    def __init__(self, status: int, body: bytes, media_type: str) -> None:
        self._answer = (status, body, media_type)

    def __call__(self, _application: ASGIApp) -> ASGIApp:
        status, body, media_type = self._answer

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return answer


class Mutating:
    """A system whose answers come well, but for what chance does to the bytes of some."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a test's
        self._spared = self._chance.randrange(3)

    def __call__(self, application: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            start: Message = {}
            body = b""

            async def gather(message: Message) -> None:
                nonlocal start, body
                if message["type"] == "http.response.start":
                    start = message
                else:
                    body += message.get("body", b"")

            await application(scope, receive, gather)
            if self._spared:
                self._spared -= 1
            else:
                body = self._chance.choice(ANSWERS)(body, self._chance)
            headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        return answer


class Stumbling:
    """A system that answers its first few requests badly, and then is well."""

    def __init__(self, status: int, headers: Mapping[str, str], times: int = 2) -> None:
        self._status = status
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._left = times

    def __call__(self, application: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if not self._left:
                await application(scope, receive, send)
                return
            self._left -= 1
            await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
            await send({"type": "http.response.body", "body": b"later"})

        return answer


def wrong(fetch: Fetch, position: int = 0) -> tuple[str, ...]:
    """What is wrong with a thing that could not be read, in English."""
    return tuple(unread_text(each, "en") for each in fetch.invalid[position].errors)


def unread_in(records: Iterable[Record]) -> dict[str, list[str]]:
    """Id to the fields of which something was written that could not be read."""
    return {record.source_id: [one.field for one in record.unread] for record in records if record.unread}


def noted(fetch: Fetch) -> list[str]:
    """How something had to be read, in English."""
    return [unread_text(note, "en") for note in fetch.notes]
