"""`python -m tests.hostile MINUTES [--seed N]`: tries every way in, tells what broke by its smallest input, and counts.

Exit status 1 when anything broke. `--again WAY:NUMBER` tries one input of a seed once more.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct, field

from tests.hostile.mutators import Pieces, mutated
from tests.hostile.shrinking import smallest
from tests.hostile.trier import Failure, Trier
from tests.hostile.way import names

GROWTH = 96 * 1024
"""KiB by which a process may grow once it has seen a hundred inputs: caches fill up, and then no more."""
_SETTLED = 100
_STRETCH = 50
"""Inputs of which the one after which least is held counts: what an input itself takes is given back."""
_SHOWN = 1_500
_SHRINKING = 20.0


class Found(Struct):
    """The first input that broke something so, and how many did."""

    number: int
    about: str
    smallest: Pieces
    times: int = 1


class Count(Struct):
    """What came of one way in."""

    way: str
    inputs: int = 0
    seconds: float = 0.0
    grown: int = 0
    """KiB."""
    found: dict[Failure, Found] = field(default_factory=dict)

    @property
    def leaks(self) -> bool:
        return self.grown > GROWTH

    def of(self, kind: str) -> int:
        return sum(each.times for failure, each in self.found.items() if failure.kind == kind)


def input_of(trier: Trier, way: str, seed: int, number: int) -> tuple[str, Pieces]:
    """The input of that number: of a seed always the same."""
    chance = random.Random(f"{seed} {way} {number}")  # noqa: S311 - to repeat what broke, not to keep a secret
    sample = chance.choice(trier.samples)
    return sample.about, mutated(sample.pieces, chance)


def spoiled(way: str, seed: int, until: Callable[[], float], only: int | None = None) -> Count:
    """Try inputs of one way until a moment that is settled once it is open, or one of them."""
    count, begun, held = Count(way), 0, list[int]()
    with Trier(way) as trier:
        opened, end = time.monotonic(), until()
        for number in itertools.count(only or 0):
            if time.monotonic() >= end if only is None else count.inputs:
                break
            about, pieces = input_of(trier, way, seed, number)
            failure = trier.tried(about, pieces)
            count.inputs += 1
            if trier.begun != begun:
                begun, held = trier.begun, []
            held.append(trier.resident)
            if len(held) >= _SETTLED + 2 * _STRETCH:
                first = min(held[_SETTLED : _SETTLED + _STRETCH])
                count.grown = max(count.grown, min(held[-_STRETCH:]) - first)
            if failure is not None and failure in count.found:
                count.found[failure].times += 1
            elif failure is not None:
                small = smallest(pieces, lambda fewer: trier.tried(about, fewer) == failure, _SHRINKING)  # noqa: B023
                count.found[failure] = Found(number, about, small)
        count.seconds = time.monotonic() - opened
    return count


def in_turn(ways: list[str], seed: int, end: float) -> list[Count]:
    """One way after the other, each for its part of the time that is left."""
    counts = []
    for left, way in zip(range(len(ways), 0, -1), ways, strict=True):
        counts.append(spoiled(way, seed, lambda: (now := time.monotonic()) + (end - now) / left))  # noqa: B023
    return counts


def told(counts: list[Count], seed: int) -> str:
    """Everything that broke, and a table."""
    lines = []
    for count in counts:
        for failure, each in count.found.items():
            lines.append(f"{count.way}: {failure.kind}, {failure.place} (in {each.times} inputs; {each.about})")
            lines += [f"    {name}: {body[:_SHOWN]!r}" for name, body in each.smallest.items()]
            lines.append(f"    again: python -m tests.hostile 1 --seed {seed} --again {count.way}:{each.number}")
        if count.leaks:
            lines.append(f"{count.way}: memory grew by {count.grown // 1024} MiB over {count.inputs} inputs")
    kinds = ("crash", "hang", "death", "memory")
    lines.append(f"{'way':<12}{'inputs':>9}" + "".join(f"{kind:>8}" for kind in kinds) + f"{'grown':>10}{'seconds':>9}")
    for count in counts:
        numbers = "".join(f"{count.of(kind):>8}" for kind in kinds)
        grown = f"{count.grown // 1024} MiB"
        lines.append(f"{count.way:<12}{count.inputs:>9}{numbers}{grown:>10}{count.seconds:>9.0f}")
    return "\n".join(lines)


def main() -> int:
    """Try every way in, two at a time, each for its share of the time."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=None, help="the inputs of a seed are always the same")
    parser.add_argument("--way", action="append", choices=names(), help="only this way in; may be repeated")
    parser.add_argument("--again", metavar="WAY:NUMBER", help="try one input once more")
    asked = parser.parse_args()
    seed = random.randrange(10**6) if asked.seed is None else asked.seed  # noqa: S311 - as above
    print(f"seed {seed}", flush=True)  # noqa: T201
    if asked.again:
        way, _, number = asked.again.partition(":")
        counts = [spoiled(way, seed, lambda: 0.0, int(number))]
    else:
        ways, end = asked.way or names(), time.monotonic() + asked.minutes * 60
        together = min(2, os.cpu_count() or 1, len(ways))
        with ThreadPoolExecutor(together) as pool:
            shares = pool.map(lambda first: in_turn(ways[first::together], seed, end), range(together))
            counts = [count for share in shares for count in share]
    print(told(counts, seed))  # noqa: T201
    return int(any(count.found or count.leaks for count in counts))


if __name__ == "__main__":
    sys.exit(main())
