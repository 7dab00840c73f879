"""Mutants: plants one small mistake at a time and asks the tests beside its module, then wider ones, what they see.

    uv run python -m benchmarks.mutants engine/matching runs/guards --sample 120

Nothing is written to the checkout: a mutated module exists only in the process that tries it. What no test sees is
printed with its line, for somebody to look at: a test that is missing, or a change that means the same.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, settings

from tests.test_layout import proof_of

REPOSITORY = Path(__file__).parents[1]
FOLDERS = ("engine/matching", "runs/issues", "runs/records", "runs/guards")
WIDER = {
    "engine": ("tests/engine/{wing}", "tests/engine/test_laws.py"),
    "runs": ("tests/runs/{wing}", "tests/runs/test_week.py", "tests/runs/test_two_systems.py"),
}
"""Where a mutant that its own tests let live is tried again."""
THIRD_PARTY = (
    "alembic",
    "babel",
    "fastapi",
    "httpx",
    "hypothesis",
    "jinja2",
    "msgspec",
    "rapidfuzz",
    "sqlmodel",
    "yaml",
)
"""Read once, before the processes part, so that a mutant costs its tests and little more."""
_FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutant(NamedTuple):
    """One mistake: the number of the node that is replaced, as walked, and by what."""

    module: str
    node: int
    line: int
    was: str
    new: ast.AST

    def __str__(self) -> str:
        return f"{self.module}:{self.line}  {self.was}  →  {ast.unparse(self.new)}"


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand in a node's place by mistake."""
    match node:
        case ast.Compare(ops=[op]):
            yield ast.Compare(node.left, [_FLIPS[type(op)]()], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()


def mutants(module: str) -> list[Mutant]:
    """Every mistake that can be planted in a module."""
    tree = ast.parse((REPOSITORY / module).read_text("utf-8"))
    typing = {id(part) for node in ast.walk(tree) for part in _annotations(node)}
    return [
        Mutant(module, number, getattr(node, "lineno", 0), ast.unparse(node).partition("\n")[0], new)
        for number, node in enumerate(ast.walk(tree))
        if id(node) not in typing
        for new in replacements(node)
    ]


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        found = getattr(node, name, None)
        if found is not None:
            yield from ast.walk(found)


def planted(mutant: Mutant) -> ast.Module:
    """The module with the mistake in it."""
    tree = ast.parse((REPOSITORY / mutant.module).read_text("utf-8"))
    target = list(ast.walk(tree))[mutant.node]

    class Plant(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return deepcopy(mutant.new) if node is target else self.generic_visit(node)

    return ast.fix_missing_locations(Plant().visit(tree))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated module where it is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.module.removesuffix(".py").replace("/", ".")
        self.code = compile(planted(mutant), str(REPOSITORY / mutant.module), "exec")

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self.name else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = self.code.co_filename
        exec(self.code, module.__dict__)  # noqa: S102 - our own module, with one mistake in it


def wider(module: str) -> tuple[str, ...]:
    """The tests that are asked when those beside it saw nothing."""
    package, wing, _ = module.split("/", 2)
    return tuple(path.format(wing=wing) for path in WIDER[package])


def start(tests: Sequence[str], mutant: Mutant | None, limit: int) -> int:
    """A process that runs tests on a mutant, or on the code as it is; ends with 0 when they pass."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    signal.alarm(limit)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    status = 1
    with contextlib.suppress(BaseException):
        if mutant is not None:
            sys.meta_path.insert(0, Finder(mutant))
        # Servers that some tests start would cost more than they see here.
        read_before = "ignore::pytest.PytestAssertRewriteWarning"
        asked = ["-q", "-x", "-k", "not postgresql", "-p", "no:xdist", "-W", read_before, *tests]
        status = int(pytest.main(asked))
    os._exit(status)


def run(todo: Sequence[tuple[tuple[str, ...], Mutant | None, int]], jobs: int) -> list[bool]:
    """Whether each passed, a few at a time."""
    passed = [False] * len(todo)
    going: dict[int, int] = {}
    for position, (tests, mutant, limit) in enumerate(todo):
        while len(going) >= jobs:
            _reap(going, passed)
        going[start(tests, mutant, limit)] = position
    while going:
        _reap(going, passed)
    return passed


def lives(chosen: Sequence[Mutant], tests_for: Callable[[str], tuple[str, ...]], jobs: int) -> list[bool]:
    """Whether each mutant passes the tests that are asked of its module."""
    limits: dict[tuple[str, ...], int] = {}
    for tests in sorted({tests_for(one.module) for one in chosen}):
        began = time.monotonic()
        assert run([(tests, None, 1200)], 1) == [True], f"{tests} fail without any mistake"
        limits[tests] = int(4 * (time.monotonic() - began)) + 20
    return run([(tests_for(one.module), one, limits[tests_for(one.module)]) for one in chosen], jobs)


def _reap(going: dict[int, int], passed: list[bool]) -> None:
    child, status = os.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what it may have started
    passed[going.pop(child)] = status == 0


def main() -> int:
    """Try the mutants of some folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    parser.add_argument("--sample", type=int, default=60, help="mutants of each folder; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    for name in THIRD_PARTY:
        importlib.import_module(name)
    # The first example that fails is enough, and the same ones are drawn for each mutant.
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("mutants", phases=phases, derandomize=True, database=None)
    settings.load_profile("mutants")
    draw = random.Random(given.seed)
    survivors = 0
    for folder in given.folders:
        paths = sorted((REPOSITORY / folder).rglob("*.py")) if (REPOSITORY / folder).is_dir() else [REPOSITORY / folder]
        found = [mutant for path in paths for mutant in mutants(str(path.relative_to(REPOSITORY)))]
        chosen = sorted(draw.sample(found, min(given.sample or len(found), len(found))), key=lambda one: one[:3])
        alive = lives(chosen, proof_of, given.jobs)
        left = [one for one, seen_by_none in zip(chosen, alive, strict=True) if seen_by_none]
        print(f"{folder}: {len(chosen) - len(left)} of {len(chosen)} seen beside their modules", flush=True)
        told = Counter({"seen beside it": len(chosen) - len(left)})
        for one, seen_by_none in zip(left, lives(left, wider, given.jobs), strict=True):
            told["seen by none" if seen_by_none else "seen elsewhere only"] += 1
            print(f"{'survived ' if seen_by_none else 'elsewhere'}  {one}", flush=True)
        survivors += told["seen by none"]
        print(
            f"{folder}: {len(chosen)} of {len(found)} mutants; {', '.join(f'{n} {what}' for what, n in told.items())}"
        )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
