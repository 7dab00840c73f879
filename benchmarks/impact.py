"""Impact: what it takes to try an edit of the rules on all that is stored, against deciding the same records once."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.people import AS_OF, timetable
from benchmarks.stored import CUSTOMER, RULES, SYSTEMS, stored
from benchmarks.table import Row
from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from engine.records.kinds import DOWNWARD
from engine.rulefiles.library import Library
from runs.execution.classifiers import moment_of
from runs.service import Service


def of_an_edit(size: int = 100_000) -> list[Row]:
    """A window cut from 14 days to 3: thousands of sessions are newly skipped, all listed by name and in words."""
    records = timetable(size * 10 // 13, seed=1)
    rows = []
    for system in SYSTEMS:
        with stored(system) as service:
            service.push(CUSTOMER, records, True, as_of=AS_OF)
            rulebook = service.rulebook(CUSTOMER)
            classifier = Classifier(rulebook, provided_by(rulebook, REMEMBERED))
            start = time.perf_counter()
            classifier.decide(records, moment_of(rulebook, AS_OF, AS_OF), kinds=DOWNWARD)
            deciding = time.perf_counter() - start
            edited = _edited(service)
            start = time.perf_counter()
            found = service.impact(CUSTOMER, edited)
            took = time.perf_counter() - start
            assert len(found.newly_skipped) > size // 10
            title = (
                f"{system}, {len(records):,} people and sessions: muster impact, {len(found.newly_skipped):,} skipped"
            )
            rows.append(Row(title, f"{took:.1f} s", took / deciding, "classification of the same once"))
    return rows


def _edited(service: Service) -> Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(RULES / "customers", Path(folder) / "customers")
        file = Path(folder) / "customers" / f"{CUSTOMER}.yaml"
        file.write_text(file.read_text("utf-8") + "\nsettings: {window_days: 3}\n", "utf-8")
        return Library(Path(folder), service.catalogue).rulebook(CUSTOMER)
