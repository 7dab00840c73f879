"""The matcher on sixteen rules, against hand-written Python and zen-engine, from the same decoded records."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.people import AS_OF, learners, timetable
from benchmarks.rivals import RULES, by_hand, by_zen
from benchmarks.table import Row
from engine.analysis.availability import EVERYTHING
from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.package_files import RULES as PACKAGED
from engine.relations.neighbourhood import Situation
from engine.rulefiles.library import load_base

HERE = Path(__file__).resolve().parent
MOMENT = Moment(as_of=AS_OF, zone="Europe/Paris", last_sync=AS_OF)
CHUNK = 10_000


def sixteen_rules(total: int) -> list[Row]:
    """All contenders on `total` learners, chunk by chunk in turn; CPU µs a record, ratio to Muster."""
    classifier = Classifier(load_base(HERE / "rules", {}))
    assert len(classifier.ready) == len(RULES)
    hand, zen = by_hand(AS_OF), by_zen(AS_OF)

    def muster(records: Sequence[Any]) -> list[tuple[int, ...]]:
        return classifier.fired(records, Situation(records, relations=frozenset()), MOMENT)

    contenders: dict[str, Callable[[Sequence[Any]], Any]] = {
        "muster, matcher": muster,
        "hand-written Python": lambda records: [hand(record) for record in records],
        "zen-engine": lambda records: [zen(record) for record in records],
        "muster, whole decisions": lambda records: classifier.decide(records, MOMENT).decisions,
    }
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    before = peak = _resident()
    for seed in range(max(1, total // CHUNK)):
        records = learners(min(CHUNK, total), seed)
        answers = {}
        for name, contender in contenders.items():
            gc.collect()
            start = time.process_time()
            answers[name] = contender(records)
            spent[name].append((time.process_time() - start) / len(records) * 1e6)
        assert answers["muster, matcher"] == answers["hand-written Python"] == answers["zen-engine"]
        if seed == 2:
            before = _resident()
        peak = _resident()
    ours = spent["muster, matcher"]
    rows = [
        Row(
            f"16 rules, {total:,} learners: {name}",
            f"{statistics.median(times):.2f} µs a record",
            statistics.median(theirs / mine for theirs, mine in zip(times, ours, strict=True)),
        )
        for name, times in spent.items()
    ]
    if total > 3 * CHUNK:
        rows.append(Row(f"16 rules, {total:,} learners: growth of memory", f"{(peak - before) / 2**20:.1f} MiB", None))
    return rows


def sessions(number: int) -> list[Row]:
    """The base rules on sessions with 2 instructors and 25 learners each."""
    classifier = Classifier(load_base(PACKAGED, {}), EVERYTHING)
    batch = timetable(number, seed=1)
    times = []
    for _ in range(5):
        start = time.process_time()
        classifier.decide(batch, MOMENT, kinds={"session"})
        times.append((time.process_time() - start) / number * 1e6)
    return [
        Row(f"base rules, {number:,} sessions of 2 + 25 people", f"{statistics.median(times):.1f} µs a session", None)
    ]


def reloads(number: int) -> list[Row]:
    """Memory over many reloads of the base rulebook."""
    rulebook = load_base(PACKAGED, {})
    people = learners(50, seed=1)
    before = 0
    for turn in range(number):
        Classifier(rulebook, EVERYTHING).decide(people, MOMENT)
        if turn == number // 10:
            before = _resident()
    grown = (_resident() - before) / 2**20
    return [Row(f"{number:,} reloads of the base rulebook: growth of memory", f"{grown:.1f} MiB", None)]


def _resident() -> int:
    """Resident memory now, in bytes; the peak where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
