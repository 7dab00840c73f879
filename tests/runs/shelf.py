"""Compiled rulebooks that tests share: most decide by the same rules, and building them is most of a small run."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

import pytest

from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from runs.execution.classifiers import Classifiers
from runs.service.ground import Ground

Served = TypeVar("Served", bound=Ground)

_MOST = 24
_SHELF: OrderedDict[tuple[str, bool], Classifier] = OrderedDict()


class Shelf(Classifiers):
    """Of one service, with what services before it built from a rulebook of the same version."""

    def of(self, rulebook: Rulebook, *, seen_before: bool) -> Classifier:
        key = rulebook.version, seen_before
        if (found := _SHELF.get(key)) is not None:
            self._built[rulebook.customer.id, seen_before] = found
            return found
        found = _SHELF[key] = super().of(rulebook, seen_before=seen_before)
        while len(_SHELF) > _MOST:
            _SHELF.popitem(last=False)
        return found


def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one test, which is about the building itself: nothing is built before it."""
    monkeypatch.setattr("tests.runs.shelf._SHELF", OrderedDict[tuple[str, bool], Classifier]())


def shelved(service: Served) -> Served:
    """The service, deciding by the shelf."""
    service.classifiers = Shelf()
    return service
