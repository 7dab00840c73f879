"""Where the command finds rules, database and files: the environment, and what holds when it says nothing."""

# ruff: noqa: PLC0415 - what a command runs on is imported when it runs

from __future__ import annotations

import os
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from cli.terminal import PROBLEMS, Stopped

if TYPE_CHECKING:
    from runs.service import Service
    from store.base.database import Database

RULES = "MUSTER_RULES"
"""Folder of rule files; the packaged ones when not set."""
RATE_SCALE = "MUSTER_RATE_SCALE"
until_the_end = ExitStack()
"""What a command opens and keeps until it ends, however it ends: ``cli.main`` closes it."""
_in_use: ContextVar[Path | None] = ContextVar("rules_in_use", default=None)


def rules_folder(given: Path | None = None) -> Path:
    """The folder given on the command line, else `MUSTER_RULES`, else the packaged rules."""
    from engine.model.package_files import RULES as PACKAGED

    folder = given or (Path(os.environ[RULES]) if os.environ.get(RULES) else PACKAGED)
    if not folder.is_dir():
        said = "" if given else f" ({RULES})"
        raise Stopped(f"There is no folder {folder}{said}. Wanted one with rule files: customers/, base/, connectors/.")
    _in_use.set(folder)
    return folder


def rules_in_use() -> Path | None:
    """The folder that the command last took rules from: where the lines stand that its problems are about."""
    return _in_use.get()


def private_hosts_allowed() -> bool:
    """Whether the operator lets connectors read systems on private addresses."""
    from connectors.registry import ALLOW_PRIVATE

    return os.environ.get(ALLOW_PRIVATE, "").lower() in {"1", "true", "yes"}


def rate_scale() -> float:
    """By how much the operator multiplies the rates at which a caller may call; 0 where there shall be none."""
    written = os.environ.get(RATE_SCALE, "1")
    try:
        scale = float(written)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 1_000:
        raise Stopped(f"{RATE_SCALE} is {written!r}. Wanted a number from 0, for no limit at all, to 1000.")
    return scale


def open_database(url: str | None = None) -> Database:
    """The database named by the URL, else by the environment. Nothing is read yet; it is closed with the command."""
    from store.base.database import VARIABLE, Database, WrongDatabaseUrl

    try:
        return until_the_end.enter_context(Database.open(url))
    except WrongDatabaseUrl as error:
        raise Stopped(f"{error} Correct {VARIABLE}.") from None


def ready_database(url: str | None = None, *, create: bool = False) -> Database:
    """The database, of this program's version; `create` makes it so, else one that is not is refused."""
    database = open_database(url)
    if create:
        database.upgrade()
    elif database.missing:
        raise Stopped(f"There is no database at {database.place}. Make one: muster db upgrade", status=PROBLEMS)
    elif database.behind():
        raise Stopped(f"The database {database.place} is of another version. Run: muster db upgrade", status=PROBLEMS)
    return database


def open_service(url: str | None = None, *, create: bool = False) -> Service:
    """The service over the database, see ``ready_database``, and the rules folder."""
    from connectors.registry import catalogue
    from engine.language.renderer import Messages
    from engine.rulefiles.library import Library
    from runs.service import Service

    database = ready_database(url, create=create)
    library = Library(rules_folder(), catalogue(), allow_private_hosts=private_hosts_allowed())
    return Service(database, library, catalogue(), Messages())
