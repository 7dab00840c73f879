"""Folders: where the files of a rules folder lie, what they are called in problems, and when they last changed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from msgspec import Struct

from engine.model.package_files import RULES, called
from engine.model.problems import Place, Problem
from engine.records.limits import LARGEST_RULE_FILE
from engine.rulefiles.yaml_tree import File, RefusedNode, read_nodes

Stamp = tuple[int, int]
"""Time of the last change in nanoseconds, and size."""

CUSTOMER_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MEANT = re.compile(r"\.ya?ml(\.txt)?$", re.IGNORECASE)
BASE = "base"
"""The base layer's name, and the id under which base rules alone are a rulebook; no customer can have it."""


class Folders(Struct, frozen=True):
    """The three folders of rules. `base` and `connectors` are the packaged ones where an operator's has none."""

    base: Path
    connectors: Path
    customers: Path

    @classmethod
    def of(cls, rules: Path) -> Folders:
        """The folders of an operator's rules folder."""
        rules = rules.resolve()
        own = {name: rules / name for name in ("base", "connectors")}
        found = {name: path if path.is_dir() else RULES / name for name, path in own.items()}
        return cls(customers=rules / "customers", **found)

    def base_files(self) -> tuple[Path, ...]:
        """The files of the base layer."""
        return yaml_files(self.base)

    def customer_ids(self) -> tuple[str, ...]:
        """Ids of all customers that have a file, sorted."""
        try:
            names = os.listdir(self.customers)  # noqa: PTH208 - there may be thousands, listed each second: no paths
        except OSError:
            return ()
        ids = [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]
        return tuple(sorted(filter(is_customer_id, ids)))


def is_customer_id(name: str) -> bool:
    """Whether a customer can be called so."""
    return len(name) <= 64 and name != BASE and CUSTOMER_ID.fullmatch(name) is not None


def yaml_files(folder: Path) -> tuple[Path, ...]:
    """The rule files of one folder in alphabetical order; none when there is no such folder."""
    try:
        names = [path for path in folder.iterdir() if path.suffix == ".yaml" and not path.name.startswith(".")]
    except OSError:
        return ()
    return tuple(sorted(names))


def other_spellings(folder: Path) -> tuple[Path, ...]:
    """Files that were probably meant as rule files, and are not read: `acme.yml`, `acme.YAML`, `acme.yaml.txt`."""
    try:
        names = [path for path in folder.iterdir() if _MEANT.search(path.name)]
    except OSError:
        return ()
    return tuple(sorted(path for path in names if path.suffix != ".yaml" and not path.name.startswith(".")))


def right_name(path: Path) -> str:
    """What a file of another spelling should be called."""
    return _MEANT.sub(".yaml", path.name)


def stamp(path: Path) -> Stamp | None:
    """When a file last changed; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class Files:
    """Files as read, each read again only when it changed."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Stamp | None, File]] = {}
        self.stamps: dict[Path, Stamp | None] = {}
        """Of each file that is made use of, as of when it was read, if by another loader."""

    def read(self, path: Path) -> File:
        """The nodes of a file; a file that cannot be opened is a problem like any."""
        now = stamp(path)
        known = self._read.get(path)
        if known is not None and now is not None and known[0] == now:
            return known[1]
        made = _read(path)
        self._read[path] = now, made
        self.stamps[path] = now
        return made

    def is_as_read(self, path: Path) -> bool:
        """Whether a file has not changed since it was read."""
        return path in self.stamps and self.stamps[path] == stamp(path)


def _read(path: Path) -> File:
    name = called(path)
    content = None
    try:
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as stream:
                content = stream.read(LARGEST_RULE_FILE + 1)
    except OSError:
        pass  # told below, as what is no file at all
    if content is None:
        place = Place(name)
        hint = "check that it is a file, and that Muster may read it"
        return File(RefusedNode(place), (Problem(place, "unreadable-file", "the file cannot be opened", hint),))
    return read_nodes(content, name)
