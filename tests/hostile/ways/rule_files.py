"""Rule files, as `muster check` reads them and tells of them."""

from __future__ import annotations

from pathlib import Path

from connectors.registry import catalogue
from engine.language.renderer import Messages
from engine.model.package_files import RULES
from engine.rulefiles import report
from engine.rulefiles.check.check import check
from engine.rulefiles.check.messages import problems_of
from tests.engine.rule_folders import CATALOGUE, FOLDER, write
from tests.hostile.mutators import Pieces
from tests.hostile.way import Sample

_SHARED = ("base/settings.yaml", "base/guards.yaml")


class WayIn:
    """A small folder with one file spoiled, checked as a whole."""

    def __init__(self, folder: Path, /) -> None:
        self._folder = folder / "rules"
        self._messages = Messages()
        self._known = {**catalogue(), **CATALOGUE}

    def samples(self) -> list[Sample]:
        """An invented folder, and each packaged file with the settings that it reads."""
        small = {name: text.encode() for name, text in FOLDER.items()}
        shared = {name: (RULES / name).read_bytes() for name in _SHARED}
        found = [Sample("small", small)] * 3
        for path in sorted(RULES.rglob("*.yaml")):
            name = str(path.relative_to(RULES))
            if name not in shared:
                found.append(Sample(name, {**shared, name: path.read_bytes()}))
        return found

    def attempt(self, about: str, pieces: Pieces, /) -> None:
        """Every problem is told, in every form, with the lines that it is about."""
        for path in self._folder.rglob("*.yaml"):
            path.unlink()
        rules = write(self._folder, pieces)
        found = check(rules, self._known, lambda book: problems_of(self._messages, book))
        report.as_text(found, report.sources(rules, found))
        report.as_github(found)
        report.as_sarif(found)
