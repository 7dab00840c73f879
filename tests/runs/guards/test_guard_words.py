"""What guards found, in words: of one and of many, of systems of every name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from engine.model.connector_spec import Schedule
from engine.model.guards import GUARDS
from engine.model.rulebook import Customer, Rulebook
from runs.guards.guard_words import said
from runs.model.guard_findings import Trip
from tests.engine.language.test_french import faults
from tests.engine.language.test_renderer import MESSAGES

NAMES = ("Edusign", "Hyperplanning", "Wonde", "le portail", "les registres")
FOUND: dict[str, Any] = {
    "kind": "session",
    "field": "room",
    "limit": 10,
    "hop": "SIS → Wonde",
    "at": "2026-11-20T22:00:00Z",
}


def book(name: str) -> Rulebook:
    customer = Customer("north", "North", "fr", "Europe/Paris", None, None, Schedule(), {})
    return Rulebook(customer, (), {}, "", places={place: {"fr": name, "en": name} for place in ("source", "platform")})


def told(trip: Trip, name: str, language: str) -> str:
    found = said(trip, book(name), MESSAGES, language, held=True)
    return f"{found.problem} {found.fix}"


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("name", NAMES)
def test_what_guards_say_of_any_system_is_written_as_french_is(guard: Any, name: str) -> None:
    for number, total in ((1, 1), (1, 12), (40, 60)):
        for nothing in (False, True):
            trip = Trip(guard, "hold", number=number, total=total, nothing_at_all=nothing, **FOUND)
            text = told(trip, name, "fr")
            assert not faults(text), text
            assert not re.search(r"\b(?:de|à) les?\b|\b1 (?:séances|heures)|\bles 1 ", text), text
            assert not re.search(r"\b1 (?:sessions|hours)\b", told(trip, name, "en"))


def test_what_is_too_old_says_hours_as_many_as_they_are() -> None:
    trip = Trip("stale_source", "hold", number=49, **FOUND)
    assert "is 49 hours old (Friday 20 November 2026 at 23:00), older than the 10 hours" in told(trip, "Wonde", "en")
    assert "older than the 1 hour that" in told(replace(trip, limit=1), "Wonde", "en")
