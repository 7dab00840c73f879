"""What a test opens it closes: one that leaves something open fails itself, and not the test that comes after it."""

from __future__ import annotations

import gc
import sqlite3
import sys
from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool
from sqlalchemy.util import LRUCache

from tests.store.fixtures import postgresql_server, postgresql_url, sqlite_url

__all__ = ["postgresql_server", "postgresql_url", "sqlite_url"]
"""Here, and nowhere below: a fixture that several conftests import is made by each, and so is its server."""

_FAILED = pytest.StashKey[bool]()
_connections: list[Any] = []
"""To databases, all that a test opened. Kept here, so that none is closed by chance before it is looked at."""


@event.listens_for(Pool, "connect")
def _opened(connection: Any, _record: object) -> None:
    _connections.append(connection)


_compiled: dict[Any, Any] = LRUCache(2_000)
"""Statements as SQL, for all databases of a system: each test opens its own, and would compile them all anew."""


@event.listens_for(Engine, "engine_connect")
def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)


def _is_open(connection: Any) -> bool:
    if not isinstance(connection, sqlite3.Connection):
        return not connection.closed
    try:
        connection.total_changes  # noqa: B018 - which a closed one refuses to tell
    except sqlite3.ProgrammingError:
        return False
    return True


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.stash[_FAILED] = True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """After the test and its fixtures: nothing is to be open, fixtures of a module or of all tests included."""
    try:
        return (yield)
    finally:
        left = []
        for connection in filter(_is_open, _connections):
            left.append(f"a connection of {type(connection).__module__}")
            connection.close()
        _connections.clear()
        if item.stash.get(_FAILED, False):
            left += _dropped()
        if left:
            pytest.fail(f"The test left open: {'; '.join(left)}", pytrace=False)


def _dropped() -> list[str]:
    """What Python finds open when it lets go of all that a failed test's traceback has held.

    Otherwise it would be let go, and told of, in the middle of the next test. Tests that pass hold nothing, and are
    spared the time.
    """
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    found: list[str] = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda told: found.append(str(told.exc_value))
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook
    return found
