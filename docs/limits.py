"""The page of all limits, read from the two modules that hold them: each value with the sentence beneath it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from types import ModuleType
from typing import cast

from api.http import limits as of_requests
from engine.records import limits as of_what_is_read

HEAD = """\
# Limits

What is longer is refused before anything costly is done to it, with a sentence in the reader's language. A field that
is too long is told on its record and spoils no other. How often a key or an address may call stands in
[Operating](operate.md).

| at most | of |
|---:|---|
"""


def limits() -> str:
    """The page."""
    places = (of_what_is_read, of_requests, of_requests.Limits)
    return HEAD + "".join(f"| {most:,} | {of} |\n" for place in places for most, of in _of(place))


def _of(place: ModuleType | type) -> Iterator[tuple[int, str]]:
    """Each value of a module or a class, with the text that stands beneath it."""
    body = ast.parse(inspect.getsource(place)).body
    if isinstance(place, type):
        body, place = cast("ast.ClassDef", body[0]).body, place()
    for named, said in pairwise(body):
        if isinstance(named, ast.Assign | ast.AnnAssign) and isinstance(said, ast.Expr):
            name = ast.unparse(named.target if isinstance(named, ast.AnnAssign) else named.targets[0])
            yield getattr(place, name), " ".join(ast.literal_eval(said.value).split())
