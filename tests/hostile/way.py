"""A way in: real samples of what comes by it, and one attempt with what chance made of one."""

from __future__ import annotations

import traceback
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

from msgspec import Struct

from tests.hostile import ways
from tests.hostile.mutators import Pieces

OURS = ("engine", "connectors", "store", "runs", "api", "cli")


class Sample(Struct, frozen=True):
    """One real input."""

    about: str
    """Which of the way's cases it is."""
    pieces: Pieces


class Broken(Exception):
    """What was answered is neither an answer nor a problem that is told; `str` says which, without a value of it."""


class Way(Protocol):
    """One way in, open. It is made with a folder of its own, in a process of its own."""

    def __init__(self, folder: Path, /) -> None: ...

    def samples(self) -> list[Sample]:
        """Real input, the same each time."""
        ...

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Put it in. Whatever is raised is a crash: what is refused as it should be is no error here."""
        ...


def names() -> list[str]:
    """Every way in: a new one is a module of its own in `tests/hostile/ways`."""
    return [module.name for module in iter_modules(ways.__path__) if not module.name.startswith("_")]


def module_of(name: str) -> str:
    """The module of the way of that name."""
    return f"{ways.__name__}.{name}"


def way_in(name: str) -> Any:
    """Its class."""
    return import_module(module_of(name)).WayIn


def where(error: BaseException) -> str:
    """What broke, and where in our code: the same for every input that breaks it alike. Without its text."""
    if isinstance(error, Broken):
        return str(error)
    root = Path(__file__).parents[2]
    frames = [
        f"{path.relative_to(root)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(root) and path.relative_to(root).parts[0] in OURS
    ]
    return f"{type(error).__name__} at {' < '.join(reversed(frames[-3:])) or 'no place of ours'}"
