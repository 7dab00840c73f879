"""Drives durable-rules, and is the only module that does: one fact at a time in, the rules that fire out.

Driven as its own documentation shows it loses answers and crashes; docs/decisions/0002 says what was measured.
Every rule is one pattern, facts and never events, one fact at a time, collected until nothing more fires and
retracted; freed only by the sequence below.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Mapping
from itertools import count
from typing import Any

import durable_rules_engine as native

Pattern = Mapping[str, Any]
Property = bool | int | str

MOST_RULES = 60
MOST_LEAVES = 80
MOST_BRANCHES = 14
"""`$and` and `$or` of one pattern, its guard aside; beyond, the library refuses the ruleset (its error 113)."""

_FREE = "zz"
_NO = 1  # the code of a fact that no rule wants
_names = count()


class EngineError(Exception):
    """The rule engine failed on a fact; the ruleset was built anew. Carries no value of the fact."""


class Ruleset:
    """Up to 60 rules of one pattern each. Safe from several threads; frees itself when let go."""

    def __init__(self, patterns: Mapping[str, Pattern]) -> None:
        rules = {name: {"all": [{"m": pattern}]} for name, pattern in patterns.items()}
        # Fired once before freeing: without it the library frees memory that it never set.
        rules[_FREE] = {"all": [{"m": {"free": 1}}]}
        self._definition = json.dumps(rules)
        self._lock = threading.Lock()
        self._open()

    def fire(self, fact: Mapping[str, Property]) -> frozenset[str]:
        """Names of the rules that the fact fulfils. Properties that are absent are left out by the caller.

        Raises EngineError, after building the ruleset anew, when the library fails.
        """
        text = json.dumps({"id": "1", **fact})
        with self._lock:
            try:
                return _collect(self._handle, text)
            except BaseException as error:
                # Also after an interruption between start and complete: later matches would silently vanish.
                self._release()
                self._open()
                if isinstance(error, Exception):
                    raise EngineError(f"the rule engine failed: {type(error).__name__}") from None
                raise

    def free(self) -> None:
        """Give the memory back; the ruleset cannot be used after."""
        with self._lock:
            self._release()

    def _open(self) -> None:
        self._handle: int = native.create_ruleset(f"muster{next(_names)}", self._definition)
        self._release = weakref.finalize(self, _free, self._handle)
        # At exit the process gives everything back; the library must not run while Python shuts down.
        self._release.atexit = False


def _collect(handle: int, text: str) -> frozenset[str]:
    code, state = native.assert_fact(handle, text)
    fired = set()
    if code != _NO:
        started = native.start_action_for_state(handle, state)
        message = started[1] if started is not None else None
        while message is not None:
            # The message is {"rule": {...}}: its single key is the rule that fired.
            fired.add(message[2 : message.index('"', 2)])
            message = native.complete_and_start_action(handle, state)
    native.retract_fact(handle, '{"id":"1"}')
    return frozenset(fired)


def _free(handle: int) -> None:
    try:
        _collect_free(handle)
        native.delete_state(handle, "0")
    except Exception:  # noqa: BLE001, S110 - a broken ruleset: deleting it alone is safe, and leaks a little
        pass
    native.delete_ruleset(handle)


def _collect_free(handle: int) -> None:
    _, state = native.assert_fact(handle, '{"id":"f","free":1}')
    started = native.start_action_for_state(handle, state)
    while started is not None:
        started = native.complete_and_start_action(handle, state)
    native.retract_fact(handle, '{"id":"f"}')


def size_of(pattern: Pattern) -> tuple[int, int]:
    """Leaf tests of a pattern, and its `$and` and `$or`."""
    leaves = branches = 0
    todo: list[Pattern] = [pattern]
    for part in todo:
        for key, value in part.items():
            if key in ("$and", "$or"):
                branches += 1
                todo.extend(value)
            else:
                leaves += 1
    return leaves, branches
